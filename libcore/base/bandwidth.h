/* What the machine's memory gives, measured: the yardstick for kernels whose work is moving bytes. */
#ifndef H9_BASE_BANDWIDTH_H
#define H9_BASE_BANDWIDTH_H

#include "status.h"

typedef struct h9_bandwidth {
  double read;  /* bytes a second of reading in order */
  double triad; /* of a[i] = b[i] + q * c[i], 24 bytes an element (McCalpin's STREAM, 1995) */
  size_t bytes; /* of memory passed over */
} h9_bandwidth;

/* The best of a few passes of `threads` threads over memory that no cache holds: 512 MiB, or a quarter of what
 * is available where that is less. Takes some tenths of a second. H9_ESYSTEM where it cannot be had. */
int h9_bandwidth_measure(int threads, h9_bandwidth *b, h9_error *e) H9_UNUSED_RESULT;

#endif
