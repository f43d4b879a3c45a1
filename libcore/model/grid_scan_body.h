/* Scans of packed candidates in single precision, which only filter: whoever is close to the limit is
 * decided in double precision by the caller. Included by grid_body.h. */

ALWAYS float square_from(const float *const c[3], const float q[3], int i, int dimensions) {
  float dx = c[0][i] - q[0], s = dx * dx;
  if (dimensions > 1) {
    float dy = c[1][i] - q[1];
    s += dy * dy;
  }
  if (dimensions > 2) {
    float dz = c[2][i] - q[2];
    s += dz * dz;
  }
  return s;
}

ALWAYS void tally_in(const float *const from[3], uint32_t n, const float q[3], float sure, float maybe,
                     uint32_t near[2], int dimensions) {
  const float *const c[3] = {from[0], from[1], from[2]}, at[3] = {q[0], q[1], q[2]};
  uint32_t a = 0, b = 0;
  VECTOR_SUM2(a, b) for (int i = 0; i < (int)n; i++) {
    float s = square_from(c, at, i, dimensions);
    a += s <= sure;
    b += s <= maybe;
  }
  near[0] = a;
  near[1] = b;
}
static void tally(const float *const c[3], uint32_t n, int dimensions, const float q[3], float sure,
                  float maybe, uint32_t near[2]) {
  if (dimensions == 3) tally_in(c, n, q, sure, maybe, near, 3);
  else if (dimensions == 2) tally_in(c, n, q, sure, maybe, near, 2);
  else tally_in(c, n, q, sure, maybe, near, 1);
}

ALWAYS void mark_in(const float *const from[3], uint32_t n, const float q[3], float limit, uint64_t *words,
                    int dimensions) {
  static const uint32_t bit[16] = {1,      2,      4,       8,       1 << 4,  1 << 5,  1 << 6,  1 << 7,
                                   1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15};
  const float *const c[3] = {from[0], from[1], from[2]}, at[3] = {q[0], q[1], q[2]};
  for (size_t i = 0; i < n; i += 16) {
    const float *const here[3] = {c[0] + i, c[1] + i, c[2] + i};
    uint32_t m = 0;
    VECTOR_OR(m) for (int j = 0; j < 16; j++) m |= square_from(here, at, j, dimensions) <= limit ? bit[j] : 0;
    if (i % 64) words[i / 64] |= (uint64_t)m << i % 64;
    else words[i / 64] = m;
  }
}
static void mark(const float *const c[3], uint32_t n, int dimensions, const float q[3], float limit,
                 uint64_t *words) {
  if (dimensions == 3) mark_in(c, n, q, limit, words, 3);
  else if (dimensions == 2) mark_in(c, n, q, limit, words, 2);
  else mark_in(c, n, q, limit, words, 1);
}

/* Everybody's place in the order is the number of those before it: no branch to guess wrong. */
static bool rank(const double *d2, uint32_t n, uint32_t *place) {
  enum { LANES = VECTOR_BYTES / 8 };
  typedef double lanes __attribute__((vector_size(VECTOR_BYTES)));
  typedef int64_t tallies __attribute__((vector_size(VECTOR_BYTES)));
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i += LANES) {
    lanes mine;
    tallies before = {0};
    memcpy(&mine, d2 + i, sizeof mine);
    for (uint32_t j = 0; j < n; j++) before -= d2[j] < mine;
    for (uint32_t k = 0; k < LANES; k++) place[i + k] = (uint32_t)before[k];
    for (uint32_t k = 0; k < LANES && i + k < n; k++) sum += (uint64_t)before[k];
  }
  return sum == (uint64_t)n * (n - 1) / 2; /* less where two are equal */
}
