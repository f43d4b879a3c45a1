#include "plot_terminal.h"

#include "../base/bytes.h"
#include "../base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NONE = -1, TEXT_FIRST = 0x21, NO_VALUE = 0xDDDDDD /* grey of places without a value */ };

typedef struct cell {
  uint32_t letter; /* code point; 0: none */
  uint8_t dots;    /* of braille, its bits */
  int ink;         /* rgb of letter or dots */
  int block[2];    /* rgb of the upper and lower half; NONE */
} cell;

typedef struct canvas {
  int columns, lines;
  cell *at; /* [lines * columns] */
} canvas;

void h9_terminal_look(h9_terminal *t, int fd) {
  struct winsize w = {0};
  const char *columns = getenv("COLUMNS"), *lines = getenv("LINES"), *term = getenv("TERM"),
             *off = getenv("NO_COLOR");
  bool terminal = isatty(fd);
  if (terminal && ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col && w.ws_row) {
    t->columns = w.ws_col;
    t->lines = w.ws_row - 1;
  } else {
    t->columns = columns && atoi(columns) > 0 ? atoi(columns) : 80;
    t->lines = (lines && atoi(lines) > 0 ? atoi(lines) : 24) - 1;
  }
  if (t->columns < 40) t->columns = 40;
  if (t->lines < 12) t->lines = 12;
  if (t->columns > 500) t->columns = 500;
  if (t->lines > 200) t->lines = 200;
  t->colour = terminal && !(off && *off) && !(term && strcmp(term, "dumb") == 0);
  const char *depth = getenv("COLORTERM");
  t->exact = depth && (strcmp(depth, "truecolor") == 0 || strcmp(depth, "24bit") == 0);
  const char *locale = getenv("LC_ALL");
  if (!locale || !*locale) locale = getenv("LC_CTYPE");
  if (!locale || !*locale) locale = getenv("LANG");
  t->unicode = locale && (strcasestr(locale, "UTF-8") || strcasestr(locale, "utf8"));
}

/* ---- drawing ---- */

static cell *cell_at(canvas *c, int x, int y) {
  return x >= 0 && x < c->columns && y >= 0 && y < c->lines
             ? &c->at[(size_t)y * (size_t)c->columns + (size_t)x]
             : NULL;
}

/* Dots: two by four a cell, numbered as braille's bits are. */
static void dot(canvas *c, int x, int y, int ink) {
  static const uint8_t bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  cell *at = x >= 0 && y >= 0 ? cell_at(c, x / 2, y / 4) : NULL;
  if (!at) return;
  at->dots |= bit[y % 4][x % 2];
  at->ink = ink;
}

static int dot_x(double x) { return (int)floor(fmax(-1e6, fmin(1e6, x * 2 / H9_TERMINAL_CELL_X))); }
static int dot_y(double y) { return (int)floor(fmax(-1e6, fmin(1e6, y * 4 / H9_TERMINAL_CELL_Y))); }

static void line(canvas *c, double x0, double y0, double x1, double y1, int ink) {
  int a = dot_x(x0), b = dot_y(y0), dx = dot_x(x1) - a, dy = dot_y(y1) - b,
      n = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
  if (n > 20000) return;
  for (int i = 0; i <= n; i++)
    dot(c, a + (int)floor((double)dx * i / (n ? n : 1) + 0.5),
        b + (int)floor((double)dy * i / (n ? n : 1) + 0.5), ink);
}

/* Halves of cells whose middle is inside. */
static void block(canvas *c, double left, double top, double right, double bottom, int ink) {
  const double half = H9_TERMINAL_CELL_Y / 2.0;
  for (int y = (int)fmax(0, ceil(top / half - 0.5)); y < 2 * c->lines && (y + 0.5) * half < bottom; y++)
    for (int x = (int)fmax(0, ceil(left / H9_TERMINAL_CELL_X - 0.5));
         x < c->columns && (x + 0.5) * H9_TERMINAL_CELL_X < right; x++)
      cell_at(c, x, y / 2)->block[y % 2] = ink;
}

