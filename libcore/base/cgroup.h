/* The control groups (versions 1 and 2) that this process lives in. */
#ifndef H9_BASE_CGROUP_H
#define H9_BASE_CGROUP_H

#include "types.h"

/* Calls `visit` with each directory of a controller ("memory", "cpu") that applies to this
 * process: its own group and all those above, as far as they are visible here. */
void h9_cgroup_walk(const char *controller, void (*visit)(const char *dir, bool v2, void *data), void *data);
/* The first number of DIR/FILE (false for "max" or where there is none), or with `key` the number
 * on the line that begins with it. */
bool h9_cgroup_number(const char *dir, const char *file, const char *key, uint64_t *value);
/* Two numbers, as in cpu.max. */
bool h9_cgroup_pair(const char *dir, const char *file, uint64_t *a, uint64_t *b);

#endif
