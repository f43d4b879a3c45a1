/* The stream writer. Blocks wait in a ring; workers compress them in any order; whichever worker
 * completes the oldest writes it and those ready behind it, so that nothing lingers in a buffer and
 * the bytes do not depend on the threads. Without workers the caller does both steps. */
#include "../base/counters.h"
#include "../base/io.h"
#include "../base/memory.h"
#include "../base/thread.h"
#include "stream_parts.h"

#include <fcntl.h>
#include <stdlib.h>

/* Uncompressed bytes waiting or being compressed, beyond which a caller waits. */
#define HELD_MAX ((size_t)256 << 20)

struct slot {
  uint32_t kind;
  uint64_t count;
  h9_buf body; /* waiting */
  size_t body_len;
  unsigned char *frame; /* tag and frame, once packed */
  size_t frame_cap;
  h9_tag tag;
  h9_hash digest;
  bool packed;
};

struct bench { /* what one thread needs to pack */
  h9_packer *packer;
  unsigned char *payload;
  size_t cap;
};

struct h9_writer {
  int fd;
  char *name;
  int level;
  h9_order order;
  h9_hasher *raw;
  struct bench own; /* the caller's, when there are no workers */

  pthread_mutex_t mu; /* guards all that follows */
  pthread_cond_t filled, moved;
  uint64_t in, packing, out; /* blocks given, taken by a worker, written */
  size_t held;
  bool writing, stop;
  h9_error failure; /* the first; sticky */
  h9_ledger ledger; /* of written blocks */

  int n_threads, n_slots;
  pthread_t threads[H9_WORKERS_MAX];
  struct slot slots[]; /* [n_slots] */
};

static void bench_release(struct bench *b) {
  h9_packer_free(b->packer);
  free(b->payload);
}

/* Grows an uninitialised buffer without copying what it held. */
static bool room(unsigned char **p, size_t *cap, size_t need) {
  if (*cap >= need) return true;
  free(*p);
  *p = malloc(need);
  *cap = *p ? need : 0;
  return *p != NULL;
}

/* Compresses a slot's body into its frame; the body's memory is released. */
static int pack(const h9_writer *w, struct bench *b, struct slot *s, h9_error *e) {
  size_t n = H9_PAYLOAD_HEAD + s->body_len, bound = h9_frame_bound(n), len;
  if (!b->packer) b->packer = h9_packer_new(w->level);
  if (!b->packer || !room(&b->payload, &b->cap, n) || !room(&s->frame, &s->frame_cap, H9_TAG_BYTES + bound))
    return h9_fail_memory(e, n + bound, "compressing a block");
  h9_payload_head(b->payload, s->kind, (uint32_t)s->body_len, s->count);
  if (s->body_len) memcpy(b->payload + H9_PAYLOAD_HEAD, s->body.data, s->body_len);
  h9_buf_release(&s->body);
  s->digest = h9_hash_of(b->payload, n);
  if (h9_frame_pack(b->packer, b->payload, n, s->frame + H9_TAG_BYTES, bound, &len, e) != H9_OK)
    return e->code;
  s->tag = (h9_tag){(uint32_t)len, s->kind, s->count, h9_frame_check(s->frame + H9_TAG_BYTES, len)};
  h9_tag_put(&s->tag, s->frame);
  return H9_OK;
}

static void note_failure(h9_writer *w, const h9_error *e) {
  if (w->failure.code == H9_OK) w->failure = *e;
}

/* Writes a packed slot; called in order by one thread at a time, without the lock. */
static int put(h9_writer *w, const struct slot *s, h9_error *e) {
  size_t n = H9_TAG_BYTES + (size_t)s->tag.frame_len;
  h9_hasher_add(w->raw, s->frame, n);
  return h9_write_full(w->fd, s->frame, n, e);
}

/* With the lock: writes what is ready at the head of the ring, unless another thread is at it. */
static void drain_ready(h9_writer *w) {
  if (w->writing) return;
  w->writing = true;
  while (w->out < w->packing) {
    struct slot *s = &w->slots[w->out % (unsigned)w->n_slots];
    if (!s->packed) break;
    if (w->failure.code == H9_OK) {
      h9_error e = {0};
      pthread_mutex_unlock(&w->mu);
      int code = put(w, s, &e);
      pthread_mutex_lock(&w->mu);
      if (code == H9_OK && h9_ledger_add(&w->ledger, &s->tag, s->body_len, &s->digest) != H9_OK)
        code = h9_fail_memory(&e, w->ledger.entries.len, "the index");
      if (code != H9_OK) note_failure(w, &e);
    }
    s->packed = false;
    if (s->frame_cap > HELD_MAX / (unsigned)w->n_slots) { /* kept ones stay bounded together */
      free(s->frame);
      s->frame = NULL;
      s->frame_cap = 0;
    }
    w->held -= s->body_len;
    w->out++;
    pthread_cond_broadcast(&w->moved);
  }
  w->writing = false;
}

