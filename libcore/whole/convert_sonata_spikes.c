/* Spikes: times and nodes of each population; and whose activity a file holds. */
#include "convert_sonata.h"

#include "../base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1 << 16 };

typedef struct reading {
  h9_sonata_import *x;
  const h9_h5 *h5;
  char where[2 * H9_NAME_MAX]; /* the group */
  h9_sonata_who who;
  double scale; /* to ms */
  uint64_t rounded;
  double worst;
  double *time;
  int64_t *id;
} reading;

int h9_sonata_who_is(h9_sonata_import *x, const h9_h5 *h5, const char *where, const char *name,
                     h9_sonata_who *who, h9_error *e) {
  h9_import *m = x->m;
  *who = (h9_sonata_who){0};
  if (x->n_nodes) {
    who->nodes = name ? h9_sonata_nodes_find(x, name) : x->n_nodes == 1 ? &x->nodes[0] : NULL;
    if (who->nodes) return H9_OK;
  } else if (m->known) {
    int at = name ? h9_network_find(&m->net, name) : m->net.n_populations == 1 ? 0 : -1;
    if (at >= 0) {
      who->population = &m->net.populations[at];
      return H9_OK;
    }
  } else {
    int rc = m->local ? H9_OK : h9_labelmap_new(&m->local, H9_LABELMAP_FREE, false, 1, e);
    if (rc == H9_OK) rc = h9_labelmap_reserve(m->local, 1, e);
    if (rc != H9_OK) return rc;
    const char *own = name ? name : m->o->population;
    if (!h9_import_is_name(own, strlen(own)))
      return h9_fail(e, H9_EDATA,
                     "%s:%s: found population '%s', expected a name without spaces and @ [ ] : ,", h5->path,
                     where, own);
    who->entry = h9_labelmap_add(m->local, 0, own, strlen(own), h9_labelmap_entries(m->local));
    return who->entry == H9_LABELMAP_NONE ? h9_fail_memory(e, strlen(own), "a name") : H9_OK;
  }
  return h9_fail(e, H9_EDATA, "%s:%s: found population '%s', expected one of %s", h5->path, where,
                 name ? name : "(none)", x->n_nodes ? "the circuit's nodes" : m->o->network);
}

static int take_unit(reading *r, const char *path, h9_error *e) {
  char unit[16];
  bool there;
  int rc = h9_h5_get_text(r->h5, path, "units", unit, sizeof unit, &there, e);
  enum h9_time_unit given = r->x->m->o->time_unit;
  if (rc != H9_OK) return rc;
  if (!there) strcpy(unit, given == H9_TIME_S ? "s" : given == H9_TIME_US ? "us" : "ms");
  r->scale = strcmp(unit, "ms") == 0 || strcmp(unit, "milliseconds") == 0 ? 1
             : strcmp(unit, "s") == 0                                     ? 1e3
             : strcmp(unit, "us") == 0                                    ? 1e-3
                                                                          : 0;
  if (r->scale > 0) return H9_OK;
  return h9_fail(e, H9_EDATA, "%s:%s: attribute units: found '%s', expected ms, s or us", r->h5->path, path,
                 unit);
}

static int take(reading *r, uint64_t row, double time, int64_t id, h9_error *e) {
  h9_import *m = r->x->m;
  h9_import_signal *to = &m->signal[m->n_signals];
  double dt = m->o->dt, ms = time * r->scale, step = floor(ms / dt + 0.5), off = fabs(ms / dt - step);
  double fine = fmax(1e-6, fabs(step) * 0x1p-50);
  int64_t most = r->who.nodes ? r->who.nodes->n : r->who.population ? r->who.population->count : H9_ID_MAX;
  unsigned long long at = (unsigned long long)row;
  if (!(fabs(step) < 0x1p60))
    return h9_fail(e, H9_EDATA, "%s:%s/timestamps: spike %llu: found %.9g, expected a time", r->h5->path,
                   r->where, at, time);
  if (off > fine && !m->o->round)
    return h9_fail(
        e, H9_EDATA,
        "%s:%s/timestamps: spike %llu: found %.15g ms, which is between steps, expected a multiple of dt, "
        "%.9g ms; or give --round, or another --dt",
        r->h5->path, r->where, at, ms, dt);
  if (id < 0 || id >= most)
    return h9_fail(e, H9_EDATA, "%s:%s: spike %llu: found node %lld, expected 0 to %lld", r->h5->path,
                   r->where, at, (long long)id, (long long)most - 1);
  r->rounded += off > fine;
  if (off > fine && off * dt > r->worst) r->worst = off * dt;
  *to = (h9_import_signal){.step = (h9_step)step, .priority = 128, .strength = 1};
  to->id = r->who.nodes        ? r->who.nodes->id[id]
           : r->who.population ? r->who.population->first + (h9_id)id
                               : (h9_id)id + 1;
  to->population = r->who.entry & 0xffffff;
  m->n_signals++;
  return H9_OK;
}

