#include "profile.h"

#include <inttypes.h>

/* A phase that moved `bytes` in `s` seconds, beside what memory gives. */
static void print_moved(FILE *f, const char *name, double bytes, double s, double gives, const char *what,
                        const char *beside) {
  if (!(s > 0)) return;
  fprintf(f, "%-10s %10.4g  GB/s of %s", name, bytes / s * 1e-9, what);
  if (gives > 0) fprintf(f, ", %.0f %% of memory's %s bandwidth", 100 * bytes / s / gives, beside);
  fputc('\n', f);
}

void h9_profile_print(FILE *f, const h9_profile *p) {
  const h9_sim_stats *t = &p->stats;
  double biological = (double)p->steps * p->dt * 1e-3, all = t->simulate_s, events = (double)t->events;
  double updates = (double)p->neurons * (double)p->steps, of_all = all > 0 ? 100 / all : 0;
  double row = t->connections ? (double)t->row_bytes / (double)t->connections : 0;
  const struct {
    const char *name;
    double s;
  } phases[] = {
      {"deliver", t->deliver_s},   {"update", t->update_s}, {"drive", t->drive_s},
      {"exchange", t->exchange_s}, {"output", t->output_s},
  };
  fprintf(f, "%-10s %10s %7s %12s\n", "phase", "s", "%", "s/bio. s");
  for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
    fprintf(f, "%-10s %10.3f %7.1f %12.4f\n", phases[i].name, phases[i].s, phases[i].s * of_all,
            phases[i].s / biological);
  fprintf(f, "%-10s %10.3f %7.1f %12.4f  (real-time factor)\n", "simulate", all, 100.0, all / biological);
  fprintf(f, "%-10s %10.3f\n%-10s %10.3f\n", "load", p->load_s, "build", t->build_s);
  fprintf(f, "events     %10.4g  %.4g a second, %.3f ns an event and thread\n", events, events / all,
          events > 0 ? t->deliver_s * t->threads / events * 1e9 : 0);
  fprintf(f, "updates    %10.4g  %.4g a second, %.3f ns an update and thread\n", updates, updates / all,
          updates > 0 ? t->update_s * t->threads / updates * 1e9 : 0);
  fprintf(f, "signals    %10.4g  %.4g Hz a neuron\n", (double)t->spikes,
          (double)t->spikes / biological / p->neurons);
  fprintf(f, "synapses   %10.4g  %.3f bytes each, delays %.4g to %.4g ms\n", (double)t->connections, row,
          t->delay_min * p->dt, t->delay_max * p->dt);
  fprintf(f, "memory     %10.4g  bytes at the peak\n", (double)p->peak_rss);
  if (p->measured.read > 0)
    fprintf(f, "bandwidth  %10.4g  GB/s read, %.4g GB/s triad: measured, %" PRIu32 " threads, %.4g bytes\n",
            p->measured.read * 1e-9, p->measured.triad * 1e-9, t->threads, (double)p->measured.bytes);
  print_moved(f, "delivered", events * row, t->deliver_s, p->measured.read, "synapses", "read");
  print_moved(f, "updated", (double)t->neuron_bytes * (double)p->steps, t->update_s, p->measured.triad,
              "states and inputs", "triad");
}
