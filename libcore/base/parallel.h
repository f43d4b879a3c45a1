/* Compute threads: a body run on several threads at once.
 *
 * Threads that wait sleep. The programs stand in pipelines, and a thread that spins while it waits for the
 * next piece of work (as OpenMP's do by default, for milliseconds) takes the processor from the program
 * before or behind it: four fifths of the time of a small pipeline went there. */
#ifndef H9_BASE_PARALLEL_H
#define H9_BASE_PARALLEL_H

#include "types.h"

/* Calls body(ctx, k, n) for k = 0 ... n - 1 at once, k = 0 on the calling thread, and returns when all have:
 * n is `threads`, or fewer where no more could be started, which is returned. */
int h9_parallel(int threads, void (*body)(void *ctx, int me, int n), void *ctx);
/* Calls body(ctx, i, me) for i = 0 ... count - 1, each once, on up to `threads` threads; `me` below
 * `threads`. */
void h9_parallel_each(int threads, uint64_t count, void (*body)(void *ctx, uint64_t i, int me), void *ctx);

#endif
