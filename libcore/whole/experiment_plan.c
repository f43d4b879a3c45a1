/* The runs of an experiment: names, seeds, commands, keys. */
#include "experiment.h"

#include "../base/bytes.h"
#include "../base/memory.h"
#include "../base/rng.h"
#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 180 };

static void put(h9_buf *b, const char *text) { h9_buf_put(b, text, strlen(text)); }

static char *text_of(h9_buf *b) {
  h9_buf_put8(b, 0);
  if (!b->failed) return (char *)b->data;
  h9_buf_release(b);
  return NULL;
}

/* As one word for the shell. */
static void quote(h9_buf *b, const char *text) {
  if (*text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-=/,:@%") == strlen(text)) {
    put(b, text);
    return;
  }
  put(b, "'");
  for (; *text; text++) {
    if (*text == '\'') put(b, "'\\''");
    else h9_buf_put(b, text, 1);
  }
  put(b, "'");
}

static const char *value(const h9_experiment *x, size_t point, size_t k) { return x->value[point * x->n_parameters + k]; }

/* -c experiment.yaml --set NAME=VALUE ... --seed N */
static void put_options(h9_buf *b, const h9_experiment *x, const h9_run *r) {
  char seed[40];
  put(b, "-c " H9_RUN_CONFIG);
  for (size_t k = 0; k < x->n_parameters; k++) {
    h9_buf set = {0};
    if (!x->configured[k]) continue;
    put(&set, x->parameter[k]);
    put(&set, "=");
    put(&set, value(x, r->point, k));
    char *text = text_of(&set);
    put(b, " --set ");
    if (text) quote(b, text);
    else b->failed = true;
    free(text);
  }
  snprintf(seed, sizeof seed, " --seed %llu", (unsigned long long)r->seed);
  put(b, seed);
}

char *h9_plan_command(const h9_experiment *x, const h9_run *r, const char *command) {
  h9_buf b = {0};
  char number[32];
  for (const char *s = command; *s;) {
    size_t n = *s == '{' ? strcspn(s + 1, "{} \t\n'\"") : 0;
    if (*s != '{' || s[1 + n] != '}' || !n) {
      h9_buf_put(&b, s++, 1);
      continue;
    }
    const char *name = s + 1;
    size_t k = 0;
    while (k < x->n_parameters && !(strlen(x->parameter[k]) == n && memcmp(x->parameter[k], name, n) == 0)) k++;
    if (k < x->n_parameters) quote(&b, value(x, r->point, k));
    else if (n == 1 && *name == 'c') put_options(&b, x, r);
    else if (n == 3 && memcmp(name, "run", 3) == 0) quote(&b, r->name);
    else if ((n == 4 && memcmp(name, "seed", 4) == 0) || (n == 6 && memcmp(name, "repeat", 6) == 0)) {
      snprintf(number, sizeof number, "%llu", (unsigned long long)(n == 4 ? r->seed : r->repeat));
      put(&b, number);
    } else
      h9_buf_put(&b, s, n + 2); /* the shell's own, or awk's */
    s += n + 2;
  }
  return text_of(&b);
}

int h9_plan_sets(const h9_experiment *x, size_t point, char **set, size_t *n, h9_error *e) {
  *n = 0;
  for (size_t k = 0; k < x->n_parameters; k++) {
    if (!x->configured[k]) continue;
    size_t len = strlen(x->parameter[k]) + strlen(value(x, point, k)) + 2;
    char *t = malloc(len);
    if (!t) return h9_fail_memory(e, len, "a parameter");
    snprintf(t, len, "%s=%s", x->parameter[k], value(x, point, k));
    set[(*n)++] = t;
  }
  return H9_OK;
}

/* A point's parameters as they are: what its seeds are keyed by. */
static char *point_text(const h9_experiment *x, size_t point) {
  h9_buf b = {0};
  for (size_t k = 0; k < x->n_parameters; k++) {
    if (k) put(&b, ",");
    put(&b, x->parameter[k]);
    put(&b, "=");
    put(&b, value(x, point, k));
  }
  return text_of(&b);
}

/* The folder's name: what a file name cannot have is replaced, and a hash then tells it from others. */
static char *run_name(const char *point, uint64_t repeat) {
  h9_buf b = {0};
  char tail[80], hash[33];
  bool same = strlen(point) <= LONGEST_NAME;
  for (size_t i = 0; point[i] && i < LONGEST_NAME; i++) {
    bool fits = isalnum((unsigned char)point[i]) || strchr("._+-=,", point[i]);
    same &= fits;
    h9_buf_put8(&b, fits ? (uint8_t)point[i] : '_');
  }
  h9_hash_text(h9_hash_of(point, strlen(point)), hash);
  if (!same) {
    snprintf(tail, sizeof tail, "_%.8s", hash);
    put(&b, tail);
  }
  snprintf(tail, sizeof tail, "%srepeat=%llu", *point ? "," : "", (unsigned long long)repeat);
  put(&b, tail);
  return text_of(&b);
}

/* Numbers of 48 bits: whole in every program's arithmetic. */
static uint64_t run_seed(uint64_t seed, const char *point, uint64_t repeat) {
  h9_hash h = h9_hash_of(point, strlen(point));
  h9_ctr d = h9_philox(h9_key_make(seed, H9_PURPOSE_EXPERIMENT, UINT32_MAX), (uint32_t)h.lo, (uint32_t)(h.lo >> 32), (uint32_t)repeat, 2);
  return ((uint64_t)d.v[0] << 32 | d.v[1]) >> 16;
}

