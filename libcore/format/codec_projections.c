/* Projections: the rules of a network. */
#include "codec_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AUTAPSES = 1, MULTAPSES = 2, SYMMETRIC = 4, PERIODIC = 8, MATERIALISED = 16, TRACE = 32, FLAGS = 63 };
/* Names of no letter and of one, numbers, three expressions of no operation, two distributions. */
enum { PROJECTION_BYTES_MIN = 2 + 3 + 16 + 3 * 8 + 7 * 8 + 2 + 11 * 8 + 2 * (1 + 2 + 16) };
enum { SYNAPSE_VALUES_MAX = 64 };

static void encode_one(const h9_projection *p, h9_buf *b) {
  h9_buf_put_name(b, p->name);
  h9_buf_put_name(b, p->synapse);
  h9_buf_put32(b, p->source);
  h9_buf_put32(b, p->target);
  h9_buf_put8(b, p->rule);
  h9_buf_put8(b, (uint8_t)((p->autapses ? AUTAPSES : 0) | (p->multapses ? MULTAPSES : 0) |
                           (p->symmetric ? SYMMETRIC : 0) | (p->periodic ? PERIODIC : 0) |
                           (p->materialised ? MATERIALISED : 0) | (p->trace ? TRACE : 0)));
  h9_buf_put8(b, p->weight_encoding);
  h9_buf_put8(b, p->kernel.type);
  h9_buf_put8(b, p->mask.type);
  h9_buf_put8(b, 0);
  h9_buf_put16(b, (uint16_t)p->n_synapse_values);
  h9_buf_put_f64(b, p->number);
  h9_buf_put_f64(b, p->quantum);
  h9_buf_put_f64(b, p->receptor);
  h9_buf_put_f64(b, p->kernel.scale);
  for (int i = 0; i < 5; i++) h9_buf_put_f64(b, p->kernel.arg[i]);
  h9_buf_put_f64(b, p->kernel.cutoff);
  h9_expr_encode(&p->kernel.expr, b);
  for (int i = 0; i < 6; i++) h9_buf_put_f64(b, p->mask.arg[i]);
  for (int i = 0; i < 3; i++) h9_buf_put_f64(b, p->mask.anchor[i]);
  h9_buf_put_f64(b, p->mask.azimuth);
  h9_buf_put_f64(b, p->mask.polar);
  h9_dist_encode(&p->weight, b);
  h9_dist_encode(&p->delay, b);
  for (uint32_t i = 0; i < p->n_synapse_values; i++) {
    h9_buf_put_name(b, p->synapse_values[i].name);
    h9_buf_put_f64(b, p->synapse_values[i].value);
  }
}

int h9_projections_write(h9_writer *w, const h9_network *net, h9_error *e) {
  h9_buf b = {0};
  for (uint32_t i = 0; i < net->n_projections; i++) encode_one(&net->projections[i], &b);
  return h9_body_write(w, H9_BLOCK_PROJECTIONS, net->n_projections, &b, e);
}

static int numbers_check(const h9_projection *p, h9_error *e) {
  const h9_kernel *k = &p->kernel;
  const h9_mask *m = &p->mask;
  bool finite = isfinite(p->number) && isfinite(p->receptor) && isfinite(k->scale) && isfinite(m->azimuth) &&
                isfinite(m->polar);
  for (int i = 0; i < 5; i++) finite &= isfinite(k->arg[i]) != 0;
  for (int i = 0; i < 6; i++) finite &= !isnan(m->arg[i]); /* infinite: a direction the mask leaves free */
  for (int i = 0; i < 3; i++) finite &= isfinite(m->anchor[i]) != 0;
  if (!finite) return h9_fail(e, H9_EDATA, "one of its numbers is not finite");
  if (!(k->cutoff >= 0)) return h9_fail(e, H9_EDATA, "cutoff of %g um, expected 0 or more", k->cutoff);
  if (!(p->quantum > 0) || !isfinite(p->quantum))
    return h9_fail(e, H9_EDATA, "quantum of %g, expected a finite number above 0", p->quantum);
  return H9_OK;
}

