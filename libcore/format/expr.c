#include "expr.h"
#include "expr_ops.h"

#include "../base/mathfn.h"
#include "../base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double apply(uint8_t op, const double *a) {
  switch (op) {
  case OP_ADD:
    return a[0] + a[1];
  case OP_SUB:
    return a[0] - a[1];
  case OP_MUL:
    return a[0] * a[1];
  case OP_DIV:
    return a[0] / a[1];
  case OP_POW:
    return h9_pow(a[0], a[1]);
  case OP_LT:
    return a[0] < a[1];
  case OP_LE:
    return a[0] <= a[1];
  case OP_GT:
    return a[0] > a[1];
  case OP_GE:
    return a[0] >= a[1];
  case OP_EQ:
    return a[0] == a[1];
  case OP_NE:
    return a[0] != a[1];
  case OP_MIN:
    return a[1] < a[0] ? a[1] : a[0];
  case OP_MAX:
    return a[1] > a[0] ? a[1] : a[0];
  case OP_ATAN2:
    return h9_atan2(a[0], a[1]);
  case OP_NEG:
    return -a[0];
  case OP_EXP:
    return h9_exp(a[0]);
  case OP_LOG:
    return h9_log(a[0]);
  case OP_LOG10:
    return h9_log(a[0]) / 2.30258509299404568402;
  case OP_SQRT:
    return sqrt(a[0]);
  case OP_ABS:
    return fabs(a[0]);
  case OP_FLOOR:
    return floor(a[0]);
  case OP_CEIL:
    return ceil(a[0]);
  case OP_ROUND:
    return a[0] < 0 ? -floor(0.5 - a[0]) : floor(a[0] + 0.5);
  case OP_SIN:
    return h9_sin(a[0]);
  case OP_COS:
    return h9_cos(a[0]);
  case OP_TAN:
    return h9_sin(a[0]) / h9_cos(a[0]);
  case OP_TANH:
    return h9_tanh(a[0]);
  case OP_ERF:
    return 1 - h9_erfc(a[0]);
  case OP_SIGN:
    return (a[0] > 0) - (a[0] < 0);
  case OP_SELECT:
    return a[1] != 0 ? a[0] : a[2];
  case OP_CLIP:
    return a[0] < a[1] ? a[1] : a[0] > a[2] ? a[2] : a[0];
  default:
    return NAN;
  }
}

/* What a function does with the dimensions of its arguments. */
enum dims { PURE, SAME, HALF, CLEAR };
static const struct function {
  const char *name;
  uint8_t op;
  uint8_t dims;
} functions[] = {
    {"exp", OP_EXP, PURE}, {"log", OP_LOG, PURE},     {"log10", OP_LOG10, PURE}, {"sqrt", OP_SQRT, HALF},
    {"abs", OP_ABS, SAME}, {"floor", OP_FLOOR, PURE}, {"ceil", OP_CEIL, PURE},   {"round", OP_ROUND, PURE},
    {"min", OP_MIN, SAME}, {"max", OP_MAX, SAME},     {"pow", OP_POW, PURE},     {"sin", OP_SIN, PURE},
    {"cos", OP_COS, PURE}, {"tan", OP_TAN, PURE},     {"tanh", OP_TANH, PURE},   {"atan2", OP_ATAN2, CLEAR},
    {"erf", OP_ERF, PURE}, {"sign", OP_SIGN, CLEAR},  {"clip", OP_CLIP, SAME},
};
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

int h9_op_operands(uint8_t op) {
  if (op == OP_CONST || op == OP_VAR) return 0;
  if (op >= OP_ADD && op <= OP_ATAN2) return 2;
  if (op >= OP_NEG && op <= OP_SIGN) return 1;
  if (op == OP_SELECT || op == OP_CLIP) return 3;
  return -1;
}

const char *h9_op_name(uint8_t op) {
  for (size_t i = 0; i < N_FUNCTIONS; i++)
    if (functions[i].op == op) return functions[i].name;
  return "operator";
}
static const char *const constants[] = {"pi", "e", "inf"};

