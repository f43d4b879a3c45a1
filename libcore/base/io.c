#include "io.h"

#include "counters.h"
#include "memory.h"
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel moves at most this much in one call anyway (0x7ffff000); smaller keeps ssize_t safe. */
#define ONE_CALL ((size_t)1 << 30)

/* Whether a failed call is to be repeated: it was interrupted, or the descriptor is of the kind
 * that does not wait (another program's doing), and this waits for it. */
static bool again(int fd, short event) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
  struct pollfd f = {fd, event, 0};
  (void)poll(&f, 1, -1);
  return true;
}

int h9_read_full(int fd, void *p, size_t n, size_t *got, h9_error *e) {
  *got = 0;
  while (*got < n) {
    size_t ask = n - *got < ONE_CALL ? n - *got : ONE_CALL;
    ssize_t r = read(fd, (char *)p + *got, ask);
    if (r > 0) {
      *got += (size_t)r;
      h9_count(H9_COUNT_READ_BYTES, (uint64_t)r);
    } else if (r == 0) return H9_OK;
    else if (!again(fd, POLLIN)) return h9_fail_sys(e, H9_EIO, errno, "cannot read");
  }
  return H9_OK;
}

int h9_write_full(int fd, const void *p, size_t n, h9_error *e) {
  for (size_t done = 0; done < n;) {
    size_t ask = n - done < ONE_CALL ? n - done : ONE_CALL;
    ssize_t r = write(fd, (const char *)p + done, ask);
    if (r > 0) {
      done += (size_t)r;
      h9_count(H9_COUNT_WRITTEN_BYTES, (uint64_t)r);
    } else if (r == 0) return h9_fail_sys(e, H9_EIO, ENOSPC, "cannot write"); /* a device that takes nothing */
    else if (!again(fd, POLLOUT)) return h9_fail_sys(e, H9_EIO, errno, "cannot write");
  }
  return H9_OK;
}

/* Opening such a name anew would start at offset 0 of a file that others are appending to: the
 * descriptor is duplicated instead. */
static int named_descriptor(const char *path) {
  static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
  char link[64];
  for (int follow = 0; follow < 2; follow++) {
    for (size_t i = 0; i < 2; i++) {
      size_t n = strlen(folders[i]);
      if (strncmp(path, folders[i], n) != 0) continue;
      size_t digits = strspn(path + n, "0123456789");
      if (digits >= 1 && digits <= 6 && path[n + digits] == 0) return atoi(path + n);
    }
    ssize_t len = readlink(path, link, sizeof link - 1);
    if (len <= 0) return -1;
    link[len] = 0;
    path = link;
  }
  return -1;
}

int h9_input_descriptor(const char *path) {
  size_t digits = strncmp(path, "fd:", 3) == 0 ? strspn(path + 3, "0123456789") : 0;
  if (digits >= 1 && digits <= 6 && path[3 + digits] == 0) return atoi(path + 3);
  return strcmp(path, "-") == 0 ? STDIN_FILENO : named_descriptor(path);
}