/* Their names and bounds are the synapse model's business. */
static int synapse_values_decode(h9_projection *p, h9_bytes *c, uint32_t n, h9_error *e) {
  if (n == 0) return H9_OK;
  p->synapse_values = calloc(n, sizeof *p->synapse_values);
  if (!p->synapse_values) return h9_fail_memory(e, n * sizeof *p->synapse_values, "values of synapses");
  for (uint32_t i = 0; i < n; i++) {
    h9_synapse_value *v = &p->synapse_values[p->n_synapse_values++];
    v->name = h9_bytes_get_name(c);
    v->value = h9_bytes_get_f64(c);
    if (c->failed || !h9_name_is_fine(v->name)) return h9_fail(e, H9_EDATA, "value %u of its synapses: cut, or without a name that can be shown", i + 1);
    if (!isfinite(v->value)) return h9_fail(e, H9_EDATA, "%s of its synapses is not finite", v->name);
    for (uint32_t k = 0; k < i; k++)
      if (strcmp(p->synapse_values[k].name, v->name) == 0)
        return h9_fail(e, H9_EDATA, "%s of its synapses is there twice", v->name);
  }
  return H9_OK;
}

static int decode_one(h9_bytes *c, h9_projection *p, uint32_t n_populations, h9_error *e) {
  p->name = h9_bytes_get_name(c);
  p->synapse = h9_bytes_get_name(c);
  p->source = h9_bytes_get32(c);
  p->target = h9_bytes_get32(c);
  p->rule = h9_bytes_get8(c);
  uint8_t flags = h9_bytes_get8(c);
  p->weight_encoding = h9_bytes_get8(c);
  p->kernel.type = h9_bytes_get8(c);
  p->mask.type = h9_bytes_get8(c);
  uint32_t reserved = h9_bytes_get8(c), n_values = h9_bytes_get16(c);
  if (c->failed || !h9_name_is_fine(p->synapse) || (*p->name && !h9_name_is_fine(p->name)))
    return h9_fail(e, H9_EDATA, "cut, or without a synapse model that can be shown");
  if (p->source >= n_populations || p->target >= n_populations)
    return h9_fail(e, H9_EDATA, "population %u, expected below %u",
                   p->source >= n_populations ? p->source : p->target, n_populations);
  if (p->rule < 1 || p->rule >= H9_RULES)
    return h9_fail(e, H9_EDATA, "rule %u, expected 1 to %d", p->rule, H9_RULES - 1);
  if (flags & ~FLAGS || reserved)
    return h9_fail(e, H9_EDATA, "reserved bits are set (flags 0x%x, 0x%x)", flags, reserved);
  if (n_values > SYNAPSE_VALUES_MAX)
    return h9_fail(e, H9_EDATA, "%u values of synapses, expected at most %d", n_values, SYNAPSE_VALUES_MAX);
  if (p->weight_encoding > H9_WEIGHT_F64)
    return h9_fail(e, H9_EDATA, "weight encoding %u, expected 0 to 3", p->weight_encoding);
  if (p->kernel.type >= H9_KERNELS || p->mask.type >= H9_MASKS)
    return h9_fail(e, H9_EDATA, "kernel %u and mask %u, expected below %d and %d", p->kernel.type,
                   p->mask.type, H9_KERNELS, H9_MASKS);
  p->autapses = flags & AUTAPSES;
  p->multapses = flags & MULTAPSES;
  p->symmetric = flags & SYMMETRIC;
  p->periodic = flags & PERIODIC;
  p->materialised = flags & MATERIALISED;
  p->trace = flags & TRACE;
  if (p->rule == H9_RULE_EXPLICIT && !p->materialised)
    return h9_fail(e, H9_EDATA, "its rule is explicit, but its connections are not in the stream");
  if (p->weight_encoding == H9_WEIGHT_F64 && !p->materialised)
    return h9_fail(e, H9_EDATA, "its weights are given one by one, but its connections are not in the stream");
  p->number = h9_bytes_get_f64(c);
  p->quantum = h9_bytes_get_f64(c);
  p->receptor = h9_bytes_get_f64(c);
  p->kernel.scale = h9_bytes_get_f64(c);
  for (int i = 0; i < 5; i++) p->kernel.arg[i] = h9_bytes_get_f64(c);
  p->kernel.cutoff = h9_bytes_get_f64(c);
  int rc = h9_expr_decode(&p->kernel.expr, c, e);
  if (rc != H9_OK) {
    h9_fail_at(e, "kernel");
    return rc;
  }
  if ((p->kernel.type == H9_KERNEL_EXPRESSION) != (p->kernel.expr.n > 0))
    return h9_fail(e, H9_EDATA, "kernel %s with an expression of %u operations",
                   h9_kernel_name(p->kernel.type), p->kernel.expr.n);
  for (int i = 0; i < 6; i++) p->mask.arg[i] = h9_bytes_get_f64(c);
  for (int i = 0; i < 3; i++) p->mask.anchor[i] = h9_bytes_get_f64(c);
  p->mask.azimuth = h9_bytes_get_f64(c);
  p->mask.polar = h9_bytes_get_f64(c);
  if (c->failed) return h9_fail(e, H9_EDATA, "cut");
  rc = numbers_check(p, e);
  if (rc == H9_OK && (rc = h9_dist_decode(&p->weight, c, e)) != H9_OK) h9_fail_at(e, "weight");
  if (rc == H9_OK && (rc = h9_dist_decode(&p->delay, c, e)) != H9_OK) h9_fail_at(e, "delay");
  if (rc == H9_OK && p->weight_encoding == H9_WEIGHT_CONSTANT && !h9_dist_is_constant(&p->weight))
    rc = h9_fail(e, H9_EDATA, "weights vary, but have no encoding");
  return rc == H9_OK ? synapse_values_decode(p, c, n_values, e) : rc;
}

