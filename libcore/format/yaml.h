/* A YAML document as a tree that remembers where everything stood. The only place that includes
 * <yaml.h>. Anchors, aliases and merge keys (<<) are resolved; duplicate keys are an error. */
#ifndef H9_FORMAT_YAML_H
#define H9_FORMAT_YAML_H

#include "../base/status.h"

enum h9_node_type { H9_NODE_SCALAR, H9_NODE_LIST, H9_NODE_MAP };

typedef struct h9_node {
  enum h9_node_type type;
  uint32_t line, column; /* from 1, of its first character */
  bool quoted;           /* a quoted scalar is never a number */
  char *text;            /* scalar */
  struct h9_node **item; /* list: items; map: values */
  struct h9_node **key;  /* map: scalars */
  size_t n;
} h9_node;

typedef struct h9_yaml { /* a document; owns every node */
  char *name;            /* file name for messages */
  h9_node *root;         /* NULL: empty document */
  struct h9_node **all;
  size_t n_all, cap_all;
} h9_yaml;

/* Reads and parses a file ("-": not allowed). H9_ENOINPUT or H9_ECONFIG with "FILE:LINE:COLUMN: ...". */
int h9_yaml_read(h9_yaml *y, const char *path, h9_error *e) H9_UNUSED_RESULT;
int h9_yaml_parse(h9_yaml *y, const char *name, const char *text, size_t len, h9_error *e) H9_UNUSED_RESULT;
void h9_yaml_release(h9_yaml *y);
/* NULL when the map has no such key. */
h9_node *h9_node_get(const h9_node *map, const char *key);

#endif
