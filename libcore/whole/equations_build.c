/* Compiling equations: in a directory of their own, with the system's compiler, from text and headers that this
 * program carries. */
#include "equations.h"

#include "../base/memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
/* Made by the build: names and texts of the headers that a step needs, ended by NULL. */
extern const char *const h9_model_headers[][2];

static int write_file(const char *dir, const char *name, const void *data, size_t len, h9_error *e) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return h9_fail_sys(e, H9_ESYSTEM, errno, "%s", path);
  ssize_t done = 0;
  for (size_t at = 0; at < len; at += (size_t)done)
    if ((done = write(fd, (const char *)data + at, len - at)) < 0) break;
  int rc = done < 0 || close(fd) ? h9_fail_sys(e, H9_ESYSTEM, errno, "%s", path) : H9_OK;
  return rc;
}

/* Runs the compiler; what it says goes to a file. */
static int compile(const char *dir, h9_error *e) {
  const char *cc = getenv("CC");
  if (!cc || !*cc || strchr(cc, ' ')) cc = "cc";
  char source[PATH_MAX], object[PATH_MAX], include[PATH_MAX], said[PATH_MAX];
  snprintf(source, sizeof source, "%s/model.c", dir);
  snprintf(object, sizeof object, "%s/model.so", dir);
  snprintf(include, sizeof include, "-I%s", dir);
  snprintf(said, sizeof said, "%s/said", dir);
  char *argv[] = {(char *)(uintptr_t)cc, "-std=gnu11", "-O3", "-march=native", "-ffp-contract=off", "-fno-trapping-math",
                  "-fno-math-errno", "-fopenmp-simd", "-fPIC", "-shared", "-w", include, "-o", object, source, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, said, O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid;
  int rc = posix_spawnp(&pid, cc, &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (rc == ENOENT)
    return h9_fail(e, H9_ESYSTEM, "models by equations need a C compiler, and '%s' is not found; on Debian: apt-get install gcc libc6-dev", cc);
  if (rc) return h9_fail_sys(e, H9_ESYSTEM, rc, "%s", cc);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return H9_OK;
  char text[400] = "";
  FILE *f = fopen(said, "r");
  size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
  text[n] = 0;
  if (f) fclose(f);
  return h9_fail(e, H9_ESYSTEM, "the compiler '%s' failed on the model's equations: %s", cc, text);
}

static int load(h9_equations *q, const char *dir, h9_error *e) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/model.so", dir);
  void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* stays loaded */
  if (!object) return h9_fail(e, H9_ESYSTEM, "%s", dlerror());
  void *prepare = dlsym(object, "h9_equations_prepare");
  q->model.kernels[0] = dlsym(object, "h9_equations_kernels");
  memcpy(&q->model.prepare, &prepare, sizeof prepare);
  if (!prepare || !q->model.kernels[0]) return h9_fail(e, H9_EINTERNAL, "the compiled model lacks its functions");
  return H9_OK;
}

static void tidy(const char *dir) {
  char path[PATH_MAX];
  static const char *const own[] = {"model.c", "model.so", "said"};
  for (int i = 0; h9_model_headers[i][0]; i++) {
    snprintf(path, sizeof path, "%s/model/%s", dir, h9_model_headers[i][0]);
    unlink(path);
  }
  snprintf(path, sizeof path, "%s/model", dir);
  rmdir(path);
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    snprintf(path, sizeof path, "%s/%s", dir, own[i]);
    unlink(path);
  }
  rmdir(dir);
}

int h9_equations_build(const char *model, h9_error *e) {
  h9_equations *q = h9_equations_find(model);
  if (!q || q->model.kernels[0]) return H9_OK;
  const char *tmp = getenv("TMPDIR");
  char dir[PATH_MAX - 64], sub[PATH_MAX];
  snprintf(dir, sizeof dir, "%s/hal9-model.XXXXXX", tmp && *tmp ? tmp : "/tmp");
  if (!mkdtemp(dir)) return h9_fail_sys(e, H9_ESYSTEM, errno, "%s", dir);
  snprintf(sub, sizeof sub, "%s/model", dir);
  int rc = mkdir(sub, 0700) ? h9_fail_sys(e, H9_ESYSTEM, errno, "%s", sub) : H9_OK;
  for (int i = 0; rc == H9_OK && h9_model_headers[i][0]; i++)
    rc = write_file(sub, h9_model_headers[i][0], h9_model_headers[i][1], strlen(h9_model_headers[i][1]), e);
  h9_buf text = {0};
  if (rc == H9_OK) rc = h9_equations_text(q, &text, e);
  if (rc == H9_OK) rc = write_file(dir, "model.c", text.data, text.len, e);
  if (rc == H9_OK) rc = compile(dir, e);
  if (rc == H9_OK) rc = load(q, dir, e);
  h9_buf_release(&text);
  tidy(dir);
  return rc == H9_OK ? rc : h9_fail_at(e, "model '%s'", model);
}
