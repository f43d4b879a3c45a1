#include "batch_options.h"

#include "options.h"

enum { OPT_SIZE = 0x3000, OPT_WAIT, OPT_URGENT, OPT_LATENCY };

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "When signals are sent (as they come where nothing is asked for):", 6},
    {"latency", OPT_LATENCY, "low|normal|high", 0,
     "Batches of 10, 100 or 1,000 signals, sent after 1, 10 or 50 ms, at once when 50, 1,000 or 10,000 wait", 0},
    {"batch-size", OPT_SIZE, "N", 0, "Send a batch when it has N signals", 0},
    {"batch-wait", OPT_WAIT, "MS", 0, "Send a batch when its oldest signal has waited MS ms of the clock", 0},
    {"batch-urgent", OPT_URGENT, "N", 0, "Send all signals that wait when they are N", 0},
    {0, 0, 0, 0, 0, 0},
};

static uint32_t number(struct argp_state *state, const char *option, const char *arg) {
  h9_error e = {0};
  uint64_t n = 0;
  h9_option_try(state, h9_option_whole(option, arg, 1, 1u << 24, &n, &e), &e);
  return (uint32_t)n;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
  h9_batch_options *o = state->input;
  h9_error e = {0};
  switch (key) {
  case OPT_SIZE:
    o->given.size = number(state, "--batch-size", arg);
    o->size_given = true;
    break;
  case OPT_URGENT:
    o->given.urgent = number(state, "--batch-urgent", arg);
    o->urgent_given = true;
    break;
  case OPT_WAIT:
    h9_option_try(state, h9_option_quantity("--batch-wait", arg, &h9_unit_ms, &o->given.wait_ms, &e), &e);
    if (!(o->given.wait_ms >= 0 && o->given.wait_ms <= 1e7))
      argp_error(state, "--batch-wait: found '%s', expected 0 to 10,000,000 ms", arg);
    o->wait_given = true;
    break;
  case OPT_LATENCY:
    o->latency = 1 + h9_batch_latency_of(arg);
    if (!o->latency) argp_error(state, "--latency: found '%s', expected low, normal or high", arg);
    break;
  default:
    return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

const struct argp h9_batch_argp = {option_table, parse, NULL, NULL, NULL, NULL, NULL};

h9_batch_settings h9_batch_resolve(const h9_batch_options *o, const h9_batch_settings *otherwise) {
  h9_batch_settings s = o->latency ? h9_batch_preset[o->latency - 1] : *otherwise;
  if (o->size_given) s.size = o->given.size;
  if (o->urgent_given) s.urgent = o->given.urgent;
  if (o->wait_given) s.wait_ms = o->given.wait_ms;
  return s;
}
