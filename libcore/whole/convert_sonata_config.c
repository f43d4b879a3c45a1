/* Configurations: which files a circuit consists of, and what a simulation of it is to be. */
#include "convert_sonata.h"

#include "../base/json.h"
#include "../base/memory.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct source { /* one JSON file */
  const char *path;
  char *folder; /* absolute */
  json_t *root;
} source;

/* In every case the caller unloads it. */
static int load(source *s, const char *path, h9_error *e) {
  json_error_t why;
  const char *slash = strrchr(path, '/');
  *s = (source){.path = path};
  if (access(path, R_OK) != 0) return h9_fail_sys(e, H9_ENOINPUT, errno, "%s: cannot open", path);
  char *above = !slash          ? h9_strdup(".")
                : slash == path ? h9_strdup("/")
                                : strndup(path, (size_t)(slash - path));
  s->folder = above ? realpath(above, NULL) : NULL;
  free(above);
  if (!s->folder) return h9_fail_sys(e, H9_ENOINPUT, errno, "%s: cannot open its folder", path);
  s->root = json_load_file(path, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &why);
  if (s->root && json_is_object(s->root)) return H9_OK;
  if (s->root) (void)!h9_fail(e, H9_EDATA, "%s: expected an object in braces", path);
  else (void)!h9_fail(e, H9_EDATA, "%s:%d:%d: %s", path, why.line, why.column, why.text);
  return e->code;
}

static void unload(source *s) {
  json_decref(s->root);
  free(s->folder);
  *s = (source){0};
}

/* A value of the manifest: its keys have the dollar or not; also written ${NAME}. */
static const char *variable(const source *s, const char *name, size_t len) {
  const char *key;
  json_t *value;
  if (len == 9 && strncmp(name, "configdir", 9) == 0) return s->folder;
  if (len == 10 && strncmp(name, "workingdir", 10) == 0) return "/proc/self/cwd";
  json_object_foreach(json_object_get(s->root, "manifest"), key, value) {
    const char *bare = *key == '$' ? key + 1 : key;
    if (strlen(bare) == len && strncmp(bare, name, len) == 0) return json_string_value(value);
  }
  return NULL;
}

/* The path that `text` stands for: with variables in place, relative ones from the configuration's folder. */
static char *expand(const source *s, const char *text, h9_error *e) {
  char now[PATH_MAX];
  if (strlen(text) >= sizeof now) {
    h9_fail(e, H9_EDATA, "%s: a path of %zu characters, expected fewer than %zu", s->path, strlen(text),
            sizeof now);
    return NULL;
  }
  memcpy(now, text, strlen(text) + 1);
  for (int round = 0; strchr(now, '$'); round++) {
    char *dollar = strchr(now, '$'), *name = dollar + 1 + (dollar[1] == '{');
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    const char *value = variable(s, name, len);
    char *rest = name + len + (dollar[1] == '{' && name[len] == '}');
    if (!value || round == 64 || strlen(now) + strlen(value) >= sizeof now) {
      h9_fail(e, H9_EDATA, "%s: '%s': found $%.*s, %s", s->path, text, (int)len, name,
              value ? "which leads back to itself" : "which the manifest does not have");
      return NULL;
    }
    memmove(dollar + strlen(value), rest, strlen(rest) + 1);
    memcpy(dollar, value, strlen(value));
  }
  char *path = *now == '/' ? h9_strdup(now) : h9_sonata_path("%s/%s", s->folder, now);
  if (!path) h9_fail_memory(e, strlen(now), "a name");
  return path;
}

/* The path under a key; NULL where there is none, or "NULL". */
static int path_of(const source *s, const json_t *of, const char *key, char **path, h9_error *e) {
  const json_t *v = json_object_get(of, key);
  *path = NULL;
  if (!v || json_is_null(v)) return H9_OK;
  if (!json_is_string(v)) return h9_fail(e, H9_EDATA, "%s: %s: expected a path in quotes", s->path, key);
  if (strcmp(json_string_value(v), "NULL") == 0 || !*json_string_value(v)) return H9_OK;
  *path = expand(s, json_string_value(v), e);
  return *path ? H9_OK : e->code;
}

