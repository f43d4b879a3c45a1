/* Labels to compact ids, filled by many threads at once.
 *
 * Each label becomes an entry with the least position at which it was met; ids are the ranks of those
 * positions, so that they follow the input's order whatever the threads did. Entries lie in chunks that never
 * move, texts in an arena of each thread; nothing is freed before the whole map.
 *
 * Three ways to share one table: a mutex around all of it; 16 tables with a mutex each; or one of atomic slots
 * that are claimed by compare-and-swap, which grows between rounds only (h9_labelmap_reserve). Waits are counted:
 * locks that another thread held, with the time until they were had, and slots that another thread claimed first (which
 * costs another look at the slot). */
#ifndef H9_BASE_LABELMAP_H
#define H9_BASE_LABELMAP_H

#include "status.h"

enum h9_labelmap_kind { H9_LABELMAP_LOCKED, H9_LABELMAP_SHARDED, H9_LABELMAP_FREE };
enum { H9_LABELMAP_SHARDS = 16 };
#define H9_LABELMAP_NONE UINT32_MAX

typedef struct h9_labelmap h9_labelmap;

/* `uuid`: all labels are 16 bytes; else texts of at most 65,535. Threads that add are 0 .. threads - 1. */
int h9_labelmap_new(h9_labelmap **m, enum h9_labelmap_kind kind, bool uuid, int threads,
                    h9_error *e) H9_UNUSED_RESULT;
void h9_labelmap_free(h9_labelmap *m);
/* Makes room for `n` adds; nobody may add meanwhile. The lock-free map takes no more than were made room for. */
int h9_labelmap_reserve(h9_labelmap *m, uint64_t n, h9_error *e) H9_UNUSED_RESULT;
/* The label's entry, an old or a new one; H9_LABELMAP_NONE when there is no memory (or no room). Positions are below
 * 2^64 - 1. */
uint32_t h9_labelmap_add(h9_labelmap *m, int thread, const void *label, size_t len, uint64_t position);
/* The label's entry, or H9_LABELMAP_NONE; while nobody adds, without any lock. */
uint32_t h9_labelmap_find(const h9_labelmap *m, const void *label, size_t len);
uint64_t h9_labelmap_first(const h9_labelmap *m, uint32_t entry); /* least position */
const void *h9_labelmap_label(const h9_labelmap *m, uint32_t entry, size_t *len);

/* Orders the entries by position: then entry_of(m, rank), and its inverse, for ranks from 0. Nobody may add. */
int h9_labelmap_rank(h9_labelmap *m, h9_error *e) H9_UNUSED_RESULT;
uint32_t h9_labelmap_entries(const h9_labelmap *m); /* all entries are below */
uint32_t h9_labelmap_entry(const h9_labelmap *m, uint32_t rank);
uint32_t h9_labelmap_rank_of(const h9_labelmap *m, uint32_t entry);

typedef struct h9_labelmap_stats {
  uint64_t labels, adds, waits;
  uint64_t waited_ns; /* for locks, by all threads together */
  uint64_t bytes; /* of memory in use */
} h9_labelmap_stats;
void h9_labelmap_stats_get(const h9_labelmap *m, h9_labelmap_stats *s); /* while nobody adds */

#endif
