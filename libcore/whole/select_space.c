/* Selections that need the neurons themselves: by place and by sample. They become one bit a neuron. */
#include "select.h"

#include "options.h"

#include "../base/io.h"
#include "../base/memory.h"
#include "../base/rng.h"
#include "../format/codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- options ---- */

/* The part of a list up to the next comma in `part`; false where it is empty or too long. */
static bool part_of(const char **at, char part[128]) {
  size_t n = strcspn(*at, ",");
  if (n == 0 || n >= 128) return false;
  memcpy(part, *at, n);
  part[n] = 0;
  *at += n;
  *at += **at == ',' && (*at)[1] ? 1 : 0; /* a comma at the end is left, and is no part */
  return true;
}

/* "x=0..500" into lo and hi; either side may be open. */
static int side(const char *text, char *part, h9_select_box *r, h9_error *e) {
  int axis = *part - 'x';
  if (axis < 0 || axis > 2 || part[1] != '=' || !strstr(part, "..") || r->axis[axis])
    return h9_fail(e, H9_EUSAGE,
                   "--region: found '%s', expected ranges of x, y and z such as 'x=0..500,y=..200'", text);
  int rc = h9_option_range("--region", part + 2, &h9_unit_um, &r->lo[axis], &r->hi[axis], e);
  r->axis[axis] = true;
  return rc;
}

int h9_select_region(h9_select *s, const char *text, h9_error *e) {
  h9_select_box r = {.lo = {-INFINITY, -INFINITY, -INFINITY}, .hi = {INFINITY, INFINITY, INFINITY}};
  char part[128];
  const char *at = text;
  do {
    if (!part_of(&at, part))
      return h9_fail(e, H9_EUSAGE,
                     "--region: found '%s', expected ranges of x, y and z such as 'x=0..500,y=..200'", text);
    int rc = side(text, part, &r, e);
    if (rc != H9_OK) return rc;
  } while (*at);
  h9_select_box *grown = realloc(s->region, (s->n_regions + 1) * sizeof *grown);
  if (!grown) return h9_fail_memory(e, (s->n_regions + 1) * sizeof *grown, "regions");
  s->region = grown;
  s->region[s->n_regions++] = r;
  return H9_OK;
}

int h9_select_near(h9_select *s, const char *text, h9_error *e) {
  double v[5]; /* one more than it takes, to tell so */
  int n = 0;
  int rc = h9_option_quantities("--near", text, &h9_unit_um, 5, v, &n, e);
  if (rc != H9_OK) return rc;
  if (n < 2 || n > 4 || !(v[n - 1] >= 0))
    return h9_fail(e, H9_EUSAGE, "--near: found '%s', expected %s", text,
                   n < 2 || n > 4 ? "X,Y,R or X,Y,Z,R such as 0,0,100um"
                         : "a radius of at least 0 as the last number");
  h9_select_place *grown = realloc(s->near, (s->n_near + 1) * sizeof *grown);
  if (!grown) return h9_fail_memory(e, (s->n_near + 1) * sizeof *grown, "places");
  s->near = grown;
  h9_select_place *p = &s->near[s->n_near++];
  *p = (h9_select_place){.dimensions = n - 1, .radius = v[n - 1]};
  memcpy(p->at, v, (size_t)(n - 1) * sizeof *v);
  return H9_OK;
}

int h9_select_sample(h9_select *s, const char *text, h9_error *e) {
  char part[64];
  size_t n = strlen(text);
  double percent;
  s->sampled = true;
  s->share = 1;
  s->most = 0;
  if (n < 2 || n > sizeof part || text[n - 1] != '%') {
    h9_error why = {0};
    if (h9_option_whole("--sample", text, 1, H9_ID_MAX, &s->most, &why) == H9_OK) return H9_OK;
  } else {
    memcpy(part, text, n - 1);
    part[n - 1] = 0;
    h9_error why = {0};
    if (h9_option_quantity("--sample", part, &h9_unit_one, &percent, &why) == H9_OK && percent > 0 &&
        percent <= 100) {
      s->share = percent / 100;
      return H9_OK;
    }
  }
  return h9_fail(e, H9_EUSAGE,
                 "--sample: found '%s', expected a number of neurons above 0, or a share such as 1%%", text);
}

/* ---- by place ---- */

