#include "jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MOST = 4096 }; /* jobs at once */

/* Reads groups to mind (+) and to forget (-); at the end of the pipe, ends those that are left. */
static void watch(int fd) {
  static int32_t group[MOST];
  int32_t word;
  size_t n = 0;
  for (int s = 1; s < 32; s++)
    if (s == SIGINT || s == SIGTERM || s == SIGHUP || s == SIGPIPE) signal(s, SIG_IGN);
  (void)setpgid(0, 0);
  for (;;) {
    ssize_t got = read(fd, &word, sizeof word);
    if (got < 0 && errno == EINTR) continue;
    if (got != (ssize_t)sizeof word) break;
    if (word > 0 && n < MOST) group[n++] = word;
    for (size_t i = 0; word < 0 && i < n; i++)
      if (group[i] == -word) group[i--] = group[--n], word = 0;
  }
  for (size_t i = 0; i < n; i++) (void)kill(-group[i], SIGKILL);
}

int h9_jobs_open(h9_jobs *j, void (*leave)(int status), h9_error *e) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC)) return h9_fail_sys(e, H9_ESYSTEM, errno, "a pipe");
  pid_t pid = fork();
  if (pid < 0) {
    int err = errno;
    close(fds[0]);
    close(fds[1]);
    return h9_fail_sys(e, H9_ESYSTEM, err, "a process");
  }
  if (pid == 0) {
    close(fds[1]);
    watch(fds[0]);
    leave(0);
  }
  close(fds[0]);
  *j = (h9_jobs){fds[1], pid};
  return H9_OK;
}

void h9_jobs_close(h9_jobs *j) {
  if (!j->watcher) return;
  close(j->pipe);
  while (waitpid(j->watcher, NULL, 0) < 0 && errno == EINTR) continue;
  *j = (h9_jobs){.watcher = 0};
}

static void tell(h9_jobs *j, int32_t word) {
  while (write(j->pipe, &word, sizeof word) < 0 && errno == EINTR) continue;
}

int h9_jobs_start(h9_jobs *j, const char *command, const char *folder, const char *out, const char *err, pid_t *pid, h9_error *e) {
  /* it waits for a line, which comes when the watcher knows of it */
  static const char head[] = "read -r -u 0 _ || exit 125; exec < /dev/null; set -o pipefail\n";
  int go[2];
  size_t len = sizeof head + strlen(command) + 1;
  char *script = malloc(len);
  if (!script) return h9_fail_memory(e, len, "a command");
  snprintf(script, len, "%s%s", head, command);
  if (pipe2(go, O_CLOEXEC)) {
    free(script);
    return h9_fail_sys(e, H9_ESYSTEM, errno, "a pipe");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder);
  posix_spawn_file_actions_adddup2(&actions, go[0], STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  posix_spawnattr_t attributes;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  char *argv[] = {"bash", "-c", script, NULL};
  int rc = posix_spawnp(pid, "bash", &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  free(script);
  close(go[0]);
  if (rc == 0) {
    tell(j, *pid);
    while (write(go[1], "\n", 1) < 0 && errno == EINTR) continue;
  }
  close(go[1]);
  return rc ? h9_fail_sys(e, H9_ESYSTEM, rc, "%s: bash", folder) : H9_OK;
}

static void forget(h9_jobs *j, pid_t pid) {
  (void)kill(-pid, SIGKILL);
  tell(j, -(int32_t)pid);
}

pid_t h9_jobs_wait(h9_jobs *j, int wait_ms, int *status, int *caught) {
  sigset_t set;
  struct timespec t = {wait_ms / 1000, wait_ms % 1000 * 1000000L};
  *caught = 0;
  for (int turn = 0; turn < 2; turn++) {
    pid_t pid = waitpid(-1, status, WNOHANG);
    if (pid > 0 && pid != j->watcher) {
      forget(j, pid);
      return pid;
    }
    if (turn) break;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    int s = sigtimedwait(&set, NULL, &t);
    if (s > 0 && s != SIGCHLD) {
      *caught = s;
      return 0;
    }
  }
  return 0;
}

void h9_jobs_end(h9_jobs *j, pid_t pid) {
  (void)kill(-pid, SIGKILL);
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
  forget(j, pid);
}
