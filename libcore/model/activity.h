/* Statistics of spiking activity, gathered while spikes flow by: memory is proportional to the neurons
 * (and to the bins of a requested PSTH), never to the spikes.
 *
 * Definitions. Rate: spikes of a neuron over the analysed time. CV: sd (n - 1) over mean of a neuron's
 * inter-spike intervals, neurons with at least min_spikes spikes. LV: local variation, 3/(n-1) sum ((I_i -
 * I_i+1)/(I_i + I_i+1))^2 (Shinomoto, Shima & Tanji 2003, Neural Comput 15:2823-2842). Fano factor: variance
 * (n - 1) over mean of a neuron's counts in windows of fano_window. Correlation: Pearson, counts in `bin`,
 * all pairs of `sample` neurons of the population that spiked, in an order shuffled by the seed. Synchrony:
 * variance (n - 1) over mean of the population's counts in sync_bin. Windows and bins that the end of the
 * recording cuts are left out. */
#ifndef H9_MODEL_ACTIVITY_H
#define H9_MODEL_ACTIVITY_H

#include "../format/codec.h"
#include "summary.h"

enum { H9_ACTIVITY_SAMPLE_MAX = 2000, H9_ACTIVITY_ISI_MAX = 65536 };

typedef struct h9_activity_options {
  double start, stop;                          /* ms; NaN: as recorded */
  double bin, sync_bin, fano_window, psth_bin; /* ms; psth_bin 0: none */
  double isi_bin;                              /* ms; 0: none */
  uint32_t sample;                             /* at most H9_ACTIVITY_SAMPLE_MAX */
  uint32_t min_spikes;
  bool pairs; /* keep the correlation of each pair */
  uint64_t seed;
} h9_activity_options;

typedef struct h9_activity_population {
  uint64_t spikes;
  h9_summary rate, cv, lv, fano;      /* over neurons; Hz and pure numbers */
  double silent;                      /* part of the neurons without a spike */
  double synchrony;                   /* NaN: no spikes, or less than two bins */
  double correlation, correlation_sd; /* over pairs */
  uint32_t correlation_neurons;
  uint64_t *psth; /* [n_psth] counts in complete bins, owned by the activity */
  size_t n_psth;
  uint64_t *isi; /* [n_isi] intervals of (k * isi_bin, (k + 1) * isi_bin]; the last of H9_ACTIVITY_ISI_MAX: and longer */
  size_t n_isi;
  double *pair; /* [n_pairs] the correlations, in the order of the sample; owned by the activity */
  size_t n_pairs;
} h9_activity_population;

typedef struct h9_activity h9_activity;
int h9_activity_new(h9_activity **a, const h9_network *net, const h9_activity_options *o,
                    h9_error *e) H9_UNUSED_RESULT;
/* Batches in their order. */
int h9_activity_add(h9_activity *a, const h9_signals *s, h9_error *e) H9_UNUSED_RESULT;
/* After the last batch: results[n_populations]. */
int h9_activity_finish(h9_activity *a, h9_activity_population *results, h9_error *e) H9_UNUSED_RESULT;
/* Spikes of a neuron in the analysed time. */
uint32_t h9_activity_spikes(const h9_activity *a, h9_id id);
/* CV of a neuron's intervals; NaN with fewer than min_spikes spikes. */
double h9_activity_cv(const h9_activity *a, h9_id id);
uint64_t h9_activity_signals(const h9_activity *a); /* analysed */
double h9_activity_from(const h9_activity *a);      /* ms, of the analysed time */
double h9_activity_duration(const h9_activity *a);  /* ms */
void h9_activity_free(h9_activity *a);

#endif
