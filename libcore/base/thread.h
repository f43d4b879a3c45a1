/* Helper threads of the stream reader and writer (compute threads are OpenMP's). */
#ifndef H9_BASE_THREAD_H
#define H9_BASE_THREAD_H

#include "types.h"
#include <pthread.h>

enum { H9_WORKERS_MAX = 64 };

/* Starts up to `n` threads in t[]; returns how many run. Signals sent to the process go to its
 * other threads; SIGPIPE, which belongs to the thread that wrote, keeps its meaning. */
int h9_threads_start(pthread_t *t, int n, void *(*body)(void *), void *data);
void h9_threads_join(pthread_t *t, int n);
/* n, or when n <= 0 the processors at hand; at most H9_WORKERS_MAX. */
int h9_workers(int n);

#endif