int h9_projections_decode(h9_network *net, const h9_block *b, h9_error *e) {
  h9_bytes c;
  int rc = h9_body_begin(b, &c, e);
  if (rc != H9_OK) return rc;
  if (net->n_projections > 0) return h9_fail(e, H9_EDATA, "a second block of projections, expected one");
  if (b->count > H9_PROJECTIONS_MAX || b->count > b->len / PROJECTION_BYTES_MIN)
    return h9_fail(e, H9_EDATA, "%llu projections in %zu bytes, expected at most %zu",
                   (unsigned long long)b->count, b->len, b->len / PROJECTION_BYTES_MIN);
  net->projections = calloc(b->count + 1, sizeof *net->projections);
  if (!net->projections) return h9_fail_memory(e, (b->count + 1) * sizeof *net->projections, "projections");
  net->n_projections = (uint32_t)b->count;
  for (uint32_t i = 0; i < net->n_projections; i++) {
    rc = decode_one(&c, &net->projections[i], net->n_populations, e);
    if (rc != H9_OK) {
      h9_fail_at(e, "projection %u", i + 1);
      return rc;
    }
  }
  return h9_body_end(&c, "projections", e);
}

int h9_projections_check(const h9_network *net, h9_error *e) {
  if (net->n_projections == 0) return H9_OK;
  h9_buf b = {0};
  h9_network again = {.n_populations = net->n_populations};
  for (uint32_t i = 0; i < net->n_projections; i++) encode_one(&net->projections[i], &b);
  h9_block block = {.kind = H9_BLOCK_PROJECTIONS, .count = net->n_projections, .body = b.data, .len = b.len};
  int rc = b.failed ? h9_fail_memory(e, b.len, "projections") : h9_projections_decode(&again, &block, e);
  again.n_populations = 0;
  h9_network_release(&again);
  h9_buf_release(&b);
  return rc;
}
