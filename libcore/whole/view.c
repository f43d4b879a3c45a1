#include "view.h"

#include "../base/io.h"
#include "../base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { OUT_BYTES = 1 << 18 };

void h9_view_names_free(char **names, uint32_t n) {
  for (uint32_t i = 0; names && i < n; i++) free(names[i]);
  free(names);
}

static int column_code(const char *name, const h9_view_column *known, size_t n, int other, h9_error *e) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(known[i].name, name) == 0) return known[i].code;
  if (other >= 0) return other;
  const char **names = malloc(n * sizeof *names);
  for (size_t i = 0; names && i < n; i++) names[i] = known[i].name;
  h9_fail(e, H9_EUSAGE, "--columns: there is no column '%s'", name);
  if (names) h9_fail_near(e, name, names, n, true);
  free(names);
  return -1;
}

int h9_view_columns(const h9_view *v, const char *own, const h9_view_column *known, size_t n_known, int other,
                    char ***names, int *code, uint32_t *n, h9_error *e) {
  *names = calloc(H9_TABLE_COLUMNS_MAX, sizeof **names);
  *n = 0;
  if (!*names) return h9_fail_memory(e, H9_TABLE_COLUMNS_MAX * sizeof **names, "columns");
  for (const char *at = own; *n < H9_TABLE_COLUMNS_MAX;) {
    size_t len = v->n_columns ? 0 : strcspn(at, ",");
    if (v->n_columns ? *n == v->n_columns : *at == 0) break;
    char *name = v->n_columns ? h9_strdup(v->columns[*n]) : strndup(at, len);
    if (!name) {
      h9_fail_memory(e, len, "columns");
      break;
    }
    (*names)[*n] = name;
    code[*n] = column_code(name, known, n_known, other, e);
    ++*n;
    if (code[*n - 1] < 0) break;
    at += len;
    at += *at == ',';
  }
  if (e->code == H9_OK) return H9_OK;
  h9_view_names_free(*names, *n);
  *names = NULL;
  return e->code;
}

int h9_view_flush(h9_view *v, bool all, h9_error *e) {
  if (v->out.failed) return h9_fail_memory(e, OUT_BYTES, "output");
  if (v->out.len == 0 || (!all && v->out.len < OUT_BYTES)) return H9_OK;
  int rc = h9_write_full(v->fd, v->out.data, v->out.len, e);
  v->out.len = 0;
  return rc;
}

char *h9_view_room(h9_view *v, size_t bytes, h9_error *e) {
  if (v->out.len >= OUT_BYTES && h9_view_flush(v, true, e) != H9_OK) return NULL;
  size_t len = v->out.len;
  char *p = (char *)h9_buf_extend(&v->out, bytes);
  if (!p) h9_fail_memory(e, bytes, "output");
  v->out.len = len;
  return p;
}

int h9_view_begin(h9_view *v, h9_table *t, char *const *names, uint32_t n, h9_error *e) {
  const char *constant[H9_TABLE_COLUMNS_MAX];
  for (uint32_t i = 0; i < n; i++) constant[i] = names[i];
  v->rows = 0;
  if (h9_table_init(t, v->json, constant, n) != H9_OK) return h9_fail_memory(e, n, "columns");
  if (v->header && !v->headed && !v->json && !v->count) {
    h9_table_header(&v->out, constant, n);
    v->headed = true;
  }
  return H9_OK;
}

int h9_view_put_count(h9_view *v, uint64_t n, h9_error *e) {
  char s[H9_TEXT_MAX];
  h9_buf_put(&v->out, s, (size_t)(h9_text_u64(s, n < v->head ? n : v->head) - s));
  h9_buf_put8(&v->out, '\n');
  return h9_view_flush(v, true, e);
}

char *h9_view_cell_text(const h9_table *t, const char *text) {
  h9_buf b = {0};
  h9_table_put_text(t, &b, text);
  h9_buf_put8(&b, 0);
  if (!b.failed) return (char *)b.data;
  h9_buf_release(&b);
  return NULL;
}

void h9_view_release(h9_view *v) {
  h9_view_names_free(v->columns, v->n_columns);
  h9_select_release(&v->select);
  h9_buf_release(&v->out);
}