static int read_files(const source *s, const char *part, struct h9_sonata_file **to, size_t *n, h9_error *e) {
  static const char *const h5[2] = {"nodes_file", "edges_file"}, *const types[2] = {"node_types_file",
                                                                                    "edge_types_file"};
  int which = strcmp(part, "edges") == 0;
  const json_t *list = json_object_get(json_object_get(s->root, "networks"), part), *one;
  size_t i;
  if (list && !json_is_array(list))
    return h9_fail(e, H9_EDATA, "%s: networks: %s: expected a list", s->path, part);
  *to = calloc(json_array_size(list) + 1, sizeof **to);
  if (!*to) return h9_fail_memory(e, json_array_size(list), "names");
  json_array_foreach(list, i, one) {
    struct h9_sonata_file *f = &(*to)[(*n)++];
    int rc = path_of(s, one, h5[which], &f->h5, e);
    if (rc == H9_OK) rc = path_of(s, one, types[which], &f->types, e);
    if (rc == H9_OK && !f->h5)
      rc = h9_fail(e, H9_EDATA, "%s: networks: %s %zu has no %s, expected it", s->path, part, i + 1,
                   h5[which]);
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

static int read_circuit(h9_sonata_config *c, const source *s, h9_error *e) {
  const json_t *components = json_object_get(s->root, "components");
  if (!json_is_object(json_object_get(s->root, "networks")))
    return h9_fail(e, H9_EDATA,
                   "%s: no 'networks', expected the circuit's nodes and edges (or 'network', a path to them)",
                   s->path);
  int rc = read_files(s, "nodes", &c->nodes, &c->n_nodes, e);
  if (rc == H9_OK) rc = read_files(s, "edges", &c->edges, &c->n_edges, e);
  if (rc == H9_OK) rc = path_of(s, components, "point_neuron_models_dir", &c->neurons, e);
  if (rc == H9_OK) rc = path_of(s, components, "synaptic_models_dir", &c->synapses, e);
  if (rc == H9_OK && c->n_nodes == 0)
    rc = h9_fail(e, H9_EDATA, "%s: networks: no nodes, expected some", s->path);
  if (rc == H9_OK && !(c->folder = h9_strdup(s->folder))) rc = h9_fail_memory(e, PATH_MAX, "a name");
  return rc;
}

/* A simulation's configuration holds dt, and the circuit or a path to it. */
static int read_simulation(h9_sonata_config *c, const source *s, h9_error *e) {
  const json_t *run = json_object_get(s->root, "run"), *dt = json_object_get(run, "dt"),
               *seed = json_object_get(run, "random_seed");
  char *circuit = NULL;
  source inner = {0};
  if (dt && (!json_is_number(dt) || !(json_number_value(dt) > 0)))
    return h9_fail(e, H9_EDATA, "%s: run: dt: expected a number above 0, in ms", s->path);
  if (dt) c->dt = json_number_value(dt);
  if (json_is_integer(seed) && json_integer_value(seed) >= 0) c->seed = json_integer_value(seed);
  int rc = path_of(s, s->root, "network", &circuit, e);
  if (rc != H9_OK || !circuit) return rc == H9_OK ? read_circuit(c, s, e) : rc;
  rc = load(&inner, circuit, e);
  if (rc == H9_OK) rc = read_circuit(c, &inner, e);
  unload(&inner);
  free(circuit);
  return rc;
}

int h9_sonata_config_read(h9_sonata_config *c, const char *path, h9_error *e) {
  static const char *const names[] = {"simulation_config.json", "config.simulation.json",
                                      "circuit_config.json", "config.circuit.json", "config.json"};
  struct stat st;
  source s = {0};
  char *inside = NULL;
  *c = (h9_sonata_config){.dt = NAN, .seed = -1};
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
    for (size_t i = 0; i < sizeof names / sizeof *names && !inside; i++) {
      if (!(inside = h9_sonata_path("%s/%s", path, names[i]))) return h9_fail_memory(e, PATH_MAX, "a name");
      if (access(inside, F_OK) != 0) free(inside), inside = NULL;
    }
    if (!inside)
      return h9_fail(e, H9_ENOINPUT,
                     "%s: holds no simulation_config.json or circuit_config.json, expected one", path);
  }
  int rc = load(&s, inside ? inside : path, e);
  if (rc == H9_OK) rc = read_simulation(c, &s, e);
  unload(&s);
  free(inside);
  if (rc != H9_OK) h9_sonata_config_release(c);
  return rc;
}

static void files_release(struct h9_sonata_file *f, size_t n) {
  for (size_t i = 0; f && i < n; i++) {
    free(f[i].h5);
    free(f[i].types);
  }
  free(f);
}

void h9_sonata_config_release(h9_sonata_config *c) {
  files_release(c->nodes, c->n_nodes);
  files_release(c->edges, c->n_edges);
  free(c->neurons);
  free(c->synapses);
  free(c->folder);
  *c = (h9_sonata_config){0};
}

/* ---- parameters ---- */

int h9_sonata_params_read(h9_sonata_params *p, const char *folder, const char *file, h9_error *e) {
  source s = {0};
  const char *key;
  json_t *value;
  *p = (h9_sonata_params){0};
  char *path = *file == '/' ? h9_strdup(file) : h9_sonata_path("%s/%s", folder, file);
  int rc = path ? load(&s, path, e) : h9_fail_memory(e, PATH_MAX, "a name");
  if (rc == H9_OK && !(p->param = calloc(json_object_size(s.root) + 1, sizeof *p->param)))
    rc = h9_fail_memory(e, json_object_size(s.root), "parameters");
  if (rc == H9_OK) json_object_foreach(s.root, key, value) {
      struct h9_sonata_param *to = &p->param[p->n++];
      bool number = json_is_number(value) || json_is_boolean(value);
      to->name = h9_strdup(key);
      to->value = json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
      if (!number) to->text = h9_strdup(json_is_string(value) ? json_string_value(value) : "");
      if (!to->name || (!number && !to->text)) rc = h9_fail_memory(e, strlen(key), "a name");
    }
  unload(&s);
  free(path);
  if (rc != H9_OK) h9_sonata_params_release(p);
  return rc;
}

void h9_sonata_params_release(h9_sonata_params *p) {
  for (size_t i = 0; i < p->n; i++) {
    free(p->param[i].name);
    free(p->param[i].text);
  }
  free(p->param);
  *p = (h9_sonata_params){0};
}

/* ---- writing ---- */

/* File `one` of a part: nodes by population, edges by pair. */
static void put_file(h9_json *j, const char *part, const char *base) {
  char key[64], value[2 * H9_NAME_MAX + 64];
  h9_json_begin(j, NULL, '{');
  snprintf(key, sizeof key, "%ss_file", part);
  snprintf(value, sizeof value, "$NETWORK_DIR/%s_%ss.h5", base, part);
  h9_json_text(j, key, value);
  snprintf(key, sizeof key, "%s_types_file", part);
  snprintf(value, sizeof value, "$NETWORK_DIR/%s_%s_types.csv", base, part);
  h9_json_text(j, key, value);
  h9_json_end(j, '}');
}

static void circuit(h9_json *j, const h9_network *net) {
  h9_json_begin(j, NULL, '{');
  h9_json_begin(j, "manifest", '{');
  h9_json_text(j, "$BASE_DIR", "${configdir}");
  h9_json_text(j, "$NETWORK_DIR", "$BASE_DIR/network");
  h9_json_text(j, "$COMPONENTS_DIR", "$BASE_DIR/components");
  h9_json_end(j, '}');
  h9_json_begin(j, "components", '{');
  h9_json_text(j, "point_neuron_models_dir", "$COMPONENTS_DIR/point_neurons");
  h9_json_text(j, "synaptic_models_dir", "$COMPONENTS_DIR/synapses");
  h9_json_end(j, '}');
  h9_json_begin(j, "networks", '{');
  h9_json_begin(j, "nodes", '[');
  for (uint32_t p = 0; p < net->n_populations; p++) put_file(j, "node", net->populations[p].name);
  h9_json_end(j, ']');
  h9_json_begin(j, "edges", '[');
  for (uint32_t s = 0; s < net->n_populations; s++)
    for (uint32_t t = 0; t < net->n_populations; t++) {
      bool any = false;
      for (uint32_t k = 0; k < net->n_projections; k++)
        any |= net->projections[k].source == s && net->projections[k].target == t;
      char base[2 * H9_NAME_MAX + 8];
      snprintf(base, sizeof base, "%s_%s", net->populations[s].name, net->populations[t].name);
      if (any) put_file(j, "edge", base);
    }
  h9_json_end(j, ']');
  h9_json_end(j, '}');
  h9_json_end(j, '}');
}

static void simulation(h9_json *j, const h9_network *net) {
  h9_json_begin(j, NULL, '{');
  h9_json_begin(j, "manifest", '{');
  h9_json_text(j, "$BASE_DIR", "${configdir}");
  h9_json_text(j, "$OUTPUT_DIR", "$BASE_DIR/output");
  h9_json_end(j, '}');
  h9_json_text(j, "network", "$BASE_DIR/circuit_config.json");
  h9_json_text(j, "target_simulator", "hal9");
  h9_json_begin(j, "run", '{');
  h9_json_number(j, "tstart", 0);
  h9_json_number(j, "tstop", 1000);
  h9_json_number(j, "dt", net->dt);
  h9_json_whole(j, "random_seed", net->seed);
  h9_json_end(j, '}');
  h9_json_begin(j, "conditions", '{');
  h9_json_end(j, '}');
  h9_json_begin(j, "output", '{');
  h9_json_text(j, "output_dir", "$OUTPUT_DIR");
  h9_json_text(j, "spikes_file", "spikes.h5");
  h9_json_text(j, "spikes_sort_order", "by_time");
  h9_json_end(j, '}');
  h9_json_end(j, '}');
}

int h9_sonata_write_config(const h9_network *net, const char *folder, h9_error *e) {
  static void (*const write[2])(h9_json *, const h9_network *) = {circuit, simulation};
  static const char *const names[2] = {"circuit_config.json", "simulation_config.json"};
  int rc = H9_OK;
  for (int i = 0; i < 2 && rc == H9_OK; i++) {
    h9_json j = {0};
    write[i](&j, net);
    h9_buf_put8(&j.out, '\n');
    rc = h9_sonata_put_text(folder, names[i], &j.out, e);
    h9_buf_release(&j.out);
  }
  return rc;
}
