/* Expressions as C text, for equations that are compiled. */
#include "expr.h"
#include "expr_ops.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text(const char *fmt, const char *a, const char *b, const char *c) {
  size_t n = strlen(fmt) + 3 * (strlen(a) + strlen(b) + strlen(c)) + 1;
  char *out = malloc(n), *q = out;
  for (const char *f = fmt; out && *f; f++) {
    const char *put = *f == '$' ? (f[1] == 'a' ? a : f[1] == 'b' ? b : c) : NULL;
    if (put) f++, q = stpcpy(q, put);
    else *q++ = *f;
  }
  if (out) *q = 0;
  return out;
}

static const char *form(uint8_t op) {
  switch (op) {
  case OP_ADD: return "($a + $b)";
  case OP_SUB: return "($a - $b)";
  case OP_MUL: return "($a * $b)";
  case OP_DIV: return "($a / $b)";
  case OP_LT: return "(real)($a < $b)";
  case OP_LE: return "(real)($a <= $b)";
  case OP_GT: return "(real)($a > $b)";
  case OP_GE: return "(real)($a >= $b)";
  case OP_EQ: return "(real)($a == $b)";
  case OP_NE: return "(real)($a != $b)";
  case OP_MIN: return "least($a, $b)";
  case OP_MAX: return "greatest($a, $b)";
  case OP_NEG: return "(-$a)";
  case OP_EXP: return "exponential($a)";
  case OP_LOG: return "logarithm($a)";
  case OP_SQRT: return "square_root($a)";
  case OP_ABS: return "absolute($a)";
  case OP_TANH: return "(1 - 2 / (exponential(2 * $a) + 1))";
  case OP_SELECT: return "choose($b, $a, $c)";
  case OP_CLIP: return "least(greatest($a, $b), $c)";
  case OP_POW: return "exponential($b * logarithm($a))";
  default: return NULL;
  }
}

/* a^k for a small whole k. */
static char *power(const char *a, int k) {
  char *out = text(k == 0 ? "(real)1" : "$a", a, "", "");
  for (int i = 1; out && i < abs(k); i++) {
    char *next = text("($a * $b)", out, a, "");
    free(out);
    out = next;
  }
  if (!out || k >= 0) return out;
  char *inverse = text("(1 / $a)", out, "", "");
  free(out);
  return inverse;
}

bool h9_expr_c(const h9_expr *x, const char *const *names, h9_buf *out, const char **what) {
  char *stack[H9_EXPR_STACK_MAX + 1];
  double number[H9_EXPR_STACK_MAX + 1];
  uint32_t n = 0;
  bool good = true;
  *what = NULL;
  for (uint32_t i = 0; i < x->n && good; i++) {
    const struct h9_op *o = &x->code[i];
    char *made = NULL;
    number[n] = NAN;
    if (o->op == OP_CONST) {
      char digits[64];
      snprintf(digits, sizeof digits, "(real)%.17g", o->value);
      if (isinf(o->value)) snprintf(digits, sizeof digits, "(real)%s", o->value > 0 ? "__builtin_inf()" : "-__builtin_inf()");
      made = text("($a)", digits, "", "");
      number[n] = o->value;
    } else if (o->op == OP_VAR) {
      made = text("$a", names[o->arg], "", "");
    } else {
      uint32_t k = (uint32_t)h9_op_operands(o->op);
      const char *f = form(o->op);
      if (!f) {
        *what = h9_op_name(o->op);
        good = false;
        break;
      }
      n -= k;
      double e = k == 2 ? number[n + 1] : NAN;
      if (o->op == OP_POW && e == floor(e) && fabs(e) <= 16) made = power(stack[n], (int)e);
      else made = text(f, stack[n], k > 1 ? stack[n + 1] : "", k > 2 ? stack[n + 2] : "");
      for (uint32_t j = 0; j < k; j++) free(stack[n + j]);
      number[n] = NAN;
    }
    if (!made || strlen(made) > 1 << 16) {
      free(made);
      good = false;
      break;
    }
    stack[n++] = made;
  }
  if (good && n == 1) h9_buf_put(out, stack[0], strlen(stack[0]));
  for (uint32_t i = 0; i < n; i++) free(stack[i]);
  return good && !out->failed;
}
