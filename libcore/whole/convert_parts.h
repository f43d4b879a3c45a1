/* What the formats of hal9-convert share. */
#ifndef H9_WHOLE_CONVERT_PARTS_H
#define H9_WHOLE_CONVERT_PARTS_H

#include "convert.h"
#include "sheet.h"

/* convert.c: reads the parts there are by `open`, which opens file k of a part as a sheet; release gets what
 * it left in *own. */
typedef struct h9_part_source {
  int (*open)(const h9_format *f, h9_import *m, enum h9_part part, const char *path, h9_sheet *s, void **own,
              h9_error *e);
  void (*release)(void *own);
} h9_part_source;
int h9_import_sheets(const h9_format *f, h9_import *m, const h9_part_source *o, h9_error *e) H9_UNUSED_RESULT;

/* convert_known.c */
int h9_import_settle_local(h9_import *m, h9_error *e) H9_UNUSED_RESULT;
bool h9_labels_numeral(const h9_labels *l); /* all are whole numbers */

/* convert_neurons.c, convert_lists.c: one open sheet, which they close. */
int h9_import_neurons(h9_import *m, h9_sheet *s, h9_error *e) H9_UNUSED_RESULT;
int h9_import_connections(h9_import *m, h9_sheet *s, h9_error *e) H9_UNUSED_RESULT;
/* local: ids count in the population that a column names. */
int h9_import_signals(h9_import *m, h9_sheet *s, bool local, h9_error *e) H9_UNUSED_RESULT;

/* convert_spill.c: n signals were added behind m->signal; the first ones may leave memory. Then, when all is
 * settled: all of them in the order of time, each valid until the next; H9_EOF. */
int h9_import_signals_added(h9_import *m, size_t n, h9_error *e) H9_UNUSED_RESULT;
int h9_import_signals_begin(h9_import *m, h9_error *e) H9_UNUSED_RESULT;
int h9_import_signals_next(h9_import *m, const h9_import_signal **s, h9_error *e) H9_UNUSED_RESULT;
void h9_spill_free(struct h9_spill *x); /* may be NULL */

/* convert_export.c */
int h9_export_tables(const h9_format *f, const h9_convert_options *o, int fd, const char *name, h9_buf *notes,
                     h9_error *e) H9_UNUSED_RESULT;

#endif
