/* What a stream holds, for people. */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>

H9_PRINTF(2, 3) static void say(h9_buf *b, const char *fmt, ...) {
  char line[2048];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  if (n > 0) h9_buf_put(b, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/* Numbers shortest, texts with control characters masked. */
static void say_number(h9_buf *b, double v) {
  char s[H9_TEXT_MAX];
  h9_buf_put(b, s, (size_t)(h9_text_f64(s, v) - s));
}
static void say_text(h9_buf *b, const char *s) {
  static const h9_table plain = {0};
  h9_table_put_text(&plain, b, s);
}
/* Spaces up to `width` after `from`, two at least. */
static void pad(h9_buf *b, size_t from, size_t width) {
  size_t len = 0;
  for (size_t i = from; i < b->len; i++) len += (b->data[i] & 0xc0) != 0x80; /* letters of UTF-8 */
  do h9_buf_put8(b, ' ');
  while (++len < width + 2);
}

static const char *plural(uint64_t n) { return n == 1 ? "" : "s"; }

static void head(h9_buf *b, const h9_network *net, const char *name) {
  say_text(b, name);
  say(b, ": hal9 stream of version %d\n", H9_STREAM_VERSION);
  say(b, "  dt ");
  say_number(b, net->dt);
  say(b, " ms, seed %llu, ", (unsigned long long)net->seed);
  if (net->dimensions == 0) say(b, "no positions\n");
  else {
    say(b, "%d dimension%s: ", net->dimensions, plural((uint64_t)net->dimensions));
    for (int k = 0; k < net->dimensions; k++) {
      say(b, "%s%c ", k ? ", " : "", "xyz"[k]);
      say_number(b, net->lo[k]);
      say(b, " .. ");
      say_number(b, net->hi[k]);
    }
    say(b, " um\n");
  }
}

static void populations(h9_buf *b, const h9_network *net) {
  say(b, "\nPopulations: %u, %u neuron%s\n", net->n_populations, net->n_neurons, plural(net->n_neurons));
  size_t longest[2] = {4, 5};
  for (uint32_t i = 0; i < net->n_populations; i++) {
    size_t n = strlen(net->populations[i].name), m = strlen(net->populations[i].model);
    if (n > longest[0]) longest[0] = n;
    if (m > longest[1]) longest[1] = m;
  }
  if (net->n_populations)
    say(b, "  %-*s  %-*s  %10s  %-21s  values\n", (int)longest[0], "name", (int)longest[1], "model",
        "neurons", "ids");
  for (uint32_t i = 0; i < net->n_populations; i++) {
    const h9_population *p = &net->populations[i];
    char ids[32];
    say(b, "  ");
    size_t at = b->len;
    say_text(b, p->name);
    pad(b, at, longest[0]);
    at = b->len;
    say_text(b, p->model);
    pad(b, at, longest[1]);
    snprintf(ids, sizeof ids, "%u .. %u", p->first, p->first + (p->count - 1));
    say(b, "%10u  %-21s  ", p->count, ids);
    if (p->placed) say(b, "placed");
    for (uint32_t k = 0; k < p->n_values; k++) {
      say(b, "%s", k || p->placed ? ", " : "");
      say_text(b, p->values[k].name);
      if (p->values[k].varies) say(b, " varies");
      else {
        say(b, " ");
        say_number(b, p->values[k].constant);
      }
    }
    while (b->len > 0 && b->data[b->len - 1] == ' ') b->len--;
    say(b, "\n");
  }
}

static void projections(h9_buf *b, const h9_network *net, uint64_t stored) {
  if (net->n_projections == 0) return;
  uint32_t rules = 0;
  for (uint32_t i = 0; i < net->n_projections; i++) rules += !net->projections[i].materialised;
  say(b, "\nProjections: %u, ", net->n_projections);
  if (rules < net->n_projections)
    say(b, "%llu connection%s in the stream", (unsigned long long)stored, plural(stored));
  if (rules) say(b, "%s%u as rule%s", rules < net->n_projections ? ", " : "", rules, plural(rules));
  say(b, "\n");
  for (uint32_t i = 0; i < net->n_projections; i++) {
    const h9_projection *p = &net->projections[i];
    say(b, "  %3u  ", i + 1);
    size_t at = b->len;
    say_text(b, net->populations[p->source].name);
    say(b, " -> ");
    say_text(b, net->populations[p->target].name);
    pad(b, at, 20);
    at = b->len;
    h9_view_rule_text(b, p);
    pad(b, at, 24);
    say(b, "weight ");
    h9_view_dist_text(b, &p->weight);
    say(b, ", delay ");
    h9_view_dist_text(b, &p->delay);
    say(b, " ms");
    if (strcmp(p->synapse, "static") != 0) {
      say(b, ", ");
      say_text(b, p->synapse);
      say(b, p->n_synapse_values ? " " : "");
      h9_view_synapse_text(b, net, p, " ");
      say(b, p->trace ? ", traced" : "");
    }
    say(b, "\n");
  }
}

static void provenance(h9_buf *b, const h9_network *net, h9_hash hash) {
  char text[33];
  say(b, "\nProvenance\n");
  for (uint32_t i = 0; i < net->n_provenance; i++) {
    const h9_provenance *p = &net->provenance[i];
    for (uint32_t k = 0; k < p->n_parents; k++) {
      h9_hash_text(p->output_of_parents[k], text);
      say(b, "       from %s\n", text);
    }
    say(b, "  %3u  ", i + 1);
    say_text(b, p->program);
    say(b, " ");
    say_text(b, p->version);
    say(b, ", seed %llu", (unsigned long long)p->seed);
    if (*p->options) {
      say(b, ": ");
      say_text(b, p->options);
    }
    if (*p->label) {
      say(b, " (");
      say_text(b, p->label);
      say(b, ")");
    }
    say(b, "\n");
  }
  h9_hash_text(hash, text);
  say(b, "       this %s\n", text);
}

static void blocks(h9_buf *b, const h9_reader *r) {
  say(b, "\nBlocks\n  %-12s  %10s  %14s  %16s\n", "kind", "blocks", "records", "bytes");
  uint64_t all = 0;
  for (uint32_t k = 1; k < H9_BLOCK_KINDS; k++) {
    uint64_t bytes, n = h9_reader_blocks(r, (enum h9_block_kind)k, &bytes);
    if (n == 0) continue;
    say(b, "  %-12s  %10llu  %14llu  %16llu\n", h9_block_kind_name(k), (unsigned long long)n,
        (unsigned long long)h9_reader_count(r, (enum h9_block_kind)k), (unsigned long long)bytes);
    all += n;
  }
  say(b, "  %-12s  %10llu  %14s  %16llu\n", "with the end", (unsigned long long)all + 1, "",
      (unsigned long long)h9_reader_bytes(r));
}

static void metrics(h9_buf *b, const h9_network *net) {
  if (net->metrics.n == 0) return;
  say(b, "\nMetrics\n");
  for (uint32_t i = 0; i < net->metrics.n; i++) {
    say(b, "  %-28s  ", net->metrics.item[i].name);
    say_number(b, net->metrics.item[i].value);
    say(b, "\n");
  }
}

static int read_all(h9_reader *r, h9_network *net, h9_error *e) {
  h9_block b;
  int rc = h9_network_read(r, net, false, &b, e);
  while (rc == H9_OK) {
    rc = h9_network_absorb(r, net, &b, e);
    if (rc == H9_OK) rc = h9_reader_next(r, &b, e);
  }
  return rc == H9_EOF ? H9_OK : rc;
}

int h9_view_summary(h9_view *v, int fd, const char *name, h9_error *e) {
  h9_reader *r;
  h9_network net;
  int rc = h9_reader_open(&r, fd, name, 1u << H9_BLOCK_METRICS, v->threads, e);
  if (rc != H9_OK) return rc;
  rc = read_all(r, &net, e);
  if (rc == H9_OK && v->json) {
    rc = h9_view_summary_json(v, &net, r, name, e);
    if (rc == H9_OK) rc = h9_view_flush(v, true, e);
  } else if (rc == H9_OK) {
    if (v->headed) say(&v->out, "\n");
    v->headed = true;
    head(&v->out, &net, name);
    populations(&v->out, &net);
    projections(&v->out, &net, h9_reader_count(r, H9_BLOCK_CONNECTIONS));
    metrics(&v->out, &net);
    provenance(&v->out, &net, h9_reader_hash(r));
    blocks(&v->out, r);
    rc = h9_view_flush(v, true, e);
  }
  h9_network_release(&net);
  h9_reader_close(r);
  return rc;
}
