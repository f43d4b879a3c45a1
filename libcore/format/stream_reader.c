/* The stream reader. Blocks are cut out of the file one after the other (by whichever worker holds
 * the input), verified and decompressed by workers in any order, and handed out in order together
 * with what is checked in order: the sequence of kinds, index blocks and the end block.
 * Without workers the caller does all steps. */
#include "../base/counters.h"
#include "../base/io.h"
#include "../base/memory.h"
#include "../base/thread.h"
#include "stream_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Bytes of blocks read ahead, beyond which reading waits for the caller. */
#define HELD_MAX ((size_t)256 << 20)
/* A frame's memory grows with what has arrived, so that a tag's promise alone costs nothing. */
#define FIRST_READ ((size_t)1 << 20)

/* Always decompressed: their contents are needed to understand or check the rest. */
#define ALWAYS                                                                                               \
  (1u << H9_BLOCK_HEADER | 1u << H9_BLOCK_POPULATIONS | 1u << H9_BLOCK_PROJECTIONS |                         \
   1u << H9_BLOCK_PROVENANCE | 1u << H9_BLOCK_INDEX)

struct slot {
  h9_tag tag;
  uint64_t ordinal, offset;
  unsigned char *frame;
  size_t frame_cap;
  unsigned char *payload; /* head and body, when wanted */
  size_t payload_cap, payload_len;
  h9_hash digest; /* of the payload, when wanted */
  h9_hash raw;    /* END: of all bytes before it */
  bool tagged, wanted, ready;
  size_t held;
  h9_error failure;
};

struct h9_reader {
  int fd, wake;
  bool wake_lent; /* from outside */
  unsigned char head[8]; /* bytes read before, from head_at on */
  size_t head_at, head_n;
  char *name;
  uint32_t wanted;

  pthread_mutex_t io; /* guards the input: */
  uint64_t at;        /* offset of the next byte */
  uint32_t before;    /* kind of the last block cut out, 0: none */
  h9_hasher *raw;
  bool ended; /* end block or a failure was met */

  pthread_mutex_t mu; /* guards what passes between workers and caller: */
  pthread_cond_t space, ready;
  uint64_t cut, out; /* blocks cut out, blocks the caller is done with */
  size_t held;
  bool stop;

  /* the caller's alone */
  h9_order order;
  h9_ledger ledger;
  h9_unpacker *own;
  bool every_digest; /* all blocks of the content hash were decompressed */
  bool lent;         /* the block at `out` is in the caller's hands */
  bool finished;
  bool hand_all;     /* INDEX and END, too */
  h9_hash content;
  h9_error failure; /* sticky */

  int n_threads, n_slots;
  pthread_t threads[H9_WORKERS_MAX];
  struct slot slots[]; /* [n_slots] */
};

/* ---- cutting blocks out of the input ---- */

/* Like h9_read_full, but gives up when the reader is being closed. */
static int fill(h9_reader *r, void *p, size_t n, size_t *got, h9_error *e) {
  size_t before = 0;
  while (before < n && r->head_at < r->head_n) ((unsigned char *)p)[before++] = r->head[r->head_at++];
  if (r->wake < 0) {
    int rc = h9_read_full(r->fd, (char *)p + before, n - before, got, e);
    *got += before;
    return rc;
  }
  *got = before;
  while (*got < n) {
    struct pollfd f[2] = {{r->fd, POLLIN, 0}, {r->wake, POLLIN, 0}};
    if (poll(f, 2, -1) < 0 && errno != EINTR) return h9_fail_sys(e, H9_EIO, errno, "cannot wait for input");
    if (f[1].revents) return h9_fail(e, H9_EIO, "closed while reading");
    if (!f[0].revents) continue;
    ssize_t k = read(r->fd, (char *)p + *got, n - *got);
    if (k > 0) {
      *got += (size_t)k;
      h9_count(H9_COUNT_READ_BYTES, (uint64_t)k);
    } else if (k == 0) return H9_OK;
    else if (errno != EINTR && errno != EAGAIN) return h9_fail_sys(e, H9_EIO, errno, "cannot read");
  }
  return H9_OK;
}