/* With the lock: packs the oldest waiting block and writes what can be written. */
static void work_one(h9_writer *w, struct bench *b) {
  struct slot *s = &w->slots[w->packing++ % (unsigned)w->n_slots];
  if (w->failure.code == H9_OK) {
    h9_error e = {0};
    pthread_mutex_unlock(&w->mu);
    int code = pack(w, b, s, &e);
    pthread_mutex_lock(&w->mu);
    if (code != H9_OK) note_failure(w, &e);
  }
  h9_buf_release(&s->body);
  s->packed = true;
  drain_ready(w);
}

static void *worker(void *data) {
  h9_writer *w = data;
  struct bench b = {0};
  pthread_mutex_lock(&w->mu);
  for (;;) {
    while (w->packing == w->in && !w->stop) pthread_cond_wait(&w->filled, &w->mu);
    if (w->packing == w->in) break;
    work_one(w, &b);
  }
  pthread_mutex_unlock(&w->mu);
  bench_release(&b);
  return NULL;
}

/* The sticky failure with the output's name before it. */
static int fail_as_before(h9_writer *w, h9_error *e) {
  *e = w->failure;
  return h9_fail_at(e, "%s", w->name);
}

static void release(h9_writer *w) {
  if (!w) return;
  pthread_mutex_lock(&w->mu);
  w->stop = true;
  pthread_cond_broadcast(&w->filled);
  pthread_mutex_unlock(&w->mu);
  h9_threads_join(w->threads, w->n_threads);
  for (int i = 0; i < w->n_slots; i++) {
    h9_buf_release(&w->slots[i].body);
    free(w->slots[i].frame);
  }
  bench_release(&w->own);
  h9_ledger_close(&w->ledger);
  h9_hasher_free(w->raw);
  pthread_mutex_destroy(&w->mu);
  pthread_cond_destroy(&w->filled);
  pthread_cond_destroy(&w->moved);
  free(w->name);
  free(w);
}

int h9_writer_open(h9_writer **out, int fd, const char *name, int level, int threads, h9_error *e) {
  *out = NULL;
  if (level < -50 || level > 19)
    return h9_fail(e, H9_EUSAGE, "compression level %d, expected -50 to 19", level);
  int workers = h9_workers(threads), n_slots = workers > 1 ? 2 * workers + 1 : 1;
  h9_writer *w = calloc(1, sizeof *w + (size_t)n_slots * sizeof w->slots[0]);
  if (!w) return h9_fail_memory(e, sizeof *w, "a stream writer");
  pthread_mutex_init(&w->mu, NULL);
  pthread_cond_init(&w->filled, NULL);
  pthread_cond_init(&w->moved, NULL);
  w->fd = fd;
  w->level = level ? level : 1;
  w->n_slots = n_slots;
  w->name = h9_strdup(name);
  w->raw = h9_hasher_new();
  if (h9_ledger_open(&w->ledger) != H9_OK || !w->name || !w->raw) {
    release(w);
    return h9_fail_memory(e, sizeof *w, "a stream writer");
  }
  (void)fcntl(fd, F_SETPIPE_SZ, 1 << 20); /* fewer switches between the ends of a pipe; may say no */
  unsigned char prologue[H9_PROLOGUE_BYTES];
  h9_prologue_put(prologue);
  h9_hasher_add(w->raw, prologue, sizeof prologue);
  if (h9_write_full(fd, prologue, sizeof prologue, e) != H9_OK) {
    h9_fail_at(e, "%s", name);
    release(w);
    return e->code;
  }
  if (workers > 1) w->n_threads = h9_threads_start(w->threads, workers, worker, w);
  *out = w;
  return H9_OK;
}

/* Gives a block to the ring. The body is taken over, also on failure. */
static int enqueue(h9_writer *w, uint32_t kind, uint64_t count, h9_buf *body, h9_error *e) {
  pthread_mutex_lock(&w->mu);
  while (w->failure.code == H9_OK && w->in != w->out &&
         (w->in - w->out == (unsigned)w->n_slots || w->held + body->len > HELD_MAX))
    pthread_cond_wait(&w->moved, &w->mu);
  if (w->failure.code == H9_OK) {
    struct slot *s = &w->slots[w->in++ % (unsigned)w->n_slots];
    s->kind = kind;
    s->count = count;
    s->body = *body;
    s->body_len = body->len;
    *body = (h9_buf){0};
    w->held += s->body_len;
    if (w->n_threads == 0) work_one(w, &w->own);
    else pthread_cond_signal(&w->filled);
  }
  bool failed = w->failure.code != H9_OK;
  pthread_mutex_unlock(&w->mu);
  h9_buf_release(body);
  *body = (h9_buf){0};
  return failed ? fail_as_before(w, e) : H9_OK;
}