/* name: of the population, or NULL. One without spikes need not be known. */
static int read_lists(reading *r, const char *name, const char *ids, h9_error *e) {
  h9_import *m = r->x->m;
  h9_h5_array time = {.id = -1}, id = {.id = -1};
  char *times = h9_sonata_path("%s/timestamps", r->where), *nodes = h9_sonata_path("%s/%s", r->where, ids);
  int rc = times && nodes ? h9_h5_array_open(&time, r->h5, times, e) : h9_fail_memory(e, 64, "a name");
  if (rc == H9_OK) rc = h9_h5_array_open(&id, r->h5, nodes, e);
  if (rc == H9_OK && (time.n != id.n || time.width || id.width || !id.whole))
    rc = h9_fail(e, H9_EDATA,
                 "%s: found %llu values for %llu times, expected lists of one length, of integers here",
                 id.where, (unsigned long long)id.n, (unsigned long long)time.n);
  if (rc == H9_OK && time.n) rc = h9_sonata_who_is(r->x, r->h5, r->where, name, &r->who, e);
  if (rc == H9_OK) rc = take_unit(r, times, e);
  for (uint64_t first = 0; rc == H9_OK && first < time.n; first += ROWS) {
    size_t n = time.n - first < ROWS ? (size_t)(time.n - first) : ROWS;
    rc = h9_h5_array_read(&time, H9_H5_F64, first, n, r->time, e);
    if (rc == H9_OK) rc = h9_h5_array_read(&id, H9_H5_I64, first, n, r->id, e);
    if (rc == H9_OK && h9_grow(&m->signal, &m->cap_signals, m->n_signals + n, sizeof *m->signal) != H9_OK)
      rc = h9_fail_memory(e, (m->n_signals + n) * sizeof *m->signal, "signals");
    for (size_t i = 0; i < n && rc == H9_OK; i++) rc = take(r, first + i, r->time[i], r->id[i], e);
    if (rc == H9_OK) rc = h9_import_signals_added(m, n, e);
  }
  if (rc == H9_OK && r->rounded)
    h9_note(&m->notes, "%s:%s: %llu times are no multiples of dt, %.9g ms, and are rounded, by up to %.3g ms",
            r->h5->path, r->where, (unsigned long long)r->rounded, m->o->dt, r->worst);
  if (time.id >= 0) h9_h5_array_close(&time);
  if (id.id >= 0) h9_h5_array_close(&id);
  free(times);
  free(nodes);
  return rc;
}

/* Populations in groups of their own; or, as files were before, one without a name. */
int h9_sonata_read_spikes(h9_sonata_import *x, const char *path, h9_error *e) {
  h9_h5 h5 = {.id = -1};
  char **names = NULL;
  size_t n = 0;
  reading base = {
      .x = x, .h5 = &h5, .time = malloc(ROWS * sizeof *base.time), .id = malloc(ROWS * sizeof *base.id)};
  int rc = base.time && base.id ? h9_h5_open(&h5, path, e) : h9_fail_memory(e, ROWS * 16, "signals");
  x->m->has_signals = true;
  if (rc == H9_OK && h9_h5_has(&h5, "/spikes/timestamps")) {
    reading r = base;
    strcpy(r.where, "/spikes");
    rc = read_lists(&r, NULL, h9_h5_has(&h5, "/spikes/gids") ? "gids" : "node_ids", e);
  } else if (rc == H9_OK) rc = h9_h5_members(&h5, "/spikes", &names, &n, e);
  for (size_t i = 0; i < n && rc == H9_OK; i++) {
    reading r = base;
    if (strlen(names[i]) > H9_NAME_MAX)
      rc = h9_fail(e, H9_EDATA, "%s: a population's name is longer than %u bytes", path, H9_NAME_MAX);
    else {
      snprintf(r.where, sizeof r.where, "/spikes/%s", names[i]);
      rc = read_lists(&r, names[i], "node_ids", e);
    }
  }
  h9_h5_members_release(names, n);
  if (h5.path) (void)!h9_h5_close(&h5, &(h9_error){0});
  free(base.time);
  free(base.id);
  return rc;
}
