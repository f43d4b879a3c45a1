/* Command lines run by bash, each in a process group and a folder of its own. None outlives this process: a watcher holds the
 * other end of a pipe and ends what is left when the pipe closes, however this process ended. */
#ifndef H9_WHOLE_JOBS_H
#define H9_WHOLE_JOBS_H

#include "../base/status.h"
#include <sys/types.h>

typedef struct h9_jobs {
  int pipe;      /* to the watcher */
  pid_t watcher;
} h9_jobs;

/* Starts the watcher, which keeps all open descriptors (locks on files so last until every job is ended). It ends
 * by `leave`, which is _exit. SIGCHLD must be blocked. H9_ESYSTEM. */
int h9_jobs_open(h9_jobs *j, void (*leave)(int status), h9_error *e) H9_UNUSED_RESULT;
void h9_jobs_close(h9_jobs *j);
/* Starts `command` with pipefail in `folder`; standard output and error go to the files `out` and `err` there. H9_ESYSTEM. */
int h9_jobs_start(h9_jobs *j, const char *command, const char *folder, const char *out, const char *err, pid_t *pid,
                  h9_error *e) H9_UNUSED_RESULT;
/* A job that ended, or 0 after `wait_ms`; *caught: a signal of SIGINT, SIGTERM, SIGHUP (which must be blocked) that came
 * instead, or 0. What a job left running in its group is ended. */
pid_t h9_jobs_wait(h9_jobs *j, int wait_ms, int *status, int *caught);
/* Ends a job's whole group and waits for it. */
void h9_jobs_end(h9_jobs *j, pid_t pid);

#endif
