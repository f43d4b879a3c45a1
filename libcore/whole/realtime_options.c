#include "realtime.h"

#include "options.h"

#include <math.h>
#include <stdlib.h>

enum { OPT_REALTIME = 0x3100, OPT_FRAME, OPT_BUDGET, OPT_QUEUE, OPT_LOG };

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "By the clock:", 5},
    {"realtime", OPT_REALTIME, "FACTOR", OPTION_ARG_OPTIONAL,
     "Let FACTOR s of the clock pass for 1 s of simulated time (default: 1), take stimuli from pipes as they come, and end "
     "the stream whole on SIGINT and SIGTERM",
     0},
    {"frame", OPT_FRAME, "MS", 0, "Simulate a frame of MS ms of the clock at a time (default: 16.67, 60 a second)", 0},
    {"budget", OPT_BUDGET, "N", 0, "Deliver at most N stimulus signals a frame, but all of high priority (default: any number)",
     0},
    {"queue", OPT_QUEUE, "N", 0, "Let at most N stimulus signals wait (default: 65536)", 0},
    {"stimulus-log", OPT_LOG, "FILE", 0, "Write to FILE, as text for --stimulus, the signals as they were delivered", 0},
    {0, 0, 0, 0, 0, 0},
};

static uint64_t number(struct argp_state *state, const char *option, const char *arg, uint64_t low, uint64_t high) {
  h9_error e = {0};
  uint64_t n = low;
  h9_option_try(state, h9_option_whole(option, arg, low, high, &n, &e), &e);
  return n;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
  h9_realtime_options *o = state->input;
  h9_error e = {0};
  char *end;
  switch (key) {
  case OPT_REALTIME:
    o->on = true;
    o->factor = 1;
    if (!arg) break;
    o->factor = strtod(arg, &end);
    if (end == arg || *end || !(o->factor >= 1e-6 && o->factor <= 1e6))
      argp_error(state, "--realtime: found '%s', expected seconds of the clock for one of simulated time, 1e-6 to 1e6", arg);
    break;
  case OPT_FRAME:
    h9_option_try(state, h9_option_quantity("--frame", arg, &h9_unit_ms, &o->frame_ms, &e), &e);
    if (!(o->frame_ms >= 0.01 && o->frame_ms <= 1e4))
      argp_error(state, "--frame: found '%s', expected 0.01 to 10,000 ms", arg);
    break;
  case OPT_BUDGET:
    o->budget = number(state, "--budget", arg, 1, UINT32_MAX);
    break;
  case OPT_QUEUE:
    o->queue = number(state, "--queue", arg, 1, 1u << 24);
    break;
  case OPT_LOG:
    o->log = arg;
    break;
  case ARGP_KEY_END:
    if (!o->on && (o->frame_ms > 0 || o->budget || o->queue || o->log))
      argp_error(state, "%s goes with --realtime",
                 o->frame_ms > 0 ? "--frame" : o->budget ? "--budget" : o->queue ? "--queue" : "--stimulus-log");
    break;
  default:
    return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

const struct argp h9_realtime_argp = {option_table, parse, NULL, NULL, NULL, NULL, NULL};