/* An operand on the way: where its code starts and what it is. */
typedef struct part {
  uint32_t start;
  h9_dim dim;
  bool constant;
} part;

typedef struct parser {
  const char *text, *at;
  const h9_symbol *symbols;
  size_t n_symbols;
  h9_expr *x;
  size_t cap;
  int depth;
  const char *place; /* of the error */
  h9_error *e;
} parser;

static int mistake(parser *p, const char *place, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int mistake(parser *p, const char *place, const char *fmt, ...) {
  char text[512];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  p->place = place;
  return h9_fail(p->e, H9_ECONFIG, "%s", text);
}

static void skip_space(parser *p) {
  while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r') p->at++;
}

static int emit(parser *p, uint8_t op, uint8_t arg, double value) {
  if (p->x->n >= H9_EXPR_OPS_MAX)
    return mistake(p, p->at, "the expression has more than %d operations", H9_EXPR_OPS_MAX);
  if (h9_grow(&p->x->code, &p->cap, p->x->n + 1, sizeof *p->x->code) != H9_OK)
    return h9_fail_memory(p->e, sizeof *p->x->code, "an expression");
  p->x->code[p->x->n++] = (struct h9_op){op, arg, value};
  return H9_OK;
}

/* Appends an operation on n parts that lie one behind the other; folds constants. */
static int combine(parser *p, uint8_t op, const part *in, int n, h9_dim dim, part *out) {
  bool constant = true;
  for (int i = 0; i < n; i++) constant = constant && in[i].constant;
  uint32_t start = in[0].start;
  *out = (part){start, dim, constant};
  if (!constant) return emit(p, op, 0, 0);
  double a[3] = {0};
  for (int i = 0; i < n; i++) a[i] = p->x->code[in[i].start].value;
  p->x->n = start;
  return emit(p, OP_CONST, 0, apply(op, a));
}

static int parse_choice(parser *p, part *out);

static int number(parser *p, part *out) {
  const char *begin = p->at;
  char *end;
  if (begin[0] == '0' && (begin[1] == 'x' || begin[1] == 'X')) {
    unsigned long long u = strtoull(begin, &end, 16);
    p->at = end;
    *out = (part){p->x->n, {0}, true};
    return emit(p, OP_CONST, 0, (double)u);
  }
  double v = strtod(begin, &end);
  p->at = end;
  h9_dim dim = {0};
  const char *q = end;
  while (*q == ' ' || *q == '\t') q++;
  size_t len;
  double up, down;
  if (h9_unit_scale(q, &len, &up, &down, &dim)) {
    v = v * up / down;
    p->at = q + len;
  } else {
    dim = (h9_dim){0};
    bool word = strncmp(q, "if", 2) == 0 || strncmp(q, "else", 4) == 0;
    if (isalpha((unsigned char)*q) && !word) p->at = q;
  }
  if (isalpha((unsigned char)*p->at) || *p->at == '_' || *p->at == '.')
    return mistake(p, p->at,
                   "found '%.20s' after a number, expected a unit such as ms, mV, pA, nS, pF, um, Hz", p->at);
  *out = (part){p->x->n, dim, true};
  return emit(p, OP_CONST, 0, v);
}

static int call(parser *p, const struct function *f, const char *place, part *out) {
  part in[3];
  int want = h9_op_operands(f->op), n = 0;
  p->at++; /* ( */
  for (;;) {
    if (n == want)
      return mistake(p, p->at, "%s() takes %d argument%s, found more", f->name, want, want > 1 ? "s" : "");
    int rc = parse_choice(p, &in[n]);
    if (rc) return rc;
    n++;
    skip_space(p);
    if (*p->at != ',') break;
    p->at++;
  }
  if (*p->at != ')') return mistake(p, p->at, "found '%.10s', expected ')' to close %s(", p->at, f->name);
  p->at++;
  if (n < want) return mistake(p, place, "%s() takes %d arguments, found %d", f->name, want, n);
  char a[64], b[64];
  h9_dim dim = in[0].dim;
  h9_dim_text(dim, a, sizeof a);
  if (f->dims == PURE) {
    for (int i = 0; i < n; i++) {
      h9_dim_text(in[i].dim, a, sizeof a);
      if (!h9_dim_equal(in[i].dim, (h9_dim){0}))
        return mistake(p, place, "%s() takes pure numbers, found a value in %s", f->name, a);
    }
  } else if (f->dims == HALF) {
    if ((dim.time | dim.voltage | dim.current | dim.length) & 1)
      return mistake(p, place, "sqrt() of a value in %s has no unit", a);
    dim = (h9_dim){(int8_t)(dim.time / 2), (int8_t)(dim.voltage / 2), (int8_t)(dim.current / 2),
                   (int8_t)(dim.length / 2)};
  } else {
    for (int i = 1; i < n; i++)
      if (!h9_dim_equal(in[i].dim, dim)) {
        h9_dim_text(in[i].dim, b, sizeof b);
        return mistake(p, place, "%s() takes values of one unit, found %s and %s", f->name, a, b);
      }
    if (f->dims == CLEAR) dim = (h9_dim){0};
  }
  return combine(p, f->op, in, n, dim, out);
}

static int unknown(parser *p, const char *name, const char *place) {
  const char **names = malloc((p->n_symbols + N_FUNCTIONS) * sizeof *names);
  size_t n = 0;
  if (names) {
    for (size_t i = 0; i < p->n_symbols; i++) names[n++] = p->symbols[i].name;
    for (size_t i = 0; i < N_FUNCTIONS; i++) names[n++] = functions[i].name;
  }
  const char *near = names ? h9_nearest_name(name, names, n) : NULL;
  int rc = near ? mistake(p, place, "unknown name '%s'; did you mean '%s'?", name, near)
                : mistake(p, place, "unknown name '%s'", name);
  free(names);
  return rc;
}

static int word(parser *p, part *out) {
  const char *begin = p->at;
  while (isalnum((unsigned char)*p->at) || *p->at == '_') p->at++;
  size_t n = (size_t)(p->at - begin);
  char name[H9_NAME_MAX + 1];
  if (n > H9_NAME_MAX)
    return mistake(p, begin, "a name of %zu characters, expected at most %u", n, H9_NAME_MAX);
  memcpy(name, begin, n);
  name[n] = 0;
  skip_space(p);
  *out = (part){p->x->n, {0}, true};
  if (*p->at == '(') {
    for (size_t i = 0; i < N_FUNCTIONS; i++)
      if (strcmp(functions[i].name, name) == 0) return call(p, &functions[i], begin, out);
    return unknown(p, name, begin);
  }
  for (size_t i = 0; i < p->n_symbols; i++)
    if (strcmp(p->symbols[i].name, name) == 0) {
      const h9_symbol *s = &p->symbols[i];
      out->dim = s->value.dim;
      if (s->variable < 0) return emit(p, OP_CONST, 0, s->value.value);
      out->constant = false;
      p->x->variables |= UINT32_C(1) << (s->variable < 31 ? s->variable : 31);
      return emit(p, OP_VAR, (uint8_t)s->variable, 0);
    }
  if (strcmp(name, "pi") == 0) return emit(p, OP_CONST, 0, 3.14159265358979323846);
  if (strcmp(name, "e") == 0) return emit(p, OP_CONST, 0, 2.71828182845904523536);
  if (strcmp(name, constants[2]) == 0) return emit(p, OP_CONST, 0, HUGE_VAL);
  return unknown(p, name, begin);
}

static int parse_unary(parser *p, part *out);

static int parse_primary(parser *p, part *out) {
  skip_space(p);
  char c = *p->at;
  if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)p->at[1]))) return number(p, out);
  if (isalpha((unsigned char)c) || c == '_') return word(p, out);
  if (c == '(') {
    p->at++;
    int rc = parse_choice(p, out);
    if (rc) return rc;
    skip_space(p);
    if (*p->at != ')')
      return mistake(p, p->at, *p->at ? "found '%.10s', expected ')'" : "expected ')' at the end%s", p->at);
    p->at++;
    return H9_OK;
  }
  if (c == 0) return mistake(p, p->at, "the expression ends where a value was expected");
  return mistake(p, p->at, "found '%.10s', expected a value", p->at);
}

