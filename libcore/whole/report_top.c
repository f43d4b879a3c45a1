/* The most active neurons, by what they are called. */
#include "report.h"

#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct busy { h9_id id; uint32_t spikes, population; } busy;

static bool chosen(const char *const *only, const char *name) {
  if (!only) return true;
  for (; *only; only++)
    if (strcmp(*only, name) == 0) return true;
  return false;
}

/* At most s->top neurons in top[], most spikes first, then by id. */
static uint32_t busiest(const h9_stream_report *s, const char *const *only, busy *top) {
  uint32_t n = 0;
  for (uint32_t p = 0; p < s->net.n_populations; p++) {
    const h9_population *q = &s->net.populations[p];
    if (!chosen(only, q->name)) continue;
    for (uint32_t i = 0; i < q->count; i++) {
      busy x = {q->first + i, h9_activity_spikes(s->activity, q->first + i), p};
      if (x.spikes == 0 || (n == s->top && x.spikes <= top[n - 1].spikes)) continue;
      uint32_t k = n < s->top ? n++ : n - 1;
      for (; k > 0 && top[k - 1].spikes < x.spikes; k--) top[k] = top[k - 1];
      top[k] = x;
    }
  }
  return n;
}

static busy *list(const h9_stream_report *s, const char *const *only, uint32_t *n) {
  busy *top = s->has_activity && s->top ? malloc(s->top * sizeof *top) : NULL;
  *n = top ? busiest(s, only, top) : 0;
  return top;
}

static void name_of(const h9_stream_report *s, h9_id id, char text[H9_NAME_MAX + 1]) {
  *(s->net.labels.n ? h9_labels_text(&s->net.labels, id, text) : text) = 0;
}

static void id_of(h9_id id, char text[10]) { *h9_text_id(text, id) = 0; }

void h9_stream_report_top_text(const h9_stream_report *s, const char *const *only, h9_buf *out) {
  uint32_t n;
  busy *top = list(s, only, &n);
  int wide = 10;
  char line[1024], label[H9_NAME_MAX + 1], id[10];
  for (uint32_t p = 0; p < s->net.n_populations; p++) {
    int len = (int)strlen(s->net.populations[p].name);
    if (len > wide && len <= 32) wide = len;
  }
  int w = snprintf(line, sizeof line, "\nMost active neurons\n  %-9s %-*s %10s %10s%s\n", "id", wide, "population", "spikes", "rate Hz",
                   s->net.labels.n ? "  label" : "");
  if (n) h9_buf_put(out, line, (size_t)w);
  for (uint32_t i = 0; i < n; i++) {
    name_of(s, top[i].id, label);
    id_of(top[i].id, id);
    w = snprintf(line, sizeof line, "  %-9s %-*s %10u %10.3f%s%s\n", id, wide, s->net.populations[top[i].population].name, top[i].spikes,
                 1000 * top[i].spikes / s->duration, *label ? "  " : "", label);
    h9_buf_put(out, line, (size_t)w);
  }
  free(top);
}

void h9_stream_report_top_json(const h9_stream_report *s, const char *const *only, h9_json *j) {
  uint32_t n;
  busy *top = list(s, only, &n);
  char label[H9_NAME_MAX + 1], id[10];
  if (top) h9_json_begin(j, "top", '[');
  for (uint32_t i = 0; i < n; i++) {
    name_of(s, top[i].id, label);
    id_of(top[i].id, id);
    h9_json_begin(j, NULL, '{');
    h9_json_whole(j, "id", top[i].id);
    h9_json_text(j, "name", id);
    if (*label) h9_json_text(j, "label", label);
    h9_json_text(j, "population", s->net.populations[top[i].population].name);
    h9_json_whole(j, "signals", top[i].spikes);
    h9_json_number(j, "rate_hz", 1000 * top[i].spikes / s->duration);
    h9_json_end(j, '}');
  }
  if (top) h9_json_end(j, ']');
  free(top);
}

void h9_stream_report_top_tsv(const h9_stream_report *s, const char *const *only, h9_buf *out) {
  uint32_t n;
  busy *top = list(s, only, &n);
  char line[1024], label[H9_NAME_MAX + 1], id[10];
  for (uint32_t i = 0; i < n; i++) {
    name_of(s, top[i].id, label);
    id_of(top[i].id, id);
    int w = snprintf(line, sizeof line, "%.200s\ttop\t%s\t%s\t%.9g\n", s->name, s->net.populations[top[i].population].name,
                     *label ? label : id, 1000 * top[i].spikes / s->duration);
    h9_buf_put(out, line, (size_t)w);
  }
  free(top);
}
