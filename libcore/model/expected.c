/* How many connections a projection will have. */
#include "rowsource.h"
#include "rules.h"

#include <math.h>

enum { SAMPLE = 1000 }; /* owners looked at where the answer depends on positions */

int h9_compiled_expected(const h9_compiled *c, h9_scratch *s, double *expected, h9_error *e) {
  const h9_projection *p = c->p;
  double pairs = (double)c->n_source * (c->n_target - (c->no_self ? 1 : 0));
  if (!c->space) {
    switch (p->rule) {
    case H9_RULE_ONE_TO_ONE:
      *expected = c->n_source;
      break;
    case H9_RULE_ALL_TO_ALL:
      *expected = pairs;
      break;
    case H9_RULE_PAIRWISE_BERNOULLI:
      *expected = pairs * p->kernel.scale;
      break;
    case H9_RULE_PAIRWISE_POISSON:
      *expected = pairs * p->number;
      break;
    case H9_RULE_FIXED_INDEGREE:
    case H9_RULE_FIXED_OUTDEGREE:
      *expected = (double)c->n_owner * p->number;
      break;
    default:
      *expected = p->number;
      break;
    }
    return H9_OK;
  }
  if (p->rule == H9_RULE_FIXED_INDEGREE || p->rule == H9_RULE_FIXED_OUTDEGREE ||
      p->rule == H9_RULE_K_NEAREST) {
    *expected = (double)c->n_owner * p->number;
    return H9_OK;
  }
  /* Owners evenly spread over the population: ids do not follow positions in a layout drawn at
   * random, and in a grid even spreading is the better sample. */
  uint32_t n = c->n_owner < SAMPLE ? c->n_owner : SAMPLE;
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    double x;
    int rc = h9_space_expected(c, s, (uint32_t)((uint64_t)i * c->n_owner / n), &x, e);
    if (rc != H9_OK) return rc;
    sum += x;
  }
  *expected = sum / n * c->n_owner * (c->half ? 2 : 1);
  return H9_OK;
}

double h9_projection_expected(const h9_network *net, const h9_projection *p) {
  h9_compiled c;
  h9_scratch s = {0};
  h9_grids g = {.threads = 1};
  h9_error e = {0};
  double x = 0;
  if (p->rule == H9_RULE_EXPLICIT) return p->number > 0 ? p->number : 0;
  int rc = h9_compile_rule(&c, net, (uint32_t)(p - net->projections), &g, &e);
  if (rc == H9_OK) rc = h9_compiled_expected(&c, &s, &x, &e);
  h9_compiled_release(&c);
  h9_scratch_release(&s);
  h9_grids_release(&g);
  return rc == H9_OK ? x : NAN;
}