static int parse_power(parser *p, part *out) {
  part in[2];
  int rc = parse_primary(p, &in[0]);
  if (rc) return rc;
  skip_space(p);
  if (*p->at != '^' && !(p->at[0] == '*' && p->at[1] == '*')) {
    *out = in[0];
    return H9_OK;
  }
  const char *place = p->at;
  p->at += *p->at == '^' ? 1 : 2;
  if ((rc = parse_unary(p, &in[1]))) return rc;
  h9_dim none = {0}, dim = in[0].dim;
  if (!h9_dim_equal(in[1].dim, none)) return mistake(p, place, "an exponent must be a pure number");
  if (!h9_dim_equal(dim, none)) {
    double v = in[1].constant ? p->x->code[in[1].start].value : NAN;
    if (!(fabs(v) <= 8) || v != floor(v))
      return mistake(p, place, "a value with a unit can only be raised to a small whole power");
    int k = (int)v;
    dim = (h9_dim){(int8_t)(dim.time * k), (int8_t)(dim.voltage * k), (int8_t)(dim.current * k),
                   (int8_t)(dim.length * k)};
  }
  return combine(p, OP_POW, in, 2, dim, out);
}

static int parse_unary(parser *p, part *out) {
  skip_space(p);
  if (++p->depth > H9_EXPR_STACK_MAX * 4) return mistake(p, p->at, "the expression is nested too deeply");
  int rc;
  if (*p->at == '-') {
    part in;
    p->at++;
    rc = parse_unary(p, &in);
    if (rc == H9_OK) rc = combine(p, OP_NEG, &in, 1, in.dim, out);
  } else {
    if (*p->at == '+') p->at++;
    rc = parse_power(p, out);
  }
  p->depth--;
  return rc;
}

