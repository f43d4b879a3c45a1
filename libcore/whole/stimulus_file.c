#include "stimulus_parts.h"

#include "../base/io.h"
#include "../base/memory.h"
#include "../model/models.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A skippable frame of zstd, as every stream begins with. */
static bool is_stream(int fd, bool *regular) {
  struct stat st;
  unsigned char b[4];
  *regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
  off_t at = *regular ? lseek(fd, 0, SEEK_CUR) : -1;
  if (at < 0 || pread(fd, b, 4, at) != 4) return false;
  return b[0] >= 0x50 && b[0] <= 0x5f && b[1] == 0x2a && b[2] == 0x4d && b[3] == 0x18;
}

int h9_stimulus_begin_stream(h9_stimulus_input *in, h9_error *e) {
  int rc = h9_network_read_head(in->reader, &in->described, e);
  if (rc != H9_OK) return rc;
  in->ratio = in->described.dt == in->net->dt ? 0 : in->described.dt / in->net->dt;
  return H9_OK;
}

static int open_stream(h9_stimulus_input *in, const unsigned char *head, size_t n_head, h9_error *e) {
  int rc = h9_reader_open_begun(&in->reader, in->fd, in->name, 1u << H9_BLOCK_SIGNALS, head, n_head, -1, e);
  return rc == H9_OK ? h9_stimulus_begin_stream(in, e) : rc;
}

static int open_text(h9_stimulus_input *in, const unsigned char *head, size_t n_head, h9_error *e) {
  in->text = fdopen(in->fd, "r");
  if (!in->text || (n_head && ungetc(head[0], in->text) == EOF))
    return h9_fail_sys(e, H9_ESYSTEM, errno, "%s", in->name);
  return H9_OK;
}

/* What comes through a pipe tells by its first byte what it is. */
static int open_content(h9_stimulus_input *in, h9_error *e) {
  unsigned char first;
  size_t got;
  bool stream = is_stream(in->fd, &in->regular);
  in->live = in->f->live && !in->regular;
  if (in->live) return H9_OK;
  if (stream) return open_stream(in, NULL, 0, e);
  if (in->regular || in->f->text_pipe) return open_text(in, NULL, 0, e);
  if (h9_read_full(in->fd, &first, 1, &got, e) != H9_OK) return h9_fail_at(e, "%s", in->name);
  if (got == 0) return h9_fail(e, H9_ENOINPUT, "%s: is empty; expected a stream of signals, or text", in->name);
  return h9_stimulus_begins_stream(first) ? open_stream(in, &first, 1, e) : open_text(in, &first, 1, e);
}

int h9_stimulus_input_open(h9_stimulus_input **out, const h9_stimulus_file *f, const h9_network *net,
                           h9_error *e) {
  h9_stimulus_input *in = calloc(1, sizeof *in);
  if (!in) return h9_fail_memory(e, sizeof *in, "a stimulus");
  *in = (h9_stimulus_input){.f = f, .net = net, .fd = -1, .last = INT64_MIN};
  int rc = h9_input_open(f->path, &in->fd, &in->name, e);
  if (rc == H9_OK && !(in->counts = calloc(net->n_populations + 1, sizeof *in->counts)))
    rc = h9_fail_memory(e, net->n_populations, "populations");
  for (uint32_t p = 0; rc == H9_OK && p < net->n_populations; p++) {
    const h9_model *m = h9_model_find(net->populations[p].model);
    in->counts[p] = m && m->counts;
  }
  if (rc == H9_OK) rc = open_content(in, e);
  if (rc != H9_OK) h9_stimulus_input_close(in);
  else *out = in;
  return rc;
}

void h9_stimulus_input_close(h9_stimulus_input *in) {
  if (!in) return;
  if (in->reader) h9_reader_close(in->reader);
  h9_network_release(&in->described);
  h9_signals_release(&in->batch);
  if (in->text && in->fd != STDIN_FILENO) fclose(in->text);
  else if (in->fd > STDIN_FILENO) close(in->fd);
  free(in->line);
  free(in->came);
  free(in->counts);
  free(in);
}

/* Checks the target and settles the weight; the place is added by the caller. */
static int settle(const h9_stimulus_input *in, uint64_t id, double weight, h9_event *v, h9_error *e) {
  const h9_network *net = in->net;
  if (id < 1 || id > net->n_neurons)
    return h9_fail(e, H9_EDATA, "neuron %llu, expected 1 to %u", (unsigned long long)id, net->n_neurons);
  uint32_t p = h9_network_population_of(net, (h9_id)id);
  if (in->f->targets && !in->f->targets[p])
    return h9_fail(e, H9_EDATA, "neuron %llu is of population '%s', which is no target of the stimulus",
                   (unsigned long long)id, net->populations[p].name);
  if (isnan(weight)) weight = in->f->weight;
  if (in->counts[p]) weight = 1;
  if (isnan(weight))
    return h9_fail(e, H9_EDATA, "the spike of neuron %llu has no weight, and none is given for those without",
                   (unsigned long long)id);
  v->index = (uint32_t)(id - 1);
  v->weight = weight;
  return H9_OK;
}

