#include "cpu.h"

#include "cgroup.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[H9_SIMD_LEVELS] = {"scalar", "sse", "avx2", "avx512"};

const char *h9_simd_name(enum h9_simd level) {
  return (unsigned)level < H9_SIMD_LEVELS ? level_names[level] : "unknown";
}

/* The instruction sets here are those the Makefile compiles each level's files with. */
static enum h9_simd highest(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("sse4.2")) return H9_SIMD_SCALAR;
  if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt")))
    return H9_SIMD_SSE;
  if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512cd")))
    return H9_SIMD_AVX2;
  return H9_SIMD_AVX512;
#else
  return H9_SIMD_SCALAR;
#endif
}

int h9_simd_choose(enum h9_simd *level, h9_error *e) {
  enum h9_simd best = highest();
  *level = best;
  const char *asked = getenv("HAL9_SIMD");
  if (!asked || !*asked) return H9_OK;
  for (int i = 0; i < H9_SIMD_LEVELS; i++)
    if (strcmp(asked, level_names[i]) == 0) {
      if (i > (int)best)
        return h9_fail(e, H9_EUSAGE, "HAL9_SIMD=%s: this processor goes up to %s", asked, level_names[best]);
      *level = (enum h9_simd)i;
      return H9_OK;
    }
  return h9_fail(e, H9_EUSAGE, "HAL9_SIMD=%s: expected scalar, sse, avx2 or avx512", asked);
}

/* A group's CPU quota rounded up to whole processors lowers *data. */
static void take_quota(const char *dir, bool v2, void *data) {
  int *least = data;
  uint64_t quota, period;
  bool set = v2 ? h9_cgroup_pair(dir, "cpu.max", &quota, &period)
                : h9_cgroup_number(dir, "cpu.cfs_quota_us", NULL, &quota) &&
                      h9_cgroup_number(dir, "cpu.cfs_period_us", NULL, &period);
  if (!set || quota == 0 || period == 0) return;
  uint64_t n = quota / period + (quota % period != 0);
  if (n < (uint64_t)*least) *least = (int)n;
}

/* Counts the affinity mask, however many processors the kernel knows. */
static int affinity(void) {
  for (int room = 1024; room <= 1 << 20; room *= 2) {
    cpu_set_t *set = CPU_ALLOC(room);
    if (!set) break;
    size_t bytes = CPU_ALLOC_SIZE(room);
    int n = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (n > 0) return n;
  }
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

int h9_cpu_count(void) {
  int n = affinity();
  h9_cgroup_walk("cpu", take_quota, &n);
  return n > 0 ? n : 1;
}