int h9_input_open(const char *path, int *fd, const char **shown, h9_error *e) {
  bool standard = !path || strcmp(path, "-") == 0;
  *shown = standard ? "standard input" : path;
  int named = standard ? -1 : h9_input_descriptor(path);
  *fd = standard     ? STDIN_FILENO
        : named >= 0 ? fcntl(named, F_DUPFD_CLOEXEC, 3)
                     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  struct stat st;
  if (*fd < 0 || fstat(*fd, &st) != 0) {
    int err = errno;
    if (*fd >= 0 && !standard) close(*fd);
    *fd = -1;
    return h9_fail_open(e, *shown, err);
  }
  if (S_ISDIR(st.st_mode)) h9_fail(e, H9_ENOINPUT, "%s: is a directory, expected a file", *shown);
  else if (isatty(*fd))
    h9_fail(e, H9_ENOINPUT, "%s: is a terminal, expected a stream: name a file, or pipe one in (--help has examples)", *shown);
  else {
    if (S_ISREG(st.st_mode)) (void)posix_fadvise(*fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return H9_OK;
  }
  if (!standard) close(*fd);
  *fd = -1;
  return e->code;
}

bool h9_input_live(int fd) {
  struct stat s;
  return fstat(fd, &s) == 0 && !S_ISREG(s.st_mode);
}

static const char *temporary_folder(void) {
  const char *folder = getenv("TMPDIR");
  return folder && *folder ? folder : "/tmp";
}

int h9_temporary_open(int *fd, h9_error *e) {
  *fd = open(temporary_folder(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
  return *fd >= 0 ? H9_OK : h9_fail_sys(e, H9_EIO, errno, "%s: cannot make a temporary file", temporary_folder());
}

int h9_copy_full(int from, int to, h9_error *e) {
  enum { PIECE = 1 << 18 };
  uint8_t *piece = malloc(PIECE);
  int rc = piece ? H9_OK : h9_fail_memory(e, PIECE, "a piece of a file");
  for (size_t got = PIECE; rc == H9_OK && got == PIECE;) {
    rc = h9_read_full(from, piece, PIECE, &got, e);
    if (rc == H9_OK) rc = h9_write_full(to, piece, got, e);
  }
  free(piece);
  return rc;
}

int h9_input_hold(int *fd, const char *shown, h9_error *e) {
  int copy;
  if (lseek(*fd, 0, SEEK_CUR) == 0) return H9_OK;
  int rc = h9_temporary_open(&copy, e);
  if (rc != H9_OK) return rc;
  rc = h9_copy_full(*fd, copy, e);
  if (rc != H9_OK) h9_fail_at(e, "%s, through a temporary file in %s", shown, temporary_folder());
  if (rc == H9_OK && lseek(copy, 0, SEEK_SET) != 0) rc = h9_fail_sys(e, H9_EIO, errno, "%s: cannot seek", temporary_folder());
  if (rc != H9_OK) {
    close(copy);
    return rc;
  }
  if (*fd != STDIN_FILENO) close(*fd);
  *fd = copy;
  return H9_OK;
}

/* Why a file of that name cannot be made, in terms of what can be done about it. */
static int fail_create(const char *path, int err, h9_error *e) {
  const char *slash = strrchr(path, '/');
  int n = slash ? (int)(slash - path) : 1;
  const char *folder = slash ? path : ".";
  if (slash == path) n = 1;
  if (err == ENOENT)
    return h9_fail_sys(e, H9_EIO, err, "%s: cannot create: found no folder '%.*s', make it first (mkdir -p)", path, n,
                       folder);
  if (err == EACCES || err == EPERM || err == EROFS)
    return h9_fail_sys(e, H9_EIO, err, "%s: cannot create: the folder '%.*s' cannot be written to", path, n, folder);
  return h9_fail_sys(e, H9_EIO, err, "%s: cannot create", path);
}

static int refuse_terminal(h9_output *o, const char *name, bool force, h9_error *e) {
  if (force || !isatty(o->fd)) return H9_OK;
  h9_fail(e, H9_EUSAGE, "%s: is a terminal; a binary stream belongs in a file or a pipe", name);
  h9_output_abandon(o);
  return e->code;
}

/* A file of its own beside the final one. `mode`: permissions of the file it will replace, or 0. */
static int open_partial(h9_output *o, const char *path, mode_t mode, h9_error *e) {
  char *real = mode ? realpath(path, NULL) : NULL; /* through a symbolic link, which stays */
  o->path = real ? real : h9_strdup(path);
  size_t n = o->path ? strlen(o->path) + sizeof ".partial" : 0;
  o->partial = o->path ? malloc(n) : NULL;
  if (!o->partial) {
    h9_output_abandon(o);
    return h9_fail_memory(e, n, "an output name");
  }
  snprintf(o->partial, n, "%s.partial", o->path);
  if (mode && access(o->path, W_OK) != 0) {
    h9_fail_sys(e, H9_EIO, errno, "%s: cannot write", path);
  } else {
    /* What an earlier run left is not written into: another process may still hold it. */
    if (unlink(o->partial) != 0 && errno != ENOENT) {
      (void)!fail_create(path, errno, e);
    } else {
      o->fd = open(o->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (o->fd >= 0) {
        if (mode) (void)fchmod(o->fd, mode & 0777); /* only a nicety: another's file may forbid it */
        return H9_OK;
      }
      (void)!fail_create(path, errno, e);
    }
  }
  free(o->partial);
  o->partial = NULL; /* not ours to remove */
  h9_output_abandon(o);
  return e->code;
}

int h9_output_open(h9_output *o, const char *path, bool force, h9_error *e) {
  *o = (h9_output){-1, NULL, NULL};
  if (!path || strcmp(path, "-") == 0) {
    o->fd = STDOUT_FILENO;
    if (fcntl(o->fd, F_GETFD) < 0) {
      o->fd = -1;
      return h9_fail_sys(e, H9_EIO, EBADF, "standard output: cannot write");
    }
    return refuse_terminal(o, "standard output", force, e);
  }
  if (!*path) return h9_fail(e, H9_EUSAGE, "the output's name is empty");
  struct stat st;
  bool exists = stat(path, &st) == 0;
  int named = named_descriptor(path);
  bool direct = named >= 0 || strncmp(path, "/proc/", 6) == 0 || (exists && !S_ISREG(st.st_mode));
  if (exists && S_ISDIR(st.st_mode))
    return h9_fail_sys(e, H9_EIO, EISDIR, "%s: expected the name of a file to write", path);
  if (!direct) return open_partial(o, path, exists ? st.st_mode | S_IFREG : 0, e);
  o->fd = named >= 0 ? fcntl(named, F_DUPFD_CLOEXEC, 3) : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (o->fd < 0) return h9_fail_sys(e, H9_EIO, errno, "%s: cannot write", path);
  o->path = h9_strdup(path);
  if (!o->path) {
    h9_output_abandon(o);
    return h9_fail_memory(e, strlen(path), "an output name");
  }
  return refuse_terminal(o, path, force, e);
}

static void release(h9_output *o) {
  free(o->path);
  free(o->partial);
  *o = (h9_output){-1, NULL, NULL};
}

int h9_output_commit(h9_output *o, h9_error *e) {
  int code = H9_OK;
  const char *name = o->path ? o->path : "standard output";
  /* Standard output stays open for the program's own end; closing a duplicate makes a file system
   * that reports late (NFS, quota) report here. */
  int fd = o->path ? o->fd : dup(o->fd);
  if (fd < 0 || close(fd) != 0) {
    int err = errno;
    if (err != EINTR) code = h9_fail_sys(e, H9_EIO, err, "%s: cannot close", name);
  }
  o->fd = -1;
  if (o->partial && code == H9_OK && rename(o->partial, o->path) != 0)
    code = h9_fail_sys(e, H9_EIO, errno, "%s: cannot rename to %s", o->partial, o->path);
  if (o->partial && code != H9_OK) (void)unlink(o->partial);
  release(o);
  return code;
}

void h9_output_abandon(h9_output *o) {
  if (o->path && o->fd >= 0) close(o->fd);
  if (o->partial) (void)unlink(o->partial);
  release(o);
}
