/* h9_projections_plan: how weights are held, and which demands are refused. Hand-computed. */
#include "netkit.h"

static kit two(void) {
  kit k;
  kit_init(&k, 1);
  kit_population(&k, "exc", 80);
  kit_population(&k, "inh", 20);
  return k;
}
static h9_projection *weighted(kit *k, uint32_t from, uint32_t to, h9_dist w) {
  h9_projection *p = kit_projection(k, H9_RULE_ALL_TO_ALL, from, to, 0);
  h9_dist_release(&p->weight);
  p->weight = w;
  return p;
}
static int plan(kit *k, h9_error *e) {
  k->net.populations = k->pop;
  k->net.projections = k->proj;
  e->text[0] = 0;
  return h9_projections_plan(&k->net, e);
}

static void quanta(void) {
  h9_error e = {0};
  kit k = two();
  h9_projection *a = weighted(&k, 0, 0, kit_dist(H9_DIST_EXPRESSION, 0.1, 0)),
                *b = weighted(&k, 1, 0, kit_dist(H9_DIST_EXPRESSION, -0.5, 0));
  h9_projection *c = weighted(&k, 0, 1, kit_dist(H9_DIST_EXPRESSION, 20.0, 0)),
                *d = weighted(&k, 1, 1, kit_dist(H9_DIST_EXPRESSION, -90.0, 0));
  ok(plan(&k, &e) == H9_OK && a->quantum == 0.1 && b->quantum == 0.1 &&
         a->weight_encoding == H9_WEIGHT_CONSTANT && b->weight_encoding == H9_WEIGHT_CONSTANT,
     "constants 0.1 and -0.5: multiples of 0.1");
  ok(c->quantum == 10 && d->quantum == 10, "constants 20 and -90: multiples of 10");
  kit_free(&k);

  k = two();
  a = weighted(&k, 0, 0, kit_dist(H9_DIST_EXPRESSION, 87.8, 0));
  b = weighted(&k, 1, 0, kit_dist(H9_DIST_EXPRESSION, -3.14159265358979 * 100, 0));
  int rc = plan(&k, &e);
  ok(rc == H9_OK && a->quantum == b->quantum && log2(a->quantum) == floor(log2(a->quantum)) &&
         314.16 / a->quantum <= 32767 && 314.16 / a->quantum > 16000,
     "incommensurable constants: the finest power of two (%g)", a->quantum);
  kit_free(&k);

  k = two();
  a = weighted(&k, 0, 0, kit_dist(H9_DIST_NORMAL, 87.8, 8.78));
  b = weighted(&k, 1, 0, kit_dist(H9_DIST_NORMAL, -351.2, 35.12));
  c = weighted(&k, 0, 1, kit_dist(H9_DIST_NORMAL, 87.8, 8.78));
  ok(plan(&k, &e) == H9_OK && a->quantum == 0.03125 && b->quantum == 0.03125 &&
         a->weight_encoding == H9_WEIGHT_I16 && b->weight_encoding == H9_WEIGHT_I16,
     "normal weights onto one population share 2^-5");
  ok(c->quantum == 0.0078125 && c->weight_encoding == H9_WEIGHT_I16, "onto another population 2^-7 suffices");
  kit_free(&k);

  k = two();
  a = weighted(&k, 0, 0, kit_dist(H9_DIST_NORMAL, 1, 0.1));
  b = weighted(&k, 1, 0, kit_dist(H9_DIST_EXPRESSION, 1e6, 0));
  ok(plan(&k, &e) == H9_OK && a->weight_encoding == H9_WEIGHT_I16 && a->quantum < 0.001,
     "one huge constant does not coarsen the others");
  kit_free(&k);

  k = two();
  a = weighted(&k, 0, 0, kit_dist(H9_DIST_NORMAL, 1, 0.1));
  b = weighted(&k, 1, 0, kit_dist(H9_DIST_LOGNORMAL, 0, 3));
  ok(plan(&k, &e) == H9_OK && a->weight_encoding == H9_WEIGHT_I16 && b->weight_encoding == H9_WEIGHT_F32,
     "a wide lognormal takes F32, its neighbour not");
  kit_free(&k);

  k = two();
  a = weighted(&k, 0, 0, kit_dist(H9_DIST_NORMAL, 0.001, 0.0001));
  b = weighted(&k, 1, 0, kit_dist(H9_DIST_NORMAL, -1000, 10));
  ok(plan(&k, &e) == H9_OK && a->weight_encoding == H9_WEIGHT_F32 && b->weight_encoding == H9_WEIGHT_I16,
     "values lost beside larger ones take F32");
  kit_free(&k);
}

static void refuse(kit *k, const char *must, const char *what) {
  h9_error e = {0};
  int rc = plan(k, &e);
  ok(rc == H9_ECONFIG && strstr(e.text, must) && strstr(e.text, "projection 1"), "%s: %s", what, e.text);
  kit_free(k);
}

int main(void) {
  kit k;
  h9_projection *p;
  quanta();
  k = two();
  kit_projection(&k, H9_RULE_ONE_TO_ONE, 0, 1, 0);
  refuse(&k, "equal counts", "one_to_one of 80 and 20");
  k = two();
  p = kit_projection(&k, H9_RULE_PAIRWISE_BERNOULLI, 0, 1, 0);
  p->kernel.scale = 1.5;
  refuse(&k, "1.5", "a probability above 1");
  k = two();
  p = kit_projection(&k, H9_RULE_ALL_TO_ALL, 0, 1, 0);
  p->symmetric = true;
  refuse(&k, "symmetric", "symmetric between two populations");
  k = two();
  p = kit_projection(&k, H9_RULE_FIXED_INDEGREE, 0, 0, 3);
  p->symmetric = true;
  refuse(&k, "symmetric", "symmetric with a fixed degree");
  k = two();
  p = kit_projection(&k, H9_RULE_K_NEAREST, 0, 0, 3);
  refuse(&k, "positions", "k_nearest without positions");
  k = two();
  p = kit_projection(&k, H9_RULE_K_NEAREST, 0, 1, 21);
  p->autapses = false;
  refuse(&k, "20", "more neighbours than neurons");
  k = two();
  p = kit_projection(&k, H9_RULE_ALL_TO_ALL, 0, 0, 0);
  p->delay.a.code[0].value = 0.01;
  refuse(&k, "0.01", "a delay below half a step");
  k = two();
  p = kit_projection(&k, H9_RULE_ALL_TO_ALL, 0, 0, 0);
  p->delay.a.code[0].value = 7000;
  refuse(&k, "65535", "a delay of 70,000 steps");
  k = two();
  p = kit_projection(&k, H9_RULE_ALL_TO_ALL, 0, 0, 0);
  h9_dist_release(&p->delay);
  p->delay = kit_dist(H9_DIST_LOGNORMAL, 0, 2);
  refuse(&k, "max", "a delay distribution without end");
  k = two();
  p = kit_projection(&k, H9_RULE_PAIRWISE_BERNOULLI, 0, 0, 0);
  p->mask.type = H9_MASK_DOUGHNUT;
  p->mask.arg[0] = 5;
  p->mask.arg[1] = 4;
  refuse(&k, "inner", "a doughnut inside out");
  k = two();
  p = kit_projection(&k, H9_RULE_PAIRWISE_BERNOULLI, 0, 0, 0);
  p->kernel.type = H9_KERNEL_GAUSSIAN;
  refuse(&k, "sigma", "a gaussian kernel without width");
  return done();
}
