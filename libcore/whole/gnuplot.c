#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int h9_gnuplot_run(const char *script, h9_error *e) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC)) return h9_fail_sys(e, H9_ESYSTEM, errno, "a pipe to gnuplot");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
  char *argv[] = {"gnuplot", "-d", (char *)script, NULL}; /* -d: no start-up file of the user's */
  pid_t pid;
  int rc = posix_spawnp(&pid, "gnuplot", &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(fds[1]);
  if (rc) {
    close(fds[0]);
    if (rc == ENOENT) return h9_fail(e, H9_ESYSTEM, "gnuplot is not installed; on Debian: apt-get install gnuplot-nox");
    return h9_fail_sys(e, H9_ESYSTEM, rc, "gnuplot");
  }
  char said[2000];
  size_t n = 0;
  for (;;) {
    char spill[512];
    ssize_t got = n < sizeof said - 1 ? read(fds[0], said + n, sizeof said - 1 - n) : read(fds[0], spill, sizeof spill);
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