static int parse_product(parser *p, part *out) {
  part in[2];
  int rc = parse_unary(p, &in[0]);
  while (rc == H9_OK) {
    skip_space(p);
    char c = *p->at;
    if (c != '*' && c != '/') break;
    p->at++;
    if ((rc = parse_unary(p, &in[1]))) break;
    int s = c == '*' ? 1 : -1;
    h9_dim a = in[0].dim, b = in[1].dim;
    a = (h9_dim){(int8_t)(a.time + s * b.time), (int8_t)(a.voltage + s * b.voltage),
                 (int8_t)(a.current + s * b.current), (int8_t)(a.length + s * b.length)};
    part r;
    rc = combine(p, c == '*' ? OP_MUL : OP_DIV, in, 2, a, &r);
    in[0] = r;
  }
  *out = in[0];
  return rc;
}

static int same_dims(parser *p, const char *place, const char *what, const part *in) {
  if (h9_dim_equal(in[0].dim, in[1].dim)) return H9_OK;
  char a[64], b[64];
  h9_dim_text(in[0].dim, a, sizeof a);
  h9_dim_text(in[1].dim, b, sizeof b);
  return mistake(p, place, "'%s' between %s and %s: units differ", what, a, b);
}

static int parse_sum(parser *p, part *out) {
  part in[2];
  int rc = parse_product(p, &in[0]);
  while (rc == H9_OK) {
    skip_space(p);
    const char *place = p->at;
    if (*place != '+' && *place != '-') break;
    p->at++;
    if ((rc = parse_product(p, &in[1]))) break;
    char what[2] = {*place, 0};
    if ((rc = same_dims(p, place, what, in))) break;
    part r;
    rc = combine(p, *place == '+' ? OP_ADD : OP_SUB, in, 2, in[0].dim, &r);
    in[0] = r;
  }
  *out = in[0];
  return rc;
}

