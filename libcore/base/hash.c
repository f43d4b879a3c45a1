#include "hash.h"

#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include <xxhash.h>

static h9_hash from_xxh(XXH128_hash_t x) { return (h9_hash){x.high64, x.low64}; }

void h9_hash_text(h9_hash h, char out[33]) { snprintf(out, 33, "%016" PRIx64 "%016" PRIx64, h.hi, h.lo); }

h9_hash h9_hash_of(const void *p, size_t n) { return from_xxh(XXH3_128bits(p, n)); }

/* An h9_hasher is an XXH3_state_t to the outside. */
h9_hasher *h9_hasher_new(void) {
  XXH3_state_t *s = XXH3_createState();
  if (s) XXH3_128bits_reset(s);
  return (h9_hasher *)s;
}
void h9_hasher_add(h9_hasher *h, const void *p, size_t n) { XXH3_128bits_update((XXH3_state_t *)h, p, n); }
h9_hash h9_hasher_value(const h9_hasher *h) { return from_xxh(XXH3_128bits_digest((const XXH3_state_t *)h)); }
void h9_hasher_free(h9_hasher *h) {
  if (h) XXH3_freeState((XXH3_state_t *)h);
}

int h9_hash_file(const char *path, h9_hash *h, uint64_t *bytes, h9_error *e) {
  unsigned char part[65536];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return h9_fail_sys(e, H9_ENOINPUT, errno, "%s", path);
  h9_hasher *s = h9_hasher_new();
  size_t got = 1;
  int rc = s ? H9_OK : h9_fail_memory(e, 0, "a hash");
  *bytes = 0;
  while (rc == H9_OK && got) {
    rc = h9_read_full(fd, part, sizeof part, &got, e);
    if (rc != H9_OK) (void)h9_fail_at(e, "%s", path);
    else h9_hasher_add(s, part, got);
    *bytes += got;
  }
  if (rc == H9_OK) *h = h9_hasher_value(s);
  h9_hasher_free(s);
  close(fd);
  return rc;
}
