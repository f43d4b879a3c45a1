#include "plot.h"

#include "../base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000", "#B8A800"};

const char *h9_plot_colour(uint32_t population) {
  return colours[population % (sizeof colours / sizeof colours[0])];
}

void h9_plot_text(FILE *script, const char *text) {
  for (; *text; text++) {
    if (*text == '\'') fputc('\'', script);
    if (*text != '\n' && *text != '\r') fputc(*text, script);
  }
}

void h9_plot_begin(const h9_plot *p, FILE *script) {
  if (p->format == H9_PLOT_PDF)
    fprintf(script, "set terminal pdfcairo noenhanced size %gin,%gin font 'DejaVu Sans,12'\n",
            p->width / 100.0, p->height / 100.0);
  else if (p->format == H9_PLOT_SVG)
    fprintf(script, "set terminal svg noenhanced size %d,%d font 'DejaVu Sans,15' background 'white'\n",
            p->width, p->height);
  else
    fprintf(script, "set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,13'\n", p->width,
            p->height);
  fputs("if (!exists('picture')) picture = '", script); /* a kept script draws to the name it was asked for */
  h9_plot_text(script, p->output);
  fputs("'\nset output picture\nset encoding utf8\nset border 3 lw 1.2\nset tics out nomirror\nset datafile "
        "separator '\\t'\n",
        script);
}

bool h9_plot_shows(const h9_plot *p, const char *population) {
  if (!p->only) return true;
  for (const char *const *n = p->only; *n; n++)
    if (strcmp(*n, population) == 0) return true;
  return false;
}

int h9_plot_check(const h9_plot *p, const h9_network *net, const char *name, h9_error *e) {
  for (const char *const *n = p->only; n && *n; n++)
    if (h9_network_find(net, *n) < 0) return h9_fail(e, H9_EDATA, "%s: no population '%s'", name, *n);
  return H9_OK;
}

static int ascending(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return (x[0] > y[0]) - (x[0] < y[0]);
}
static int by_index(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return (x[1] > y[1]) - (x[1] < y[1]);
}

int h9_plot_choose(const h9_plot *p, const h9_network *net, uint32_t most, uint32_t *rank, uint32_t *chosen,
                   h9_error *e) {
  enum { LEAST = 30 };
  uint64_t shown = 0;
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (h9_plot_shows(p, net->populations[k].name)) shown += net->populations[k].count;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    const h9_population *q = &net->populations[k];
    chosen[k] = 0;
    if (!h9_plot_shows(p, q->name)) continue;
    uint64_t n = shown <= most ? q->count : (uint64_t)((double)most * q->count / (double)shown + 0.5);
    if (n < LEAST) n = LEAST;
    if (n > q->count) n = q->count;
    uint64_t(*key)[2] = malloc((size_t)q->count * sizeof *key);
    if (!key) return h9_fail_memory(e, (size_t)q->count * sizeof *key, "a choice of neurons");
    h9_key seed = h9_key_make(p->seed, H9_PURPOSE_SAMPLE, k);
    for (uint32_t i = 0; i < q->count; i++) {
      h9_ctr c = h9_philox(seed, i, 1, 0, 0);
      key[i][0] = (uint64_t)c.v[0] << 32 | c.v[1];
      key[i][1] = i;
    }
    if (n < q->count) qsort(key, q->count, sizeof *key, ascending);
    qsort(key, n, sizeof *key, by_index); /* those chosen keep the order of their ids */
    for (uint64_t i = 0; i < n; i++) rank[q->first - 1 + key[i][1]] = (uint32_t)i + 1;
    chosen[k] = (uint32_t)n;
    free(key);
  }
  return H9_OK;
}
