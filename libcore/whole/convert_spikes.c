/* Spikes as text of other simulators: NEST's ASCII recordings (.dat, headerless .gdf), Auryn's .ras, BMTK's
 * CSV. */
#include "convert_listing.h"
#include "convert_text.h"

#include <stdlib.h>
#include <string.h>

/* ---- NEST ---- */

/* Two lines of comments, the second with the version of the layout; the names, behind a '#' in some versions;
 * rows. */
static int take_nest(h9_text *t, char *line, size_t len, h9_buf *out, h9_error *e) {
  static const char backend[] = "# RecordingBackendASCII version: ";
  h9_cell cells[H9_TEXT_COLUMNS];
  if (strncmp(line, backend, sizeof backend - 1) == 0 && strcmp(line + sizeof backend - 1, "2") != 0)
    return h9_lines_fail(&t->lines, e, "found version '%.40s' of the layout, expected 2",
                         line + sizeof backend - 1);
  size_t mark = *line == '#' && !t->begun && strncmp(line + 1 + strspn(line + 1, " "), "sender", 6) == 0;
  int n = *line == '#' && !mark ? 0 : h9_text_split(line + mark, len - mark, cells, H9_TEXT_COLUMNS);
  if (n > H9_TEXT_COLUMNS)
    return h9_lines_fail(&t->lines, e, "found %d cells, expected at most %d", n, H9_TEXT_COLUMNS);
  if (n == 0) {
    h9_buf_put8(out, '\n');
    return H9_OK;
  }
  if (!t->begun) {
    if (strcmp(cells[0].text, "sender") != 0)
      return h9_lines_fail(
          &t->lines, e,
          "found '%.40s', expected the names of the columns, sender and time_ms, or sender, time_step "
          "and time_offset; --from gdf reads lists without",
          cells[0].text);
    t->begun = true;
    t->n_columns = n;
  } else if (n != t->n_columns)
    return h9_lines_fail(&t->lines, e, "found %d cells, expected %d, one for each name", n, t->n_columns);
  h9_text_row(t, out, cells, n);
  return H9_OK;
}

static int end_nest(h9_text *t, h9_buf *out, h9_error *e) {
  (void)out;
  return t->begun
             ? H9_OK
             : h9_fail(e, H9_EDATA, "%s: ends before the names of its columns, expected sender and time_ms",
                       t->lines.name);
}

/* ---- BMTK ---- */

static int take_bmtk(h9_text *t, char *line, size_t len, h9_buf *out, h9_error *e) {
  h9_cell cells[H9_TEXT_COLUMNS];
  int n = h9_text_split(line, len, cells, H9_TEXT_COLUMNS), found = 0;
  if (n == 0 || *line == '#') {
    h9_buf_put8(out, '\n');
    return H9_OK;
  }
  for (int i = 0; i < n && i < H9_TEXT_COLUMNS && !t->begun; i++)
    found += strcmp(cells[i].text, "timestamps") == 0 || strcmp(cells[i].text, "population") == 0 ||
             strcmp(cells[i].text, "node_ids") == 0;
  if (!t->begun && (n > H9_TEXT_COLUMNS || found != 3))
    return h9_lines_fail(
        &t->lines, e,
        "found '%.40s%s', expected the names timestamps, population and node_ids with spaces between",
        cells[0].text, n > 1 ? " ..." : "");
  if (!t->begun) t->n_columns = n;
  t->begun = true;
  if (n != t->n_columns)
    return h9_lines_fail(&t->lines, e, "found %d cells, expected %d, one for each name", n, t->n_columns);
  h9_text_row(t, out, cells, n);
  return H9_OK;
}

static int end_bmtk(h9_text *t, h9_buf *out, h9_error *e) {
  (void)out;
  return t->begun
             ? H9_OK
             : h9_fail(e, H9_ENOINPUT, "%s: is empty, expected the names timestamps, population and node_ids",
                       t->lines.name);
}

/* ---- all ---- */

static int open_part(const h9_format *f, h9_import *m, enum h9_part part, const char *path, h9_sheet *s,
                     void **own, h9_error *e) {
  h9_text *t;
  int rc = h9_text_open(&t, path, e);
  (void)part;
  if (rc != H9_OK) return rc;
  *own = t;
  t->m = m;
  bool steps = m->o->time_unit == H9_TIME_STEPS, named = f == &h9_format_nest || f == &h9_format_bmtk;
  if (f == &h9_format_nest) t->take = take_nest, t->end = end_nest;
  else if (f == &h9_format_bmtk) t->take = take_bmtk, t->end = end_bmtk;
  else {
    t->take = h9_text_numbers;
    t->end = h9_text_numbers_end;
    t->n_columns = t->least = 2;
    t->column[f == &h9_format_gdf ? 0 : 1].is_id = true;
    if (f == &h9_format_auryn) {
      t->header = steps ? "step\tneuron" : "time\tneuron";
      t->expected = "time and id";
    } else if (steps) {
      t->header = "neuron\ttime_step\ttime_offset";
      t->short_header = "neuron\ttime_step";
      t->n_columns = 3;
      t->expected = "id, step and offset, or id and step";
    } else {
      t->header = "neuron\ttime";
      t->expected = "id and time";
    }
  }
  return h9_text_sheet(t, named, s, e);
}

