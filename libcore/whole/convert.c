/* What all formats share: their list, notes, and labels that become ids. */
#include "convert_parts.h"

#include "../base/decimal.h"
#include "../base/memory.h"
#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const h9_format *const formats[] = {&h9_format_tsv, &h9_format_csv,   &h9_format_ndjson, &h9_format_npy, &h9_format_npz, &h9_format_nest,
                                           &h9_format_gdf, &h9_format_auryn, &h9_format_bmtk, &h9_format_pynn, &h9_format_mtx,
                                           &h9_format_sonata};

const h9_format *h9_format_at(size_t i) { return i < sizeof formats / sizeof formats[0] ? formats[i] : NULL; }

const h9_format *h9_format_find(const char *name) {
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
    if (strcmp(formats[i]->name, name) == 0) return formats[i];
  return NULL;
}

void h9_note(h9_buf *notes, const char *fmt, ...) {
  char text[1024];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  h9_buf_put(notes, text, strlen(text));
  h9_buf_put8(notes, '\n');
}

/* Reads the parts there are, neurons first: the others speak of them. */
int h9_import_sheets(const h9_format *f, h9_import *m, const h9_part_source *o, h9_error *e) {
  const h9_convert_options *c = m->o;
  int rc = H9_OK;
  for (int part = 0; part < H9_PARTS && rc == H9_OK; part++)
    for (int k = -1; k < (part == H9_PART_SIGNALS ? c->n_more_signals : 0) && rc == H9_OK; k++) {
      const char *path = k < 0 ? c->path[part] : c->more_signals[k];
      h9_sheet s;
      void *own = NULL;
      if (!path) break;
      rc = o->open(f, m, (enum h9_part)part, path, &s, &own, e);
      if (rc == H9_OK)
        rc = part == H9_PART_NEURONS       ? h9_import_neurons(m, &s, e)
             : part == H9_PART_CONNECTIONS ? h9_import_connections(m, &s, e)
                                           : h9_import_signals(m, &s, f->local_ids, e);
      if (own) o->release(own);
    }
  return rc == H9_OK && !m->settled ? h9_import_settle(m, e) : rc;
}

static int open_table(const h9_format *f, h9_import *m, enum h9_part part, const char *path, h9_sheet *s, void **own, h9_error *e) {
  (void)m, (void)part, (void)own;
  return h9_sheet_open(s, path, f->separator, e);
}

static int read_tables(const h9_format *f, h9_import *m, h9_error *e) {
  return h9_import_sheets(f, m, &(h9_part_source){open_table, NULL}, e);
}

const h9_format h9_format_tsv = {.name = "tsv", .about = "tables with tabs between", .separator = '\t', .parts = 7,
                                 .read = read_tables, .write = h9_export_tables};
const h9_format h9_format_csv = {.name = "csv", .about = "tables with commas between", .separator = ',', .parts = 7,
                                 .read = read_tables, .write = h9_export_tables};

void h9_import_release(h9_import *m) {
  h9_labelmap_free(m->labels);
  h9_labelmap_free(m->local);
  free(m->id_of);
  free(m->source);
  free(m->edge);
  for (uint32_t i = 0; i < m->n_classes; i++) {
    free(m->classes[i].name);
    free(m->classes[i].synapse);
    for (uint32_t k = 0; k < m->classes[i].n_values; k++) free(m->classes[i].values[k].name);
    free(m->classes[i].values);
  }
  free(m->classes);
  for (size_t i = 0; i < m->n_states; i++) h9_state_release(&m->state[i]);
  free(m->state);
  free(m->signal);
  free(m->most);
  h9_spill_free(m->spill);
  h9_buf_release(&m->notes);
  h9_network_release(&m->net);
  *m = (h9_import){0};
}

/* ---- labels ---- */

bool h9_import_is_name(const char *text, size_t len) {
  if (len == 0 || len > H9_NAME_MAX) return false;
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || strchr("@[]:,", text[i])) return false;
  return true;
}

