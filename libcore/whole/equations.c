#include "equations.h"

#include "../base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS_MAX = 64 };
static h9_equations *known[MODELS_MAX];
static uint32_t n_known;

h9_equations *h9_equations_find(const char *model) {
  for (uint32_t i = 0; i < n_known; i++)
    if (strcmp(known[i]->model.name, model) == 0) return known[i];
  return NULL;
}

int h9_equations_add(h9_equations *q, h9_error *e) {
  if (n_known == MODELS_MAX) return h9_fail(e, H9_ECONFIG, "found more than %d models", MODELS_MAX);
  int rc = h9_model_add(&q->model, e);
  if (rc == H9_OK) known[n_known++] = q;
  return rc;
}

void h9_equations_free(h9_equations *q) {
  if (!q) return;
  for (uint32_t i = 0; q->slope && i < q->model.n_states; i++) {
    free(q->slope[i].target);
    h9_expr_release(&q->slope[i].value);
  }
  for (uint32_t i = 0; q->name && i < q->n_names; i++) {
    free(q->name[i].target);
    h9_expr_release(&q->name[i].value);
  }
  for (uint32_t i = 0; i < q->n_resets; i++) {
    free(q->reset[i].target);
    h9_expr_release(&q->reset[i].value);
  }
  for (uint32_t i = 0; q->values && i < q->model.n_values; i++) {
    free((char *)(uintptr_t)q->values[i].name);
    free((char *)(uintptr_t)q->values[i].unit);
    free((char *)(uintptr_t)q->values[i].about);
  }
  h9_expr_release(&q->threshold);
  h9_expr_release(&q->hold);
  free((char *)(uintptr_t)q->model.name);
  free((char *)(uintptr_t)q->model.about);
  free((char *)(uintptr_t)q->model.weight);
  free(q->slope);
  free(q->name);
  free(q->reset);
  free(q->held);
  free(q->values);
  free(q->recordables);
  free(q);
}

/* ---- C text ---- */

