#include "record.h"

#include "../base/memory.h"
#include "options.h"
#include "select.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 512 };

/* The parts of one text. */
typedef struct request {
  const char *text;
  char variables[TEXT], group[TEXT];
  enum h9_record_what what;
  h9_step interval;
} request;

static int parse_interval(request *q, const char *text, double dt, h9_error *e) {
  double t;
  h9_error why = {0};
  if (h9_option_quantity("interval", text, &h9_unit_ms, &t, &why) != H9_OK)
    return h9_fail(e, H9_EUSAGE, "'%s': found '%s' behind '/', expected a time such as 0.5ms", q->text, text);
  double k = t / dt, whole = floor(k + 0.5);
  if (!(whole >= 1 && whole < 0x1p31 && fabs(k - whole) <= 1e-6 * whole))
    return h9_fail(e, H9_EUSAGE, "'%s': found an interval of %g ms, expected a multiple of dt (%g ms)", q->text, t,
                   dt);
  q->interval = (h9_step)whole;
  return H9_OK;
}

/* VARIABLES[@GROUP][/T] */
static int split(request *q, const char *text, double dt, h9_error *e) {
  *q = (request){.text = text, .interval = 1};
  size_t len = strlen(text);
  if (len == 0 || len >= TEXT) return h9_fail(e, H9_EUSAGE, "found a text of %zu bytes, expected 1 to %d", len, TEXT - 1);
  const char *at = strchr(text, '@'), *slash = strrchr(text, '/');
  if (slash && at && slash < at) slash = NULL;
  const char *end = slash ? slash : text + len;
  snprintf(q->variables, TEXT, "%.*s", (int)((at ? at : end) - text), text);
  snprintf(q->group, TEXT, "%.*s", at ? (int)(end - at - 1) : 1, at ? at + 1 : "*");
  if (slash) {
    int rc = parse_interval(q, slash + 1, dt, e);
    if (rc != H9_OK) return rc;
  }
  static const struct {
    const char *head;
    enum h9_record_what what;
  } forms[] = {{"mean(", H9_RECORD_MEAN}, {"sd(", H9_RECORD_SD}};
  q->what = strcmp(q->variables, "spikes") == 0 ? H9_RECORD_SPIKES
            : strcmp(q->variables, "rate") == 0 ? H9_RECORD_RATE
                                                : H9_RECORD_STATE;
  for (size_t i = 0; i < 2; i++) {
    size_t head = strlen(forms[i].head), all = strlen(q->variables);
    if (strncmp(q->variables, forms[i].head, head) != 0) continue;
    if (q->variables[all - 1] != ')')
      return h9_fail(e, H9_EUSAGE, "'%s': found no ')', expected %sVARIABLE)", text, forms[i].head);
    q->what = forms[i].what;
    memmove(q->variables, q->variables + head, all - head + 1);
    q->variables[all - head - 1] = 0;
  }
  if (q->what == H9_RECORD_SPIKES && slash)
    return h9_fail(e, H9_EUSAGE, "'%s': found an interval, but every spike is recorded", text);
  return H9_OK;
}

static int append(h9_record *r, h9_record_item item, const char *variable, const h9_network *net, bool whole,
                  h9_error *e) {
  char of[TEXT + 64], name[TEXT + 8];
  const char *population = net->populations[item.population].name;
  if (whole) snprintf(of, sizeof of, "%s", population);
  else if (item.every > 1)
    snprintf(of, sizeof of, "%s[%u:%u:%u]", population, item.first + 1, item.last + 1, item.every);
  else snprintf(of, sizeof of, "%s[%u:%u]", population, item.first + 1, item.last + 1);
  snprintf(name, sizeof name, item.what == H9_RECORD_MEAN ? "mean(%s)" : item.what == H9_RECORD_SD ? "sd(%s)" : "%s",
           variable);
  for (uint32_t i = 0; i < r->n; i++)
    if (strcmp(r->item[i].variable, name) == 0 && strcmp(r->item[i].of, of) == 0)
      return h9_fail(e, H9_EUSAGE, "%s of %s is asked for twice", name, of);
  h9_record_item *grown = realloc(r->item, (r->n + 1) * sizeof *grown);
  if (!grown) return h9_fail_memory(e, sizeof *grown, "what to record");
  r->item = grown;
  item.variable = h9_strdup(name);
  item.of = h9_strdup(of);
  if (!item.variable || !item.of) {
    free(item.variable);
    free(item.of);
    return h9_fail_memory(e, sizeof name, "what to record");
  }
  grown[r->n++] = item;
  r->chosen_spikes |= item.what == H9_RECORD_SPIKES;
  return H9_OK;
}

