#include "select.h"

#include "options.h"

#include "../base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int h9_select_populations(h9_select *s, const char *text, h9_error *e) {
  for (const char *at = text;; at++) {
    size_t n = strcspn(at, ",");
    if (n == 0)
      return h9_fail(e, H9_EUSAGE, "--population: found '%s', expected names with commas between", text);
    char **grown = realloc(s->name, (s->n_names + 1) * sizeof *grown);
    if (!grown) return h9_fail_memory(e, (s->n_names + 1) * sizeof *grown, "names");
    s->name = grown;
    if (!(s->name[s->n_names] = strndup(at, n))) return h9_fail_memory(e, n, "a name");
    s->n_names++;
    at += n;
    if (!*at) return H9_OK;
  }
}

static int by_first(const void *a, const void *b) {
  const h9_id_range *x = a, *y = b;
  return x->first < y->first ? -1 : x->first > y->first;
}

/* An id at *at, 42 or N0000002a; false when none is there. */
static bool id_at(const char **at, h9_id *id) {
  size_t len = strcspn(*at, "-,");
  bool fine = h9_id_parse(*at, len, id);
  *at += fine ? len : 0;
  return fine;
}

int h9_select_ids(h9_select *s, const char *text, h9_error *e) {
  for (const char *at = text;; at++) {
    h9_id_range r;
    bool fine = id_at(&at, &r.first);
    r.last = r.first;
    if (fine && *at == '-') {
      at++;
      if (*at == 0 || *at == ',') r.last = H9_ID_MAX;
      else fine = id_at(&at, &r.last);
    }
    if (!fine || (*at && *at != ',') || r.last < r.first)
      return h9_fail(e, H9_EUSAGE,
                     "--id: found '%s', expected ids and ranges from 1 on such as 1-100,205,300-", text);
    h9_id_range *grown = realloc(s->range, (s->n_ranges + 1) * sizeof *grown);
    if (!grown) return h9_fail_memory(e, (s->n_ranges + 1) * sizeof *grown, "ranges of ids");
    s->range = grown;
    s->range[s->n_ranges++] = r;
    if (!*at) break;
  }
  qsort(s->range, s->n_ranges, sizeof *s->range, by_first);
  size_t n = 0;
  for (size_t i = 0; i < s->n_ranges; i++) { /* those that touch become one */
    if (n > 0 && s->range[i].first <= s->range[n - 1].last + (uint64_t)1) {
      if (s->range[i].last > s->range[n - 1].last) s->range[n - 1].last = s->range[i].last;
    } else s->range[n++] = s->range[i];
  }
  s->n_ranges = n;
  return H9_OK;
}

int h9_select_time(h9_select *s, const char *text, h9_error *e) {
  s->timed = true;
  s->after = -INFINITY;
  s->until = INFINITY;
  return h9_option_range("--time", text, &h9_unit_ms, &s->after, &s->until, e);
}

/* The last step that is not after `time`; times that are a step but for rounding are that step. */
static h9_step step_of(double time, double dt) {
  double s = time / dt, near = rint(s);
  if (fabs(s - near) > 1e-6 * (1 + fabs(near) * 1e-9)) near = floor(s);
  return near >= 0x1p62 ? INT64_C(1) << 62 : near <= -0x1p62 ? -(INT64_C(1) << 62) - 1 : (h9_step)near;
}

int h9_select_resolve(h9_select *s, const h9_network *net, h9_error *e) {
  free(s->population);
  s->population = NULL;
  if (s->timed) {
    s->after_step = step_of(s->after, net->dt);
    s->until_step = step_of(s->until, net->dt);
  }
  if (s->n_names == 0) return h9_select_choose(s, net, e);
  s->population = calloc(net->n_populations + 1, sizeof *s->population);
  if (!s->population) return h9_fail_memory(e, net->n_populations, "populations");
  for (size_t i = 0; i < s->n_names; i++) {
    int p = h9_network_named(net, s->name[i], e);
    if (p >= 0) {
      s->population[p] = true;
      continue;
    }
    return h9_fail_at(e, "--population");
  }
  return h9_select_choose(s, net, e);
}

bool h9_select_has_id(const h9_select *s, h9_id id) {
  size_t lo = 0, hi = s->n_ranges;
  while (lo < hi) { /* the first range that does not end before id */
    size_t mid = lo + (hi - lo) / 2;
    if (s->range[mid].last < id) lo = mid + 1;
    else hi = mid;
  }
  return lo < s->n_ranges && s->range[lo].first <= id;
}

void h9_select_state(const h9_select *s, const h9_network *net, h9_state *d) {
  uint32_t width = h9_state_width(d), times = 0, ids = 0, before = d->n_ids;
  if (!h9_select_is_all(s) && d->n_ids == 0) { /* neurons are asked for, these are of a group */
    d->n_times = 0;
    return;
  }
  h9_step first = 0;
  for (uint32_t k = 0; k < d->n_times; k++) {
    h9_step step = d->first + (h9_step)k * d->interval;
    if (s->timed && (step <= s->after_step || step > s->until_step)) continue;
    if (times == 0) first = step;
    double *to = d->sample + (size_t)times++ * width;
    memmove(to, d->sample + (size_t)k * width, width * sizeof *to);
  }
  d->first = times ? first : d->first;
  d->n_times = times;
  if (h9_select_is_all(s)) return;
  size_t at = 0;
  for (uint32_t k = 0; k < times; k++)
    for (uint32_t i = 0; i < before; i++)
      if (h9_select_has(s, net, d->id[i])) d->sample[at++] = d->sample[(size_t)k * width + i];
  for (uint32_t i = 0; i < before; i++)
    if (h9_select_has(s, net, d->id[i])) d->id[ids++] = d->id[i];
  d->n_ids = ids;
}

void h9_select_release(h9_select *s) {
  for (size_t i = 0; i < s->n_names; i++) free(s->name[i]);
  free(s->name);
  free(s->range);
  free(s->region);
  free(s->near);
  free(s->population);
  free(s->chosen);
  free(s->inside);
  h9_network_release(&s->located);
  *s = (h9_select){0};
}

/* A whole number at *s, which moves behind it; 0 where there is none. */
static uint32_t number_at(const char **s) {
  uint64_t v = 0;
  for (; **s >= '0' && **s <= '9'; (*s)++) {
    v = v * 10 + (uint64_t)(**s - '0');
    if (v > UINT32_MAX) v = UINT32_MAX;
  }
  return (uint32_t)v;
}

bool h9_range_parse(const char *s, uint32_t count, uint32_t *first, uint32_t *last, uint32_t *every) {
  uint32_t from = 1, to = count, by = 1;
  if (*s++ != '[') return false;
  if (*s >= '0' && *s <= '9') from = to = number_at(&s);
  if (*s == ':') {
    s++;
    to = *s >= '0' && *s <= '9' ? number_at(&s) : count;
    if (*s == ':') {
      s++;
      by = number_at(&s);
    }
  }
  if (*s != ']' || s[1] || from < 1 || by < 1 || to < from || to > count) return false;
  *first = from - 1;
  *every = by;
  *last = from - 1 + (to - from) / by * by;
  return true;
}
