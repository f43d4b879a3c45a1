/* Memory. Small things use malloc and free; large arrays that hot loops read come from regions:
 * address space reserved at once, backed by the kernel only where touched, on huge pages where
 * the kernel gives them. */
#ifndef H9_BASE_MEMORY_H
#define H9_BASE_MEMORY_H

#include "status.h"

enum { H9_ALIGN = 64 }; /* of every array below: a cache line, an AVX-512 vector */

/* n * size zeroed bytes aligned to H9_ALIGN, padded to whole lines; NULL when out of memory, with
 * overflow of n * size checked. Release with free(). n == 0 gives a valid pointer. */
void *h9_alloc(size_t n, size_t size) H9_UNUSED_RESULT;
/* Grows *p (from h9_alloc's or malloc's heap, not aligned afterwards) to at least `need` elements,
 * doubling *cap. H9_OK or H9_ESYSTEM. */
int h9_grow(void *p, size_t *cap, size_t need, size_t size) H9_UNUSED_RESULT;
char *h9_strdup(const char *s) H9_UNUSED_RESULT;

/* A region of `reserved` bytes of address space, zero where untouched. */
typedef struct h9_region {
  unsigned char *base;
  size_t reserved;
} h9_region;
int h9_region_open(h9_region *r, size_t bytes, h9_error *e) H9_UNUSED_RESULT;
void h9_region_close(h9_region *r);

uint64_t h9_memory_rss(void);       /* bytes, of this process (VmRSS) */
uint64_t h9_memory_peak_rss(void);  /* its peak (VmHWM) */
uint64_t h9_memory_available(void); /* bytes: the least of what the machine and the cgroup leave */

#endif
