/* Activity becomes files: spikes, and reports of recorded state; and reports become state. */
#include "convert_sonata.h"

#include "../base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORTS_MAX = 256, STATE_ROWS = 1 << 18 };

/* Samples of one variable of the same neurons at regular times: a file, with a group for each population. */
typedef struct report {
  char *variable;
  uint32_t interval, n_ids;
  h9_id *id;
  h9_step first, next;
  uint64_t n;
  bool wide;
  h9_sonata_out out;
  uint32_t n_parts;
  struct report_part {
    uint32_t population, from, n;
    h9_h5_column data;
  } * part;
} report;

struct h9_sonata_activity {
  const h9_network *net;
  const char *spikes, *folder;
  h9_sonata_clock clock;
  bool open, strong, prioritised;
  h9_sonata_out out;
  h9_h5_column *time, *id; /* [populations] */
  h9_step from, to, last;
  uint64_t n, groups; /* groups: samples of means and sums, which have no neuron */
  size_t n_reports;
  report report[REPORTS_MAX];
  double *row;
  size_t cap_row;
};

int h9_sonata_activity_new(h9_sonata_activity **to, const h9_network *net, const char *spikes,
                           const char *folder, h9_error *e) {
  h9_sonata_activity *a = *to = calloc(1, sizeof *a);
  if (!a) return h9_fail_memory(e, sizeof *a, "spikes");
  *a = (h9_sonata_activity){
      .net = net, .spikes = spikes, .folder = folder, .clock = h9_sonata_clock_of(net->dt)};
  a->time = calloc(net->n_populations + (size_t)1, sizeof *a->time);
  a->id = calloc(net->n_populations + (size_t)1, sizeof *a->id);
  return a->time && a->id ? H9_OK : h9_fail_memory(e, net->n_populations * sizeof *a->id, "spikes");
}

/* ---- spikes ---- */

/* A group of each population, whether it spikes or not; times are in order. */
static int open_spikes(h9_sonata_activity *a, h9_error *e) {
  static const char *const sortings[] = {"none", "by_id", "by_time"};
  int rc = h9_sonata_out_open(&a->out, a->spikes, e);
  a->open = rc == H9_OK;
  for (uint32_t p = 0; p < a->net->n_populations && rc == H9_OK; p++) {
    const char *name = a->net->populations[p].name;
    char *group = h9_sonata_path("/spikes/%s", name), *times = h9_sonata_path("/spikes/%s/timestamps", name),
         *ids = h9_sonata_path("/spikes/%s/node_ids", name);
    rc = !group || !times || !ids ? h9_fail_memory(e, 256, "names")
         : strchr(name, '/')
             ? h9_fail(e, H9_EDATA,
                       "population '%s': expected a name without '/', as groups are called after it", name)
             : h9_h5_group(&a->out.h5, group, e);
    if (rc == H9_OK) rc = h9_h5_put_enum(&a->out.h5, group, "sorting", sortings, 3, 2, e);
    if (rc == H9_OK) rc = h9_h5_column_open(&a->time[p], &a->out.h5, times, H9_H5_F64, 0, e);
    if (rc == H9_OK) rc = h9_h5_put_text(&a->out.h5, times, "units", "ms", e);
    if (rc == H9_OK) rc = h9_h5_column_open(&a->id[p], &a->out.h5, ids, H9_H5_U64, 0, e);
    free(group);
    free(times);
    free(ids);
  }
  return rc;
}

int h9_sonata_activity_signals(h9_sonata_activity *a, const h9_signals *s, h9_error *e) {
  int rc = H9_OK;
  if (!a->open) {
    rc = open_spikes(a, e);
    a->from = s->from;
  }
  a->to = s->to;
  a->strong |= s->strength_bytes > 0;
  a->prioritised |= s->prioritised;
  for (size_t i = 0; i < s->n && rc == H9_OK; i++) {
    uint32_t p = h9_network_population_of(a->net, s->id[i]);
    double ms = h9_sonata_ms(&a->clock, s->step[i]);
    uint64_t id = s->id[i] - a->net->populations[p].first;
    a->last = s->step[i];
    rc = h9_h5_column_add(&a->time[p], &ms, 1, e);
    if (rc == H9_OK) rc = h9_h5_column_add(&a->id[p], &id, 1, e);
  }
  a->n += s->n;
  return rc;
}

/* ---- reports ---- */

static int open_part(report *r, const h9_sonata_activity *a, struct report_part *part, h9_error *e) {
  const char *name = a->net->populations[part->population].name;
  char *path = h9_sonata_path("/report/%s/data", name);
  int rc = path
               ? h9_h5_column_open(&part->data, &r->out.h5, path, r->wide ? H9_H5_F64 : H9_H5_F32, part->n, e)
               : h9_fail_memory(e, 64, "a name");
  free(path);
  return rc;
}