static uint32_t code_point(const char **p, const char *end) {
  const unsigned char *s = (const unsigned char *)*p;
  int more = *s >= 0xF0 ? 3 : *s >= 0xE0 ? 2 : *s >= 0xC0 ? 1 : 0;
  uint32_t v = more == 3 ? *s & 7 : more == 2 ? *s & 15 : more == 1 ? *s & 31 : *s;
  if (end - *p <= more) more = 0, v = '?';
  for (int i = 1; i <= more; i++) v = v << 6 | (s[i] & 63);
  *p += more + 1;
  return v;
}

typedef struct writing { /* where the next text stands */
  double x, y, size;
  bool upright; /* along the y axis: one letter a line */
  int anchor;   /* 0: begins there, 1: is centred, 2: ends */
  int ink;
} writing;

static void write_text(canvas *c, const writing *w, const char *p, const char *end) {
  static const struct {
    const char *name;
    uint32_t letter;
  } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  uint32_t letter[256];
  int n = 0;
  while (p < end && n < 256) {
    size_t k = 0;
    for (; *p == '&' && k < 5; k++)
      if (strncmp(p, entities[k].name, strlen(entities[k].name)) == 0) break;
    if (*p == '&' && k < 5) {
      letter[n++] = entities[k].letter;
      p += strlen(entities[k].name);
    } else letter[n++] = code_point(&p, end);
  }
  if (w->upright && 2 * n > c->lines) /* the first words of a long label along the y axis */
    for (int i = 1; i < n; i++)
      if (letter[i] == ',') n = i;
  double across = w->x / H9_TERMINAL_CELL_X, down = (w->y - 0.3 * w->size) / H9_TERMINAL_CELL_Y;
  double from = w->anchor * n / 2.0;
  int x = (int)floor(w->upright ? across - 0.2 : across - from + 0.5),
      y = (int)floor(w->upright ? w->y / H9_TERMINAL_CELL_Y - n / 2.0 + 0.5 : down);
  if (!w->upright && x + n > c->columns && x < c->columns)
    x = c->columns - n; /* all of it, where there is room */
  if (x < 0) x = 0;
  if (w->upright && y < 0) y = 0;
  for (int i = 0; i < n; i++) {
    cell *at = w->upright ? cell_at(c, x, y + i) : cell_at(c, x + i, y);
    if (!at || letter[i] < TEXT_FIRST) continue;
    at->letter = letter[i];
    at->ink = w->ink;
  }
}

/* ---- reading what gnuplot writes ---- */

/* The value of an attribute in a tag, after `name` and '='; NULL when it has none. */
static const char *attribute(const char *tag, const char *end, const char *name) {
  size_t n = strlen(name);
  for (const char *p = tag; p + n < end; p++) {
    if (strncmp(p, name, n) != 0 || (p > tag && !isspace((unsigned char)p[-1]))) continue;
    const char *q = p + n;
    while (*q == ' ') q++;
    if (*q != '=') continue;
    for (q++; *q == ' ' || *q == '"' || *q == '\'';) q++;
    return q;
  }
  return NULL;
}

static int colour(const char *text, int current) {
  int r, g, b;
  if (!text || strncmp(text, "currentColor", 12) == 0) return current;
  if (sscanf(text, "rgb(%d,%d,%d", &r, &g, &b) == 3) return (r & 255) << 16 | (g & 255) << 8 | (b & 255);
  if (sscanf(text, "#%2x%2x%2x", (unsigned *)&r, (unsigned *)&g, (unsigned *)&b) == 3)
    return r << 16 | g << 8 | b;
  return strncmp(text, "white", 5) == 0 ? 0xFFFFFF : 0;
}

static void path(canvas *c, const char *d, const char *end, int ink) {
  double x = 0, y = 0, nx, ny;
  bool draw = false;
  while (d && d < end && *d != '\'' && *d != '"') {
    if (*d == 'M' || *d == 'L') draw = *d == 'L', d++;
    else if (isspace((unsigned char)*d)) d++;
    else {
      char *stop;
      nx = strtod(d, &stop);
      if (stop == d || *stop != ',') return;
      d = stop + 1;
      ny = strtod(d, &stop);
      if (stop == d) return;
      d = stop;
      if (draw) line(c, x, y, nx, ny, ink);
      x = nx, y = ny;
      draw = true;
    }
  }
}