static int unknown_variable(const request *q, const h9_network *net, int population, const char *name, h9_error *e) {
  const char *known[256] = {0};
  size_t n = 0;
  for (uint32_t p = 0; p < net->n_populations; p++) {
    const h9_model *m = h9_model_find(net->populations[p].model);
    if (!m || (population >= 0 && p != (uint32_t)population)) continue;
    for (uint32_t k = 0; k < m->n_recordables && n < 256; k++) known[n++] = m->recordables[k].name;
  }
  if (population < 0 && n < 256) known[n++] = "spikes";
  const char *near = h9_nearest_name(name, known, n);
  char list[400] = "";
  for (size_t i = 0, at = 0; i < n && at < sizeof list - 1; i++) {
    bool before = false;
    for (size_t j = 0; j < i && !before; j++) before = strcmp(known[j], known[i]) == 0;
    if (!before) at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", at ? ", " : "", known[i]);
  }
  return h9_fail(e, H9_EUSAGE, "'%s': there is no variable '%s'%s%s%s%s%s (known: %s)", q->text, name,
                 population >= 0 ? " in population " : "", population >= 0 ? net->populations[population].name : "",
                 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", n ? list : "none");
}

/* One variable of one population; *had says whether the population has it. */
static int add_one(h9_record *r, const request *q, const h9_network *net, uint32_t p, const char *range,
                   const char *variable, bool *had, h9_error *e) {
  const h9_population *pop = &net->populations[p];
  h9_record_item item = {.what = q->what, .population = p, .recordable = -1, .interval = q->interval, .every = 1};
  item.last = pop->count - 1;
  item.unit = q->what == H9_RECORD_RATE ? "Hz" : "";
  if (range && !h9_range_parse(range, pop->count, &item.first, &item.last, &item.every))
    return h9_fail(e, H9_EUSAGE, "'%s': found neurons '%s', expected such as [5], [1:100] or [1:100:3], from 1 to %u",
                   q->text, range, pop->count);
  bool stated = q->what != H9_RECORD_SPIKES && q->what != H9_RECORD_RATE;
  if (stated) {
    const h9_model *m = h9_model_find(pop->model);
    item.recordable = m ? h9_model_recordable_find(m, variable) : -1;
    if (item.recordable < 0) return H9_OK;
    item.unit = m->recordables[item.recordable].unit;
  }
  *had = true;
  return append(r, item, variable, net, !range, e);
}

static int add_variable(h9_record *r, const request *q, const h9_network *net, const char *variable, h9_error *e) {
  bool had = false;
  if (strcmp(q->group, "*") == 0) {
    int rc = H9_OK;
    for (uint32_t p = 0; p < net->n_populations && rc == H9_OK; p++)
      rc = add_one(r, q, net, p, NULL, variable, &had, e);
    return rc != H9_OK || had ? rc : unknown_variable(q, net, -1, variable, e);
  }
  char name[TEXT];
  snprintf(name, sizeof name, "%s", q->group);
  const char *range = NULL;
  int p = h9_network_find(net, name);
  char *open = strrchr(name, '[');
  if (p < 0 && open) {
    range = q->group + (open - name);
    *open = 0;
    p = h9_network_find(net, name);
  }
  if (p < 0 && h9_network_named(net, name, e) < 0) return h9_fail_at(e, "'%s'", q->text);
  int rc = add_one(r, q, net, (uint32_t)p, range, variable, &had, e);
  return rc != H9_OK || had ? rc : unknown_variable(q, net, p, variable, e);
}

int h9_record_add(h9_record *r, const char *text, const h9_network *net, h9_error *e) {
  request q;
  int rc = split(&q, text, net->dt, e);
  if (rc != H9_OK) return rc;
  for (char *at = q.variables; rc == H9_OK;) {
    char *comma = strchr(at, ',');
    if (comma) *comma = 0;
    rc = add_variable(r, &q, net, at, e);
    if (!comma) break;
    at = comma + 1;
  }
  return rc;
}

void h9_record_release(h9_record *r) {
  for (uint32_t i = 0; i < r->n; i++) {
    free(r->item[i].variable);
    free(r->item[i].of);
  }
  free(r->item);
  *r = (h9_record){0};
}
