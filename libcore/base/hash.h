/* XXH3-128: what streams, results and files are recognised by. */
#ifndef H9_BASE_HASH_H
#define H9_BASE_HASH_H

#include "status.h"

typedef struct h9_hash { uint64_t hi, lo; } h9_hash;
static inline bool h9_hash_equal(h9_hash a, h9_hash b) { return a.hi == b.hi && a.lo == b.lo; }
void h9_hash_text(h9_hash h, char out[33]); /* 32 hex digits, zero-terminated */
h9_hash h9_hash_of(const void *p, size_t n);
/* A file's content, and its length. H9_ENOINPUT, H9_EIO. */
int h9_hash_file(const char *path, h9_hash *h, uint64_t *bytes, h9_error *e) H9_UNUSED_RESULT;

/* A running hash. */
typedef struct h9_hasher h9_hasher;
h9_hasher *h9_hasher_new(void); /* NULL: out of memory */
void h9_hasher_add(h9_hasher *h, const void *p, size_t n);
h9_hash h9_hasher_value(const h9_hasher *h);
void h9_hasher_free(h9_hasher *h);

#endif