static void polygon(canvas *c, const char *points, const char *end, int ink) {
  double left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
  while (points && points < end && *points != '\'' && *points != '"') {
    char *stop;
    double x = strtod(points, &stop), y;
    if (stop == points || *stop != ',') break;
    points = stop + 1;
    y = strtod(points, &stop);
    if (stop == points) break;
    for (points = stop; isspace((unsigned char)*points);) points++;
    left = fmin(left, x), right = fmax(right, x), top = fmin(top, y), bottom = fmax(bottom, y);
  }
  if (left < right) block(c, left, top, right, bottom, ink);
}

static void read_svg(canvas *c, const char *p, const char *end) {
  int current = 0;
  writing w = {0};
  for (const char *tag; (tag = memchr(p, '<', (size_t)(end - p)));) {
    const char *stop = memchr(tag, '>', (size_t)(end - tag));
    if (!stop) return;
    p = stop + 1;
    const char *at = attribute(tag, stop, "transform"), *name = tag + 1;
    if (strncmp(name, "g ", 2) == 0) {
      const char *colour_of = attribute(tag, stop, "color"), *size = attribute(tag, stop, "font-size"),
                 *anchor = attribute(tag, stop, "text-anchor");
      if (colour_of) current = colour(colour_of, current);
      if (at && size && sscanf(at, "translate(%lf,%lf", &w.x, &w.y) == 2) {
        w.size = strtod(size, NULL);
        const char *turn = strstr(at, "rotate(");
        double angle = turn && turn < stop ? strtod(turn + 7, NULL) : 0;
        w.upright = fabs(angle - 270) < 1 || fabs(angle - 90) < 1;
        w.anchor = anchor && *anchor == 'm' ? 1 : anchor && *anchor == 'e' ? 2 : 0;
        w.ink = colour(attribute(tag, stop, "fill"), current);
      }
    } else if (strncmp(name, "text", 4) == 0) {
      const char *close = memchr(p, '<', (size_t)(end - p));
      if (close) write_text(c, &w, p, close);
    } else if (strncmp(name, "use ", 4) == 0) {
      double x, y;
      if (at && sscanf(at, "translate(%lf,%lf", &x, &y) == 2)
        dot(c, dot_x(x), dot_y(y), colour(attribute(tag, stop, "color"), current));
    } else if (strncmp(name, "path ", 5) == 0)
      path(c, attribute(tag, stop, "d"), stop, colour(attribute(tag, stop, "stroke"), current));
    else if (strncmp(name, "polygon ", 8) == 0)
      polygon(c, attribute(tag, stop, "points"), stop, colour(attribute(tag, stop, "fill"), current));
  }
}

/* ---- writing ---- */

static void put_code(h9_buf *b, uint32_t v) {
  char s[4];
  size_t n = v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
  static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (size_t i = n; i-- > 1; v >>= 6) s[i] = (char)(0x80 | (v & 63));
  s[0] = (char)(n == 1 ? v : lead[n] | v);
  h9_buf_put(b, s, n);
}

/* The nearest of the 6 x 6 x 6 colours that terminals share. */
static int in_256(int rgb) {
  int v = 16;
  static const int weight[] = {36, 6, 1};
  for (int k = 0; k < 3; k++) {
    int level = rgb >> (16 - 8 * k) & 255;
    v += weight[k] * (level < 48 ? 0 : level < 115 ? 1 : (level - 35) / 40);
  }
  return v;
}

