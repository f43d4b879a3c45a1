#include "thread.h"

#include "cpu.h"

#include <signal.h>

int h9_threads_start(pthread_t *t, int n, void *(*body)(void *), void *data) {
  static const int own[] = {SIGPIPE, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
  sigset_t block, old;
  sigfillset(&block);
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) sigdelset(&block, own[i]);
  pthread_sigmask(SIG_SETMASK, &block, &old);
  int started = 0;
  while (started < n && pthread_create(&t[started], NULL, body, data) == 0) started++;
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return started;
}

void h9_threads_join(pthread_t *t, int n) {
  for (int i = 0; i < n; i++) pthread_join(t[i], NULL);
}

int h9_workers(int n) {
  if (n <= 0) n = h9_cpu_count();
  return n < H9_WORKERS_MAX ? n : H9_WORKERS_MAX;
}
