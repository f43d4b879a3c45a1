#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* picture='NAME', quotes doubled. */
static int assignment(char *out, size_t size, const char *name) {
  size_t n = (size_t)snprintf(out, size, "picture='");
  for (; *name && n + 4 < size; name++) {
    if (*name == '\'') out[n++] = '\'';
    out[n++] = *name;
  }
  memcpy(out + n, "'", 2);
  return *name ? -1 : 0;
}

int h9_gnuplot_run(const char *script, const char *picture, h9_error *e) {
  char assign[4200];
  if (assignment(assign, sizeof assign, picture)) return h9_fail(e, H9_EIO, "%s: name too long", picture);
  int fds[2];
  if (pipe2(fds, O_CLOEXEC)) return h9_fail_sys(e, H9_ESYSTEM, errno, "a pipe to gnuplot");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
  char *argv[] = {"gnuplot", "-d",           "-e",
                  assign,    (char *)script, NULL}; /* -d: no start-up file of the user's */
  pid_t pid;
  posix_spawnattr_t attributes; /* whatever signals this program ignores, gnuplot does not */
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  int rc = posix_spawnp(&pid, "gnuplot", &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(fds[1]);
  if (rc) {
    close(fds[0]);
    if (rc == ENOENT)
      return h9_fail(e, H9_ESYSTEM, "gnuplot is not installed; on Debian: apt-get install gnuplot-nox");
    return h9_fail_sys(e, H9_ESYSTEM, rc, "gnuplot");
  }
  char said[2000];
  size_t n = 0;
  for (;;) {
    char spill[512];
    ssize_t got =
        n < sizeof said - 1 ? read(fds[0], said + n, sizeof said - 1 - n) : read(fds[0], spill, sizeof spill);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (n < sizeof said - 1) n += (size_t)got;
  }
  said[n] = 0;
  close(fds[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return H9_OK;
  return h9_fail(e, H9_EINTERNAL, "gnuplot failed: %s", n ? said : "no message");
}
