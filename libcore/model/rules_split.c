/* fixed_total_number: how many of the connections each source has.
 *
 * The total is divided over a binary tree of source ranges: a node of m sources with K
 * connections gives its left half a binomial (with multapses) or hypergeometric (without: a
 * simple random sample of pairs) share. That is exactly the multinomial or multivariate
 * hypergeometric law over sources, and as every node's draw is keyed by its range, any range of
 * sources is found alone by walking only the nodes above it. */
#include "rules.h"

#include <math.h>

/* Inversion outwards from the mode. Probabilities are taken relative to the mode's and summed first:
 * log-factorials of billions of pairs would lose the digits that a sum keeps. Steps: a few dozen
 * standard deviations. */
uint64_t h9_draw_hypergeometric(h9_draws *d, uint64_t good, uint64_t bad, uint64_t draws) {
  const double g = (double)good, b = (double)bad, n = (double)draws, tiny = 1e-18;
  const double low = fmax(0, n - b), high = fmin(n, g);
  if (low >= high) return (uint64_t)low;
  const double mode = fmin(fmax(floor((n + 1) * (g + 1) / (g + b + 2)), low), high);
#define UP(i) ((g - (i)) * (n - (i)) / (((i) + 1) * (b - n + (i) + 1)))
#define DOWN(j) ((j) * (b - n + (j)) / ((g - (j) + 1) * (n - (j) + 1)))
  double sum = 1, w = 1;
  for (double i = mode; i < high && w > tiny; i++) sum += w *= UP(i);
  w = 1;
  for (double j = mode; j > low && w > tiny; j--) sum += w *= DOWN(j);
  double u = h9_draw_uniform(d) * sum - 1, up = 1, down = 1, i = mode, j = mode;
  while (u >= 0 && ((i < high && up > tiny) || (j > low && down > tiny))) {
    if (i < high && up > tiny) {
      up *= UP(i);
      i++;
      u -= up;
      if (u < 0) return (uint64_t)i;
    }
    if (j > low && down > tiny) {
      down *= DOWN(j);
      j--;
      u -= down;
      if (u < 0) return (uint64_t)j;
    }
  }
#undef UP
#undef DOWN
  return (uint64_t)mode;
}

typedef struct walk {
  const h9_compiled *c;
  uint32_t first, n;
  uint32_t *count;
  uint64_t row;  /* pairs a source can make */
  uint64_t most; /* connections one source was given */
} walk;

static void split(walk *w, uint32_t at, uint32_t size, uint64_t total) {
  if (at >= w->first + w->n || at + size <= w->first) return;
  if (total == 0 || size == 1) {
    if (total > w->most) w->most = total;
    for (uint32_t i = 0; i < size; i++)
      if (at + i >= w->first && at + i < w->first + w->n) w->count[at + i - w->first] = (uint32_t)total;
    return;
  }
  uint32_t left = size / 2;
  h9_draws d = h9_draws_make(w->c->key_split, at, size, 0);
  uint64_t share = w->c->p->multapses
                       ? h9_draw_binomial(&d, total, (double)left / size)
                       : h9_draw_hypergeometric(&d, left * w->row, (size - left) * w->row, total);
  split(w, at, left, share);
  split(w, at + left, size - left, total - share);
}

int h9_split_counts(const h9_compiled *c, uint32_t first, uint32_t n, uint32_t *count, h9_error *e) {
  walk w = {c, first, n, count, (uint64_t)c->n_pool - (c->no_self ? 1 : 0), 0};
  split(&w, 0, c->n_owner, (uint64_t)c->p->number);
  char text[400];
  if (w.most > UINT32_MAX)
    return h9_fail(e, H9_ECONFIG, "%s: a row of %.3g connections, expected at most %u",
                   h9_projection_text(c->net, c->index, text), (double)w.most, UINT32_MAX);
  return H9_OK;
}
