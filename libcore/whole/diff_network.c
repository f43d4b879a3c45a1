/* Networks compared: heads, neurons, projections. */
#include "diff.h"

#include "view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool same_number(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

/* Compares one thing and returns from the function where it differs. */
#define NUMBER(what, ...)                                                                                    \
  do {                                                                                                       \
    double a_ = (double)A->what, b_ = (double)B->what;                                                       \
    if (!same_number(a_, b_)) return number(d, a_, b_, __VA_ARGS__);                                         \
  } while (0)
#define TEXT(what, ...)                                                                                      \
  do {                                                                                                       \
    if (strcmp(A->what, B->what) != 0) return texts(d, A->what, B->what, __VA_ARGS__);                       \
  } while (0)

H9_PRINTF(4, 5) static int number(h9_diff *d, double a, double b, const char *fmt, ...) {
  char what[600], s[H9_TEXT_MAX + 1], t[H9_TEXT_MAX + 1];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(what, sizeof what, fmt, ap);
  va_end(ap);
  *h9_text_f64(s, a) = 0;
  *h9_text_f64(t, b) = 0;
  return h9_diff_found(d, "%s: %s | %s", what, s, t);
}

H9_PRINTF(4, 5) static int texts(h9_diff *d, const char *a, const char *b, const char *fmt, ...) {
  char what[600];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(what, sizeof what, fmt, ap);
  va_end(ap);
  return h9_diff_found(d, "%s: %s | %s", what, a, b);
}

/* ---- heads ---- */

static int values(h9_diff *d, const h9_population *A, const h9_population *B) {
  for (uint32_t i = 0; i < A->n_values || i < B->n_values; i++) {
    const h9_value *a = i < A->n_values ? &A->values[i] : NULL, *b = NULL;
    if (a && !(b = h9_population_value(B, a->name)))
      return texts(d, "given", "the model's default", "population '%s': %s", A->name, a->name);
    if (!a && !h9_population_value(A, B->values[i].name))
      return texts(d, "the model's default", "given", "population '%s': %s", A->name, B->values[i].name);
    if (!a) continue;
    if (a->varies != b->varies)
      return texts(d, a->varies ? "from neuron to neuron" : "one for all",
                   b->varies ? "from neuron to neuron" : "one for all", "population '%s': %s", A->name,
                   a->name);
    if (!a->varies && !same_number(a->constant, b->constant))
      return number(d, a->constant, b->constant, "population '%s': %s", A->name, a->name);
  }
  return H9_OK;
}

static int labels(h9_diff *d) {
  const h9_labels *a = &d->net[0].labels, *b = &d->net[1].labels;
  for (uint32_t i = 0, k = 0; i < a->n || k < b->n;) {
    h9_id x = i < a->n ? h9_labels_id(a, i) : H9_ID_MAX, y = k < b->n ? h9_labels_id(b, k) : H9_ID_MAX;
    char s[H9_NAME_MAX + 1] = "none", t[H9_NAME_MAX + 1] = "none", n[H9_DIFF_NEURON_TEXT];
    if (x <= y && i < a->n) *h9_labels_put(a, i++, s) = 0;
    if (y <= x && k < b->n) *h9_labels_put(b, k++, t) = 0;
    if (strcmp(s, t) != 0 || x != y)
      return h9_diff_found(d, "label of neuron %s: %s | %s",
                           h9_diff_neuron(d, x <= y ? 0 : 1, x <= y ? x : y, n), s, t);
  }
  return H9_OK;
}

