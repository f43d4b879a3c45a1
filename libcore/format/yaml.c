#include "yaml.h"

#include "../base/memory.h"
#include "../base/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

/* Bounds that no sensible file meets: aliases are shared, not copied, so a document cannot grow beyond
 * its text, but it can be deep or have many keys. */
enum { DEPTH_MAX = 64, KEYS_MAX = 100000, FILE_MAX = 64 << 20 };

typedef struct anchor {
  char *name;
  h9_node *node;
} anchor;

typedef struct builder {
  h9_yaml *y;
  yaml_parser_t parser;
  anchor *anchors;
  size_t n_anchors, cap_anchors;
  h9_error *e;
} builder;

static int mistake(builder *b, yaml_mark_t at, const char *text) {
  return h9_fail(b->e, H9_ECONFIG, "%s:%zu:%zu: %s", b->y->name, at.line + 1, at.column + 1, text);
}

static h9_node *node_new(builder *b, enum h9_node_type type, yaml_mark_t at) {
  h9_yaml *y = b->y;
  if (h9_grow(&y->all, &y->cap_all, y->n_all + 1, sizeof *y->all) != H9_OK) return NULL;
  h9_node *n = calloc(1, sizeof *n);
  if (!n) return NULL;
  n->type = type;
  n->line = (uint32_t)at.line + 1;
  n->column = (uint32_t)at.column + 1;
  return y->all[y->n_all++] = n;
}

static int push(h9_node ***list, size_t n, h9_node *item) {
  if (n && (n & (n - 1))) {
    (*list)[n] = item;
    return H9_OK;
  }
  h9_node **grown = realloc(*list, (n ? 2 * n : 1) * sizeof *grown);
  if (!grown) return H9_ESYSTEM;
  *list = grown;
  grown[n] = item;
  return H9_OK;
}

static int map_put(builder *b, h9_node *map, h9_node *key, h9_node *value) {
  (void)b;
  if (push(&map->key, map->n, key) != H9_OK || push(&map->item, map->n, value) != H9_OK)
    return h9_fail_memory(b->e, 2 * sizeof key, "the configuration");
  map->n++;
  return H9_OK;
}

static int next_event(builder *b, yaml_event_t *event) {
  if (yaml_parser_parse(&b->parser, event)) return H9_OK;
  if (b->parser.error == YAML_MEMORY_ERROR) return h9_fail_memory(b->e, 0, "the configuration");
  yaml_mark_t at = b->parser.problem_mark;
  char text[256];
  if (b->parser.error == YAML_READER_ERROR)
    return h9_fail(b->e, H9_ECONFIG, "%s: is not YAML text: byte %zu: %s", b->y->name, b->parser.problem_offset,
                   b->parser.problem);
  const char *odd = b->parser.problem && strstr(b->parser.problem, "cannot start any token")
                        ? " (a tab? YAML is indented with spaces)"
                        : "";
  snprintf(text, sizeof text, "%s%s%s%s", b->parser.problem ? b->parser.problem : "not YAML",
           b->parser.context ? " " : "", b->parser.context ? b->parser.context : "", odd);
  return mistake(b, at, text);
}

static int name_anchor(builder *b, const yaml_char_t *name, h9_node *node) {
  if (!name) return H9_OK;
  if (h9_grow(&b->anchors, &b->cap_anchors, b->n_anchors + 1, sizeof *b->anchors) != H9_OK)
    return h9_fail_memory(b->e, sizeof *b->anchors, "the configuration");
  char *copy = h9_strdup((const char *)name);
  if (!copy) return h9_fail_memory(b->e, 1, "the configuration");
  b->anchors[b->n_anchors++] = (anchor){copy, node};
  return H9_OK;
}

static int build(builder *b, yaml_event_t *event, int depth, h9_node **out);