static bool inside(const h9_select *s, const float *const axis[3], uint32_t k) {
  bool in = s->n_regions == 0;
  for (size_t i = 0; i < s->n_regions && !in; i++) {
    const h9_select_box *r = &s->region[i];
    in = true;
    for (int d = 0; d < 3;
         d++) /* in single precision: a coordinate as it is printed is a border that includes it */
      in &= !r->axis[d] || (axis[d] && axis[d][k] >= (float)r->lo[d] && axis[d][k] <= (float)r->hi[d]);
  }
  if (!in || s->n_near == 0) return in;
  for (size_t i = 0; i < s->n_near; i++) {
    const h9_select_place *p = &s->near[i];
    double sum = 0;
    for (int d = 0; d < p->dimensions; d++) {
      double v = axis[d] ? (double)axis[d][k] - p->at[d] : INFINITY;
      sum += v * v;
    }
    if (sum <= p->radius * p->radius) return true;
  }
  return false;
}

/* A coordinate that the network lacks is a mistake, not an empty region. */
static int dimensions_check(const h9_select *s, const h9_network *net, const char *name, h9_error *e) {
  static const char *const option[] = {"--region", "--near"};
  int most[2] = {0, 0};
  for (size_t i = 0; i < s->n_regions; i++)
    for (int d = 0; d < 3; d++)
      if (s->region[i].axis[d] && d + 1 > most[0]) most[0] = d + 1;
  for (size_t i = 0; i < s->n_near; i++)
    if (s->near[i].dimensions > most[1]) most[1] = s->near[i].dimensions;
  if (net->dimensions == 0)
    return h9_fail(e, H9_EUSAGE, "%s: no population has positions, expected some for %s", name,
                   option[s->n_regions == 0]);
  for (int i = 0; i < 2; i++)
    if (most[i] > net->dimensions)
      return h9_fail(e, H9_EUSAGE, "%s: found %c, but the network in %s has %d dimension%s", option[i],
                     "xyz"[most[i] - 1], name, net -> dimensions, net -> dimensions > 1 ? "s" : "");
  return H9_OK;
}

static int locate(h9_select *s, h9_reader *r, h9_network *net, h9_error *e) {
  h9_neurons n = {0};
  h9_neurons_order order = {0};
  h9_block b;
  int rc = h9_network_read_head(r, net, e);
  if (rc == H9_OK) rc = dimensions_check(s, net, h9_reader_name(r), e);
  if (rc != H9_OK) return rc;
  free(s->inside);
  s->inside = calloc((size_t)net->n_neurons / 64 + 1, sizeof *s->inside);
  if (!s->inside) return h9_fail_memory(e, net->n_neurons / 8, "a selection");
  s->n_inside = net->n_neurons;
  while (rc == H9_OK && (rc = h9_reader_next(r, &b, e)) == H9_OK) {
    if (b.kind == H9_BLOCK_LABELS) continue;
    if (b.kind != H9_BLOCK_NEURONS) break; /* all come before the rest */
    rc = h9_neurons_decode(net, &b, &n, e);
    if (rc == H9_OK) rc = h9_neurons_follow(net, &order, n.population, n.first, n.n, e);
    if (rc == H9_EDATA) h9_reader_fail_at(r, &b, e);
    if (rc != H9_OK || !net->populations[n.population].placed) continue;
    const float *const axis[3] = {n.x, n.y, n.z};
    for (uint32_t k = 0; k < n.n; k++) {
      uint32_t i = net->populations[n.population].first + n.first + k - 1;
      if (inside(s, axis, k)) s->inside[i >> 6] |= UINT64_C(1) << (i & 63);
    }
  }
  h9_neurons_release(&n);
  if (rc != H9_OK && rc != H9_EOF) return rc;
  if (!order.begun)
    return h9_fail(e, H9_EUSAGE,
                   "%s: holds no positions of neurons: name the network's stream with --network",
                   h9_reader_name(r));
  rc = h9_neurons_complete(net, &order, e);
  return rc == H9_OK ? H9_OK : h9_fail_at(e, "%s", h9_reader_name(r));
}

static int locate_in(h9_select *s, int fd, const char *name, int threads, h9_error *e) {
  h9_reader *r;
  int rc = h9_reader_open(&r, fd, name, 1u << H9_BLOCK_NEURONS, threads, e);
  if (rc != H9_OK) return rc;
  h9_network_release(&s->located);
  rc = locate(s, r, &s->located, e);
  h9_reader_close(r);
  return rc;
}

