/* Reports become recorded state: one variable of nodes that are points, at regular times. */
#include "convert_sonata.h"

#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 1 << 20 }; /* read at once */

typedef struct part { /* of one population */
  h9_h5_array data;
  uint32_t n;
  uint32_t *place;                          /* [n] of its columns among all */
  double time[3];                           /* ms: first, end, step */
  char unit[32], variable[H9_NAME_MAX + 1]; /* variable: "" where the file does not tell */
} part;

typedef struct reading {
  h9_sonata_import *x;
  h9_h5 h5;
  size_t n_parts;
  part *part;
  struct column {
    h9_id id;
    uint32_t part, column;
  } * column;
  uint32_t n;
  size_t cap;
} reading;

static int by_id(const void *a, const void *b) {
  const struct column *x = a, *y = b;
  return (x->id > y->id) - (x->id < y->id);
}

static int path_text(const reading *r, const char *path, const char *expected, char *text, size_t room,
                     h9_error *e) {
  bool there;
  int rc = h9_h5_get_text(&r->h5, path, "units", text, room, &there, e);
  if (rc == H9_OK && !there) strcpy(text, expected ? expected : "1");
  if (rc != H9_OK || !expected || strcmp(text, expected) == 0) return rc;
  return h9_fail(e, H9_EDATA, "%s:%s: attribute units: found '%s', expected %s", r->h5.path, path, text,
                 expected);
}

/* Each node has one element: neurons here are points. */
static int take_nodes(reading *r, const char *group, const h9_sonata_who *who, uint32_t which, h9_error *e) {
  part *p = &r->part[which];
  char *ids = h9_sonata_path("%s/mapping/node_ids", group),
       *pointers = h9_sonata_path("%s/mapping/index_pointers", group);
  int64_t *id = NULL, *at = NULL;
  h9_h5_array a = {.id = -1};
  uint64_t most = who->nodes ? who->nodes->n : who->population->count, n_pointers = 0;
  int rc = ids && pointers ? H9_OK : h9_fail_memory(e, 256, "names");
  if (rc == H9_OK) rc = h9_h5_list(&r->h5, ids, H9_H5_I64, p->data.width, (void **)&id, e);
  if (rc == H9_OK && h9_h5_has(&r->h5, pointers)) {
    rc = h9_h5_array_open(&a, &r->h5, pointers, e);
    if (rc == H9_OK) n_pointers = a.n, h9_h5_array_close(&a);
    if (rc == H9_OK) rc = h9_h5_list(&r->h5, pointers, H9_H5_I64, n_pointers, (void **)&at, e);
    if (rc == H9_OK && n_pointers != p->n &&
        n_pointers != p->n + (uint64_t)1) /* the guide says n, the readers n + 1 */
      rc = h9_fail(e, H9_EDATA, "%s:%s: found %llu values, expected %u", r->h5.path, pointers,
                   (unsigned long long)n_pointers, p->n + 1);
  }
  if (rc == H9_OK && h9_grow(&r->column, &r->cap, (size_t)r->n + p->n, sizeof *r->column) != H9_OK)
    rc = h9_fail_memory(e, (size_t)r->n * sizeof *r->column, "state");
  for (uint32_t i = 0; i < p->n && rc == H9_OK; i++) {
    if (at && at[i] != i)
      rc = h9_fail(
          e, H9_EDATA,
          "%s:%s: node %u begins at element %lld, expected one element a node: neurons here are points",
          r->h5.path, pointers, i, (long long)at[i]);
    else if (id[i] < 0 || (uint64_t)id[i] >= most)
      rc = h9_fail(e, H9_EDATA, "%s:%s: found %lld, expected 0 to %llu", r->h5.path, ids, (long long)id[i],
                   (unsigned long long)most - 1);
    else
      r->column[r->n++] = (struct column){
          who->nodes ? who->nodes->id[id[i]] : who->population->first + (h9_id)id[i], which, i};
  }
  free(ids);
  free(pointers);
  free(id);
  free(at);
  return rc;
}