static int read_spikes(const h9_format *f, h9_import *m, h9_error *e) {
  return h9_import_sheets(f, m, &(h9_part_source){open_part, h9_text_close}, e);
}

/* ---- writing ---- */

static int columns(h9_listing *c, enum h9_part part, h9_error *e) {
  bool steps = h9_listing_time(c) == H9_TIME_STEPS;
  int rc;
  if (c->f == &h9_format_bmtk) {
    rc = h9_listing_add(c, part, H9_SHOWS_TIME, e, "timestamps");
    if (rc == H9_OK) rc = h9_listing_add(c, part, H9_SHOWS_POPULATION, e, "population");
    return rc == H9_OK ? h9_listing_add(c, part, H9_SHOWS_NEURON, e, "node_ids") : rc;
  }
  bool time_first = c->f == &h9_format_auryn;
  rc = h9_listing_add(c, part, time_first ? H9_SHOWS_TIME : H9_SHOWS_NEURON, e, "sender");
  if (rc == H9_OK)
    rc = h9_listing_add(c, part, time_first ? H9_SHOWS_NEURON : H9_SHOWS_TIME, e,
                        steps ? "time_step" : "time_ms");
  return rc == H9_OK && steps && !time_first ? h9_listing_add(c, part, H9_SHOWS_OFFSET, e, "time_offset")
                                             : rc;
}

static void no_header(const h9_listing *c, enum h9_part part, uint64_t n, h9_buf *b) {
  (void)c, (void)part, (void)n, (void)b;
}

static void nest_header(const h9_listing *c, enum h9_part part, uint64_t n, h9_buf *b) {
  static const char lines[] =
      "# NEST version: 0.0.0, by hal9-convert " H9_VERSION "\n# RecordingBackendASCII version: 2\n";
  (void)n;
  h9_buf_put(b, lines, sizeof lines - 1);
  h9_listing_names(c, part, b);
}

enum { STEPS_OR_MS = 1 << H9_TIME_MS | 1 << H9_TIME_STEPS, SIGNALS = 1 << H9_PART_SIGNALS };

const h9_format h9_format_nest = {.name = "nest",
                                  .about = "spikes as NEST 3 records them in .dat files",
                                  .numbers = true,
                                  .plain = true,
                                  .separator = '\t',
                                  .time = H9_TIME_MS,
                                  .times = STEPS_OR_MS,
                                  .parts = SIGNALS,
                                  .read = read_spikes,
                                  .write = h9_export_tables,
                                  .columns = columns,
                                  .header = nest_header};
const h9_format h9_format_gdf = {.name = "gdf",
                                 .about = "spikes as NEST 2 recorded them in .gdf files: id, time in ms",
                                 .numbers = true,
                                 .plain = true,
                                 .separator = '\t',
                                 .time = H9_TIME_MS,
                                 .times = STEPS_OR_MS,
                                 .parts = SIGNALS,
                                 .read = read_spikes,
                                 .write = h9_export_tables,
                                 .columns = columns,
                                 .header = no_header};
const h9_format h9_format_auryn = {.name = "auryn",
                                   .about = "spikes as Auryn's .ras files: time in s, id from 0",
                                   .numbers = true,
                                   .plain = true,
                                   .id_base_0 = true,
                                   .separator = ' ',
                                   .time = H9_TIME_S,
                                   .times = 1 << H9_TIME_S | 1 << H9_TIME_STEPS,
                                   .parts = SIGNALS,
                                   .read = read_spikes,
                                   .write = h9_export_tables,
                                   .columns = columns,
                                   .header = no_header};
const h9_format h9_format_bmtk = {.name = "bmtk",
                                  .about =
                                      "spikes as BMTK's CSV: timestamps in ms, population, node_ids from 0",
                                  .numbers = true,
                                  .plain = true,
                                  .local_ids = true,
                                  .id_base_0 = true,
                                  .separator = ' ',
                                  .time = H9_TIME_MS,
                                  .times = 1 << H9_TIME_MS,
                                  .parts = SIGNALS,
                                  .read = read_spikes,
                                  .write = h9_export_tables,
                                  .columns = columns};
