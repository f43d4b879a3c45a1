/* What the values of options are: quantities, whole numbers, lists and ranges of them. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int h9_option_quantity(const char *option, const char *text, const h9_unit *unit, double *value, h9_error *e) {
  h9_expr x = {0};
  h9_dim dim;
  size_t at;
  h9_error why = {0};
  int bad = h9_expr_compile(&x, text, NULL, 0, &dim, &at, &why);
  double v = bad ? NAN : h9_expr_eval(&x, NULL);
  h9_expr_release(&x);
  if (!bad && isfinite(v)) {
    if (h9_dim_equal(dim, unit->dim)) {
      *value = v * unit->per_coherent;
      return H9_OK;
    }
    if (h9_dim_equal(dim, (h9_dim){0})) { /* a bare number is in the option's own unit */
      *value = v;
      return H9_OK;
    }
  }
  char found[128] = "", *rest;
  (void)strtod(text, &rest);
  if (*text == '=') snprintf(found, sizeof found, " (the value of a one-letter option follows without '=')");
  else if (bad && rest > text && isalpha((unsigned char)*rest))
    snprintf(found, sizeof found, " ('%.40s' is no unit)", rest);
  else if (bad && *text && !isalpha((unsigned char)*text)) snprintf(found, sizeof found, " (%.80s)", why.text);
  else if (!h9_dim_equal(dim, (h9_dim){0})) {
    char name[64];
    h9_dim_text(dim, name, sizeof name);
    snprintf(found, sizeof found, " (which is in %s)", name);
  }
  if (unit->name[0])
    return h9_fail(e, H9_EUSAGE, "%s: found '%s'%s, expected a quantity in %s such as '1 %s'", option, text, found,
                   unit->name, unit->name);
  return h9_fail(e, H9_EUSAGE, "%s: found '%s'%s, expected a number", option, text, found);
}

int h9_option_time(const char *option, const char *text, bool zero, double *ms, h9_error *e) {
  int rc = h9_option_quantity(option, text, &h9_unit_ms, ms, e);
  if (rc == H9_OK && !(*ms > 0 || (zero && *ms == 0)))
    return h9_fail(e, H9_EUSAGE, "%s: found '%s', expected a time %s 0", option, text, zero ? "of at least" : "above");
  return rc;
}

/* The part of a text before `end`, as a quantity. */
static int part(const char *option, const char *text, const char *end, const h9_unit *unit, double *v, h9_error *e) {
  char *copy = strndup(text, (size_t)(end - text));
  if (!copy) return h9_fail_memory(e, strlen(text), "an option");
  int rc = h9_option_quantity(option, copy, unit, v, e);
  free(copy);
  return rc;
}

int h9_option_quantities(const char *option, const char *text, const h9_unit *unit, int most, double *v, int *n,
                         h9_error *e) {
  *n = 0;
  for (const char *s = text;; s++) {
    const char *end = s + strcspn(s, ",");
    if (*n == most)
      return h9_fail(e, H9_EUSAGE, "%s: found '%s', expected at most %d quantities in %s with commas between", option, text,
                     most, unit->name);
    int rc = part(option, s, end, unit, &v[(*n)++], e);
    if (rc != H9_OK || !*end) return rc;
    s = end;
  }
}

int h9_option_range(const char *option, const char *text, const h9_unit *unit, double *from, double *to, h9_error *e) {
  const char *dots = strstr(text, "..");
  if (!dots)
    return h9_fail(e, H9_EUSAGE, "%s: found '%s', expected FROM..TO such as '100 %s..200 %s', of which one may be left out",
                   option, text, unit->name, unit->name);
  int rc = dots > text ? part(option, text, dots, unit, from, e) : H9_OK;
  if (rc == H9_OK && dots[2]) rc = h9_option_quantity(option, dots + 2, unit, to, e);
  if (rc == H9_OK && dots > text && dots[2] && *from > *to)
    return h9_fail(e, H9_EUSAGE, "%s: found '%s', expected the lower one first", option, text);
  return rc;
}

int h9_option_u64(const char *text, uint64_t *v) {
  char *end, *whole;
  if (!*text || strchr("+- \t\n", *text)) return H9_EUSAGE;
  errno = 0;
  unsigned long long u = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10); /* hexadecimal takes an e for a digit */
  double big = strtod(text, &whole); /* 1e6 */
  if (*end == 'e' && !*whole && big == floor(big) && big <= 0x1p53) {
    *v = (uint64_t)big;
    return H9_OK;
  }
  if (errno || *end) return H9_EUSAGE;
  *v = u;
  return H9_OK;
}

int h9_option_whole(const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *value,
                    h9_error *e) {
  uint64_t v;
  if (h9_option_u64(text, &v) != H9_OK || v < low || v > high)
    return h9_fail(e, H9_EUSAGE, "%s: found '%s', expected a whole number from %llu to %llu", option, text,
                   (unsigned long long)low, (unsigned long long)high);
  *value = v;
  return H9_OK;
}

void h9_option_try(struct argp_state *state, int rc, const h9_error *e) {
  if (rc == H9_EUSAGE) argp_error(state, "%s", e->text);
  else if (rc != H9_OK) argp_failure(state, rc, 0, "%s", e->text);
}

const char **h9_option_names(char *text) {
  size_t n = 1, k = 0;
  for (const char *s = text; *s; s++) n += *s == ',';
  const char **names = calloc(n + 1, sizeof *names);
  for (char *s = names ? strtok(text, ",") : NULL; s; s = strtok(NULL, ",")) names[k++] = s;
  return names;
}