static bool is_gap(char c) { return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '\r' || c == '\n'; }

/* Words in the place of numbers: of live inputs a time, and of each a priority. */
static bool word(const char *s, size_t len, int column, bool live, double *v) {
  for (int c = 0; c < H9_CLASSES && column == 3; c++) {
    static const double of[H9_CLASSES] = {H9_PRIORITY_LOW, H9_PRIORITY_NORMAL, H9_PRIORITY_HIGH};
    const char *name = h9_class_name((enum h9_class)c);
    if (strlen(name) != len || memcmp(s, name, len) != 0) continue;
    *v = of[c];
    return true;
  }
  if (column != 0 || !live || len != 3 || memcmp(s, "now", 3) != 0) return false;
  *v = -INFINITY;
  return true;
}

/* Up to four numbers of a line; -1 with the reason in `e`. */
static int numbers(char *s, double v[4], bool live, h9_error *e) {
  static const char *const what[] = {"a time in ms", "the id of a neuron", "a weight",
                                     "a priority: 0 to 255, low, normal or high"};
  char *comment = strchr(s, '#');
  if (comment) *comment = 0;
  for (int n = 0;; n++) {
    while (is_gap(*s)) s++;
    if (!*s) return n;
    int len = 0;
    while (s[len] && !is_gap(s[len])) len++;
    int shown = len < 40 ? len : 40;
    char *end;
    if (n == 4) {
      h9_fail(e, H9_EDATA, "found '%.*s' after 4 numbers, expected time, neuron, weight and priority only", shown, s);
      return -1;
    }
    if (!word(s, (size_t)len, n, live, &v[n])) {
      v[n] = strtod(s, &end);
      bool none = n >= 2 && isnan(v[n]); /* how hal9-view shows a spike without strength or priority */
      if (end != s + len || (!isfinite(v[n]) && !none) || (n == 1 && (v[n] != floor(v[n]) || fabs(v[n]) > 1e15)) ||
          (n == 3 && !none && !(v[n] >= 0 && v[n] <= 255 && v[n] == floor(v[n])))) {
        h9_fail(e, H9_EDATA, "found '%.*s', expected %s%s", shown, s, what[n], n == 0 && live ? ", or now" : "");
        return -1;
      }
    }
    s += len;
  }
}

static int time_of(h9_stimulus_input *in, double ms, h9_event *v, h9_error *e) {
  double dt = in->net->dt, step = floor(ms / dt + 0.5);
  if (isinf(ms)) v->step = H9_STEP_NOW;
  else if (step > 0x1p52 || (!in->live && !(step >= 1)))
    return h9_fail(e, H9_EDATA, "found %.9g ms, expected spikes that arrive at the end of a step of %.9g ms", ms, dt);
  else v->step = step < -0x1p52 ? 0 : (h9_step)step;
  if (in->live) return H9_OK;
  if (v->step < in->last)
    return h9_fail(e, H9_EDATA, "found %.9g ms after %.9g ms, expected lines in order of time (sort -n)", ms,
                   (double)in->last * dt);
  in->last = v->step;
  return H9_OK;
}

static int parse_line(h9_stimulus_input *in, char *line, bool *any, h9_event *v, h9_error *e) {
  double x[4] = {0, 0, NAN, NAN};
  int n = numbers(line, x, in->live, e);
  *any = n > 0;
  if (n == 0) return H9_OK;
  if (n < 0) return H9_EDATA;
  if (n == 1) return h9_fail(e, H9_EDATA, "found one number, expected time and neuron");
  int rc = time_of(in, x[0], v, e);
  if (rc != H9_OK) return rc;
  if (x[1] < 0) x[1] = 0;
  v->priority = isnan(x[3]) ? H9_PRIORITY_NORMAL : (uint8_t)x[3];
  return settle(in, (uint64_t)x[1], x[2], v, e);
}

int h9_stimulus_parse(h9_stimulus_input *in, char *line, size_t len, bool *any, h9_event *v, h9_error *e) {
  in->lines++;
  int rc = strlen(line) != len ? h9_fail(e, H9_EDATA, "found a zero byte, expected text") : parse_line(in, line, any, v, e);
  return rc == H9_OK ? rc : h9_fail_at(e, "%s:%llu", in->name, (unsigned long long)in->lines);
}