static bool room(unsigned char **p, size_t *cap, size_t need) {
  if (*cap >= need) return true;
  free(*p);
  *p = malloc(need);
  *cap = *p ? need : 0;
  return *p != NULL;
}

/* Reads the frame that the slot's tag promises. */
static int cut_frame(h9_reader *r, struct slot *s, h9_error *e) {
  size_t len = s->tag.frame_len, have = 0, got;
  while (have < len) {
    size_t upto = have == 0 ? FIRST_READ : 2 * have;
    if (upto < s->frame_cap) upto = s->frame_cap;
    if (upto > len) upto = len;
    if (upto > s->frame_cap) {
      unsigned char *p = realloc(s->frame, upto);
      if (!p) return h9_fail_memory(e, upto, "a block");
      s->frame = p;
      s->frame_cap = upto;
    }
    if (fill(r, s->frame + have, upto - have, &got, e) != H9_OK) return e->code;
    have += got;
    if (have < upto)
      return h9_fail(e, H9_EDATA, "truncated: the input ends at byte %" PRIu64 ", %zu bytes into its %zu" H9_CUT_ADVICE,
                     r->at + have, have, len);
  }
  r->at += len;
  return H9_OK;
}

static int check_frame(const struct slot *s, h9_error *e) {
  uint32_t check = h9_frame_check(s->frame, s->tag.frame_len);
  if (check == s->tag.frame_check) return H9_OK;
  return h9_fail(e, H9_EDATA, "damaged: its tag states the check %08" PRIx32 ", its bytes give %08" PRIx32 "; make or copy it again",
                 s->tag.frame_check, check);
}

/* With the input: cuts the next block out into the slot; a failure is noted there. */
static void cut(h9_reader *r, struct slot *s) {
  h9_error *e = &s->failure;
  unsigned char tag[H9_TAG_BYTES], beyond[H9_PROLOGUE_BYTES];
  size_t got;
  h9_error unverified; /* here only memory is planned: the frame's check decides later */
  e->code = H9_OK;
  s->offset = r->at;
  s->ordinal = r->cut;
  s->tagged = s->wanted = false;
  s->held = 0;
  r->ended = true; /* unless all goes well */
  if (fill(r, tag, sizeof tag, &got, e) != H9_OK) return;
  if (got == 0) {
    h9_fail(e, H9_EDATA,
            "truncated: the input ends at byte %" PRIu64 ", after a block of %s, without an end block" H9_CUT_ADVICE, r->at,
            r->before ? h9_block_kind_name(r->before) : "nothing");
    return;
  }
  if (got < sizeof tag) {
    h9_fail(e, H9_EDATA, "truncated: the input ends at byte %" PRIu64 ", %zu bytes into the tag of a block" H9_CUT_ADVICE,
            r->at + got, got);
    return;
  }
  if (h9_tag_get(&s->tag, tag, e) != H9_OK) return;
  s->tagged = true;
  r->at += sizeof tag;
  if (cut_frame(r, s, e) != H9_OK) return;
  r->before = s->tag.kind;
  if (s->tag.kind == H9_BLOCK_END) {
    s->raw = h9_hasher_value(r->raw);
    if (check_frame(s, e) != H9_OK) return;
    if (fill(r, beyond, sizeof beyond, &got, e) != H9_OK || got == 0) return;
    h9_error other;
    if (h9_prologue_check(beyond, got, &other) == H9_OK)
      h9_fail(e, H9_EDATA,
              "another stream follows the end block at byte %" PRIu64 "; streams cannot be joined end to end",
              r->at);
    else h9_fail(e, H9_EDATA, "trailing bytes follow the end block at byte %" PRIu64 "", r->at);
    return;
  }
  h9_hasher_add(r->raw, tag, sizeof tag);
  h9_hasher_add(r->raw, s->frame, s->tag.frame_len);
  s->wanted = ((r->wanted | ALWAYS) >> s->tag.kind & 1) != 0;
  if (h9_frame_measure(s->frame, s->tag.frame_len, &s->payload_len, &unverified) != H9_OK) s->payload_len = 0;
  s->held = s->tag.frame_len + (s->wanted ? s->payload_len : 0);
  r->ended = false;
}