static int colour_code(const h9_terminal *t, char *s, size_t size, int what, int rgb) {
  if (!t->exact) return snprintf(s, size, ";%d;5;%d", what, in_256(rgb));
  return snprintf(s, size, ";%d;2;%d;%d;%d", what, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
}

/* Black and white letters are in the terminal's own colour, which is seen on its ground. */
static void set_colour(const h9_terminal *t, h9_buf *b, int ink, int ground, int *ink_now, int *ground_now) {
  char s[64];
  if (ink == 0 || ink == 0xFFFFFF) ink = NONE;
  if (ink == *ink_now && ground == *ground_now) return;
  int n = snprintf(s, sizeof s, "\033[0");
  if (ink != NONE) n += colour_code(t, s + n, sizeof s - (size_t)n, 38, ink);
  if (ground != NONE) n += colour_code(t, s + n, sizeof s - (size_t)n, 48, ground);
  n += snprintf(s + n, sizeof s - (size_t)n, "m");
  h9_buf_put(b, s, (size_t)n);
  *ink_now = ink;
  *ground_now = ground;
}

/* Letters that are the darker the lighter a colour: on paper and on a dark screen alike, more is more. */
static uint32_t shade(int rgb) {
  static const char shades[] = " .:-=+*#%@";
  if (rgb == NONE || rgb == NO_VALUE) return ' ';
  double light = (0.30 * (rgb >> 16 & 255) + 0.59 * (rgb >> 8 & 255) + 0.11 * (rgb & 255)) / 256;
  return (uint32_t)shades[(int)(light * 10)];
}

static uint32_t count_bits(uint8_t v) {
  uint32_t n = 0;
  for (; v; v &= (uint8_t)(v - 1)) n++;
  return n;
}

static void put_cell(const h9_terminal *t, const cell *c, h9_buf *b, int *ink, int *ground) {
  uint32_t letter = c->letter               ? c->letter
                    : c->dots && t->unicode ? 0x2800u + c->dots
                    : c->dots               ? (uint32_t) " .:+*#%@@"[count_bits(c->dots)]
                                            : 0;
  if (!t->unicode && letter > 126) letter = letter == 0x2026 ? '~' : '?';
  if (!t->colour) {
    if (!letter) letter = shade(c->block[0] != NONE ? c->block[0] : c->block[1]);
  } else if (letter) set_colour(t, b, c->ink, c->letter ? NONE : c->block[1], ink, ground);
  else if (c->block[0] == c->block[1] || !t->unicode) {
    letter = ' ';
    set_colour(t, b, NONE, c->block[0] != NONE ? c->block[0] : c->block[1], ink, ground);
  } else {
    bool upper = c->block[0] != NONE;
    letter = upper ? 0x2580 : 0x2584;
    set_colour(t, b, c->block[upper ? 0 : 1], upper ? c->block[1] : NONE, ink, ground);
  }
  put_code(b, letter);
}

static void put_lines(const h9_terminal *t, const canvas *c, h9_buf *b) {
  for (int y = 0; y < c->lines; y++) {
    int last = c->columns, ink = NONE, ground = NONE;
    for (; last > 0; last--) { /* nothing after the last that shows */
      const cell *k = &c->at[(size_t)y * (size_t)c->columns + (size_t)last - 1];
      if (k->letter || k->dots || k->block[0] != NONE || k->block[1] != NONE) break;
    }
    for (int x = 0; x < last; x++)
      put_cell(t, &c->at[(size_t)y * (size_t)c->columns + (size_t)x], b, &ink, &ground);
    if (ink != NONE || ground != NONE) h9_buf_put(b, "\033[0m", 4);
    h9_buf_put(b, "\n", 1);
  }
}

int h9_terminal_draw(const h9_terminal *t, const char *path_of, h9_buf *out, h9_error *e) {
  canvas c = {.columns = t->columns, .lines = t->lines};
  size_t cells = (size_t)t->columns * (size_t)t->lines, n = 0, cap = 0;
  char *text = NULL;
  FILE *f = fopen(path_of, "rb");
  if (!f) return h9_fail(e, H9_EINTERNAL, "gnuplot made no picture");
  int rc =
      (c.at = calloc(cells, sizeof *c.at)) ? H9_OK : h9_fail_memory(e, cells * sizeof *c.at, "a picture");
  for (size_t i = 0; rc == H9_OK && i < cells; i++) c.at[i].block[0] = c.at[i].block[1] = NONE;
  for (size_t got = 1; rc == H9_OK && got > 0;) {
    if (h9_grow(&text, &cap, n + 65537, 1) != H9_OK) rc = h9_fail_memory(e, n, "a picture");
    else n += got = fread(text + n, 1, 65536, f);
  }
  if (rc == H9_OK && ferror(f)) rc = h9_fail_sys(e, H9_EIO, errno, "%s", path_of);
  fclose(f);
  if (rc == H9_OK) {
    text[n] = 0;
    const char *begin = strstr(text, "</defs>");
    if (begin) read_svg(&c, begin, text + n);
    put_lines(t, &c, out);
    if (out->failed) rc = h9_fail_memory(e, out->len, "a picture");
  }
  free(text);
  free(c.at);
  return rc;
}
