/* What a stream holds, for programs: the summary as JSON. */
#include "../base/json.h"
#include "view.h"

#include <stdio.h>

/* A rule or a distribution, as the summary for people writes it. */
static void put_rule(h9_json *j, const h9_projection *p) {
  h9_buf b = {0};
  h9_view_rule_text(&b, p);
  h9_buf_put8(&b, 0);
  h9_json_text(j, "rule", b.failed ? "" : (const char *)b.data);
  j->out.failed |= b.failed;
  h9_buf_release(&b);
}

static void put_dist(h9_json *j, const char *key, const h9_dist *d) {
  h9_buf b = {0};
  h9_view_dist_text(&b, d);
  h9_buf_put8(&b, 0);
  h9_json_text(j, key, b.failed ? "" : (const char *)b.data);
  j->out.failed |= b.failed;
  h9_buf_release(&b);
}

static void put_population(h9_json *j, const h9_population *p) {
  h9_json_begin(j, NULL, '{');
  h9_json_text(j, "name", p->name);
  h9_json_text(j, "model", p->model);
  h9_json_whole(j, "first", p->first);
  h9_json_whole(j, "neurons", p->count);
  h9_json_truth(j, "placed", p->placed);
  h9_json_begin(j, "values", '{');
  for (uint32_t k = 0; k < p->n_values; k++)
    if (p->values[k].varies) h9_json_text(j, p->values[k].name, "varies");
    else h9_json_number(j, p->values[k].name, p->values[k].constant);
  h9_json_end(j, '}');
  h9_json_end(j, '}');
}

static void put_projection(h9_json *j, const h9_network *net, const h9_projection *p) {
  h9_json_begin(j, NULL, '{');
  h9_json_text(j, "source", net->populations[p->source].name);
  h9_json_text(j, "target", net->populations[p->target].name);
  put_rule(j, p);
  h9_json_text(j, "synapse", p->synapse);
  put_dist(j, "weight", &p->weight);
  put_dist(j, "delay_ms", &p->delay);
  h9_json_truth(j, "in_stream", p->materialised);
  h9_json_end(j, '}');
}

static void put_provenance(h9_json *j, const h9_provenance *p) {
  char text[33];
  h9_json_begin(j, NULL, '{');
  h9_json_text(j, "program", p->program);
  h9_json_text(j, "version", p->version);
  h9_json_text(j, "options", p->options);
  h9_json_text(j, "label", p->label);
  h9_json_whole(j, "seed", p->seed);
  h9_json_begin(j, "parents", '[');
  for (uint32_t k = 0; k < p->n_parents; k++) {
    h9_hash_text(p->output_of_parents[k], text);
    h9_json_text(j, NULL, text);
  }
  h9_json_end(j, ']');
  h9_json_end(j, '}');
}

static void put_space(h9_json *j, const h9_network *net) {
  h9_json_whole(j, "dimensions", (uint64_t)net->dimensions);
  h9_json_begin(j, "low_um", '[');
  for (int k = 0; k < net->dimensions; k++) h9_json_number(j, NULL, net->lo[k]);
  h9_json_end(j, ']');
  h9_json_begin(j, "high_um", '[');
  for (int k = 0; k < net->dimensions; k++) h9_json_number(j, NULL, net->hi[k]);
  h9_json_end(j, ']');
}

int h9_view_summary_json(h9_view *v, const h9_network *net, const h9_reader *r, const char *name, h9_error *e) {
  h9_json j = {0};
  char text[33];
  h9_json_begin(&j, NULL, '{');
  h9_json_text(&j, "stream", name);
  h9_json_whole(&j, "version", H9_STREAM_VERSION);
  h9_json_number(&j, "dt_ms", net->dt);
  h9_json_whole(&j, "seed", net->seed);
  put_space(&j, net);
  h9_json_whole(&j, "neurons", net->n_neurons);
  h9_json_whole(&j, "connections", h9_reader_count(r, H9_BLOCK_CONNECTIONS));
  h9_json_whole(&j, "signals", h9_reader_count(r, H9_BLOCK_SIGNALS));
  h9_json_begin(&j, "populations", '[');
  for (uint32_t i = 0; i < net->n_populations; i++) put_population(&j, &net->populations[i]);
  h9_json_end(&j, ']');
  h9_json_begin(&j, "projections", '[');
  for (uint32_t i = 0; i < net->n_projections; i++) put_projection(&j, net, &net->projections[i]);
  h9_json_end(&j, ']');
  h9_json_begin(&j, "metrics", '{');
  for (uint32_t i = 0; i < net->metrics.n; i++) h9_json_number(&j, net->metrics.item[i].name, net->metrics.item[i].value);
  h9_json_end(&j, '}');
  h9_json_begin(&j, "provenance", '[');
  for (uint32_t i = 0; i < net->n_provenance; i++) put_provenance(&j, &net->provenance[i]);
  h9_json_end(&j, ']');
  h9_hash_text(h9_reader_hash(r), text);
  h9_json_text(&j, "hash", text);
  h9_json_begin(&j, "blocks", '[');
  for (uint32_t k = 1; k < H9_BLOCK_KINDS; k++) {
    uint64_t bytes, n = h9_reader_blocks(r, (enum h9_block_kind)k, &bytes);
    if (n == 0) continue;
    h9_json_begin(&j, NULL, '{');
    h9_json_text(&j, "kind", h9_block_kind_name(k));
    h9_json_whole(&j, "blocks", n);
    h9_json_whole(&j, "records", h9_reader_count(r, (enum h9_block_kind)k));
    h9_json_whole(&j, "bytes", bytes);
    h9_json_end(&j, '}');
  }
  h9_json_end(&j, ']');
  h9_json_whole(&j, "bytes", h9_reader_bytes(r));
  h9_json_end(&j, '}');
  if (j.out.failed) h9_fail_memory(e, j.out.len, "the summary");
  else h9_buf_put(&v->out, j.out.data, j.out.len);
  int rc = j.out.failed ? H9_ESYSTEM : H9_OK;
  h9_buf_release(&j.out);
  return rc;
}