/* ---- verifying and decompressing ---- */

static void open_block(struct slot *s, h9_unpacker **u) {
  h9_error *e = &s->failure;
  if (e->code != H9_OK || s->tag.kind == H9_BLOCK_END) return; /* END is compared whole when its turn comes */
  if (check_frame(s, e) != H9_OK) return;
  if (h9_frame_measure(s->frame, s->tag.frame_len, &s->payload_len, e) != H9_OK || !s->wanted) return;
  if (!*u) *u = h9_unpacker_new();
  if (!*u || !room(&s->payload, &s->payload_cap, s->payload_len)) {
    h9_fail_memory(e, s->payload_len, "a block");
    return;
  }
  if (h9_frame_unpack(*u, s->frame, s->tag.frame_len, s->payload, s->payload_len, e) != H9_OK) return;
  unsigned char head[H9_PAYLOAD_HEAD];
  h9_payload_head(head, s->tag.kind, (uint32_t)(s->payload_len - H9_PAYLOAD_HEAD), s->tag.count);
  if (memcmp(head, s->payload, sizeof head) != 0) {
    h9_fail(e, H9_EDATA, "its tag and its contents disagree about kind, length or count");
    return;
  }
  s->digest = h9_hash_of(s->payload, s->payload_len);
}

static void *worker(void *data) {
  h9_reader *r = data;
  h9_unpacker *u = NULL;
  for (;;) {
    pthread_mutex_lock(&r->io);
    pthread_mutex_lock(&r->mu);
    while (!r->stop && !r->ended && r->cut != r->out &&
           (r->cut - r->out >= (unsigned)r->n_slots || r->held > HELD_MAX))
      pthread_cond_wait(&r->space, &r->mu);
    bool leave = r->stop || r->ended;
    pthread_mutex_unlock(&r->mu);
    if (leave) {
      pthread_mutex_unlock(&r->io);
      break;
    }
    struct slot *s = &r->slots[r->cut % (unsigned)r->n_slots];
    cut(r, s);
    pthread_mutex_lock(&r->mu);
    r->held += s->held;
    r->cut++;
    pthread_mutex_unlock(&r->mu);
    pthread_mutex_unlock(&r->io);
    open_block(s, &u);
    pthread_mutex_lock(&r->mu);
    s->ready = true;
    pthread_cond_signal(&r->ready);
    pthread_mutex_unlock(&r->mu);
  }
  h9_unpacker_free(u);
  return NULL;
}

/* ---- handing out ---- */

/* The oldest block, whole or failed. */
static struct slot *oldest(h9_reader *r) {
  struct slot *s = &r->slots[r->out % (unsigned)r->n_slots];
  if (r->n_threads == 0) {
    cut(r, s);
    r->cut++;
    open_block(s, &r->own);
    return s;
  }
  pthread_mutex_lock(&r->mu);
  while (!s->ready) pthread_cond_wait(&r->ready, &r->mu);
  pthread_mutex_unlock(&r->mu);
  return s;
}

/* Buffers are kept for the next block as long as those of all slots together stay bounded. */
static void give_room(struct slot *s, size_t keep) {
  if (s->frame_cap > keep) {
    free(s->frame);
    s->frame = NULL;
    s->frame_cap = 0;
  }
  if (s->payload_cap > keep) {
    free(s->payload);
    s->payload = NULL;
    s->payload_cap = 0;
  }
}

