/* Neurons that are known from elsewhere: those of another stream, or those that signals name by population
 * and index. */
#include "convert_parts.h"

#include "../base/decimal.h"
#include "../base/io.h"
#include "../base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int h9_import_index(const h9_import *m, int p, const char *text, size_t len, uint32_t *id, h9_error *e) {
  const h9_population *q = p >= 0 ? &m->net.populations[p] : NULL;
  uint64_t low = m->o->id_base_0 ? 0 : 1, most = q ? q->count - 1 + low : H9_ID_MAX - 1 + low, v;
  if (h9_whole_parse(text, len, most, &v) && v >= low) {
    *id = (uint32_t)(v - low) + (q ? q->first : 1);
    return H9_OK;
  }
  return h9_fail(e, H9_EDATA, "found '%.*s', expected a number from %llu to %llu%s%s",
                 len < 40 ? (int)len : 40, text, (unsigned long long)low, (unsigned long long)most,
                 q ? ", a neuron of population " : "", q ? q->name : "");
}

/* Populations in the order in which rows name them, as large as the largest index in them. */
int h9_import_settle_local(h9_import *m, h9_error *e) {
  const char *path = m->o->path[H9_PART_SIGNALS], *from = strcmp(path, "-") == 0 ? "standard input" : path;
  h9_network *net = &m->net;
  h9_labelmap_stats s;
  int rc = h9_labelmap_rank(m->local, e);
  if (rc != H9_OK) return rc;
  h9_labelmap_stats_get(m->local, &s);
  if (s.labels == 0 || s.labels > H9_POPULATIONS_MAX)
    return h9_fail(e, H9_EDATA, "%s: names %llu populations, expected 1 to %u", from,
                   (unsigned long long)s.labels, H9_POPULATIONS_MAX);
  net->populations = calloc(s.labels, sizeof *net->populations);
  if (!net->populations) return h9_fail_memory(e, s.labels * sizeof *net->populations, "populations");
  for (size_t i = 0; i < m->cap_most; i++)
    if (m->most[i]) net->populations[h9_labelmap_rank_of(m->local, (uint32_t)i)].count = m->most[i];
  uint64_t first = 1;
  for (uint32_t k = 0; k < s.labels; k++) {
    size_t len;
    const char *name = h9_labelmap_label(m->local, h9_labelmap_entry(m->local, k), &len);
    h9_population *p = &net->populations[net->n_populations++];
    p->name = strndup(name, len);
    p->model = h9_strdup(m->o->model);
    if (!p->name || !p->model) return h9_fail_memory(e, H9_NAME_MAX, "a population");
    if (first + p->count - 1 > H9_ID_MAX)
      return h9_fail(e, H9_EDATA, "%s: names more than %u neurons", from, H9_ID_MAX);
    p->first = (h9_id)first;
    first += p->count;
    h9_note(
        &m->notes,
        "%s: population %s is taken to have %u neurons, as many as its largest id says; --network FILE knows",
        from, p->name, p->count);
  }
  net->n_neurons = (uint32_t)(first - 1);
  m->settled = true;
  return H9_OK;
}

/* Labels of the network, so that what is read can name its neurons by them. */
static int map_labels(h9_import *m, h9_error *e) {
  const h9_labels *l = &m->net.labels;
  int rc = h9_labelmap_new(&m->labels, H9_LABELMAP_FREE, l->uuid, 1, e);
  if (rc == H9_OK) rc = h9_labelmap_reserve(m->labels, l->n, e);
  for (uint32_t i = 0; i < l->n && rc == H9_OK; i++) {
    const void *label = l->uuid ? l->bytes + (size_t)i * H9_UUID_BYTES : l->bytes + l->at[i];
    size_t len = l->uuid ? H9_UUID_BYTES : strlen(label);
    if (h9_labelmap_add(m->labels, 0, label, len, i) == H9_LABELMAP_NONE)
      rc = h9_fail_memory(e, len, "a label");
  }
  uint32_t n = rc == H9_OK ? h9_labelmap_entries(m->labels) : 0;
  if (rc == H9_OK && !(m->id_of = calloc((size_t)n + 1, sizeof *m->id_of)))
    rc = h9_fail_memory(e, n * sizeof *m->id_of, "labels");
  for (uint32_t i = 0; i < l->n && rc == H9_OK; i++) {
    const void *label = l->uuid ? l->bytes + (size_t)i * H9_UUID_BYTES : l->bytes + l->at[i];
    m->id_of[h9_labelmap_find(m->labels, label, l->uuid ? H9_UUID_BYTES : strlen(label))] =
        h9_labels_id(l, i);
  }
  m->ids = l->uuid ? H9_IDS_UUID : H9_IDS_TEXT;
  return rc;
}

bool h9_labels_numeral(const h9_labels *l) {
  uint64_t v;
  if (l->n == 0 || l->uuid) return false;
  for (uint32_t i = 0; i < l->n; i++) {
    const char *text = (const char *)l->bytes + l->at[i];
    size_t len = strlen(text);
    if (!h9_whole_parse(text, len, UINT32_MAX, &v) || (len > 1 && *text == '0')) return false;
  }
  return true;
}

int h9_import_network(h9_import *m, h9_convert_options *o, bool numbers, h9_error *e) {
  h9_reader *r = NULL;
  h9_network *net = &m->net;
  h9_block b;
  int fd;
  const char *name;
  int rc = h9_input_open(o->network, &fd, &name, e);
  if (rc != H9_OK) return rc;
  rc = h9_reader_open(&r, fd, name, 1u << H9_BLOCK_NEURONS | 1u << H9_BLOCK_LABELS, o->threads, e);
  if (rc == H9_OK) rc = h9_network_read(r, net, true, &b, e);
  if (rc == H9_EOF) rc = H9_OK;
  if (rc == H9_OK && o->dt_given && o->dt != net->dt)
    rc = h9_fail(e, H9_EUSAGE, "--dt: found %.9g ms, but dt of %s is %.9g ms", o->dt, name, net->dt);
  if (r) h9_reader_close(r);
  if (fd != STDIN_FILENO) close(fd);
  if (rc != H9_OK) return rc;
  o->dt = net->dt;
  if (!o->seed_given) o->seed = net->seed;
  m->known = m->settled = true;
  if (net->n_projections && o->path[H9_PART_CONNECTIONS])
    h9_note(&m->notes, "%s: its own connections are not taken over", name);
  h9_network_forget_projections(net);
  m->ids = H9_IDS_COMPACT;
  return net->labels.n && o->ids != H9_IDS_COMPACT && (!numbers || h9_labels_numeral(&net->labels))
             ? map_labels(m, e)
             : H9_OK;
}
