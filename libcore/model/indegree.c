#include "indegree.h"

#include "kernel.h"

#include <math.h>
#include <stdlib.h>

enum { CELLS_MAX = 1 << 21 };

static double chance(double mean) { return mean + 10 * sqrt(mean) + 64; }

typedef struct window {
  const float *at[3]; /* coordinates of the sources */
  uint32_t n;
  double low[3], width[3]; /* of cells */
  uint32_t cells[3];       /* along each dimension */
  bool wrap;
} window;

/* Sums of three neighbouring cells along one dimension, in place. */
static void sum_three(uint32_t *count, const window *w, int dimension, uint32_t *line) {
  uint32_t n = w->cells[dimension], stride = 1, all = w->cells[0] * w->cells[1] * w->cells[2];
  for (int i = 0; i < dimension; i++) stride *= w->cells[i];
  for (uint32_t k = 0; k < all / n; k++) {
    uint32_t *c = count + (size_t)(k / stride) * stride * n + k % stride;
    for (uint32_t i = 0; i < n; i++) line[i] = c[(size_t)i * stride];
    for (uint32_t i = 0; i < n; i++) {
      uint32_t before = i ? line[i - 1] : w->wrap && n > 2 ? line[n - 1] : 0;
      uint32_t after = i + 1 < n ? line[i + 1] : w->wrap && n > 2 ? line[0] : 0;
      c[(size_t)i * stride] = line[i] + before + after;
    }
  }
}

static double most_in_window(const window *w) {
  size_t all = (size_t)w->cells[0] * w->cells[1] * w->cells[2], most = 0;
  uint32_t *count = calloc(all, sizeof *count), *line = malloc(CELLS_MAX * sizeof *line);
  for (uint32_t i = 0; count && line && i < w->n; i++) {
    size_t cell = 0;
    for (int d = 2; d >= 0; d--) {
      double x = w->cells[d] > 1 ? floor(((double)w->at[d][i] - w->low[d]) / w->width[d]) : 0;
      uint32_t k = x > 0 ? x < w->cells[d] ? (uint32_t)x : w->cells[d] - 1 : 0;
      cell = cell * w->cells[d] + k;
    }
    count[cell]++;
  }
  for (int d = 0; d < 3 && count && line; d++)
    if (w->cells[d] > 1) sum_three(count, w, d, line);
  for (size_t i = 0; count && line && i < all; i++)
    if (count[i] > most) most = count[i];
  bool good = count && line;
  free(count);
  free(line);
  return good ? (double)most : w->n;
}

/* The most sources in a box as wide as what a neuron reaches, wherever it lies: cells are at least half as
 * wide as the box, which three of them in each dimension therefore hold. */
static double most_in_reach(const h9_network *net, const h9_projection *p) {
  const h9_population *s = &net->populations[p->source];
  h9_mask_ready mask;
  h9_kernel_ready kernel;
  if (!s->placed || !net->x || net->dimensions < 1) return s->count;
  h9_mask_prepare(&mask, &p->mask, net->dimensions);
  h9_kernel_prepare(&kernel, &p->kernel);
  window w = {.n = s->count, .wrap = p->periodic, .cells = {1, 1, 1}};
  const float *axes[3] = {net->x, net->y, net->z};
  double budget = CELLS_MAX;
  for (int d = 0; d < net->dimensions && axes[d]; d++) {
    w.at[d] = axes[d] + s->first - 1;
    double low = net->lo[d], high = net->hi[d];
    for (uint32_t i = 0; i < w.n && !p->periodic; i++) {
      if (i == 0) low = high = (double)w.at[d][0];
      low = fmin(low, (double)w.at[d][i]);
      high = fmax(high, (double)w.at[d][i]);
    }
    double half = p->rule == H9_RULE_RADIUS      ? p->number
                  : p->mask.type == H9_MASK_NONE ? kernel.reach_cut
                                                 : mask.half[d];
    double n = floor((high - low) / (half * 1.0001)), left = floor(pow(budget, 1.0 / (net->dimensions - d)));
    w.low[d] = low;
    w.cells[d] = n > 3 ? (uint32_t)fmin(n, left) : 1;
    w.width[d] = (high - low) / w.cells[d];
    budget /= w.cells[d];
  }
  return most_in_window(&w);
}

static bool spatial(const h9_projection *p) {
  return p->rule == H9_RULE_RADIUS || p->kernel.type != H9_KERNEL_CONSTANT || p->mask.type != H9_MASK_NONE ||
         p->kernel.cutoff < 1e300;
}

/* No pair's probability is larger. */
static double likeliest(const h9_kernel *k) {
  bool below_one = k->type != H9_KERNEL_GAMMA && k->type != H9_KERNEL_EXPRESSION;
  return below_one && k->scale < 1 ? k->scale : 1;
}

double h9_indegree_bound(const h9_network *net, const h9_projection *p, bool *certain) {
  /* Neurons that can be among the k nearest of one neuron's neighbours, over k: the kissing number; twice
   * that leaves room for ties. */
  static const double kissing[4] = {0, 2, 6, 12};
  double sources = net->populations[p->source].count, targets = net->populations[p->target].count;
  double both = p->symmetric ? 2 : 1, most = both * sources, in_reach;
  *certain = true;
  switch (p->rule) {
  case H9_RULE_ONE_TO_ONE:
    return 1;
  case H9_RULE_FIXED_INDEGREE:
    return p->number;
  case H9_RULE_PAIRWISE_BERNOULLI:
    in_reach = both * (spatial(p) ? most_in_reach(net, p) : sources);
    return fmin(in_reach, chance(in_reach * likeliest(&p->kernel)));
  case H9_RULE_RADIUS:
    return both * most_in_reach(net, p);
  case H9_RULE_K_NEAREST:
    *certain = false;
    return fmin(most, both * p->number * (2 * kissing[net->dimensions & 3] + 1));
  case H9_RULE_PAIRWISE_POISSON:
    return chance(p->number * most);
  case H9_RULE_FIXED_OUTDEGREE:
    if (!p->multapses || spatial(p))
      return (spatial(p) ? both * most_in_reach(net, p) : most) * (p->multapses ? p->number : 1);
    return chance(p->number * sources / targets);
  case H9_RULE_FIXED_TOTAL_NUMBER:
    return p->multapses ? chance(p->number / targets) : most;
  case H9_RULE_EXPLICIT: /* what its writer says of it, if anything */
    *certain = false;
    return p->number > 0 ? p->kernel.scale : INFINITY;
  default:
    return most;
  }
}