static int parse_comparison(parser *p, part *out) {
  static const struct {
    const char *text;
    uint8_t op;
  } ops[] = {{"<=", OP_LE}, {">=", OP_GE}, {"==", OP_EQ}, {"!=", OP_NE}, {"<", OP_LT}, {">", OP_GT}};
  part in[2];
  int rc = parse_sum(p, &in[0]);
  *out = in[0];
  if (rc) return rc;
  skip_space(p);
  for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
    if (strncmp(p->at, ops[i].text, strlen(ops[i].text)) == 0) {
      const char *place = p->at;
      p->at += strlen(ops[i].text);
      if ((rc = parse_sum(p, &in[1])) || (rc = same_dims(p, place, ops[i].text, in))) return rc;
      return combine(p, ops[i].op, in, 2, (h9_dim){0}, out);
    }
  return H9_OK;
}

static bool keyword(parser *p, const char *w) {
  skip_space(p);
  size_t n = strlen(w);
  if (strncmp(p->at, w, n) != 0 || isalnum((unsigned char)p->at[n]) || p->at[n] == '_') return false;
  p->at += n;
  return true;
}

static int parse_choice(parser *p, part *out) {
  if (++p->depth > H9_EXPR_STACK_MAX * 4) return mistake(p, p->at, "the expression is nested too deeply");
  part in[3];
  int rc = parse_comparison(p, &in[0]);
  *out = in[0];
  if (rc == H9_OK && keyword(p, "if")) {
    const char *place = p->at;
    rc = parse_comparison(p, &in[1]);
    if (rc == H9_OK && !keyword(p, "else")) rc = mistake(p, p->at, "expected 'else' after 'if'");
    if (rc == H9_OK) rc = parse_choice(p, &in[2]);
    part ends[2] = {in[0], in[2]};
    if (rc == H9_OK) rc = same_dims(p, place, "if ... else", ends);
    if (rc == H9_OK) rc = combine(p, OP_SELECT, in, 3, in[0].dim, out);
  }
  p->depth--;
  return rc;
}

/* Largest stack depth, or -1 when the code is not balanced. Checks operations, and variables against `variables`. */
static int balance(const h9_expr *x, int variables) {
  int depth = 0, most = 0;
  for (uint32_t i = 0; i < x->n; i++) {
    int n = h9_op_operands(x->code[i].op);
    if (n < 0 || depth < n) return -1;
    if (x->code[i].op == OP_VAR && x->code[i].arg >= variables) return -1;
    depth += 1 - n;
    if (depth > most) most = depth;
  }
  return depth == 1 ? most : -1;
}

int h9_expr_compile(h9_expr *x, const char *text, const h9_symbol *symbols, size_t n_symbols, h9_dim *dim,
                    size_t *at, h9_error *e) {
  *x = (h9_expr){0};
  parser p = {
      .text = text, .at = text, .symbols = symbols, .n_symbols = n_symbols, .x = x, .place = text, .e = e};
  part all = {0};
  int rc = parse_choice(&p, &all);
  skip_space(&p);
  if (rc == H9_OK && *p.at) rc = mistake(&p, p.at, "found '%.20s' where the expression should end", p.at);
  if (rc == H9_OK) {
    x->stack = (uint32_t)balance(x, UINT8_MAX + 1);
    if (x->stack > H9_EXPR_STACK_MAX) rc = mistake(&p, text, "the expression is nested too deeply");
  }
  *dim = all.dim;
  *at = (size_t)(p.place - text);
  if (rc) h9_expr_release(x);
  return rc;
}

double h9_expr_eval(const h9_expr *x, const double *vars) {
  double stack[H9_EXPR_STACK_MAX + 1];
  int n = 0;
  for (uint32_t i = 0; i < x->n; i++) {
    const struct h9_op *o = &x->code[i];
    if (o->op == OP_CONST) stack[n++] = o->value;
    else if (o->op == OP_VAR) stack[n++] = vars[o->arg];
    else {
      n -= h9_op_operands(o->op);
      stack[n] = apply(o->op, stack + n);
      n++;
    }
  }
  return n == 1 ? stack[0] : NAN;
}