static int open_report(h9_sonata_activity *a, const h9_state *s, report **to, h9_error *e) {
  if (a->n_reports == REPORTS_MAX)
    return h9_fail(e, H9_EDATA, "more than %d recordings of state, by variable, neurons and interval",
                   REPORTS_MAX);
  report *r = *to = &a->report[a->n_reports++];
  uint32_t same = 0;
  for (size_t i = 0; i + 1 < a->n_reports; i++) same += strcmp(a->report[i].variable, s->variable) == 0;
  *r = (report){.variable = h9_strdup(s->variable),
                .interval = s->interval,
                .n_ids = s->n_ids,
                .first = s->first,
                .next = s->first,
                .wide = s->wide,
                .id = malloc(s->n_ids * sizeof *r->id),
                .part = calloc(a->net->n_populations + (size_t)1, sizeof *r->part)};
  char number[16] = "", *path = NULL;
  if (same) snprintf(number, sizeof number, "_%u", same + 1);
  if (!r->variable || !r->id || !r->part ||
      !(path = h9_sonata_path("%s/%s%s.h5", a->folder, s->variable, number)))
    return h9_fail_memory(e, s->n_ids * sizeof *r->id, "a report");
  memcpy(r->id, s->id, s->n_ids * sizeof *r->id);
  int rc = strchr(s->variable, '/')
               ? h9_fail(e, H9_EDATA, "variable '%s': expected a name without '/'", s->variable)
               : h9_sonata_out_open(&r->out, path, e);
  for (uint32_t i = 0; i < s->n_ids && rc == H9_OK;) {
    struct report_part *part = &r->part[r->n_parts++];
    const h9_population *p =
        &a->net->populations[part->population = h9_network_population_of(a->net, s->id[i])];
    part->from = i;
    while (i < s->n_ids && s->id[i] < p->first + p->count) i++;
    part->n = i - part->from;
    rc = open_part(r, a, part, e);
    char *data = h9_sonata_path("/report/%s/data", p->name);
    if (rc == H9_OK)
      rc = data ? h9_h5_put_text(&r->out.h5, data, "units", s->unit, e) : h9_fail_memory(e, 64, "a name");
    if (rc == H9_OK) rc = h9_h5_put_text(&r->out.h5, data, H9_SONATA_VARIABLE, s->variable, e);
    free(data);
  }
  free(path);
  return rc;
}

static bool continues(const report *r, const h9_state *s) {
  return strcmp(r->variable, s->variable) == 0 && r->interval == s->interval && r->next == s->first &&
         r->wide == s->wide && r->n_ids == s->n_ids && memcmp(r->id, s->id, s->n_ids * sizeof *r->id) == 0;
}

int h9_sonata_activity_state(h9_sonata_activity *a, const h9_state *s, h9_error *e) {
  report *r = NULL;
  int rc = H9_OK;
  if (!a->folder || (s->of && *s->of)) {
    a->groups += s->of && *s->of ? s->n_times : 0;
    return H9_OK;
  }
  for (size_t i = 0; i < a->n_reports && !r; i++)
    if (continues(&a->report[i], s)) r = &a->report[i];
  if (!r) rc = open_report(a, s, &r, e);
  if (rc == H9_OK && h9_grow(&a->row, &a->cap_row, s->n_ids, sizeof *a->row) != H9_OK)
    rc = h9_fail_memory(e, s->n_ids * 8, "samples");
  for (uint32_t t = 0; t < s->n_times && rc == H9_OK; t++)
    for (uint32_t k = 0; k < r->n_parts && rc == H9_OK; k++) {
      const struct report_part *part = &r->part[k];
      const double *v = s->sample + (size_t)t * s->n_ids + part->from;
      float *narrow = (float *)(void *)a->row;
      for (uint32_t i = 0; i < part->n && !r->wide; i++) narrow[i] = (float)v[i];
      rc = h9_h5_column_add(&r->part[k].data, r->wide ? (const void *)v : narrow, 1, e);
    }
  if (rc != H9_OK) return rc;
  r->n += s->n_times;
  r->next += (h9_step)s->n_times * s->interval;
  return H9_OK;
}

static int put_list(h9_h5 *h5, const char *group, const char *name, enum h9_h5_type type, const void *v,
                    uint64_t n, h9_error *e) {
  h9_h5_column c = {.id = -1};
  char *path = h9_sonata_path("%s/mapping/%s", group, name);
  int rc = path ? h9_h5_column_open(&c, h5, path, type, 0, e) : h9_fail_memory(e, 64, "a name");
  if (rc == H9_OK) rc = h9_h5_column_add(&c, v, n, e);
  if (rc == H9_OK) rc = h9_h5_column_close(&c, e);
  h9_h5_column_drop(&c);
  free(path);
  return rc;
}

