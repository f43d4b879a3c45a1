/* Live inputs: bytes are taken as they come, until they make whole lines or a batch. */
#include "stimulus_parts.h"

#include "../base/memory.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, LINE_MAX_BYTES = 1 << 16 };

bool h9_stimulus_input_is_live(const h9_stimulus_input *in) { return in->live; }

/* Waits for bytes; *got 0 at the end. */
static int take_bytes(h9_stimulus_input *in, int wake, void *p, size_t n, size_t *got, h9_error *e) {
  for (;;) {
    struct pollfd f[2] = {{in->fd, POLLIN, 0}, {wake, POLLIN, 0}};
    if (poll(f, 2, -1) < 0 && errno != EINTR) return h9_fail_sys(e, H9_EIO, errno, "%s: cannot wait for input", in->name);
    if (f[1].revents) return h9_fail(e, H9_EIO, "%s: given up", in->name);
    if (!f[0].revents) continue;
    ssize_t k = read(in->fd, p, n);
    if (k >= 0) {
      *got = (size_t)k;
      return H9_OK;
    }
    if (errno != EINTR && errno != EAGAIN) return h9_fail_sys(e, H9_EIO, errno, "%s: cannot read", in->name);
  }
}

/* Whole lines of what came; at the end the last one, too, which may lack its end. */
static int take_lines(h9_stimulus_input *in, h9_event_list *list, h9_error *e) {
  char *s = in->came, *stop = s + in->came_n, *newline;
  int rc = H9_OK;
  while (rc == H9_OK && s < stop) {
    newline = memchr(s, '\n', (size_t)(stop - s));
    if (!newline && !in->ended) break;
    char *end = newline ? newline : stop;
    bool any;
    h9_event v;
    *end = 0; /* there is room for one more */
    rc = h9_stimulus_parse(in, s, (size_t)(end - s), &any, &v, e);
    if (rc == H9_OK && any) rc = h9_stimulus_append(in, v, list, e);
    s = newline ? end + 1 : stop;
  }
  in->came_n = (size_t)(stop - s);
  memmove(in->came, s, in->came_n);
  if (rc == H9_OK && in->came_n > LINE_MAX_BYTES)
    rc = h9_fail(e, H9_EDATA, "%s:%llu: a line of more than %d bytes, expected time, neuron, weight and priority", in->name,
                 (unsigned long long)in->lines + 1, LINE_MAX_BYTES);
  return rc;
}

static int more_text(h9_stimulus_input *in, int wake, h9_event_list *list, h9_error *e) {
  size_t got;
  if (h9_grow(&in->came, &in->came_cap, in->came_n + CHUNK + 1, 1) != H9_OK)
    return h9_fail_memory(e, in->came_n + CHUNK, "lines of a stimulus");
  int rc = take_bytes(in, wake, in->came + in->came_n, CHUNK, &got, e);
  if (rc != H9_OK) return rc;
  in->came_n += got;
  in->ended = got == 0;
  return take_lines(in, list, e);
}

static int more_stream(h9_stimulus_input *in, h9_event_list *list, h9_error *e) {
  int rc = h9_stimulus_next_batch(in, e);
  for (; rc == H9_OK && in->at < in->batch.n; in->at++) {
    h9_event v;
    rc = h9_stimulus_of_batch(in, in->at, &v, e);
    if (rc == H9_OK) rc = h9_stimulus_append(in, v, list, e);
  }
  in->ended = rc == H9_EOF;
  return in->ended ? H9_OK : rc;
}

/* The first byte tells what comes. */
static int begin(h9_stimulus_input *in, int wake, h9_error *e) {
  unsigned char first;
  size_t got;
  int rc = take_bytes(in, wake, &first, 1, &got, e);
  if (rc != H9_OK) return rc;
  in->ended = got == 0;
  if (in->ended) return H9_OK;
  if (h9_stimulus_begins_stream(first) && !in->f->text_pipe) {
    rc = h9_reader_open_begun(&in->reader, in->fd, in->name, 1u << H9_BLOCK_SIGNALS, &first, 1, wake, e);
    return rc == H9_OK ? h9_stimulus_begin_stream(in, e) : rc;
  }
  if (h9_grow(&in->came, &in->came_cap, 1, 1) != H9_OK) return h9_fail_memory(e, 1, "lines of a stimulus");
  in->came[in->came_n++] = (char)first;
  return H9_OK;
}

int h9_stimulus_input_more(h9_stimulus_input *in, int wake, h9_event_list *list, h9_error *e) {
  int rc = H9_OK;
  if (!in->reader && in->came_n == 0 && !in->came && !in->ended) rc = begin(in, wake, e);
  if (rc == H9_OK && !in->ended) rc = in->reader ? more_stream(in, list, e) : more_text(in, wake, list, e);
  return rc == H9_OK && in->ended && list->n == 0 ? H9_EOF : rc;
}