int h9_diff_heads(h9_diff *d, h9_error *e) {
  static const char axis[3] = {'x', 'y', 'z'};
  (void)e;
  const h9_network *A = &d->net[0], *B = &d->net[1];
  NUMBER(dt, "header: dt in ms");
  if (A->seed != B->seed)
    return h9_diff_found(d, "header: seed: %llu | %llu", (unsigned long long)A->seed,
                         (unsigned long long)B->seed);
  NUMBER(dimensions, "header: dimensions");
  for (int k = 0; k < 3; k++) {
    NUMBER(lo[k], "header: lower border of %c in um", axis[k]);
    NUMBER(hi[k], "header: upper border of %c in um", axis[k]);
  }
  for (uint32_t i = 0; i < A->n_populations && i < B->n_populations; i++) {
    const h9_population *p = &A->populations[i], *q = &B->populations[i];
    if (strcmp(p->name, q->name) != 0) return texts(d, p->name, q->name, "name of population %u", i + 1);
    if (strcmp(p->model, q->model) != 0)
      return texts(d, p->model, q->model, "population '%s': model", p->name);
    if (p->count != q->count) return number(d, p->count, q->count, "population '%s': neurons", p->name);
    if (p->placed != q->placed)
      return texts(d, p->placed ? "there" : "none", q->placed ? "there" : "none",
                   "population '%s': positions", p->name);
    int rc = values(d, p, q);
    if (rc != H9_OK) return rc;
  }
  NUMBER(n_populations, "populations");
  return labels(d);
}

/* ---- neurons ---- */

static int columns(h9_diff *d, const float *a, const float *b, const h9_population *p, const char *what) {
  char n[H9_DIFF_NEURON_TEXT];
  for (uint32_t i = 0; i < p->count; i++) {
    h9_id id = p->first + i;
    if (same_number((double)a[i], (double)b[i]) || !h9_select_has(d->select, &d->net[0], id)) continue;
    char s[H9_TEXT_MAX + 1], t[H9_TEXT_MAX + 1];
    *h9_text_f32(s, a[i]) = 0;
    *h9_text_f32(t, b[i]) = 0;
    return h9_diff_found(d, "neuron %s: %s: %s | %s", h9_diff_neuron(d, 0, id, n), what, s, t);
  }
  return H9_OK;
}