/* The oldest block's slot may be filled again. */
static void done_with(h9_reader *r) {
  struct slot *s = &r->slots[r->out % (unsigned)r->n_slots];
  give_room(s, HELD_MAX / (unsigned)r->n_slots);
  pthread_mutex_lock(&r->mu);
  s->ready = false;
  r->held -= r->n_threads ? s->held : 0;
  r->out++;
  pthread_cond_broadcast(&r->space);
  pthread_mutex_unlock(&r->mu);
  r->lent = false;
}

static int fail_for_good(h9_reader *r, const struct slot *s, h9_error *e) {
  if (s->tagged)
    h9_fail_at(e, "%s: block %" PRIu64 " (%s) at byte %" PRIu64, r->name, s->ordinal,
               h9_block_kind_name(s->tag.kind), s->offset);
  else h9_fail_at(e, "%s: block %" PRIu64 " at byte %" PRIu64, r->name, s->ordinal, s->offset);
  r->failure = *e;
  return e->code;
}

/* Compares the end block with the one that belongs behind what was read. */
static int check_end(h9_reader *r, const struct slot *s, h9_error *e) {
  if (h9_order_step(&r->order, H9_BLOCK_END, e) != H9_OK) return e->code;
  unsigned char want[H9_TAG_BYTES + H9_END_FRAME];
  r->content = r->every_digest ? h9_hasher_value(r->ledger.content) : h9_end_content(s->frame);
  if (h9_ledger_entries(&r->ledger) != 0)
    return h9_fail(e, H9_EDATA, "the last blocks are listed in no index block");
  h9_end_put(&r->ledger, r->content, s->raw, want);
  h9_tag tag;
  if (memcmp(want + H9_TAG_BYTES, s->frame, H9_END_FRAME) != 0)
    return h9_end_differs(s->frame, want + H9_TAG_BYTES, e);
  if (h9_tag_get(&tag, want, e) != H9_OK || tag.count != s->tag.count)
    return h9_fail(e, H9_EDATA, "its tag states %" PRIu64 " blocks, found %" PRIu64, s->tag.count,
                   r->ledger.blocks);
  return H9_OK;
}

/* Compares an index block with the ledger. */
static int check_index(const h9_reader *r, const struct slot *s, h9_error *e) {
  h9_buf want = {0};
  h9_ledger_index(&r->ledger, &want);
  const unsigned char *body = s->payload + H9_PAYLOAD_HEAD;
  size_t len = s->payload_len - H9_PAYLOAD_HEAD;
  uint32_t n = h9_ledger_entries(&r->ledger);
  if (want.failed) h9_fail_memory(e, want.len, "the index");
  else if (s->tag.count != n)
    h9_fail(e, H9_EDATA, "the index lists %" PRIu64 " blocks, %" PRIu32 " came before it", s->tag.count, n);
  else if (len != want.len || memcmp(body, want.data, 16) != 0)
    h9_fail(e, H9_EDATA, "the index's head does not fit the blocks before it");
  else if (memcmp(body, want.data, len) != 0) {
    size_t i = 16;
    while (memcmp(body + i, want.data + i, H9_INDEX_ENTRY_BYTES) == 0) i += H9_INDEX_ENTRY_BYTES;
    h9_fail(e, H9_EDATA, "the index's entry of block %" PRIu64 " does not fit that block",
            r->ledger.first_entry + (i - 16) / H9_INDEX_ENTRY_BYTES);
  }
  h9_buf_release(&want);
  return e->code;
}

/* What is checked in the order of the stream. */
static int account(h9_reader *r, const struct slot *s, h9_error *e) {
  if (h9_order_step(&r->order, s->tag.kind, e) != H9_OK) return e->code;
  if (s->tag.kind == H9_BLOCK_INDEX && check_index(r, s, e) != H9_OK) return e->code;
  if (s->tag.kind != H9_BLOCK_INDEX && h9_ledger_entries(&r->ledger) == H9_INDEX_ENTRIES_MAX)
    return h9_fail(e, H9_EDATA, "no index block after %d blocks", H9_INDEX_ENTRIES_MAX);
  if (!s->wanted && h9_kind_is_content(s->tag.kind)) r->every_digest = false;
  if (h9_ledger_add(&r->ledger, &s->tag, s->payload_len - H9_PAYLOAD_HEAD, s->wanted ? &s->digest : NULL) !=
      H9_OK)
    return h9_fail_memory(e, r->ledger.entries.len, "the index");
  return H9_OK;
}

