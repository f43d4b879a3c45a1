#include "memory.h"

#include "cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *h9_alloc(size_t n, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - H9_ALIGN) return NULL;
  bytes = (bytes + H9_ALIGN - 1) / H9_ALIGN * H9_ALIGN;
  if (bytes == 0) bytes = H9_ALIGN;
  void *p = aligned_alloc(H9_ALIGN, bytes);
  if (p) memset(p, 0, bytes);
  return p;
}

int h9_grow(void *p, size_t *cap, size_t need, size_t size) {
  if (need <= *cap) return H9_OK;
  size_t want = *cap > SIZE_MAX / 2 ? need : *cap * 2, bytes;
  if (want < need) want = need;
  if (want < 16) want = 16;
  if (__builtin_mul_overflow(want, size, &bytes)) return H9_ESYSTEM;
  void *old; /* the caller's pointer has its own type: go through its bytes */
  memcpy(&old, p, sizeof old);
  void *grown = realloc(old, bytes ? bytes : 1);
  if (!grown) return H9_ESYSTEM;
  memcpy(p, &grown, sizeof grown);
  *cap = want;
  return H9_OK;
}

char *h9_strdup(const char *s) {
  size_t n = strlen(s) + 1;
  char *copy = malloc(n);
  if (copy) memcpy(copy, s, n);
  return copy;
}

int h9_region_open(h9_region *r, size_t bytes, h9_error *e) {
  *r = (h9_region){NULL, 0};
  size_t page = 4096;
  if (bytes > SIZE_MAX - page) return h9_fail_memory(e, bytes, "a region");
  bytes = (bytes + page - 1) / page * page;
  if (bytes == 0) bytes = page;
  void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return h9_fail_memory(e, bytes, "a region");
  (void)madvise(p, bytes, MADV_HUGEPAGE); /* a kernel without huge pages says no: only speed is lost */
  *r = (h9_region){p, bytes};
  return H9_OK;
}

void h9_region_close(h9_region *r) {
  if (r->base) munmap(r->base, r->reserved);
  *r = (h9_region){NULL, 0};
}

/* The value in bytes of a "Name:   123 kB" line of a /proc file; false when there is none. */
static bool proc_kilobytes(const char *path, const char *name, uint64_t *bytes) {
  FILE *f = fopen(path, "re");
  if (!f) return false;
  char line[256];
  size_t n = strlen(name);
  bool found = false;
  while (!found && fgets(line, sizeof line, f))
    if (strncmp(line, name, n) == 0 && line[n] == ':') {
      *bytes = strtoull(line + n + 1, NULL, 10) * 1024;
      found = true;
    }
  fclose(f);
  return found;
}

uint64_t h9_memory_rss(void) {
  uint64_t b;
  return proc_kilobytes("/proc/self/status", "VmRSS", &b) ? b : 0;
}

uint64_t h9_memory_peak_rss(void) {
  uint64_t b;
  return proc_kilobytes("/proc/self/status", "VmHWM", &b) ? b : 0;
}

/* What one cgroup directory leaves: limit - usage, where file pages that the kernel would drop
 * first do not count as used. UINT64_MAX without a limit. */
static uint64_t cgroup_leaves(const char *dir, bool v2) {
  uint64_t limit, used, idle = 0;
  if (!h9_cgroup_number(dir, v2 ? "memory.max" : "memory.limit_in_bytes", NULL, &limit)) return UINT64_MAX;
  if (limit >= UINT64_C(1) << 60) return UINT64_MAX; /* version 1 writes "none" as a huge number */
  if (!h9_cgroup_number(dir, v2 ? "memory.current" : "memory.usage_in_bytes", NULL, &used)) used = 0;
  if (!h9_cgroup_number(dir, "memory.stat", v2 ? "inactive_file" : "total_inactive_file", &idle)) idle = 0;
  used -= idle < used ? idle : used;
  return limit > used ? limit - used : 0;
}

static void take_least(const char *dir, bool v2, void *least) {
  uint64_t *l = least, b = cgroup_leaves(dir, v2);
  if (b < *l) *l = b;
}

uint64_t h9_memory_available(void) {
  uint64_t least;
  if (!proc_kilobytes("/proc/meminfo", "MemAvailable", &least)) least = UINT64_MAX;
  h9_cgroup_walk("memory", take_least, &least);
  return least;
}