/* Keys of a merged map that the map itself does not have. */
static int merge(builder *b, h9_node *map, const h9_node *from, yaml_mark_t at) {
  if (from->type == H9_NODE_LIST) {
    for (size_t i = 0; i < from->n; i++) { /* of maps only: lists in lists could double at every level */
      if (from->item[i]->type != H9_NODE_MAP)
        return mistake(b, at, "<<: found something else than a map in the list to merge");
      int rc = merge(b, map, from->item[i], at);
      if (rc) return rc;
    }
    return H9_OK;
  }
  if (from->type != H9_NODE_MAP) return mistake(b, at, "<<: found something else than a map to merge");
  for (size_t i = 0; i < from->n; i++)
    if (!h9_node_get(map, from->key[i]->text)) {
      int rc = map_put(b, map, from->key[i], from->item[i]);
      if (rc) return rc;
    }
  return H9_OK;
}

static int build_map(builder *b, h9_node *map, int depth) {
  h9_node *merges = NULL;
  yaml_mark_t merge_at = {0};
  for (;;) {
    yaml_event_t event;
    int rc = next_event(b, &event);
    if (rc) return rc;
    if (event.type == YAML_MAPPING_END_EVENT) {
      yaml_event_delete(&event);
      break;
    }
    yaml_mark_t at = event.start_mark;
    h9_node *key, *value;
    if ((rc = build(b, &event, depth, &key))) return rc;
    if (key->type != H9_NODE_SCALAR) return mistake(b, at, "found a list or map as a key, expected a name");
    if ((rc = next_event(b, &event)) || (rc = build(b, &event, depth, &value))) return rc;
    if (strcmp(key->text, "<<") == 0 && !key->quoted) {
      merges = value;
      merge_at = at;
      continue;
    }
    const h9_node *twin = NULL;
    for (size_t i = 0; i < map->n && !twin; i++)
      if (strcmp(map->key[i]->text, key->text) == 0) twin = map->key[i];
    if (twin) {
      char text[400];
      snprintf(text, sizeof text, "%.200s: given twice, first at line %u", key->text, twin->line);
      return mistake(b, at, text);
    }
    if (map->n == KEYS_MAX) return mistake(b, at, "a map of more than 100000 keys");
    if ((rc = map_put(b, map, key, value))) return rc;
  }
  return merges ? merge(b, map, merges, merge_at) : H9_OK;
}

/* Consumes the event. */
static int build(builder *b, yaml_event_t *event, int depth, h9_node **out) {
  yaml_mark_t at = event->start_mark;
  int rc = H9_OK;
  h9_node *n = NULL;
  if (depth > DEPTH_MAX) {
    yaml_event_delete(event);
    return mistake(b, at, "nested too deeply");
  }
  switch (event->type) {
  case YAML_ALIAS_EVENT:
    for (size_t i = b->n_anchors; i-- > 0 && !n;)
      if (strcmp(b->anchors[i].name, (const char *)event->data.alias.anchor) == 0) n = b->anchors[i].node;
    if (!n) {
      char text[300];
      snprintf(text, sizeof text, "*%.200s: no such anchor before this place",
               (const char *)event->data.alias.anchor);
      rc = mistake(b, at, text);
    }
    break;
  case YAML_SCALAR_EVENT:
    n = node_new(b, H9_NODE_SCALAR, at);
    if (n && strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
      rc = mistake(b, at, "found a zero byte in a value");
    else if (n) {
      n->text = h9_strdup((const char *)event->data.scalar.value);
      n->quoted = event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
                  event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
      rc = n->text ? name_anchor(b, event->data.scalar.anchor, n)
                   : h9_fail_memory(b->e, 1, "the configuration");
    } else rc = h9_fail_memory(b->e, sizeof *n, "the configuration");
    break;
  case YAML_SEQUENCE_START_EVENT:
    n = node_new(b, H9_NODE_LIST, at);
    rc = n ? H9_OK : h9_fail_memory(b->e, sizeof *n, "the configuration");
    while (rc == H9_OK) {
      yaml_event_t item;
      h9_node *child;
      if ((rc = next_event(b, &item))) break;
      if (item.type == YAML_SEQUENCE_END_EVENT) {
        yaml_event_delete(&item);
        break;
      }
      if ((rc = build(b, &item, depth + 1, &child))) break;
      if (push(&n->item, n->n, child) != H9_OK) rc = h9_fail_memory(b->e, sizeof child, "the configuration");
      else n->n++;
    }
    if (rc == H9_OK) rc = name_anchor(b, event->data.sequence_start.anchor, n);
    break;
  case YAML_MAPPING_START_EVENT:
    n = node_new(b, H9_NODE_MAP, at);
    rc = n ? H9_OK : h9_fail_memory(b->e, sizeof *n, "the configuration");
    if (rc == H9_OK) rc = build_map(b, n, depth + 1);
    /* named after it is complete: an alias cannot reach into what is being built */
    if (rc == H9_OK) rc = name_anchor(b, event->data.mapping_start.anchor, n);
    break;
  default:
    rc = mistake(b, at, "found an unexpected event");
    break;
  }
  yaml_event_delete(event);
  *out = n;
  return rc;
}

int h9_yaml_parse(h9_yaml *y, const char *name, const char *text, size_t len, h9_error *e) {
  *y = (h9_yaml){.name = h9_strdup(name)};
  if (!y->name) return h9_fail_memory(e, strlen(name), "the configuration");
  builder b = {.y = y, .e = e};
  if (!yaml_parser_initialize(&b.parser)) return h9_fail_memory(e, sizeof b.parser, "the configuration");
  yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, len);
  int rc = H9_OK, documents = 0;
  for (bool more = true; more && rc == H9_OK;) {
    yaml_event_t event;
    if ((rc = next_event(&b, &event))) break;
    switch (event.type) {
    case YAML_STREAM_END_EVENT:
      more = false;
      yaml_event_delete(&event);
      break;
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
      yaml_event_delete(&event);
      break;
    case YAML_DOCUMENT_START_EVENT:
      if (documents++) rc = mistake(&b, event.start_mark, "found a second document, expected one");
      yaml_event_delete(&event);
      break;
    default:
      rc = build(&b, &event, 0, &y->root);
    }
  }
  yaml_parser_delete(&b.parser);
  for (size_t i = 0; i < b.n_anchors; i++) free(b.anchors[i].name);
  free(b.anchors);
  if (rc) h9_yaml_release(y);
  return rc;
}