/* Of populations that the heads tell to be alike, where those were compared; else only what both have. */
int h9_diff_neurons(h9_diff *d, h9_error *e) {
  static const char *const axis[3] = {"x", "y", "z"};
  (void)e;
  const h9_network *A = &d->net[0], *B = &d->net[1];
  bool a_loaded = h9_network_is_loaded(A), b_loaded = h9_network_is_loaded(B);
  if (a_loaded != b_loaded)
    return texts(d, a_loaded ? "there" : "none", b_loaded ? "there" : "none",
                 "positions and values of neurons");
  if (!a_loaded) return H9_OK;
  NUMBER(n_neurons, "neurons");
  const float *pa[3] = {A->x, A->y, A->z}, *pb[3] = {B->x, B->y, B->z};
  for (uint32_t i = 0; i < A->n_populations && i < B->n_populations; i++) {
    const h9_population *p = &A->populations[i], *q = &B->populations[i];
    if (p->count != q->count || p->first != q->first)
      return number(d, p->count, q->count, "population '%s': neurons", p->name);
    int rc = H9_OK;
    for (int k = 0; k < 3 && rc == H9_OK && p->placed && q->placed; k++)
      if (pa[k] && pb[k]) rc = columns(d, pa[k] + p->first - 1, pb[k] + p->first - 1, p, axis[k]);
    for (uint32_t v = 0; v < p->n_values && rc == H9_OK; v++) {
      const h9_value *other = h9_population_value(q, p->values[v].name);
      if (other && other->column && p->values[v].column)
        rc = columns(d, p->values[v].column, other->column, p, p->values[v].name);
    }
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

/* ---- projections ---- */

static int distribution(h9_diff *d, const h9_dist *a, const h9_dist *b, const char *of, const char *what) {
  h9_buf s = {0}, t = {0};
  h9_dist_encode(a, &s);
  h9_dist_encode(b, &t);
  bool same = s.len == t.len && memcmp(s.data, t.data, s.len) == 0;
  int rc = H9_OK;
  if (!same) {
    s.len = t.len = 0;
    h9_view_dist_text(&s, a);
    h9_view_dist_text(&t, b);
    h9_buf_put8(&s, 0);
    h9_buf_put8(&t, 0);
    rc = s.failed || t.failed ? H9_ESYSTEM : texts(d, (char *)s.data, (char *)t.data, "%s: %s", of, what);
  }
  h9_buf_release(&s);
  h9_buf_release(&t);
  return rc;
}

static int kernels(h9_diff *d, const h9_kernel *A, const h9_kernel *B, const char *of) {
  if (A->type != B->type) return texts(d, h9_kernel_name(A->type), h9_kernel_name(B->type), "%s: kernel", of);
  NUMBER(scale, "%s: p", of);
  for (int i = 0; i < 5; i++) NUMBER(arg[i], "%s: argument %d of the kernel", of, i + 1);
  NUMBER(cutoff, "%s: cutoff of the kernel in um", of);
  h9_buf s = {0}, t = {0};
  h9_expr_encode(&A->expr, &s);
  h9_expr_encode(&B->expr, &t);
  bool same = s.len == t.len && (s.len == 0 || memcmp(s.data, t.data, s.len) == 0);
  h9_buf_release(&s);
  h9_buf_release(&t);
  return same ? H9_OK : h9_diff_found(d, "%s: expression of the kernel: one | another", of);
}

static int masks(h9_diff *d, const h9_mask *A, const h9_mask *B, const char *of) {
  if (A->type != B->type) return texts(d, h9_mask_name(A->type), h9_mask_name(B->type), "%s: mask", of);
  for (int i = 0; i < 6; i++) NUMBER(arg[i], "%s: number %d of the mask", of, i + 1);
  for (int i = 0; i < 3; i++) NUMBER(anchor[i], "%s: anchor %d of the mask in um", of, i + 1);
  NUMBER(azimuth, "%s: azimuth of the mask", of);
  NUMBER(polar, "%s: polar angle of the mask", of);
  return H9_OK;
}

static int projection(h9_diff *d, const h9_projection *A, const h9_projection *B, uint32_t i) {
  const h9_network *a = &d->net[0], *b = &d->net[1];
  char of[600];
  snprintf(of, sizeof of, "projection %u (%s to %s)", i + 1, a->populations[A->source].name,
           a->populations[A->target].name);
  if (strcmp(a->populations[A->source].name, b->populations[B->source].name) != 0)
    return texts(d, a->populations[A->source].name, b->populations[B->source].name, "projection %u: source",
                 i + 1);
  if (strcmp(a->populations[A->target].name, b->populations[B->target].name) != 0)
    return texts(d, a->populations[A->target].name, b->populations[B->target].name, "projection %u: target",
                 i + 1);
  TEXT(name, "%s: name", of);
  if (A->rule != B->rule)
    return texts(d, h9_rule_name((enum h9_rule)A->rule), h9_rule_name((enum h9_rule)B->rule), "%s: rule", of);
  NUMBER(number, "%s: number", of);
  NUMBER(autapses, "%s: autapses", of);
  NUMBER(multapses, "%s: multapses", of);
  NUMBER(symmetric, "%s: symmetric", of);
  NUMBER(periodic, "%s: periodic", of);
  int rc = kernels(d, &A->kernel, &B->kernel, of);
  if (rc == H9_OK) rc = masks(d, &A->mask, &B->mask, of);
  if (rc == H9_OK) rc = distribution(d, &A->weight, &B->weight, of, "weight");
  if (rc == H9_OK) rc = distribution(d, &A->delay, &B->delay, of, "delay in ms");
  if (rc != H9_OK) return rc;
  NUMBER(receptor, "%s: receptor", of);
  TEXT(synapse, "%s: synapse", of);
  NUMBER(trace, "%s: trace", of);
  for (uint32_t k = 0; k < A->n_synapse_values && k < B->n_synapse_values; k++) {
    TEXT(synapse_values[k].name, "%s: value %u of the synapse", of, k + 1);
    NUMBER(synapse_values[k].value, "%s: %s of the synapse", of, A->synapse_values[k].name);
  }
  NUMBER(n_synapse_values, "%s: values of the synapse", of);
  return H9_OK;
}

int h9_diff_projections(h9_diff *d, h9_error *e) {
  const h9_network *A = &d->net[0], *B = &d->net[1];
  for (uint32_t i = 0; i < A->n_projections && i < B->n_projections; i++) {
    int rc = projection(d, &A->projections[i], &B->projections[i], i);
    if (rc == H9_ESYSTEM) h9_fail_memory(e, 256, "texts of distributions");
    if (rc != H9_OK) return rc;
  }
  NUMBER(n_projections, "projections");
  return H9_OK;
}