/* The next spike of a text to in->held. H9_EOF. */
static int next_line(h9_stimulus_input *in, h9_error *e) {
  bool any = false;
  while (!any) {
    errno = 0;
    ssize_t len = getline(&in->line, &in->line_cap, in->text);
    if (len < 0) {
      if (ferror(in->text) || errno == ENOMEM) return h9_fail_sys(e, H9_EIO, errno, "%s", in->name);
      return H9_EOF;
    }
    int rc = h9_stimulus_parse(in, in->line, (size_t)len, &any, &in->held, e);
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

int h9_stimulus_append(const h9_stimulus_input *in, h9_event v, h9_event_list *list, h9_error *e) {
  bool early = v.step <= in->f->after && !(in->live && (in->f->after == 0 || v.step == H9_STEP_NOW));
  if (early || v.step > in->f->until) return H9_OK;
  if (h9_grow(&list->event, &list->cap, list->n + 1, sizeof *list->event) != H9_OK)
    return h9_fail_memory(e, (list->n + 1) * sizeof *list->event, "spikes of a stimulus");
  list->event[list->n++] = v;
  return H9_OK;
}

static int read_text(h9_stimulus_input *in, h9_step to, h9_event_list *list, h9_error *e) {
  int rc = H9_OK;
  while (rc == H9_OK) {
    if (!in->holds) {
      rc = next_line(in, e);
      in->holds = rc == H9_OK;
      if (rc != H9_OK) break;
    }
    if (in->held.step > to) return H9_OK;
    in->holds = false;
    rc = h9_stimulus_append(in, in->held, list, e);
  }
  in->ended = rc == H9_EOF;
  return in->ended ? H9_OK : rc;
}

/* A step of the stream in steps of the network. */
static h9_step convert(const h9_stimulus_input *in, h9_step step) {
  return in->ratio > 0 ? (h9_step)floor((double)step * in->ratio + 0.5) : step;
}

int h9_stimulus_next_batch(h9_stimulus_input *in, h9_error *e) {
  int rc;
  do rc = h9_reader_next(in->reader, &in->block, e);
  while (rc == H9_OK && in->block.kind != H9_BLOCK_SIGNALS);
  if (rc != H9_OK) return rc;
  in->at = 0;
  rc = h9_signals_decode(&in->block, in->described.n_neurons, &in->batch, e);
  if (rc == H9_OK && in->last != INT64_MIN && in->batch.from < in->last)
    rc = h9_fail(e, H9_EDATA, "begins at step %lld, expected %lld or later, where the batch before ended",
                 (long long)in->batch.from, (long long)in->last);
  if (rc == H9_OK && !in->live && in->batch.n && convert(in, in->batch.step[0]) < 1)
    rc = h9_fail(e, H9_EDATA, "a spike at step %lld, expected 1 or later", (long long)in->batch.step[0]);
  in->last = in->batch.to;
  return rc == H9_OK ? rc : h9_reader_fail_at(in->reader, &in->block, e);
}

int h9_stimulus_of_batch(h9_stimulus_input *in, size_t i, h9_event *v, h9_error *e) {
  const h9_signals *b = &in->batch;
  *v = (h9_event){.step = convert(in, b->step[i]), .priority = b->prioritised ? b->priority[i] : H9_PRIORITY_NORMAL};
  int rc = settle(in, b->id[i], b->strength_bytes ? b->strength[i] : NAN, v, e);
  return rc == H9_OK ? rc : h9_reader_fail_at(in->reader, &in->block, e);
}

static int read_stream(h9_stimulus_input *in, h9_step to, h9_event_list *list, h9_error *e) {
  int rc = H9_OK;
  while (rc == H9_OK) {
    for (; in->at < in->batch.n && rc == H9_OK; in->at++) {
      h9_event v;
      if (convert(in, in->batch.step[in->at]) > to) return H9_OK;
      rc = h9_stimulus_of_batch(in, in->at, &v, e);
      if (rc == H9_OK) rc = h9_stimulus_append(in, v, list, e);
    }
    if (rc != H9_OK || (in->last != INT64_MIN && convert(in, in->last) >= to)) return rc;
    rc = h9_stimulus_next_batch(in, e);
  }
  in->ended = rc == H9_EOF;
  return in->ended ? H9_OK : rc;
}

int h9_stimulus_input_read(h9_stimulus_input *in, h9_step to, h9_event_list *list, h9_error *e) {
  if (in->ended || in->live) return H9_OK;
  return in->text ? read_text(in, to, list, e) : read_stream(in, to, list, e);
}

int h9_stimulus_input_finish(h9_stimulus_input *in, h9_error *e) {
  if (in->ended || !in->reader || in->live) return H9_OK;
  int rc;
  do rc = h9_reader_next(in->reader, &in->block, e);
  while (rc == H9_OK && (in->regular || in->block.kind != H9_BLOCK_SIGNALS));
  in->ended = rc == H9_EOF;
  return in->ended ? H9_OK : rc;
}

bool h9_stimulus_input_hash(const h9_stimulus_input *in, h9_hash *h) {
  if (!in->reader || !in->ended) return false;
  *h = h9_reader_hash(in->reader);
  return true;
}

bool h9_stimulus_input_ended(const h9_stimulus_input *in) { return in->ended; }