static int open_part(reading *r, const char *name, uint32_t which, h9_error *e) {
  part *p = &r->part[which];
  char *group = h9_sonata_path("/report/%s", name), *data = h9_sonata_path("/report/%s/data", name),
       *time = h9_sonata_path("/report/%s/mapping/time", name), ms[32];
  double *times = NULL;
  bool there;
  h9_sonata_who who;
  int rc = group && data && time ? h9_sonata_who_is(r->x, &r->h5, group, name, &who, e)
                                 : h9_fail_memory(e, 256, "names");
  if (rc == H9_OK) rc = h9_h5_array_open(&p->data, &r->h5, data, e);
  if (rc == H9_OK && (p->data.width == 0 || p->data.n > UINT32_MAX || p->data.width > H9_ID_MAX))
    rc = h9_fail(e, H9_EDATA, "%s: expected a table, a row for each time", p->data.where);
  if (rc == H9_OK) {
    p->n = p->data.width;
    r->n_parts = which + (size_t)1;
    rc = h9_h5_list(&r->h5, time, H9_H5_F64, 3, (void **)&times, e);
  }
  if (rc == H9_OK) memcpy(p->time, times, sizeof p->time);
  if (rc == H9_OK) rc = path_text(r, time, "ms", ms, sizeof ms, e);
  if (rc == H9_OK) rc = path_text(r, data, NULL, p->unit, sizeof p->unit, e);
  if (rc == H9_OK)
    rc = h9_h5_get_text(&r->h5, data, H9_SONATA_VARIABLE, p->variable, sizeof p->variable, &there, e);
  if (rc == H9_OK) rc = take_nodes(r, group, &who, which, e);
  const part *first = &r->part[0];
  if (rc == H9_OK &&
      (memcmp(first->time, p->time, 2 * sizeof *p->time) != 0 || first->time[2] != p->time[2] ||
       first->data.n != p->data.n || strcmp(first->unit, p->unit) != 0))
    rc = h9_fail(e, H9_EDATA,
                 "%s: times or unit differ from those of the file's first population, expected the same",
                 p->data.where);
  free(times);
  free(group);
  free(data);
  free(time);
  return rc;
}

static int to_step(const reading *r, double ms, const char *what, double low, h9_step *step, h9_error *e) {
  double dt = r->x->m->o->dt, v = floor(ms / dt + 0.5);
  if (!(fabs(v) < 0x1p52) || v < low || fabs(ms / dt - v) > 1e-6)
    return h9_fail(e, H9_EDATA, "%s: %s of %.15g ms, expected a multiple of dt, %.9g ms%s", r->h5.path, what,
                   ms, dt, low > 0 ? ", above 0" : "");
  *step = (h9_step)v;
  return H9_OK;
}

/* Samples of all parts, columns in order of ids. */
static int read_samples(reading *r, h9_state *s, h9_error *e) {
  for (size_t k = 0; k < r->n_parts; k++)
    if (!(r->part[k].place = malloc(((size_t)r->part[k].n + 1) * sizeof *r->part[k].place)))
      return h9_fail_memory(e, r->n * 4, "state");
  for (uint32_t i = 0; i < r->n; i++) r->part[r->column[i].part].place[r->column[i].column] = i;
  uint32_t rows = SAMPLES / r->n ? SAMPLES / r->n : 1;
  double *some = malloc((size_t)rows * r->n * sizeof *some);
  int rc = some ? H9_OK : h9_fail_memory(e, (size_t)rows * r->n * 8, "state");
  for (uint32_t t = 0; t < s->n_times && rc == H9_OK; t += rows)
    for (size_t k = 0; k < r->n_parts && rc == H9_OK; k++) {
      const part *p = &r->part[k];
      uint32_t n = s->n_times - t < rows ? s->n_times - t : rows;
      rc = h9_h5_array_read(&p->data, H9_H5_F64, t, n, some, e);
      for (uint32_t i = 0; i < n && rc == H9_OK; i++)
        for (uint32_t j = 0; j < p->n; j++) {
          double v = some[(size_t)i * p->n + j];
          s->sample[(size_t)(t + i) * r->n + p->place[j]] = v;
          if (!isfinite(v))
            rc = h9_fail(e, H9_EDATA, "%s: row %u: found %g, expected a finite number", p->data.where, t + i,
                         v);
        }
    }
  free(some);
  return rc;
}