/* A number that is an id, counted from 0 or 1, or N with eight digits. */
static bool number(const h9_import *m, const char *text, size_t len, uint32_t *id) {
  uint64_t v;
  if (m->o->id_base_0 && h9_whole_parse(text, len, H9_ID_MAX - 1, &v)) {
    *id = (uint32_t)v + 1;
    return true;
  }
  return h9_id_parse(text, len, id) && !(m->o->id_base_0 && *text != 'N');
}

int h9_import_begin_labels(h9_import *m, const char *text, size_t len, h9_error *e) {
  unsigned char uuid[H9_UUID_BYTES];
  uint32_t id;
  if (m->ids != H9_IDS_AUTO) return H9_OK;
  m->ids = m->o->ids != H9_IDS_AUTO         ? m->o->ids
           : h9_uuid_parse(text, len, uuid) ? H9_IDS_UUID
           : number(m, text, len, &id)      ? H9_IDS_COMPACT
                                            : H9_IDS_TEXT;
  if (m->ids == H9_IDS_COMPACT) return H9_OK;
  return h9_labelmap_new(&m->labels, H9_LABELMAP_FREE, m->ids == H9_IDS_UUID, m->o->threads, e);
}

/* The bytes that stand for a label in the map. */
static int spell(const h9_import *m, const char *text, size_t *len, unsigned char uuid[H9_UUID_BYTES],
                 const void **bytes, h9_error *e) {
  int shown = *len < 40 ? (int)*len : 40;
  const char *hint = m->o->ids == H9_IDS_AUTO ? ", as the first label is; or give --ids text" : "";
  *bytes = text;
  if (m->ids == H9_IDS_UUID) {
    *bytes = uuid;
    if (!h9_uuid_parse(text, *len, uuid))
      return h9_fail(e, H9_EDATA, "found '%.*s', expected a UUID such as 6ba7b810-9dad-11d1-80b4-00c04fd430c8%s", shown,
                     text, hint);
    *len = H9_UUID_BYTES;
    return H9_OK;
  }
  if (*len == 0) return h9_fail(e, H9_EDATA, "found an empty cell, expected a label");
  if (*len > H9_NAME_MAX)
    return h9_fail(e, H9_EDATA, "found a label of %zu bytes, expected at most %u", *len, H9_NAME_MAX);
  for (size_t i = 0; i < *len; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
      return h9_fail(e, H9_EDATA, "found '%.*s' with a control character in it, expected a label without", shown, text);
  return H9_OK;
}

static int compact(const h9_import *m, const char *text, size_t len, uint32_t *id, h9_error *e) {
  uint32_t most = m->settled ? m->net.n_neurons : H9_ID_MAX, base = m->o->id_base_0 ? 0 : 1;
  if (number(m, text, len, id) && *id <= most) return H9_OK;
  return h9_fail(e, H9_EDATA, "found '%.*s', expected an id from %u to %u%s", len < 40 ? (int)len : 40, text, base,
                 most - 1 + base, m->known ? ", a neuron of --network"
                 : m->o->ids == H9_IDS_AUTO ? ", as the first label is one; or give --ids text" : "");
}

int h9_import_label(h9_import *m, int thread, const char *text, size_t len, uint64_t position, uint32_t *id,
                    h9_error *e) {
  unsigned char uuid[H9_UUID_BYTES];
  const void *bytes;
  if (m->ids == H9_IDS_COMPACT) return compact(m, text, len, id, e);
  int rc = spell(m, text, &len, uuid, &bytes, e);
  if (rc != H9_OK) return rc;
  *id = h9_labelmap_add(m->labels, thread, bytes, len, position);
  return *id != H9_LABELMAP_NONE ? H9_OK : h9_fail_memory(e, len, "a label");
}

int h9_import_find(const h9_import *m, const char *text, size_t len, uint32_t *id, h9_error *e) {
  unsigned char uuid[H9_UUID_BYTES];
  const void *bytes;
  size_t n = len;
  if (m->ids == H9_IDS_COMPACT) return compact(m, text, len, id, e);
  int rc = spell(m, text, &n, uuid, &bytes, e);
  if (rc != H9_OK) return rc;
  uint32_t entry = h9_labelmap_find(m->labels, bytes, n);
  if (entry == H9_LABELMAP_NONE)
    return h9_fail(e, H9_EDATA, "found '%.*s', which is no neuron of %s", len < 40 ? (int)len : 40, text,
                   m->known ? m->o->network : m->o->path[H9_PART_NEURONS]);
  *id = m->id_of[entry];
  return H9_OK;
}

int h9_import_keep_labels(h9_import *m, const uint32_t *entry, h9_error *e) {
  h9_labels *l = &m->net.labels;
  uint32_t n = m->net.n_neurons;
  size_t bytes = 0, len;
  *l = (h9_labels){.first = 1, .uuid = m->ids == H9_IDS_UUID};
  for (uint32_t i = 0; i < n; i++) {
    (void)h9_labelmap_label(m->labels, entry[i], &len);
    bytes += len + !l->uuid;
  }
  l->bytes = malloc(bytes + 1);
  l->at = l->uuid ? NULL : malloc((n + (size_t)1) * sizeof *l->at);
  if (!l->bytes || (!l->uuid && !l->at)) return h9_fail_memory(e, bytes + n * sizeof *l->at, "labels");
  for (uint32_t i = 0; i < n; i++) {
    const void *label = h9_labelmap_label(m->labels, entry[i], &len);
    if (!l->uuid) l->at[i] = l->len;
    memcpy(l->bytes + l->len, label, len);
    l->len += len;
    if (!l->uuid) l->bytes[l->len++] = 0;
  }
  l->n = n;
  return H9_OK;
}

/* Entries of lists become ids. */
static void translate(h9_import *m) {
  for (size_t i = 0; i < m->n_edges; i++) {
    m->source[i] = m->id_of[m->source[i]];
    m->edge[i].target = m->id_of[m->edge[i].target];
  }
}

static uint32_t largest(const h9_import *m) {
  uint32_t most = 0;
  for (size_t i = 0; i < m->n_edges; i++) {
    most = m->source[i] > most ? m->source[i] : most;
    most = m->edge[i].target > most ? m->edge[i].target : most;
  }
  return most > m->largest_id ? most : m->largest_id;
}

static int settle_labels(h9_import *m, h9_error *e) {
  h9_labelmap_stats s;
  int rc = h9_labelmap_rank(m->labels, e);
  if (rc != H9_OK) return rc;
  h9_labelmap_stats_get(m->labels, &s);
  m->net.n_neurons = (uint32_t)s.labels;
  uint32_t *entry = malloc((s.labels + 1) * sizeof *entry);
  m->id_of = malloc((h9_labelmap_entries(m->labels) + 1) * sizeof *m->id_of);
  if (!entry || !m->id_of) rc = h9_fail_memory(e, s.labels * 2 * sizeof *entry, "labels");
  for (uint32_t i = 0; i < s.labels && rc == H9_OK; i++) {
    entry[i] = h9_labelmap_entry(m->labels, i);
    m->id_of[entry[i]] = i + 1;
  }
  if (rc == H9_OK) translate(m);
  if (rc == H9_OK) rc = h9_import_keep_labels(m, entry, e);
  free(entry);
  return rc;
}

int h9_import_settle(h9_import *m, h9_error *e) {
  h9_network *net = &m->net;
  int rc = H9_OK;
  if (m->local) return h9_import_settle_local(m, e);
  if (m->labels) rc = settle_labels(m, e);
  else net->n_neurons = largest(m) > m->least_neurons ? largest(m) : m->least_neurons;
  if (rc != H9_OK) return rc;
  m->settled = true;
  if (net->n_neurons == 0)
    return h9_fail(e, H9_EDATA, "the tables name no neuron, expected one at least");
  net->populations = calloc(1, sizeof *net->populations);
  if (!net->populations) return h9_fail_memory(e, sizeof *net->populations, "a population");
  net->n_populations = 1;
  net->populations[0] = (h9_population){.name = h9_strdup(m->o->population),
                                        .model = h9_strdup(m->o->model),
                                        .first = 1,
                                        .count = net->n_neurons};
  if (!net->populations[0].name || !net->populations[0].model) return h9_fail_memory(e, H9_NAME_MAX, "a population");
  return H9_OK;
}