int h9_reader_next(h9_reader *r, h9_block *b, h9_error *e) {
  *b = (h9_block){0};
  if (r->failure.code != H9_OK) {
    *e = r->failure;
    return e->code;
  }
  if (r->finished) return H9_EOF;
  if (r->lent) done_with(r);
  for (;;) {
    struct slot *s = oldest(r);
    e->code = H9_OK;
    if (s->failure.code != H9_OK) *e = s->failure;
    if (e->code == H9_OK && s->tag.kind == H9_BLOCK_END) {
      if (check_end(r, s, e) != H9_OK) return fail_for_good(r, s, e);
      r->ledger.offset += H9_TAG_BYTES + H9_END_FRAME;
      r->finished = true;
      if (!r->hand_all) return H9_EOF;
      *b = (h9_block){.kind = H9_BLOCK_END,
                      .count = s->tag.count,
                      .len = H9_END_BODY,
                      .ordinal = s->ordinal,
                      .offset = s->offset,
                      .stored = H9_TAG_BYTES + H9_END_FRAME};
      return H9_OK;
    }
    if (e->code != H9_OK || account(r, s, e) != H9_OK) return fail_for_good(r, s, e);
    if (s->tag.kind == H9_BLOCK_INDEX && !r->hand_all) {
      done_with(r);
      continue;
    }
    *b = (h9_block){.kind = s->tag.kind,
                    .count = s->tag.count,
                    .body = s->wanted ? s->payload + H9_PAYLOAD_HEAD : NULL,
                    .len = s->payload_len - H9_PAYLOAD_HEAD,
                    .ordinal = s->ordinal,
                    .offset = s->offset,
                    .stored = H9_TAG_BYTES + (size_t)s->tag.frame_len,
                    .digest = s->wanted ? s->digest : (h9_hash){0}};
    r->lent = true;
    h9_count_block(H9_COUNT_READ, b->kind, b->count);
    return H9_OK;
  }
}

void h9_reader_hand_all(h9_reader *r) { r->hand_all = true; }

void h9_reader_keep(h9_reader *r, h9_block *b) {
  if (!b->body || !r->lent) return;
  struct slot *s = &r->slots[r->out % (unsigned)r->n_slots];
  memmove(s->payload, s->payload + H9_PAYLOAD_HEAD, b->len); /* so that free() takes it */
  b->body = s->payload;
  s->payload = NULL;
  s->payload_cap = 0;
}

int h9_reader_fail_at(const h9_reader *r, const h9_block *b, h9_error *e) {
  return h9_fail_at(e, "%s: block %" PRIu64 " (%s)", r->name, b->ordinal, h9_block_kind_name(b->kind));
}

const char *h9_reader_name(const h9_reader *r) { return r->name; }
h9_hash h9_reader_hash(const h9_reader *r) { return r->content; }
uint64_t h9_reader_blocks(const h9_reader *r, enum h9_block_kind kind, uint64_t *bytes) {
  if ((unsigned)kind >= H9_KINDS_ROOM) return *bytes = 0;
  *bytes = r->ledger.bytes[kind];
  return r->ledger.number[kind];
}
uint64_t h9_reader_count(const h9_reader *r, enum h9_block_kind kind) {
  return (unsigned)kind < H9_KINDS_ROOM ? r->ledger.records[kind] : 0;
}
uint64_t h9_reader_bytes(const h9_reader *r) { return r->ledger.offset; }

/* ---- opening and closing ---- */