int h9_select_locate(h9_select *s, int *fd, const char *name, int threads, h9_error *e) {
  if (s->n_regions == 0 && s->n_near == 0) return H9_OK;
  if (s->network) {
    if (s->inside) return H9_OK; /* for an input before */
    int other;
    const char *shown;
    int rc = h9_input_open(s->network, &other, &shown, e);
    if (rc != H9_OK) return rc;
    rc = locate_in(s, other, shown, threads, e);
    if (other != STDIN_FILENO) close(other);
    return rc;
  }
  int rc = h9_input_hold(fd, name, e);
  if (rc == H9_OK) rc = locate_in(s, *fd, name, threads, e);
  if (rc == H9_OK && lseek(*fd, 0, SEEK_SET) != 0) rc = h9_fail(e, H9_EIO, "%s: cannot go back", name);
  return rc;
}

/* Positions are of the network that the records are of. */
static int same_populations(const h9_select *s, const h9_network *net, h9_error *e) {
  const h9_network *own = &s->located;
  for (uint32_t p = 0; p < own->n_populations && p < net->n_populations; p++)
    if (strcmp(own->populations[p].name, net->populations[p].name) != 0 ||
        own->populations[p].count != net->populations[p].count)
      return h9_fail(e, H9_EUSAGE, "--network: found %u neurons of '%s' in %s, expected %u of '%s'",
                     own->populations[p].count, own->populations[p].name, s->network ? s->network : "it",
                     net->populations[p].count, net->populations[p].name);
  if (own->n_populations == net->n_populations) return H9_OK;
  return h9_fail(e, H9_EUSAGE, "--network: found %u populations in %s, expected %u", own->n_populations,
                 s->network ? s->network : "it", net->n_populations);
}

/* ---- by sample ---- */

/* What a neuron's place in the order of all samples is: of its id and the seed alone. */
static uint64_t rank_of(h9_key key, h9_id id) {
  return (uint64_t)h9_philox(key, id, 0, 0, 0).v[0] << 32 | id;
}

/* The k-th smallest (from 0) of n numbers, which are moved (Hoare 1961, Algorithm 65: FIND). */
static uint64_t smallest(uint64_t *v, size_t n, size_t k) {
  ptrdiff_t lo = 0, hi = (ptrdiff_t)n - 1, at = (ptrdiff_t)k;
  while (lo < hi) {
    uint64_t pivot = v[at];
    ptrdiff_t i = lo, j = hi;
    while (i <= j) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i > j) break;
      uint64_t t = v[i];
      v[i++] = v[j];
      v[j--] = t;
    }
    if (j < at) lo = i;
    if (at < i) hi = j;
  }
  return v[k];
}

static bool bit(const uint64_t *bits, h9_id id) { return bits[(id - 1) >> 6] >> ((id - 1) & 63) & 1; }

/* Clears the bits of neurons that are not in the sample. */
static int sample(const h9_select *s, uint32_t n_neurons, uint64_t *bits, h9_error *e) {
  h9_key key = h9_key_make(s->seed, H9_PURPOSE_SAMPLE, 0);
  uint64_t limit = UINT64_MAX;
  if (s->share < 1) limit = (uint64_t)(s->share * 0x1p64);
  if (s->most) {
    size_t n = 0;
    uint64_t *ranks = malloc(((size_t)n_neurons + 1) * sizeof *ranks);
    if (!ranks) return h9_fail_memory(e, (size_t)n_neurons * sizeof *ranks, "a sample");
    for (h9_id id = 1; id <= n_neurons; id++)
      if (bit(bits, id)) ranks[n++] = rank_of(key, id);
    if (n > s->most) limit = smallest(ranks, n, s->most);
    free(ranks);
  }
  for (h9_id id = 1; id <= n_neurons; id++)
    if (limit != UINT64_MAX && rank_of(key, id) >= limit)
      bits[(id - 1) >> 6] &= ~(UINT64_C(1) << ((id - 1) & 63));
  return H9_OK;
}

int h9_select_choose(h9_select *s, const h9_network *net, h9_error *e) {
  bool placed = s->n_regions || s->n_near;
  free(s->chosen);
  s->chosen = NULL;
  if (!placed && !s->sampled) return H9_OK;
  int rc = placed ? same_populations(s, net, e) : H9_OK;
  if (rc != H9_OK) return rc;
  uint64_t *bits = calloc((size_t)net->n_neurons / 64 + 1, sizeof *bits);
  if (!bits) return h9_fail_memory(e, net->n_neurons / 8, "a selection");
  for (h9_id id = 1; id <= net->n_neurons; id++)
    if ((!placed || bit(s->inside, id)) && h9_select_has(s, net, id))
      bits[(id - 1) >> 6] |= UINT64_C(1) << ((id - 1) & 63);
  if (s->sampled) rc = sample(s, net->n_neurons, bits, e);
  s->chosen = bits;
  return rc;
}