static int make_state(reading *r, const char *path, h9_state *s, h9_error *e) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
  const part *p = &r->part[0];
  h9_step interval = 0;
  qsort(r->column, r->n, sizeof *r->column, by_id);
  for (uint32_t i = 1; i < r->n; i++)
    if (r->column[i].id == r->column[i - 1].id)
      return h9_fail(e, H9_EDATA, "%s: a node is in it twice", path);
  int rc = to_step(r, p->time[0], "a first time", -INFINITY, &s->first, e);
  if (rc == H9_OK) rc = to_step(r, p->time[2], "an interval", 1, &interval, e);
  if (rc == H9_OK && interval > UINT32_MAX)
    rc = h9_fail(e, H9_EDATA, "%s: an interval of %.9g ms, expected less", path, p->time[2]);
  if (rc != H9_OK) return rc;
  s->variable =
      *p->variable ? h9_strdup(p->variable) : strndup(name, dot ? (size_t)(dot - name) : strlen(name));
  s->unit = h9_strdup(p->unit);
  s->of = h9_strdup("");
  s->interval = (uint32_t)interval;
  s->n_times = (uint32_t)p->data.n;
  s->n_ids = r->n;
  s->wide = p->data.wide;
  uint64_t samples = (uint64_t)s->n_times * s->n_ids;
  s->id = malloc(r->n * sizeof *s->id);
  s->sample = samples < SIZE_MAX / 8 ? malloc((size_t)(samples + 1) * sizeof *s->sample) : NULL;
  if (!s->variable || !s->unit || !s->of || !s->id || !s->sample)
    return h9_fail_memory(e, (size_t)samples * 8, "state");
  if (!h9_import_is_name(s->variable, strlen(s->variable)))
    return h9_fail(e, H9_EDATA,
                   "%s: the variable is called as the file is: expected a name without spaces and @ [ ] : ,",
                   path);
  for (uint32_t i = 0; i < r->n; i++) s->id[i] = r->column[i].id;
  return read_samples(r, s, e);
}

int h9_sonata_read_report(h9_sonata_import *x, const char *path, h9_error *e) {
  reading r = {.x = x, .h5 = {.id = -1}};
  h9_import *m = x->m;
  char **names = NULL;
  size_t n = 0;
  int rc = h9_h5_open(&r.h5, path, e);
  if (rc == H9_OK) rc = h9_h5_members(&r.h5, "/report", &names, &n, e);
  if (rc == H9_OK && !(r.part = calloc(n + 1, sizeof *r.part)))
    rc = h9_fail_memory(e, n * sizeof *r.part, "state");
  for (size_t i = 0; r.part && i < n; i++) r.part[i].data.id = -1;
  for (size_t i = 0; i < n && rc == H9_OK; i++) rc = open_part(&r, names[i], (uint32_t)i, e);
  if (rc == H9_OK && (r.n == 0 || r.part[0].data.n == 0))
    rc = h9_fail(e, H9_EDATA, "%s: holds no samples", path);
  if (rc == H9_OK && h9_grow(&m->state, &m->cap_states, m->n_states + 1, sizeof *m->state) != H9_OK)
    rc = h9_fail_memory(e, m->n_states * sizeof *m->state, "state");
  if (rc == H9_OK) {
    m->state[m->n_states] = (h9_state){0};
    rc = make_state(&r, path, &m->state[m->n_states++], e);
  }
  h9_h5_members_release(names, n);
  for (size_t i = 0; r.part && i < n; i++) {
    if (r.part[i].data.id >= 0) h9_h5_array_close(&r.part[i].data);
    free(r.part[i].place);
  }
  free(r.part);
  free(r.column);
  if (r.h5.path) (void)!h9_h5_close(&r.h5, &(h9_error){0});
  return rc;
}
