/* Arithmetic expressions with physical dimensions: `20683 * scale`, `0.5 ms + distance / (300 um/ms)`.
 *
 * Grammar: numbers, quantities (`1.5 ms`: a number directly followed by a unit), names, calls,
 * + - * / ^ (right associative), unary -, comparisons < <= > >= == != and `a if c else b`, parentheses.
 * Functions: exp log log10 sqrt abs floor ceil round min max pow sin cos tan tanh atan2 erf sign clip(x,lo,hi).
 * Constants: pi, e, inf. Names are parameters (folded when the expression is compiled) or the
 * variables of the place (`distance`, `dx`, `dy`, `dz`, `x`, `y`, `z`).
 *
 * Inside, every quantity is in the coherent system ms, mV, pA, um (so nS = pA/mV, pF = pA ms/mV,
 * kHz = 1/ms, GOhm = mV/pA). */
#ifndef H9_FORMAT_EXPR_H
#define H9_FORMAT_EXPR_H

#include "../base/names.h"
#include "../base/bytes.h"
#include "../base/status.h"

/* Exponents of the base dimensions; all zero is a pure number. */
typedef struct h9_dim { int8_t time, voltage, current, length; } h9_dim;
static inline bool h9_dim_equal(h9_dim a, h9_dim b) {
  return a.time == b.time && a.voltage == b.voltage && a.current == b.current && a.length == b.length;
}

/* A unit a key is measured in. `per_coherent`: how many of it make one coherent unit, e.g.
 * 1000 for Hz (1 per ms is 1000 Hz), 1 for ms, mV, pA, nS, pF, um. */
typedef struct h9_unit {
  const char *name; /* "ms"; "" for pure numbers */
  h9_dim dim;
  double per_coherent;
} h9_unit;
extern const h9_unit h9_unit_ms, h9_unit_um, h9_unit_pa, h9_unit_hz, h9_unit_one;
/* Units known: s ms us ns min, V mV uV, A mA uA nA pA fA, S mS uS nS pS, F uF nF pF fF, Ohm kOhm MOhm GOhm,
 * m cm mm um (also µm) nm, Hz kHz MHz, spikes/s, and % as 0.01. Compounds by * / ^ with integers: um/ms, pA/mV.
 * Longest-match parse at s; *len bytes used. false when no unit starts there. */
bool h9_unit_parse(const char *s, size_t *len, h9_unit *u);
/* The same; one of the unit is up / down coherent units, two numbers so that powers of ten stay exact. */
bool h9_unit_scale(const char *s, size_t *len, double *up, double *down, h9_dim *dim);
/* "ms", "pA", "mV/ms", ... for messages. */
void h9_dim_text(h9_dim d, char *out, size_t size);

/* A quantity in coherent units. */
typedef struct h9_quantity { double value; h9_dim dim; } h9_quantity;

/* Names an expression may use. */
typedef struct h9_symbol {
  const char *name;
  h9_quantity value; /* of a parameter */
  int variable;      /* -1: a parameter; else the index of a variable in the array given to eval */
} h9_symbol;

/* A compiled expression: postfix code, parameters folded in. Zero-initialised = none. */
typedef struct h9_expr {
  struct h9_op { uint8_t op; uint8_t arg; double value; } *code;
  uint32_t n;
  uint32_t stack;     /* depth it needs, at most H9_EXPR_STACK_MAX */
  uint32_t variables; /* bit mask of the variables it uses, bit 31 for all from there on; 0: constant */
} h9_expr;
enum { H9_EXPR_STACK_MAX = 32, H9_EXPR_OPS_MAX = 4096 };

/* Variables every place numbers alike (and the stream carries). */
enum h9_variable { H9_VAR_DISTANCE, H9_VAR_DX, H9_VAR_DY, H9_VAR_DZ, H9_VAR_X, H9_VAR_Y, H9_VAR_Z, H9_VARIABLES };

/* Compiles `text`. On error returns H9_ECONFIG with the reason and *at = byte offset of the place;
 * unknown names are reported with the nearest known one. *dim is the result's dimension. */
int h9_expr_compile(h9_expr *x, const char *text, const h9_symbol *symbols, size_t n_symbols,
                    h9_dim *dim, size_t *at, h9_error *e) H9_UNUSED_RESULT;
/* The same as a C expression in `real` of libcore/model/kernel_begin.h, variables named by names[index]. False with
 * the operation that has no such form in *what. */
bool h9_expr_c(const h9_expr *x, const char *const *names, h9_buf *out, const char **what);
/* Value in coherent units; vars[H9_VARIABLES] may be NULL for constant expressions. Uses mathfn.h only. */
double h9_expr_eval(const h9_expr *x, const double *vars);
bool h9_expr_is_constant(const h9_expr *x);
/* Multiplies the result by a constant (unit conversion), appending code. */
int h9_expr_scale(h9_expr *x, double factor, h9_error *e) H9_UNUSED_RESULT;
int h9_expr_constant(h9_expr *x, double value) H9_UNUSED_RESULT; /* makes one; H9_ESYSTEM */
int h9_expr_copy(h9_expr *to, const h9_expr *from) H9_UNUSED_RESULT;
void h9_expr_release(h9_expr *x);
/* Stream form (hal9-stream(5)): u16 count, then per operation u8 op, u8 arg and, for constants, f64.
 * The decoder checks every operation and the stack balance. */
void h9_expr_encode(const h9_expr *x, h9_buf *b);
int h9_expr_decode(h9_expr *x, h9_bytes *c, h9_error *e) H9_UNUSED_RESULT;

#endif
