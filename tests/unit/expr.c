/* Expressions: values against arithmetic done by hand or by libm, dimensions, messages, stream form. */
#include "../../libcore/format/expr.h"
#include "tap.h"

static const h9_symbol symbols[] = {
    {"scale", {0.5, {0}}, -1},           {"w", {87.8, {0, 0, 1, 0}}, -1}, {"tau_m", {10, {1, 0, 0, 0}}, -1},
    {"distance", {0, {0, 0, 0, 1}}, H9_VAR_DISTANCE}, {"x", {0, {0, 0, 0, 1}}, H9_VAR_X},
};

static void value(const char *text, double want, h9_dim dim) {
  h9_expr x;
  h9_dim d;
  size_t at;
  h9_error e = {0};
  double vars[H9_VARIABLES] = {[H9_VAR_DISTANCE] = 150, [H9_VAR_X] = -3};
  if (h9_expr_compile(&x, text, symbols, 5, &d, &at, &e)) {
    ok(0, "%s: %s", text, e.text);
    return;
  }
  double got = h9_expr_eval(&x, vars);
  ok(fabs(got - want) <= 1e-14 * fabs(want) && h9_dim_equal(d, dim), "%s = %.17g, want %.17g", text, got, want);
  h9_buf b = {0};
  h9_expr_encode(&x, &b);
  h9_bytes c = {b.data, b.len, 0, false};
  h9_expr y;
  ok(h9_expr_decode(&y, &c, &e) == H9_OK && c.at == b.len && h9_expr_eval(&y, vars) == got &&
         y.variables == x.variables && y.stack == x.stack, "%s: the same after a round trip", text);
  for (size_t n = 0; n < b.len; n++) {
    h9_expr z;
    h9_bytes cut = {b.data, n, 0, false};
    if (h9_expr_decode(&z, &cut, &e) == H9_OK) {
      ok(0, "%s cut at %zu bytes was accepted", text, n);
      h9_expr_release(&z);
    }
  }
  h9_expr_release(&x);
  h9_expr_release(&y);
  h9_buf_release(&b);
}

static void wrong(const char *text, size_t want_at, const char *says) {
  h9_expr x;
  h9_dim d;
  size_t at = 999;
  h9_error e = {0};
  int rc = h9_expr_compile(&x, text, symbols, 5, &d, &at, &e);
  ok(rc == H9_ECONFIG && at == want_at && strstr(e.text, says), "%s: at %zu (want %zu): %s", text, at, want_at, e.text);
  if (rc == H9_OK) h9_expr_release(&x);
}

int main(void) {
  h9_dim none = {0}, ms = {1, 0, 0, 0}, mv = {0, 1, 0, 0}, pa = {0, 0, 1, 0}, um = {0, 0, 0, 1}, ns = {0, -1, 1, 0};
  value("20683 * scale", 10341.5, none);
  value("1 + 2 * 3 ^ 2 ^ 0.5 - -4", 1 + 2 * pow(3, sqrt(2)) + 4, none);
  value("-2 ^ 2", -4, none);
  value("1.5 ms", 1.5, ms);
  value("0.5 s + 1 ms", 501, ms);
  value("250 \xc2\xb5m", 250, um);
  value("1 mm - 3 um", 997, um);
  value("8 Hz * 2000", 16, (h9_dim){-1, 0, 0, 0});
  value("1 V", 1000, mv);
  value("250 pF / (10 ms)", 25, ns);
  value("1 / (25 MOhm)", 40, ns);
  value("0.5 ms + distance / (300 um/ms)", 1, ms);
  value("w * (1 if x < 0 um else 2)", 87.8, pa);
  value("max(1, 2) + min(3 , 4) + clip(9, 0, 5)", 10, none);
  value("exp(1) - e + log(10) / log10(10) - log(10) + sqrt(16)", 4, none);
  value("sqrt(4 ms * 9 ms)", 6, ms);
  value("2 ms^2 / (1 ms^2) * 1 ms", 2, ms);
  value("round(2.5) + round(-2.5) + floor(-0.5) + ceil(0.5) + abs(-3)", 3, none);
  value("5 %", 0.05, none);
  value("90 deg / pi", 0.5, none);
  value("0x10 + 1e3", 1016, none);
  value("(1 < 2) + (1 >= 2) + (3 == 3) + (3 != 3)", 2, none);
  value("log(1 - 0.1009) / log(1 - 1 / (20683 * 20683))", log(1 - 0.1009) / log(1 - 1 / (20683.0 * 20683.0)), none);
  wrong("20683 * scael", 8, "did you mean 'scale'");
  wrong("1 ms + 1 mV", 5, "units differ");
  wrong("exp(1 ms)", 0, "pure numbers");
  wrong("(1 + 2", 6, "expected ')'");
  wrong("1 +", 3, "ends where a value");
  wrong("2 msec", 2, "expected a unit");
  wrong("foo(1)", 0, "unknown name");
  wrong("max(1)", 0, "takes 2 arguments");
  wrong("max(1, 2, 3)", 9, "found more");
  wrong("1 2", 2, "should end");
  wrong("", 0, "ends where a value");
  wrong("2 ^ (1 ms)", 2, "pure number");
  char deep[5000];
  memset(deep, '(', sizeof deep - 1);
  deep[sizeof deep - 1] = 0;
  h9_expr x;
  h9_dim d;
  size_t at;
  h9_error e;
  ok(h9_expr_compile(&x, deep, NULL, 0, &d, &at, &e) == H9_ECONFIG, "deep nesting is refused: %s", e.text);
  char t[64];
  h9_dim_text((h9_dim){-2, 1, 0, 1}, t, sizeof t);
  ok(strcmp(t, "mV um/ms^2") == 0, "a dimension in words: %s", t);
  const char *names[] = {"populations", "connections", "simulation"};
  ok(h9_nearest_name("conections", names, 3) == names[1], "nearest name");
  ok(h9_nearest_name("zebra", names, 3) == NULL, "no near name");
  return done();
}
