/* The bandwidth probe and the account that is made of it. Bounds of the machine's bandwidth are orders of
 * magnitude, not times; the account is computed by hand from figures that are given. */
#include "tap.h"

#include "../../libcore/base/memory.h"
#include "../../libcore/whole/profile.h"

#include <string.h>

static const char *line(const char *text, const char *name) {
  const char *p = text;
  while (p && strncmp(p, name, strlen(name)) != 0) p = (p = strchr(p, '\n')) ? p + 1 : NULL;
  return p ? p : "";
}

int main(void) {
  h9_bandwidth b;
  h9_error e = {0};
  for (int threads = 1; threads <= 2; threads++) {
    int rc = h9_bandwidth_measure(threads, &b, &e);
    ok(rc == H9_OK, "measured on %d threads: %s", threads, e.text);
    /* slower than any memory of the last decades; faster than any cache */
    ok(b.read > 1e7 && b.read < 1e14, "read %.3g bytes a second", b.read);
    ok(b.triad > 1e7 && b.triad < 1e14, "triad %.3g bytes a second", b.triad);
    ok(b.bytes > 0 && b.bytes <= (size_t)512 << 20, "%zu bytes", b.bytes);
  }

  /* 2 s of 20,000 steps of 0.1 ms on two threads; 1e9 events of 4 bytes in 0.5 s: 8 GB/s of 16; 1000 neurons of
   * 25 bytes: 5e8 bytes in 0.25 s, 2 GB/s of 8 */
  h9_profile p = {
      .stats = {.threads = 2, .connections = 1000000, .row_bytes = 4000000, .neuron_bytes = 25000, .delay_min = 1,
                .delay_max = 30, .spikes = 10000, .events = 1000000000, .build_s = 0.125, .simulate_s = 1,
                .deliver_s = 0.5, .update_s = 0.25, .drive_s = 0.125, .exchange_s = 0.0625, .output_s = 0.0625},
      .neurons = 1000, .steps = 20000, .dt = 0.1, .load_s = 0.25, .peak_rss = 1000000,
      .measured = {.read = 16e9, .triad = 8e9, .bytes = 1000},
  };
  char text[4096] = "";
  FILE *f = fmemopen(text, sizeof text - 1, "w");
  if (!f) return 71;
  h9_profile_print(f, &p);
  fclose(f);
  const struct {
    const char *name, *want;
  } lines[] = {
      {"deliver ", "deliver         0.500    50.0       0.2500\n"},
      {"update ", "update          0.250    25.0       0.1250\n"},
      {"drive ", "drive           0.125    12.5       0.0625\n"},
      {"exchange ", "exchange        0.062     6.2       0.0312\n"},
      {"output ", "output          0.062     6.2       0.0312\n"},
      {"simulate ", "simulate        1.000   100.0       0.5000  (real-time factor)\n"},
      {"events ", "events          1e+09  1e+09 a second, 1.000 ns an event and thread\n"},
      {"updates ", "updates         2e+07  2e+07 a second, 25.000 ns an update and thread\n"},
      {"signals ", "signals         1e+04  5 Hz a neuron\n"},
      {"synapses ", "synapses        1e+06  4.000 bytes each, delays 0.1 to 3 ms\n"},
      {"bandwidth ", "bandwidth          16  GB/s read, 8 GB/s triad: measured, 2 threads, 1000 bytes\n"},
      {"delivered ", "delivered           8  GB/s of synapses, 50 % of memory's read bandwidth\n"},
      {"updated ", "updated             2  GB/s of states and inputs, 25 % of memory's triad bandwidth\n"},
  };
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    const char *got = line(text, lines[i].name);
    ok(strncmp(got, lines[i].want, strlen(lines[i].want)) == 0, "%.*s", (int)strcspn(got, "\n"), got);
  }

  /* nothing delivered, bandwidth not known: no division by zero shows */
  h9_profile idle = {.stats = {.threads = 1, .simulate_s = 1}, .neurons = 1, .steps = 1, .dt = 0.1};
  memset(text, 0, sizeof text);
  f = fmemopen(text, sizeof text - 1, "w");
  if (!f) return 71;
  h9_profile_print(f, &idle);
  fclose(f);
  ok(!strstr(text, "nan") && !strstr(text, "inf"), "an idle run has finite figures");
  ok(!strstr(text, "bandwidth") && !strstr(text, "delivered"), "what is not known is not printed");
  return done();
}