/* The tree as text that tells any two trees apart, without the named keys of its root. */
static void canonical(h9_buf *b, const h9_node *n, bool statistics, bool root) {
  char head[32];
  if (!n) return;
  if (n->type == H9_NODE_SCALAR) {
    snprintf(head, sizeof head, "%c%zu:", n->quoted ? 'q' : 's', strlen(n->text));
    put(b, head);
    put(b, n->text);
    return;
  }
  put(b, n->type == H9_NODE_MAP ? "{" : "[");
  for (size_t i = 0; i < n->n; i++) {
    const char *key = n->type == H9_NODE_MAP ? n->key[i]->text : "";
    if (root && (strcmp(key, "experiment") == 0 || (!statistics && strcmp(key, "statistics") == 0))) continue;
    if (n->type == H9_NODE_MAP) canonical(b, n->key[i], statistics, false);
    canonical(b, n->item[i], statistics, false);
  }
  put(b, "}");
}

static int hash_config(h9_plan *p, const h9_node *root, h9_error *e) {
  for (int s = 0; s < 2; s++) {
    h9_buf b = {0};
    canonical(&b, root, s == 1, true);
    if (b.failed) return h9_fail_memory(e, 0, "the configuration");
    p->config[s] = h9_hash_of(b.data, b.len);
    h9_buf_release(&b);
  }
  return H9_OK;
}

static int hash_inputs(const h9_experiment *x, h9_buf *b, h9_error *e) {
  for (size_t i = 0; i < x->n_inputs; i++) {
    h9_hash h;
    uint64_t bytes;
    char text[33];
    int rc = h9_hash_file(x->input[i], &h, &bytes, e);
    if (rc != H9_OK) return h9_fail_at(e, "inputs");
    h9_hash_text(h, text);
    put(b, x->input[i]);
    put(b, " ");
    put(b, text);
    put(b, "\n");
  }
  return b->failed ? h9_fail_memory(e, 0, "inputs") : H9_OK;
}

static int make_run(h9_plan *p, h9_run *r, const h9_buf *inputs, h9_error *e) {
  const h9_experiment *x = p->x;
  char *point = point_text(x, r->point), text[33];
  if (point) {
    r->name = run_name(point, r->repeat);
    r->seed = run_seed(x->seed, point, r->repeat);
  }
  free(point);
  r->command = calloc(x->n_stages + 1, sizeof *r->command);
  r->key = calloc(x->n_stages + 1, sizeof *r->key);
  if (!r->name || !r->command || !r->key) return h9_fail_memory(e, 0, "a run");
  for (size_t s = 0; s < x->n_stages; s++) {
    h9_buf b = {0};
    if (!(r->command[s] = h9_plan_command(x, r, x->stage[s].command))) return h9_fail_memory(e, 0, "a command");
    put(&b, h9_version);
    put(&b, "\n");
    h9_hash_text(p->config[x->stage[s].statistics], text);
    put(&b, text);
    if (s) {
      h9_hash_text(r->key[s - 1], text);
      put(&b, text);
    }
    h9_buf_put(&b, inputs->data, inputs->len);
    put(&b, x->stage[s].name);
    put(&b, "\n");
    put(&b, r->command[s]);
    if (b.failed) return h9_fail_memory(e, 0, "a command");
    r->key[s] = h9_hash_of(b.data, b.len);
    h9_buf_release(&b);
  }
  return H9_OK;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Two runs in one folder would be one. */
static int check_names(const h9_plan *p, h9_error *e) {
  char **names = malloc((p->n + 1) * sizeof *names);
  int rc = H9_OK;
  if (!names) return h9_fail_memory(e, p->n, "names");
  for (size_t i = 0; i < p->n; i++) names[i] = p->run[i].name;
  qsort(names, p->n, sizeof *names, by_name);
  for (size_t i = 1; i < p->n && rc == H9_OK; i++)
    if (strcmp(names[i - 1], names[i]) == 0) rc = h9_fail(e, H9_ECONFIG, "experiment: the run %s is there twice, expected different points", names[i]);
  free(names);
  return rc;
}

int h9_plan_make(h9_plan *p, const h9_experiment *x, const h9_node *root, h9_error *e) {
  h9_buf inputs = {0};
  *p = (h9_plan){.x = x, .n = x->n_points * x->repeats};
  int rc = hash_config(p, root, e);
  if (rc == H9_OK) rc = hash_inputs(x, &inputs, e);
  if (rc == H9_OK && !(p->run = calloc(p->n + 1, sizeof *p->run))) rc = h9_fail_memory(e, p->n * sizeof *p->run, "runs");
  for (size_t i = 0; rc == H9_OK && i < p->n; i++) {
    p->run[i].point = i / x->repeats;
    p->run[i].repeat = i % x->repeats + 1;
    rc = make_run(p, &p->run[i], &inputs, e);
  }
  h9_buf_release(&inputs);
  if (rc == H9_OK) rc = check_names(p, e);
  if (rc != H9_OK) h9_plan_release(p);
  return rc;
}

void h9_plan_release(h9_plan *p) {
  for (size_t i = 0; p->run && i < p->n; i++) {
    h9_run *r = &p->run[i];
    for (size_t s = 0; r->command && s < p->x->n_stages; s++) free(r->command[s]);
    free(r->command);
    free(r->key);
    free(r->name);
  }
  free(p->run);
  *p = (h9_plan){.n = 0};
}
