#include "cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096 };

static bool parse(const char *s, uint64_t *value, const char **end) {
  while (*s == ' ' || *s == '\t') s++;
  if (*s < '0' || *s > '9') return false; /* "max", "-1" */
  char *stop;
  *value = strtoull(s, &stop, 10);
  if (end) *end = stop;
  return true;
}

static FILE *file_of(const char *dir, const char *file) {
  char path[PATH_ROOM];
  int n = snprintf(path, sizeof path, "%s/%s", dir, file);
  return n > 0 && (size_t)n < sizeof path ? fopen(path, "re") : NULL;
}

bool h9_cgroup_number(const char *dir, const char *file, const char *key, uint64_t *value) {
  FILE *f = file_of(dir, file);
  if (!f) return false;
  char line[256];
  bool found = false;
  size_t n = key ? strlen(key) : 0;
  while (!found && fgets(line, sizeof line, f)) {
    if (!key) {
      found = parse(line, value, NULL);
      break;
    }
    if (strncmp(line, key, n) == 0 && line[n] == ' ') found = parse(line + n, value, NULL);
  }
  fclose(f);
  return found;
}

bool h9_cgroup_pair(const char *dir, const char *file, uint64_t *a, uint64_t *b) {
  FILE *f = file_of(dir, file);
  if (!f) return false;
  char line[256];
  const char *rest;
  bool found = fgets(line, sizeof line, f) && parse(line, a, &rest) && parse(rest, b, NULL);
  fclose(f);
  return found;
}

/* Visits root + group and every parent of it down to root. Inside a container the group's path may
 * not exist below the mount; the root then stands for it. */
static void climb(const char *root, char *group, bool v2, void (*visit)(const char *dir, bool v2, void *data),
                  void *data) {
  char path[PATH_ROOM];
  struct stat st;
  for (;;) {
    size_t n = strlen(group);
    while (n && group[n - 1] == '/') group[--n] = 0;
    int len = snprintf(path, sizeof path, "%s%s", root, group);
    if (len > 0 && (size_t)len < sizeof path && stat(path, &st) == 0) visit(path, v2, data);
    char *slash = strrchr(group, '/');
    if (!slash) return;
    *slash = 0;
  }
}

/* Whether a comma-separated list holds a word. */
static bool lists(const char *list, const char *word) {
  size_t n = strlen(word);
  for (const char *p = list; p; p = strchr(p, ',')) {
    if (*p == ',') p++;
    if (strncmp(p, word, n) == 0 && (p[n] == 0 || p[n] == ',')) return true;
  }
  return false;
}

void h9_cgroup_walk(const char *controller, void (*visit)(const char *dir, bool v2, void *data), void *data) {
  FILE *f = fopen("/proc/self/cgroup", "re");
  if (!f) return;
  char line[PATH_ROOM], root[64];
  while (fgets(line, sizeof line, f)) { /* "ID:CONTROLLERS:/GROUP", no controllers: version 2 */
    line[strcspn(line, "\n")] = 0;
    char *names = strchr(line, ':'), *group = names ? strchr(names + 1, ':') : NULL;
    if (!group) continue;
    *group++ = 0;
    names++;
    if (*names == 0) {
      climb("/sys/fs/cgroup", group, true, visit, data);
    } else if (lists(names, controller)) {
      snprintf(root, sizeof root, "/sys/fs/cgroup/%s", controller);
      climb(root, group, false, visit, data);
    }
  }
  fclose(f);
}