/* Waits until all given blocks are written. */
static int drain(h9_writer *w, h9_error *e) {
  pthread_mutex_lock(&w->mu);
  while (w->out != w->in) pthread_cond_wait(&w->moved, &w->mu);
  bool failed = w->failure.code != H9_OK;
  pthread_mutex_unlock(&w->mu);
  return failed ? fail_as_before(w, e) : H9_OK;
}

/* An index block of the blocks since the last one. */
static int write_index(h9_writer *w, h9_error *e) {
  if (drain(w, e) != H9_OK) return e->code;
  h9_buf body = {0};
  uint32_t n = h9_ledger_entries(&w->ledger);
  h9_ledger_index(&w->ledger, &body);
  if (body.failed) {
    h9_buf_release(&body);
    return h9_fail_memory(e, w->ledger.entries.len, "the index");
  }
  return enqueue(w, H9_BLOCK_INDEX, n, &body, e);
}

int h9_writer_block(h9_writer *w, enum h9_block_kind kind, uint64_t count, h9_buf *body, h9_error *e) {
  int code = H9_OK;
  if (body->failed) code = h9_fail_memory(e, body->len, "encoding a block");
  else if (body->len > H9_BLOCK_BYTES_MAX)
    code = h9_fail(e, H9_EINTERNAL, "a block of %zu bytes, at most %lu are allowed", body->len,
                   (unsigned long)H9_BLOCK_BYTES_MAX);
  else if ((unsigned)kind >= H9_BLOCK_INDEX || kind == 0)
    code = h9_fail(e, H9_EINTERNAL, "blocks of kind %d are not the caller's to write", (int)kind);
  else if (h9_order_step(&w->order, kind, e) != H9_OK) code = e->code = H9_EINTERNAL;
  if (code != H9_OK) {
    h9_buf_release(body);
    *body = (h9_buf){0};
    return h9_fail_at(e, "%s", w->name);
  }
  /* Every index block lists the same number, so that where they stand depends on nothing else. */
  uint64_t period = H9_INDEX_ENTRIES_MAX + 1;
  if (w->in % period == H9_INDEX_ENTRIES_MAX && write_index(w, e) != H9_OK) {
    h9_buf_release(body);
    *body = (h9_buf){0};
    return e->code;
  }
  h9_count_block(H9_COUNT_WRITTEN, kind, count);
  return enqueue(w, kind, count, body, e);
}

int h9_writer_copy(h9_writer *w, const h9_block *b, h9_error *e) {
  if (!b->body) return h9_fail(e, H9_EINTERNAL, "%s: a block that was not read cannot be copied", w->name);
  h9_buf body = {0};
  h9_buf_put(&body, b->body, b->len);
  return h9_writer_block(w, (enum h9_block_kind)b->kind, b->count, &body, e);
}

int h9_writer_flush(h9_writer *w, h9_error *e) { return drain(w, e); }

int h9_writer_close(h9_writer *w, h9_error *e) {
  int code = H9_OK;
  if (!w->order.populations) code = h9_fail(e, H9_EINTERNAL, "%s: a stream without populations", w->name);
  if (code == H9_OK) code = write_index(w, e);
  if (code == H9_OK) code = drain(w, e);
  if (code == H9_OK) {
    unsigned char end[H9_TAG_BYTES + H9_END_FRAME];
    h9_end_put(&w->ledger, h9_hasher_value(w->ledger.content), h9_hasher_value(w->raw), end);
    code = h9_write_full(w->fd, end, sizeof end, e);
    if (code != H9_OK) h9_fail_at(e, "%s", w->name);
  }
  release(w);
  return code;
}

h9_hash h9_writer_hash(h9_writer *w) {
  h9_error e;
  (void)!drain(w, &e); /* a failure is reported by the next call that can */
  return h9_hasher_value(w->ledger.content);
}

uint64_t h9_writer_bytes(const h9_writer *w) {
  h9_writer *unlocked = (h9_writer *)w; /* the lock is no part of what is promised constant */
  pthread_mutex_lock(&unlocked->mu);
  uint64_t n = w->ledger.offset;
  pthread_mutex_unlock(&unlocked->mu);
  return n;
}

void h9_writer_abort(h9_writer *w) {
  if (!w) return;
  pthread_mutex_lock(&w->mu);
  h9_error e = {0};
  h9_fail(&e, H9_EINTERNAL, "given up");
  note_failure(w, &e); /* what waits is dropped */
  pthread_mutex_unlock(&w->mu);
  release(w);
}