bool h9_expr_is_constant(const h9_expr *x) { return x->variables == 0; }

int h9_expr_scale(h9_expr *x, double factor, h9_error *e) {
  if (factor == 1) return H9_OK;
  if (x->n == 1 && x->code[0].op == OP_CONST) {
    x->code[0].value *= factor;
    return H9_OK;
  }
  if (x->n + 2 > H9_EXPR_OPS_MAX || x->stack + 1 > H9_EXPR_STACK_MAX)
    return h9_fail(e, H9_ECONFIG, "the expression is too long");
  struct h9_op *code = realloc(x->code, (x->n + 2) * sizeof *code);
  if (!code) return h9_fail_memory(e, (x->n + 2) * sizeof *code, "an expression");
  x->code = code;
  code[x->n++] = (struct h9_op){OP_CONST, 0, factor};
  code[x->n++] = (struct h9_op){OP_MUL, 0, 0};
  if (x->stack < 2) x->stack = 2;
  return H9_OK;
}

int h9_expr_constant(h9_expr *x, double value) {
  *x = (h9_expr){.code = malloc(sizeof *x->code), .n = 1, .stack = 1};
  if (!x->code) return H9_ESYSTEM;
  x->code[0] = (struct h9_op){OP_CONST, 0, value};
  return H9_OK;
}

int h9_expr_copy(h9_expr *to, const h9_expr *from) {
  *to = *from;
  to->code = NULL;
  if (from->n == 0) return H9_OK;
  to->code = malloc(from->n * sizeof *to->code);
  if (!to->code) return H9_ESYSTEM;
  memcpy(to->code, from->code, from->n * sizeof *to->code);
  return H9_OK;
}

void h9_expr_release(h9_expr *x) {
  free(x->code);
  *x = (h9_expr){0};
}

void h9_expr_encode(const h9_expr *x, h9_buf *b) {
  h9_buf_put16(b, (uint16_t)x->n);
  for (uint32_t i = 0; i < x->n; i++) {
    h9_buf_put8(b, x->code[i].op);
    h9_buf_put8(b, x->code[i].arg);
    if (x->code[i].op == OP_CONST) h9_buf_put_f64(b, x->code[i].value);
  }
}

int h9_expr_decode(h9_expr *x, h9_bytes *c, h9_error *e) {
  *x = (h9_expr){0};
  uint32_t n = h9_bytes_get16(c);
  if (c->failed || n > H9_EXPR_OPS_MAX || n * 2 > h9_bytes_left(c))
    return h9_fail(e, H9_EDATA, "an expression of %u operations does not fit: at most %d, %zu bytes left", n,
                   H9_EXPR_OPS_MAX, h9_bytes_left(c));
  if (n == 0) return H9_OK;
  x->code = calloc(n, sizeof *x->code);
  if (!x->code) return h9_fail_memory(e, n * sizeof *x->code, "an expression");
  x->n = n;
  for (uint32_t i = 0; i < n; i++) {
    x->code[i].op = h9_bytes_get8(c);
    x->code[i].arg = h9_bytes_get8(c);
    if (x->code[i].op == OP_CONST) x->code[i].value = h9_bytes_get_f64(c);
    if (x->code[i].op == OP_VAR && x->code[i].arg < H9_VARIABLES)
      x->variables |= UINT32_C(1) << (x->code[i].arg < 31 ? x->code[i].arg : 31);
  }
  int depth = c->failed ? -1 : balance(x, H9_VARIABLES);
  if (depth < 1 || depth > H9_EXPR_STACK_MAX) {
    h9_expr_release(x);
    return h9_fail(e, H9_EDATA,
                   "an expression that is not balanced, has an unknown operation or needs too deep a stack");
  }
  x->stack = (uint32_t)depth;
  return H9_OK;
}
