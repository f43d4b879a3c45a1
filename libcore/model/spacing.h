/* Minimum distances between somata: which places are still free, and how many there can be. */
#ifndef H9_MODEL_SPACING_H
#define H9_MODEL_SPACING_H

#include "layout.h"

enum { H9_SPACING_ATTEMPTS = 10000 }; /* of one neuron, before placing fails */

/* The points of all populations so far that matter, in a hashed grid of cells. */
typedef struct h9_spacing h9_spacing;
int h9_spacing_new(h9_spacing **s, h9_error *e) H9_UNUSED_RESULT;
void h9_spacing_free(h9_spacing *s);
/* Makes room for a population of `count`; distance > 0: its points and all before are put
 * into cells for that distance, else they are only remembered. */
int h9_spacing_extend(h9_spacing *s, uint32_t count, double distance, h9_error *e) H9_UNUSED_RESULT;
/* No point so far is nearer than the distance. */
bool h9_spacing_free_at(const h9_spacing *s, const float p[3]);
/* Point `index` of the population. Without a distance: any thread, each index once. */
void h9_spacing_put(h9_spacing *s, uint32_t index, const float p[3]);

/* H9_ECONFIG when `count` points cannot keep the layout's minimum distance, judged by the densest
 * packing and by what random sequential addition reaches. */
int h9_spacing_possible(const h9_layout *l, uint32_t count, h9_error *e) H9_UNUSED_RESULT;
/* The error of neuron `index` that found no place. Returns H9_ECONFIG. */
int h9_spacing_fail(const h9_layout *l, const char *name, uint32_t index, uint32_t count, uint32_t attempts,
                    h9_error *e);

#endif
