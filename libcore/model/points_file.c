/* Positions from a text file: one neuron a line. */
#include "layout.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_gap(char c) { return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '\r' || c == '\n'; }

/* Coordinates on a line: 0 for a comment or an empty line; -1 with the reason in `e`. */
static int parse_line(char *s, double v[3], h9_error *e) {
  char *comment = strchr(s, '#');
  if (comment) *comment = 0;
  int n = 0;
  for (;;) {
    while (is_gap(*s)) s++;
    if (!*s) return n;
    size_t len = 0;
    while (s[len] && !is_gap(s[len])) len++;
    if (n == 3) {
      h9_fail(e, H9_EDATA, "found '%.*s' after 3 numbers, expected x, y and z only",
              (int)(len < 40 ? len : 40), s);
      return -1;
    }
    char *end;
    v[n] = strtod(s, &end);
    if (end != s + len || !(fabs(v[n]) <= 1e9)) {
      h9_fail(e, H9_EDATA, "found '%.*s', expected a coordinate in um, at most 1e9 either way",
              (int)(len < 40 ? len : 40), s);
      return -1;
    }
    n++;
    s += len;
  }
}

int h9_points_file_read(h9_points_file *f, const char *path, h9_error *e) {
  *f = (h9_points_file){.lo = {INFINITY, INFINITY, INFINITY}, .hi = {-INFINITY, -INFINITY, -INFINITY}};
  FILE *in = fopen(path, "re");
  if (!in) return h9_fail_sys(e, H9_ENOINPUT, errno, "%s", path);
  char *text = NULL;
  size_t text_cap = 0, cap = 0;
  uint64_t line = 0;
  ssize_t len;
  int code = H9_OK;
  while (code == H9_OK && (errno = 0, len = getline(&text, &text_cap, in)) >= 0) {
    line++;
    double v[3] = {0, 0, 0};
    if (strlen(text) != (size_t)len) {
      code =
          h9_fail(e, H9_EDATA, "%s:%llu: found a zero byte, expected text", path, (unsigned long long)line);
      break;
    }
    int n = parse_line(text, v, e);
    if (n == 0) continue;
    if (n < 0) code = h9_fail_at(e, "%s:%llu", path, (unsigned long long)line);
    else if (f->dimensions && n != f->dimensions)
      code = h9_fail(e, H9_EDATA, "%s:%llu: found %d coordinates, expected %d as in the lines before", path,
                     (unsigned long long)line, n, f->dimensions);
    else if (f->n == H9_ID_MAX)
      code = h9_fail(e, H9_EDATA, "%s:%llu: more positions than there can be neurons", path,
                     (unsigned long long)line);
    if (code != H9_OK) break;
    f->dimensions = n;
    if (f->n == cap) {
      cap = cap ? cap * 2 : 1024;
      float *xyz = realloc(f->xyz, cap * 3 * sizeof(float));
      if (xyz) f->xyz = xyz;
      uint64_t *at = realloc(f->line, cap * sizeof(uint64_t));
      if (at) f->line = at;
      if (!xyz || !at) {
        code = h9_fail_memory(e, cap * (3 * sizeof(float) + sizeof(uint64_t)), path);
        break;
      }
    }
    for (int i = 0; i < 3; i++) {
      float c = (float)v[i];
      f->xyz[(size_t)3 * f->n + i] = c;
      if (c < f->lo[i]) f->lo[i] = c;
      if (c > f->hi[i]) f->hi[i] = c;
    }
    f->line[f->n++] = line;
  }
  if (code == H9_OK && ferror(in)) code = h9_fail_sys(e, H9_ENOINPUT, errno, "%s", path);
  if (code == H9_OK && f->n == 0)
    code = h9_fail(e, H9_EDATA, "%s: holds no positions, expected a line a neuron: x y z", path);
  free(text);
  fclose(in);
  if (code != H9_OK) h9_points_file_release(f);
  return code;
}

void h9_points_file_release(h9_points_file *f) {
  free(f->xyz);
  free(f->line);
  *f = (h9_points_file){0};
}