int h9_yaml_read(h9_yaml *y, const char *path, h9_error *e) {
  *y = (h9_yaml){0};
  struct stat st;
  FILE *f = fopen(path, "rb");
  if (!f) return h9_fail_open(e, path, errno);
  if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
    fclose(f);
    return h9_fail(e, H9_ENOINPUT, "%s: is a directory, expected a YAML file", path);
  }
  char *text = NULL;
  size_t n = 0, cap = 0;
  int rc = H9_OK;
  for (;;) {
    if (h9_grow(&text, &cap, n + 65536, 1) != H9_OK) {
      rc = h9_fail_memory(e, cap, "the configuration");
      break;
    }
    size_t got = fread(text + n, 1, 65536, f);
    n += got;
    if (n > FILE_MAX) {
      rc = h9_fail(e, H9_ECONFIG, "%s: larger than %d MiB, is it a configuration?", path, FILE_MAX >> 20);
      break;
    }
    if (got == 0) {
      if (ferror(f)) rc = h9_fail_sys(e, H9_EIO, errno, "%s", path);
      break;
    }
  }
  fclose(f);
  if (rc == H9_OK && n >= 12 && memcmp(text, "\x59\x2a\x4d\x18", 4) == 0 && memcmp(text + 8, "hal9", 4) == 0)
    rc = h9_fail(e, H9_ECONFIG, "%s: is a hal9 stream, expected a YAML file", path);
  if (rc == H9_OK) rc = h9_yaml_parse(y, path, text, n, e);
  free(text);
  return rc;
}

void h9_yaml_release(h9_yaml *y) {
  for (size_t i = 0; i < y->n_all; i++) {
    free(y->all[i]->text);
    free(y->all[i]->item);
    free(y->all[i]->key);
    free(y->all[i]);
  }
  free(y->all);
  free(y->name);
  *y = (h9_yaml){0};
}

h9_node *h9_node_get(const h9_node *map, const char *key) {
  for (size_t i = 0; map && map->type == H9_NODE_MAP && i < map->n; i++)
    if (strcmp(map->key[i]->text, key) == 0) return map->item[i];
  return NULL;
}
