/* ZIP archives without compression, as NumPy's savez writes them: PKWARE, APPNOTE.TXT, .ZIP File Format
 * Specification, 6.3.10, 2022; members of 4 GiB and more by its section 4.5.3 (Zip64). */
#include "convert_npy.h"

#include "../base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCAL = 30, CENTRAL = 46, END = 22, END64 = 56, LOCATOR = 20, EXTRA64 = 20, COMMENT_MAX = 65535 };
enum { ENCRYPTED = 1, DIRECTORY_MAX = 1 << 24 };
#define BIG UINT32_C(0xffffffff)

/* The polynomial of IEEE 802.3, bits turned round. */
uint32_t h9_crc32(uint32_t crc, const void *p, size_t n) {
  uint32_t table[16]; /* half a byte at a time: as fast as the files it sums up are written */
  for (uint32_t i = 0; i < 16; i++) {
    table[i] = i;
    for (int k = 0; k < 4; k++) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
  }
  const unsigned char *b = p;
  crc = ~crc;
  for (size_t i = 0; i < n; i++) {
    crc ^= b[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

/* ---- writing ---- */

static bool big(const h9_zip_member *m) { return m->size >= BIG; }

/* What the local header and the one in the directory share. */
static void put_common(const h9_zip_member *m, uint16_t extra, h9_buf *b) {
  h9_buf_put16(b, big(m) || extra ? 45 : 20); /* version needed */
  h9_buf_put16(b, 0);
  h9_buf_put16(b, 0); /* stored */
  h9_buf_put16(b, 0);
  h9_buf_put16(b, 0x21); /* 1 January 1980: results do not depend on when */
  h9_buf_put32(b, m->crc);
  h9_buf_put32(b, big(m) ? BIG : (uint32_t)m->size);
  h9_buf_put32(b, big(m) ? BIG : (uint32_t)m->size);
  h9_buf_put16(b, (uint16_t)strlen(m->name));
  h9_buf_put16(b, extra);
}

void h9_zip_begin(const h9_zip_member *m, h9_buf *b) {
  h9_buf_put32(b, 0x04034b50);
  put_common(m, big(m) ? EXTRA64 : 0, b);
  h9_buf_put(b, m->name, strlen(m->name));
  if (!big(m)) return;
  h9_buf_put16(b, 1);
  h9_buf_put16(b, 16);
  h9_buf_put64(b, m->size);
  h9_buf_put64(b, m->size);
}

static void put_end64(uint32_t n, uint64_t at, uint64_t bytes, h9_buf *b) {
  h9_buf_put32(b, 0x06064b50);
  h9_buf_put64(b, END64 - 12);
  h9_buf_put16(b, 45);
  h9_buf_put16(b, 45);
  h9_buf_put32(b, 0);
  h9_buf_put32(b, 0);
  h9_buf_put64(b, n);
  h9_buf_put64(b, n);
  h9_buf_put64(b, bytes);
  h9_buf_put64(b, at);
  h9_buf_put32(b, 0x07064b50);
  h9_buf_put32(b, 0);
  h9_buf_put64(b, at + bytes);
  h9_buf_put32(b, 1);
}

void h9_zip_end(const h9_zip_member *m, uint32_t n, uint64_t at, h9_buf *b) {
  size_t from = b->len;
  for (uint32_t i = 0; i < n; i++) {
    uint64_t local = m[i].at - strlen(m[i].name) - LOCAL - (big(&m[i]) ? EXTRA64 : 0);
    uint16_t extra = (uint16_t)((big(&m[i]) ? 16 : 0) + (local >= BIG ? 8 : 0));
    h9_buf_put32(b, 0x02014b50);
    h9_buf_put16(b, 45);
    put_common(&m[i], extra ? (uint16_t)(extra + 4) : 0, b);
    h9_buf_put16(b, 0);
    h9_buf_put16(b, 0);
    h9_buf_put16(b, 0);
    h9_buf_put32(b, 0);
    h9_buf_put32(b, local >= BIG ? BIG : (uint32_t)local);
    h9_buf_put(b, m[i].name, strlen(m[i].name));
    if (extra) h9_buf_put16(b, 1), h9_buf_put16(b, extra);
    if (big(&m[i])) h9_buf_put64(b, m[i].size), h9_buf_put64(b, m[i].size);
    if (local >= BIG) h9_buf_put64(b, local);
  }
  uint64_t bytes = b->len - from;
  if (at >= BIG) put_end64(n, at, bytes, b);
  h9_buf_put32(b, 0x06054b50);
  h9_buf_put32(b, 0);
  h9_buf_put16(b, (uint16_t)n);
  h9_buf_put16(b, (uint16_t)n);
  h9_buf_put32(b, (uint32_t)bytes);
  h9_buf_put32(b, at >= BIG ? BIG : (uint32_t)at);
  h9_buf_put16(b, 0);
}

/* ---- reading ---- */

typedef struct archive {
  int fd;
  const char *name;
  uint64_t size;
  h9_error *e;
} archive;

static int get(const archive *a, uint64_t at, void *to, size_t n) {
  if (at > a->size || n > a->size - at)
    return h9_fail(a->e, H9_EDATA, "%s: byte %llu: ends too early for an archive", a->name,
                   (unsigned long long)a->size);
  for (size_t done = 0; done < n;) {
    ssize_t got = pread(a->fd, (char *)to + done, n - done, (off_t)(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return h9_fail_sys(a->e, H9_EIO, errno, "%s: cannot read", a->name);
    if (got == 0) return h9_fail(a->e, H9_EDATA, "%s: became shorter while it was read", a->name);
    done += (size_t)got;
  }
  return H9_OK;
}

/* Where the directory is. */
static int find_directory(const archive *a, uint64_t *at, uint64_t *bytes, uint64_t *entries) {
  size_t n = a->size < END + COMMENT_MAX ? (size_t)a->size : END + COMMENT_MAX;
  unsigned char *tail = malloc(n + 1), more[END64];
  if (!tail) return h9_fail_memory(a->e, n, "an archive's end");
  int rc = get(a, a->size - n, tail, n);
  size_t k = n >= END ? n - END + 1 : 0;
  while (rc == H9_OK && k > 0 &&
         !(h9_load32(tail + k - 1) == 0x06054b50 && h9_load16(tail + k + 19) == n - k - END + 1))
    k--;
  if (rc == H9_OK && k == 0)
    rc = h9_fail(a->e, H9_EDATA, "%s: is no archive of NumPy's (.npz), expected one of numpy.savez", a->name);
  if (rc == H9_OK) {
    const unsigned char *p = tail + k - 1;
    uint64_t end = a->size - n + k - 1;
    *entries = h9_load16(p + 10);
    *bytes = h9_load32(p + 12);
    *at = h9_load32(p + 16);
    if (*at == BIG && end >= LOCATOR) {
      rc = get(a, end - LOCATOR, more, LOCATOR);
      if (rc == H9_OK && h9_load32(more) == 0x07064b50) rc = get(a, h9_load64(more + 8), more, END64);
      if (rc == H9_OK && h9_load32(more) != 0x06064b50)
        rc = h9_fail(a->e, H9_EDATA, "%s: its end is damaged, expected that of an archive", a->name);
      *entries = h9_load64(more + 32);
      *bytes = h9_load64(more + 40);
      *at = h9_load64(more + 48);
    }
  }
  free(tail);
  if (rc == H9_OK && (*at > a->size || *bytes > a->size - *at || *bytes > DIRECTORY_MAX))
    rc = h9_fail(a->e, H9_EDATA, "%s: its directory lies outside of it", a->name);
  return rc;
}

/* Sizes and place that did not fit stand in a field of their own. */
static int wide(const unsigned char *p, size_t len, uint64_t *size, uint64_t *packed, uint64_t *local) {
  for (size_t i = 0; i + 4 <= len; i += 4u + h9_load16(p + i + 2)) {
    const unsigned char *q = p + i + 4, *end = q + h9_load16(p + i + 2);
    uint64_t *of[3] = {size, packed, local};
    if (end > p + len) return H9_EDATA;
    if (h9_load16(p + i) != 1) continue;
    for (int k = 0; k < 3; k++) {
      if (*of[k] != BIG) continue;
      if (end - q < 8) return H9_EDATA;
      *of[k] = h9_load64(q);
      q += 8;
    }
  }
  return H9_OK;
}

static int member(const archive *a, const unsigned char *p, size_t name, size_t extra, h9_zip_member *m) {
  unsigned char head[LOCAL];
  uint64_t packed = h9_load32(p + 20), local = h9_load32(p + 42);
  *m = (h9_zip_member){.crc = h9_load32(p + 16), .size = h9_load32(p + 24)};
  memcpy(m->name, p + CENTRAL, name < sizeof m->name ? name : sizeof m->name - 1);
  if (name >= sizeof m->name || memchr(m->name, 0, name))
    return h9_fail(a->e, H9_EDATA, "%s: member '%.40s': its name is too long or holds zeros", a->name,
                   m->name);
  if (h9_load16(p + 8) & ENCRYPTED || h9_load16(p + 10) != 0)
    return h9_fail(
        a->e, H9_EDATA,
        "%s: member '%s' is compressed, expected one that is stored: numpy.savez, not savez_compressed",
        a->name, m->name);
  if (wide(p + CENTRAL + name, extra, &m->size, &packed, &local) != H9_OK || packed != m->size)
    return h9_fail(a->e, H9_EDATA, "%s: member '%s': its size is damaged", a->name, m->name);
  int rc = get(a, local, head, LOCAL);
  if (rc != H9_OK) return rc;
  m->at = local + LOCAL + h9_load16(head + 26) + h9_load16(head + 28);
  if (h9_load32(head) != 0x04034b50 || m->at > a->size || m->size > a->size - m->at)
    return h9_fail(a->e, H9_EDATA, "%s: member '%s' lies outside of the archive", a->name, m->name);
  return H9_OK;
}

int h9_zip_list(int fd, const char *name, h9_zip_member *m, uint32_t most, uint32_t *n, h9_error *e) {
  struct stat st;
  archive a = {.fd = fd, .name = name, .e = e};
  uint64_t at = 0, bytes = 0, entries = 0;
  *n = 0;
  if (fstat(fd, &st) != 0) return h9_fail_sys(e, H9_EIO, errno, "%s: cannot ask for its size", name);
  a.size = (uint64_t)st.st_size;
  if (a.size == 0) return h9_fail(e, H9_ENOINPUT, "%s: is empty, expected an archive of numpy.savez", name);
  int rc = find_directory(&a, &at, &bytes, &entries);
  if (rc == H9_OK && (entries == 0 || entries > most))
    rc = h9_fail(e, H9_EDATA, "%s: holds %llu members, expected 1 to %u", name, (unsigned long long)entries,
                 most);
  if (rc != H9_OK) return rc;
  unsigned char *p = malloc(bytes + 1);
  if (!p) return h9_fail_memory(e, bytes, "a directory");
  rc = get(&a, at, p, bytes);
  for (size_t i = 0; rc == H9_OK && *n < entries; (*n)++) {
    size_t own = 0, extra = 0, comment = 0;
    if (bytes - i >= CENTRAL)
      own = h9_load16(p + i + 28), extra = h9_load16(p + i + 30), comment = h9_load16(p + i + 32);
    if (bytes - i < CENTRAL + own + extra + comment || h9_load32(p + i) != 0x02014b50)
      rc = h9_fail(e, H9_EDATA, "%s: its directory is damaged at member %u", name, *n + 1);
    else rc = member(&a, p + i, own, extra, &m[*n]);
    i += CENTRAL + own + extra + comment;
  }
  free(p);
  return rc;
}