/* What the columns of data are of, and when its rows are. */
static int put_mapping(const h9_sonata_activity *a, report *r, const struct report_part *part, h9_error *e) {
  const h9_population *p = &a->net->populations[part->population];
  char *group = h9_sonata_path("/report/%s", p->name),
       *time = h9_sonata_path("/report/%s/mapping/time", p->name),
       *nodes = h9_sonata_path("/report/%s/mapping/node_ids", p->name);
  uint64_t *id = malloc(part->n * sizeof *id), *pointer = malloc((part->n + (size_t)1) * sizeof *pointer);
  uint32_t *element = calloc(part->n, sizeof *element);
  static const uint32_t sorted = 1;
  double times[3] = {h9_sonata_ms(&a->clock, r->first), h9_sonata_ms(&a->clock, r->next),
                     h9_sonata_ms(&a->clock, r->interval)};
  int rc = group && time && nodes && id && pointer && element ? H9_OK
                                                              : h9_fail_memory(e, part->n * 20, "a report");
  for (uint32_t i = 0; i < part->n && rc == H9_OK; i++) {
    id[i] = r->id[part->from + i] - p->first;
    pointer[i] = i;
    pointer[i + 1] = i + 1;
  }
  if (rc == H9_OK) rc = put_list(&r->out.h5, group, "node_ids", H9_H5_U64, id, part->n, e);
  if (rc == H9_OK) rc = put_list(&r->out.h5, group, "index_pointers", H9_H5_U64, pointer, part->n + 1, e);
  if (rc == H9_OK) rc = put_list(&r->out.h5, group, "element_ids", H9_H5_U32, element, part->n, e);
  if (rc == H9_OK) rc = put_list(&r->out.h5, group, "time", H9_H5_F64, times, 3, e);
  if (rc == H9_OK) rc = h9_h5_put_text(&r->out.h5, time, "units", "ms", e);
  if (rc == H9_OK) rc = h9_h5_put_numbers(&r->out.h5, nodes, "sorted", H9_H5_U32, &sorted, 0, e);
  free(group);
  free(time);
  free(nodes);
  free(id);
  free(pointer);
  free(element);
  return rc;
}

static int close_report(const h9_sonata_activity *a, report *r, h9_error *e) {
  int rc = H9_OK;
  for (uint32_t k = 0; k < r->n_parts && rc == H9_OK; k++) {
    rc = h9_h5_column_close(&r->part[k].data, e);
    if (rc == H9_OK) rc = put_mapping(a, r, &r->part[k], e);
  }
  return rc == H9_OK ? h9_sonata_out_close(&r->out, e) : rc;
}

int h9_sonata_activity_end(h9_sonata_activity *a, int rc, h9_buf *notes, const char *name, h9_error *e) {
  if (!a) return rc;
  uint32_t n = a->time && a->id ? a->net->n_populations : 0;
  for (uint32_t p = 0; p < n && rc == H9_OK && a->open; p++) {
    rc = h9_h5_column_close(&a->time[p], e);
    if (rc == H9_OK) rc = h9_h5_column_close(&a->id[p], e);
  }
  if (rc == H9_OK && a->open) {
    rc = h9_sonata_out_close(&a->out, e);
    a->open = false;
  }
  for (size_t i = 0; i < a->n_reports && rc == H9_OK; i++) rc = close_report(a, &a->report[i], e);
  if (rc == H9_OK && a->to > a->from && (a->from != 0 || a->to != a->last))
    h9_note(notes,
            "%s: the recording is from %.9g to %.9g ms: read its spikes with --start %.9gms --stop %.9gms",
            name, (double)a->from * a->clock.dt, (double)a->to * a->clock.dt, (double)a->from * a->clock.dt,
            (double)a->to * a->clock.dt);
  if (rc == H9_OK && (a->strong || a->prioritised))
    h9_note(notes, "%s: strengths and priorities of signals are not in the files", name);
  if (rc == H9_OK && a->groups)
    h9_note(notes, "%s: %llu samples of means and sums over neurons are not in the files", name,
            (unsigned long long)a->groups);
  for (uint32_t p = 0; p < n; p++) {
    h9_h5_column_drop(&a->time[p]);
    h9_h5_column_drop(&a->id[p]);
  }
  if (a->open) h9_sonata_out_drop(&a->out);
  for (size_t i = 0; i < a->n_reports; i++) {
    report *r = &a->report[i];
    for (uint32_t k = 0; k < r->n_parts; k++) h9_h5_column_drop(&r->part[k].data);
    if (r->out.h5.path) h9_sonata_out_drop(&r->out);
    free(r->variable);
    free(r->id);
    free(r->part);
  }
  free(a->time);
  free(a->id);
  free(a->row);
  free(a);
  return rc;
}
