/* Labels: as a table of their own, and as cells of other tables. */
#include "view.h"

#include <stdlib.h>

enum { ID, NAME, LABEL, POPULATION };
static const h9_view_column known[] = {{"id", ID}, {"name", NAME}, {"label", LABEL}, {"population", POPULATION}};

char *h9_view_label(const h9_table *t, const h9_labels *l, h9_id id, char *p) {
  if (!t->json) return l->n ? h9_labels_text(l, id, p) : p;
  char text[H9_NAME_MAX + 1], *end = l->n ? h9_labels_text(l, id, text) : text;
  if (end == text) return stpcpy(p, "null");
  *p++ = '"';
  for (const char *s = text; s < end; s++) { /* there are no control characters */
    if (*s == '"' || *s == '\\') *p++ = '\\';
    *p++ = *s;
  }
  *p++ = '"';
  return p;
}

static int rows(h9_view *v, const h9_table *t, const int *code, uint32_t n, const h9_network *net, h9_error *e) {
  const h9_labels *l = &net->labels;
  bool all = h9_select_is_all(&v->select);
  for (uint32_t i = 0; i < l->n && v->rows < v->head; i++) {
    h9_id id = h9_labels_id(l, i);
    if (!all && !h9_select_has(&v->select, net, id)) continue;
    v->rows++;
    if (v->count) continue;
    char *q = h9_view_room(v, t->row_bytes + n * (size_t)H9_VIEW_LABEL, e);
    if (!q) return e->code;
    for (uint32_t k = 0; k < n; k++) {
      q = h9_table_cell(t, k, q);
      if (code[k] == ID) q = h9_text_u64(q, id);
      else if (code[k] == LABEL) q = h9_view_label(t, l, id, q);
      else if (code[k] == NAME) {
        if (t->json) *q++ = '"';
        q = h9_text_id(q, id);
        if (t->json) *q++ = '"';
      } else {
        char *name = h9_view_cell_text(t, net->populations[h9_network_population_of(net, id)].name);
        if (!name) return h9_fail_memory(e, H9_NAME_MAX, "a name");
        q = stpcpy(q, name);
        free(name);
      }
    }
    h9_view_took(v, h9_table_end(t, q));
  }
  return H9_OK;
}

int h9_view_labels(h9_view *v, int fd, const char *name, h9_error *e) {
  h9_reader *r;
  h9_block b;
  h9_network net;
  h9_table table = {0};
  char **names = NULL;
  int code[H9_TABLE_COLUMNS_MAX];
  uint32_t n = 0;
  int rc = h9_reader_open(&r, fd, name, 1u << H9_BLOCK_LABELS, v->threads, e);
  if (rc != H9_OK) return rc;
  rc = h9_network_read_head(r, &net, e);
  if (rc == H9_OK) rc = h9_select_resolve(&v->select, &net, e);
  if (rc == H9_OK) rc = h9_view_columns(v, "id,label", known, sizeof known / sizeof known[0], -1, &names, code, &n, e);
  if (rc == H9_OK) rc = h9_view_begin(v, &table, names, n, e);
  if (rc == H9_OK) rc = h9_network_read_labels(r, &net, &b, e);
  bool ended = rc == H9_EOF;
  if (rc == H9_OK || ended) rc = rows(v, &table, code, n, &net, e);
  while (rc == H9_OK && !ended) { /* to the end block, which tells that nothing is missing */
    rc = h9_reader_next(r, &b, e);
    ended = rc == H9_EOF;
  }
  if (rc == H9_EOF) rc = H9_OK;
  if (rc == H9_OK) rc = v->count ? h9_view_put_count(v, v->rows, e) : h9_view_flush(v, true, e);
  h9_view_names_free(names, n);
  h9_table_release(&table);
  h9_network_release(&net);
  h9_reader_close(r);
  return rc;
}
