#include "names.h"

#include "memory.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Edit distance (insert, delete, replace, swap of neighbours), case ignored. */
static size_t edit_distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  if (n > 64 || m > 64) return SIZE_MAX;
  size_t row[3][66];
  for (size_t j = 0; j <= m; j++) row[0][j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
    now[0] = i;
    for (size_t j = 1; j <= m; j++) {
      int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
      size_t d = last[j - 1] + (x != y);
      if (last[j] + 1 < d) d = last[j] + 1;
      if (now[j - 1] + 1 < d) d = now[j - 1] + 1;
      if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) && y == tolower((unsigned char)a[i - 2]) &&
          before[j - 2] + 1 < d)
        d = before[j - 2] + 1;
      now[j] = d;
    }
  }
  return row[n % 3][m];
}

const char *h9_nearest_name(const char *word_, const char *const *names, size_t n) {
  const char *best = NULL;
  size_t least = SIZE_MAX, len = strlen(word_);
  for (size_t i = 0; i < n; i++) {
    size_t d = edit_distance(word_, names[i]);
    if (d < least) {
      least = d;
      best = names[i];
    }
  }
  size_t limit = len < 2 ? 0 : len < 4 ? 1 : len < 8 ? 2 : 3;
  return least <= limit ? best : NULL;
}

int h9_fail_near(h9_error *e, const char *word_, const char *const *names, size_t n, bool list) {
  const char *near = h9_nearest_name(word_, names, n);
  size_t at = strlen(e->text);
  enum { MOST = 400 };
  char more[MOST + 80] = "";
  if (near) snprintf(more, sizeof more, "; did you mean '%.*s'?", MOST, near);
  else if (list) {
    size_t used = 0, i = 0;
    for (; i < n && used + strlen(names[i]) + 2 < MOST; i++)
      used += (size_t)snprintf(more + used, sizeof more - used, "%s%s", i ? ", " : n > 1 ? ", expected one of " : ", expected ", names[i]);
    if (i && i < n) snprintf(more + used, sizeof more - used, " and %zu more", n - i);
  }
  for (char *c = more; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
  snprintf(e->text + at, sizeof e->text - at, "%s", more);
  return e->code;
}

/* The file in the folder of `path` whose name is nearest; to be freed. */
static char *nearest_file(const char *path) {
  enum { MOST = 4096 };
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : h9_strdup("."), *best = NULL;
  DIR *d = folder ? opendir(folder) : NULL;
  struct dirent *one;
  size_t least = SIZE_MAX;
  for (int i = 0; d && i < MOST && (one = readdir(d)); i++) {
    const char *names[] = {one->d_name};
    size_t distance = edit_distance(name, one->d_name);
    if (distance >= least || strcmp(name, one->d_name) == 0 || !h9_nearest_name(name, names, 1)) continue;
    char *copy = h9_strdup(one->d_name);
    if (!copy) continue;
    free(best);
    best = copy;
    least = distance;
  }
  if (d) closedir(d);
  free(folder);
  return best;
}

int h9_fail_open(h9_error *e, const char *path, int err) {
  h9_fail_sys(e, H9_ENOINPUT, err, "%s: cannot open", path);
  if (err != ENOENT) return e->code;
  const char *slash = strrchr(path, '/');
  int n = slash ? (int)(slash - path) : 0;
  char *folder = n ? strndup(path, (size_t)n) : NULL;
  bool lost = folder && access(folder, F_OK) != 0;
  char *near = lost ? NULL : nearest_file(path), more[300] = "";
  if (lost) snprintf(more, sizeof more, "; there is no folder '%.250s'", folder);
  else if (near) snprintf(more, sizeof more, "; did you mean '%.250s'?", near);
  for (char *c = more; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
  size_t at = strlen(e->text);
  snprintf(e->text + at, sizeof e->text - at, "%s", more);
  free(folder);
  free(near);
  return e->code;
}
