/* Labels blocks: what neurons are called elsewhere, as texts or as UUIDs of 16 bytes. */
#include "codec_parts.h"

#include "../base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS = 0, UUIDS = 1, LISTED = 1, HEAD = 8, BLOCK = 65536 };

void h9_labels_release(h9_labels *l) {
  free(l->id);
  free(l->bytes);
  free(l->at);
  *l = (h9_labels){0};
}

h9_id h9_labels_id(const h9_labels *l, uint32_t i) { return l->id ? l->id[i] : l->first + i; }

/* The place of the first label whose id is not below `id`. */
static uint32_t place_of(const h9_labels *l, h9_id id) {
  if (!l->id) return id <= l->first ? 0 : id - l->first < l->n ? id - l->first : l->n;
  uint32_t lo = 0, hi = l->n;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    if (l->id[mid] < id) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

char *h9_labels_put(const h9_labels *l, uint32_t i, char *p) {
  if (l->uuid) return h9_uuid_text(p, l->bytes + (size_t)i * H9_UUID_BYTES);
  return stpcpy(p, (const char *)l->bytes + l->at[i]);
}

char *h9_labels_text(const h9_labels *l, h9_id id, char *p) {
  uint32_t i = place_of(l, id);
  return i < l->n && h9_labels_id(l, i) == id ? h9_labels_put(l, i, p) : p;
}

/* ---- to bytes ---- */

/* Listed only where they do not follow each other: there is one form of a block. */
static bool ids_apart(const h9_id *id, uint32_t n) { return n > 0 && id[n - 1] - id[0] != n - 1; }

int h9_labels_encode(const h9_labels *l, uint32_t from, uint32_t n, h9_buf *b) {
  bool listed = l->id && ids_apart(l->id + from, n);
  h9_buf_put8(b, l->uuid ? UUIDS : TEXTS);
  h9_buf_put8(b, listed ? LISTED : 0);
  h9_buf_put16(b, 0);
  h9_buf_put32(b, n ? h9_labels_id(l, from) : 0);
  if (listed) h9_buf_put_u32s(b, l->id + from, n);
  if (l->uuid) h9_buf_put(b, l->bytes + (size_t)from * H9_UUID_BYTES, (size_t)n * H9_UUID_BYTES);
  else
    for (uint32_t i = from; i < from + n; i++) h9_buf_put_name(b, (const char *)l->bytes + l->at[i]);
  return b->failed ? H9_ESYSTEM : H9_OK;
}

int h9_labels_write(h9_writer *w, const h9_labels *l, h9_error *e) {
  for (uint32_t from = 0; from < l->n; from += BLOCK) {
    h9_buf b = {0};
    uint32_t n = l->n - from < BLOCK ? l->n - from : BLOCK;
    (void)!h9_labels_encode(l, from, n, &b); /* told by b.failed */
    int rc = h9_body_write(w, H9_BLOCK_LABELS, n, &b, e);
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

/* ---- from bytes ---- */

static int grow(h9_labels *l, uint32_t n, size_t bytes, bool listed, h9_error *e) {
  size_t need = (size_t)l->n + n;
  if (h9_grow(&l->bytes, &l->cap_bytes, l->len + bytes + 1, 1) != H9_OK ||
      (!l->uuid && h9_grow(&l->at, &l->cap_at, need, sizeof *l->at) != H9_OK))
    return h9_fail_memory(e, l->len + bytes + need * sizeof *l->at, "labels");
  if (!listed && !l->id) return H9_OK;
  bool was = l->id != NULL;
  if (h9_grow(&l->id, &l->cap_id, need, sizeof *l->id) != H9_OK)
    return h9_fail_memory(e, need * sizeof *l->id, "labels");
  for (uint32_t i = 0; !was && i < l->n; i++) l->id[i] = l->first + i;
  return H9_OK;
}

static int ids_get(h9_bytes *c, h9_labels *l, h9_id first, uint32_t n, bool listed, uint32_t n_neurons,
                   h9_error *e) {
  h9_id low = l->n ? h9_labels_id(l, l->n - 1) + 1 : 1;
  if (first < low || first > n_neurons || (!listed && n - 1 > n_neurons - first))
    return h9_fail(e, H9_EDATA, "ids from %u on, expected %u to %u", first, low, n_neurons);
  bool apart = listed || (l->n && first != low);
  uint64_t bytes = l->uuid ? (uint64_t)n * H9_UUID_BYTES : h9_bytes_left(c);
  int rc = grow(l, n, bytes, apart, e);
  if (rc != H9_OK) return rc;
  if (!l->id) {
    if (!l->n) l->first = first;
    return H9_OK;
  }
  h9_id *id = l->id + l->n;
  if (listed) h9_bytes_get_u32s(c, id, n);
  for (uint32_t i = 0; i < n; i++) {
    if (!listed) id[i] = first + i;
    h9_id least = i ? id[i - 1] + 1 : first;
    if (id[i] < least || id[i] > n_neurons || (i == 0 && id[0] != first))
      return h9_fail(e, H9_EDATA, "id %u, expected %u to %u", id[i], least, n_neurons);
  }
  if (listed && !ids_apart(id, n))
    return h9_fail(e, H9_EDATA, "ids %u to %u are listed, though they follow each other", first, id[n - 1]);
  return H9_OK;
}

static int texts_get(h9_bytes *c, h9_labels *l, uint32_t n, h9_id first, h9_error *e) {
  for (uint32_t i = 0; i < n; i++) {
    size_t len = h9_bytes_get16(c);
    const unsigned char *p = len > 0 && len <= H9_NAME_MAX ? h9_bytes_take(c, len) : NULL;
    h9_id id = l->id ? l->id[l->n + i] : first + i;
    if (!p || memchr(p, 0, len)) return h9_fail(e, H9_EDATA, "label of id %u is cut, empty or damaged", id);
    char *to = (char *)l->bytes + l->len;
    memcpy(to, p, len); /* fits: its length took two bytes */
    to[len] = 0;
    if (!h9_name_is_fine(to)) return h9_fail(e, H9_EDATA, "label of id %u holds control characters", id);
    l->at[l->n + i] = l->len;
    l->len += len + 1;
  }
  return H9_OK;
}

static int decode(h9_bytes *c, uint64_t count, uint32_t n_neurons, h9_labels *l, h9_error *e) {
  uint8_t form = h9_bytes_get8(c), flags = h9_bytes_get8(c);
  uint16_t reserved = h9_bytes_get16(c);
  h9_id first = h9_bytes_get32(c);
  if (c->failed || form > UUIDS || flags > LISTED || reserved)
    return h9_fail(e, H9_EDATA, "form %u and flags 0x%x, expected 0 or 1 each", form, flags);
  size_t least = (flags & LISTED ? 4 : 0) + (form == UUIDS ? H9_UUID_BYTES : 3);
  if (count == 0 || count > h9_bytes_left(c) / least)
    return h9_fail(e, H9_EDATA, "%llu labels do not fit %zu bytes", (unsigned long long)count, c->len);
  if (l->n && l->uuid != (form == UUIDS))
    return h9_fail(e, H9_EDATA, "%s, expected %s as in the block before", form == UUIDS ? "UUIDs" : "texts",
                   l->uuid ? "UUIDs" : "texts");
  uint32_t n = (uint32_t)count;
  l->uuid = form == UUIDS;
  int rc = ids_get(c, l, first, n, flags & LISTED, n_neurons, e);
  if (rc == H9_OK && !l->uuid) rc = texts_get(c, l, n, first, e);
  const unsigned char *uuids = rc == H9_OK && l->uuid ? h9_bytes_take(c, (size_t)n * H9_UUID_BYTES) : NULL;
  if (uuids) memcpy(l->bytes + l->len, uuids, (size_t)n * H9_UUID_BYTES);
  if (uuids) l->len += (size_t)n * H9_UUID_BYTES;
  if (rc == H9_OK) rc = h9_body_end(c, "labels", e);
  if (rc == H9_OK) l->n += n;
  return rc;
}

int h9_labels_decode(const h9_block *b, uint32_t n_neurons, h9_labels *l, h9_error *e) {
  h9_bytes c;
  int rc = h9_body_begin(b, &c, e);
  return rc == H9_OK ? decode(&c, b->count, n_neurons, l, e) : rc;
}

int h9_network_read_labels(h9_reader *r, h9_network *net, h9_block *b, h9_error *e) {
  int rc;
  while ((rc = h9_reader_next(r, b, e)) == H9_OK && b->kind == H9_BLOCK_LABELS) {
    if (b->body && h9_labels_decode(b, net->n_neurons, &net->labels, e) != H9_OK) return h9_reader_fail_at(r, b, e);
  }
  return rc;
}