void h9_reader_close(h9_reader *r) {
  if (!r) return;
  pthread_mutex_lock(&r->mu);
  r->stop = true;
  pthread_cond_broadcast(&r->space);
  pthread_mutex_unlock(&r->mu);
  if (r->n_threads) {
    uint64_t one = 1;
    while (write(r->wake, &one, sizeof one) < 0 && errno == EINTR) continue;
    h9_threads_join(r->threads, r->n_threads);
  }
  if (r->wake >= 0 && !r->wake_lent) close(r->wake);
  for (int i = 0; i < r->n_slots; i++) {
    free(r->slots[i].frame);
    free(r->slots[i].payload);
  }
  h9_unpacker_free(r->own);
  h9_ledger_close(&r->ledger);
  h9_hasher_free(r->raw);
  pthread_mutex_destroy(&r->io);
  pthread_mutex_destroy(&r->mu);
  pthread_cond_destroy(&r->space);
  pthread_cond_destroy(&r->ready);
  free(r->name);
  free(r);
}

/* The beginning of the file, before any worker runs. */
static int open_input(h9_reader *r, h9_error *e) {
  unsigned char prologue[H9_PROLOGUE_BYTES];
  size_t got;
  if (isatty(r->fd)) return h9_fail(e, H9_ENOINPUT, "is a terminal; expected a stream from a pipe or a file");
  (void)fcntl(r->fd, F_SETPIPE_SZ, 1 << 20); /* fewer switches between the ends of a pipe; may say no */
  if (fill(r, prologue, sizeof prologue, &got, e) != H9_OK) return e->code;
  if (h9_prologue_check(prologue, got, e) != H9_OK) return e->code;
  h9_hasher_add(r->raw, prologue, sizeof prologue);
  r->at = H9_PROLOGUE_BYTES;
  return H9_OK;
}

static int open_reader(h9_reader **out, int fd, const char *name, uint32_t wanted, int workers, const void *head,
                       size_t n_head, int wake, h9_error *e) {
  *out = NULL;
  int n_slots = workers > 1 ? 2 * workers + 1 : 1;
  h9_reader *r = calloc(1, sizeof *r + (size_t)n_slots * sizeof r->slots[0]);
  if (!r) return h9_fail_memory(e, sizeof *r, "a stream reader");
  pthread_mutex_init(&r->io, NULL);
  pthread_mutex_init(&r->mu, NULL);
  pthread_cond_init(&r->space, NULL);
  pthread_cond_init(&r->ready, NULL);
  r->fd = fd;
  r->wake = wake;
  r->wake_lent = wake >= 0;
  r->head_n = n_head < sizeof r->head ? n_head : sizeof r->head;
  if (n_head) memcpy(r->head, head, r->head_n);
  r->wanted = wanted;
  r->every_digest = true;
  r->n_slots = n_slots;
  r->name = h9_strdup(name);
  r->raw = h9_hasher_new();
  e->code = H9_OK;
  if (h9_ledger_open(&r->ledger) != H9_OK || !r->name || !r->raw)
    h9_fail_memory(e, sizeof *r, "a stream reader");
  else if (open_input(r, e) != H9_OK) h9_fail_at(e, "%s", name);
  if (e->code != H9_OK) {
    h9_reader_close(r);
    return e->code;
  }
  if (workers > 1) r->wake = eventfd(0, EFD_CLOEXEC);
  if (workers > 1 && r->wake >= 0) {
    /* Workers ask n_threads how to wait: it is set before they run, and the input held back until
     * the true number is known. */
    pthread_mutex_lock(&r->io);
    r->n_threads = workers;
    r->n_threads = h9_threads_start(r->threads, workers, worker, r);
    pthread_mutex_unlock(&r->io);
  }
  *out = r;
  return H9_OK;
}

int h9_reader_open(h9_reader **out, int fd, const char *name, uint32_t wanted, int threads, h9_error *e) {
  return open_reader(out, fd, name, wanted, h9_workers(threads), NULL, 0, -1, e);
}

int h9_reader_open_begun(h9_reader **out, int fd, const char *name, uint32_t wanted, const void *head, size_t n_head,
                         int wake, h9_error *e) {
  return open_reader(out, fd, name, wanted, 1, head, n_head, wake, e);
}