__attribute__((format(printf, 2, 3))) static void put(h9_buf *b, const char *fmt, ...) {
  char line[1024];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  h9_buf_put(b, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

typedef struct writer {
  const h9_equations *q;
  h9_buf *out;
  char **names; /* of all variables, as C has them */
  h9_error *e;
  int rc;
} writer;

static void expression(writer *w, const h9_expr *x, const char *of) {
  const char *what = NULL;
  if (w->rc != H9_OK) return;
  if (!h9_expr_c(x, (const char *const *)w->names, w->out, &what))
    w->rc = h9_fail(w->e, H9_ECONFIG, "%s: %s: %s%s%s", w->q->model.name, of, what ? "the function " : "is too long",
                    what ? what : "", what ? " is not available in equations" : "");
}

/* The states of `from` ("y." or "s->") as locals, then the named expressions. */
static void locals(writer *w, const char *from) {
  const h9_equations *q = w->q;
  for (uint32_t i = 0; i < q->model.n_states - 1; i++)
    put(w->out, "  real s_%s = %ss_%s;\n", q->slope[i].target, from, q->slope[i].target);
  for (uint32_t i = 0; i < q->n_params; i++) put(w->out, "  real p_%s = c->p_%s;\n", q->values[i].name, q->values[i].name);
  put(w->out, "  real current = in->current;\n");
  for (uint32_t i = 0; i < q->n_names; i++) {
    put(w->out, "  real n_%s = ", q->name[i].target);
    expression(w, &q->name[i].value, q->name[i].target);
    put(w->out, ";\n");
  }
  for (uint32_t i = 0; i < q->model.n_states - 1; i++) put(w->out, "  (void)s_%s;\n", q->slope[i].target);
  for (uint32_t i = 0; i < q->n_params; i++) put(w->out, "  (void)p_%s;\n", q->values[i].name);
  for (uint32_t i = 0; i < q->n_names; i++) put(w->out, "  (void)n_%s;\n", q->name[i].target);
  put(w->out, "  (void)current;\n");
}

static void slope_function(writer *w) {
  const h9_equations *q = w->q;
  put(w->out, "H9_INLINE h9_ode h9_slope(h9_ode y, const int stage, real t, const h9_state *s, const h9_coef *c,\n"
              "                          const h9_input *in) {\n  (void)stage, (void)t, (void)s, (void)c;\n");
  locals(w, "y.");
  put(w->out, "  bool rests = s->rest > 0;\n  (void)rests;\n  h9_ode d;\n");
  for (uint32_t i = 0; i < q->model.n_states - 1; i++) {
    put(w->out, "  d.s_%s = ", q->slope[i].target);
    if (q->held[i]) put(w->out, "rests ? 0 : ");
    if (q->slope[i].value.n) expression(w, &q->slope[i].value, q->slope[i].target);
    else put(w->out, "0");
    put(w->out, ";\n");
  }
  put(w->out, "  return d;\n}\n");
}

/* Inputs, threshold, reset: one text for both kinds of step. */
static void finish_function(writer *w) {
  const h9_equations *q = w->q;
  uint32_t n = q->model.n_states - 1;
  put(w->out, "#define h9_finish H9_OF(h9_finish_)\n"
              "H9_INLINE int h9_finish(h9_state *s, const h9_coef *c, const h9_input *in, h9_ode y) {\n");
  for (uint32_t i = 0; i < n; i++) put(w->out, "  s->s_%s = y.s_%s;\n", q->slope[i].target, q->slope[i].target);
  for (int r = 0; r < 2; r++) {
    if (q->receive[r] < 0) continue;
    const char *to = q->slope[q->receive[r]].target, *from = r ? "in->in" : "in->ex";
    const char *sign = r && q->receive[0] != q->receive[1] ? "-" : "+";
    if (q->held[q->receive[r]]) put(w->out, "  s->s_%s = s->rest > 0 ? s->s_%s : s->s_%s %s %s;\n", to, to, to, sign, from);
    else put(w->out, "  s->s_%s = s->s_%s %s %s;\n", to, to, sign, from);
  }
  put(w->out, "  bool rests = s->rest > 0;\n  int spike;\n  {\n");
  locals(w, "s->");
  put(w->out, "  spike = !rests & (");
  expression(w, &q->threshold, "threshold");
  put(w->out, " != 0);\n  }\n");
  for (uint32_t i = 0; i < q->n_resets; i++) {
    put(w->out, "  {\n");
    locals(w, "s->");
    put(w->out, "  real to = ");
    expression(w, &q->reset[i].value, q->reset[i].target);
    put(w->out, ";\n  s->s_%s = spike ? to : s->s_%s;\n  }\n", q->reset[i].target, q->reset[i].target);
  }
  put(w->out, "  s->rest = rests ? s->rest - 1 : spike ? c->hold : 0;\n  return spike;\n}\n");
}

static void step_text(writer *w) {
  const h9_equations *q = w->q;
  uint32_t n = q->model.n_states - 1;
  put(w->out, "#define H9_STATES(X)");
  for (uint32_t i = 0; i < n; i++) put(w->out, " X(s_%s)", q->slope[i].target);
  put(w->out, " X(rest)\n#define H9_COEFS(X) X(dt) X(hold)");
  for (uint32_t i = 0; i < q->n_params; i++) put(w->out, " X(p_%s)", q->values[i].name);
  put(w->out, "\n#define H9_MARKS\n#define H9_PRECISE\n%s#include \"model/kernel_begin.h\"\n#include \"model/ode.h\"\n"
              "#define H9_ODE(X)",
      q->model.receptors < 2 ? "#define H9_ONE_RECEPTOR\n" : "");
  for (uint32_t i = 0; i < n; i++) put(w->out, " X(s_%s)", q->slope[i].target);
  put(w->out, "\nH9_ODE_TYPES\n");
  slope_function(w);
  put(w->out, "H9_ODE_CODE\n");
  finish_function(w);
  put(w->out, "#define SIZE(name) + absolute(y.name)\n#define NOW(name) .name = s->name,\n"
              "H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {\n"
              "  (void)receptors;\n  h9_ode y = {H9_ODE(NOW)}, error, end = h9_ode_step(y, true, 0, c->dt, s, c, in, &error);\n"
              "  real size = 1 H9_ODE(SIZE), most = (real)(sizeof(real) == 4 && %.17g < 1e-6 ? 1e-6 : %.17g);\n"
              "  bool easy = h9_ode_error(error) <= most * size;\n  int spike = h9_finish(s, c, in, end);\n"
              "  return easy ? spike : H9_HARD;\n}\n",
      q->tolerance, q->tolerance);
  put(w->out, "#ifdef H9_REAL_DOUBLE\nH9_INLINE bool h9_event(h9_ode y, const h9_coef *c) { (void)y, (void)c; return false; }\n"
              "H9_ODE_ADAPT\n"
              "static int h9_precise(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {\n"
              "  (void)receptors;\n  h9_ode y = {H9_ODE(NOW)};\n  double t = 0, size = 1 H9_ODE(SIZE);\n"
              "  (void)h9_ode_adapt(&y, &t, c->dt, %.17g * size, s, c, in);\n  return h9_finish(s, c, in, y);\n}\n#endif\n"
              "#undef NOW\n#undef SIZE\n#undef h9_finish\n#undef H9_ODE\n#include \"model/kernel_end.h\"\n",
      q->tolerance);
}

/* Values go into coefficients as they are; the refractory period becomes steps. */
static void prepare_text(writer *w) {
  const h9_equations *q = w->q;
  put(w->out, "#define real double\n#define exponential h9_exp_double\n#define logarithm h9_log_double\n"
              "void h9_equations_prepare(const double *v, double dt, double *coef, double *state);\n"
              "void h9_equations_prepare(const double *v, double dt, double *coef, double *state) {\n");
  for (uint32_t i = 0; i < q->n_params; i++) put(w->out, "  double p_%s = v[%u];\n  (void)p_%s;\n", q->values[i].name, i, q->values[i].name);
  put(w->out, "  coef[0] = dt;\n  coef[1] = ");
  if (q->hold.n) {
    put(w->out, "__builtin_floor((");
    expression(w, &q->hold, "refractory");
    put(w->out, ") / dt + 0.5)");
  } else put(w->out, "0");
  put(w->out, ";\n");
  for (uint32_t i = 0; i < q->n_params; i++) put(w->out, "  coef[%u] = p_%s;\n", i + 2, q->values[i].name);
  for (uint32_t i = 0; i < q->model.n_states - 1; i++) put(w->out, "  state[%u] = v[%u];\n", i, q->n_params + i);
  put(w->out, "}\n");
}

static char *joined(const char *a, const char *b) {
  char *s = malloc(strlen(a) + strlen(b) + 1);
  if (s) strcpy(stpcpy(s, a), b);
  return s;
}

int h9_equations_text(const h9_equations *q, h9_buf *out, h9_error *e) {
  char *names[H9_EQUATIONS_VARIABLES + 1] = {0};
  uint32_t n = 0, states = q->model.n_states - 1;
  for (uint32_t i = 0; i < states; i++) names[n++] = joined("s_", q->slope[i].target);
  for (uint32_t i = 0; i < q->n_params; i++) names[n++] = joined("p_", q->values[i].name);
  for (uint32_t i = 0; i < q->n_names; i++) names[n++] = joined("n_", q->name[i].target);
  names[H9_EQUATIONS_CURRENT] = joined("current", "");
  writer w = {.q = q, .out = out, .names = names, .e = e};
  put(out, "#include \"model/model.h\"\n#define H9_LEVEL native\n#define H9_REAL double\n#define H9_REAL_DOUBLE\n");
  step_text(&w);
  put(out, "#undef H9_REAL\n#undef H9_REAL_DOUBLE\n#define H9_REAL float\n");
  step_text(&w);
  put(out, "extern const h9_update_set h9_equations_kernels;\n"
           "const h9_update_set h9_equations_kernels = H9_KERNEL_SET(H9_LEVEL);\n");
  prepare_text(&w);
  for (uint32_t i = 0; i <= H9_EQUATIONS_VARIABLES; i++) free(names[i]);
  if (w.rc == H9_OK && out->failed) return h9_fail_memory(e, out->len, "equations");
  return w.rc;
}
