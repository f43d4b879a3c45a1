#include "metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static h9_metric *find(h9_metrics *m, const char *name) {
  for (uint32_t i = 0; i < m->n; i++)
    if (strcmp(m->item[i].name, name) == 0) return &m->item[i];
  return NULL;
}

void h9_metrics_set(h9_metrics *m, const char *name, double value) {
  char cut[sizeof m->item[0].name]; /* a name too long is found again under its cut form */
  snprintf(cut, sizeof cut, "%s", name);
  h9_metric *item = find(m, cut);
  if (!item) {
    if (m->n == sizeof m->item / sizeof m->item[0]) return;
    item = &m->item[m->n++];
    memcpy(item->name, cut, sizeof cut);
  }
  item->value = value;
}

double h9_metrics_get(const h9_metrics *m, const char *name) {
  for (uint32_t i = 0; i < m->n; i++)
    if (strcmp(m->item[i].name, name) == 0) return m->item[i].value;
  return (double)NAN;
}
