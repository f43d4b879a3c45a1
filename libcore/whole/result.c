#include "result.h"

#include "../base/io.h"
#include "../base/json.h"
#include "../base/memory.h"
#include "options.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLED "-" /* in the place of a stage: files that hal9-run itself adds */
#define TRIMMED "trimmed" /* files that were no outputs are gone: no stage can be done again alone */

typedef struct entry {
  char *stage, *name; /* name NULL: a stage's line */
  char hash[33];
  uint64_t bytes;
} entry;

typedef struct manifest {
  entry *e;
  size_t n, cap;
  bool trimmed;
} manifest;

/* A path that is too long is no path. */
static void path_of(char out[PATH_MAX], const char *folder, const char *name) {
  if (snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) out[0] = 0;
}

static void put(h9_buf *b, const char *text) { h9_buf_put(b, text, strlen(text)); }

static void release(manifest *m) {
  for (size_t i = 0; i < m->n; i++) {
    free(m->e[i].stage);
    free(m->e[i].name);
  }
  free(m->e);
  *m = (manifest){.n = 0};
}

static int add(manifest *m, const char *stage, const char *name, const char *hash, uint64_t bytes, h9_error *e) {
  if (h9_grow(&m->e, &m->cap, m->n + 1, sizeof *m->e) != H9_OK) return h9_fail_memory(e, 0, "a manifest");
  entry *x = &m->e[m->n];
  *x = (entry){.stage = h9_strdup(stage), .name = name ? h9_strdup(name) : NULL, .bytes = bytes};
  snprintf(x->hash, sizeof x->hash, "%.32s", hash);
  m->n++;
  return x->stage && (!name || x->name) ? H9_OK : h9_fail_memory(e, 0, "a manifest");
}

/* A file of any length as text; false where it cannot be read. */
static bool slurp(const char *path, h9_buf *b) {
  h9_error e;
  size_t got = 1;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  while (got) {
    unsigned char *p = h9_buf_extend(b, 65536);
    if (!p || h9_read_full(fd, p, 65536, &got, &e) != H9_OK) break;
    b->len -= 65536 - got;
  }
  close(fd);
  h9_buf_put8(b, 0);
  return !got && !b->failed;
}

/* What is not a manifest is an empty one. */
static void load(manifest *m, const char *folder) {
  char path[PATH_MAX];
  h9_buf b = {0};
  h9_error e;
  *m = (manifest){.n = 0};
  path_of(path, folder, H9_RESULT_MANIFEST);
  bool ok = slurp(path, &b);
  for (char *line = (char *)b.data, *end; ok && *line; line = end + 1) {
    char *field[5];
    int n = 0;
    if (!(end = strchr(line, '\n'))) {
      ok = false;
      break;
    }
    *end = 0;
    if (*line == '#') continue;
    for (char *s = line; s && n < 5; n++) {
      field[n] = s;
      s = strchr(s, '\t');
      if (s) *s++ = 0;
    }
    if (n == 1 && strcmp(field[0], TRIMMED) == 0) m->trimmed = true;
    else if (n == 3 && strcmp(field[0], "stage") == 0) ok = add(m, field[1], NULL, field[2], 0, &e) == H9_OK;
    else if (n == 5 && strcmp(field[0], "file") == 0) ok = add(m, field[1], field[4], field[2], strtoull(field[3], NULL, 10), &e) == H9_OK;
    else ok = false;
  }
  h9_buf_release(&b);
  if (!ok) release(m);
}

int h9_result_put(const char *folder, const char *name, const h9_buf *text, h9_error *e) {
  char path[PATH_MAX];
  h9_output out;
  path_of(path, folder, name);
  if (text->failed) return h9_fail_memory(e, text->len, name);
  int rc = h9_output_open(&out, path, true, e);
  if (rc != H9_OK) return rc;
  if ((rc = h9_write_full(out.fd, text->data, text->len, e)) == H9_OK) return h9_output_commit(&out, e);
  h9_output_abandon(&out);
  return h9_fail_at(e, "%s", path);
}

static int store(const manifest *m, const char *folder, h9_error *e) {
  h9_buf b = {0};
  char number[64];
  put(&b, "# what this run left: its stages with their keys, its files with XXH3-128 and bytes\n");
  for (size_t i = 0; i < m->n; i++) {
    const entry *x = &m->e[i];
    put(&b, x->name ? "file\t" : "stage\t");
    put(&b, x->stage);
    put(&b, "\t");
    put(&b, x->hash);
    if (x->name) {
      snprintf(number, sizeof number, "\t%llu\t", (unsigned long long)x->bytes);
      put(&b, number);
      put(&b, x->name);
    }
    put(&b, "\n");
  }
  if (m->trimmed) put(&b, TRIMMED "\n");
  int rc = h9_result_put(folder, H9_RESULT_MANIFEST, &b, e);
  h9_buf_release(&b);
  return rc;
}

static bool unchanged(const char *folder, const entry *x) {
  char path[PATH_MAX], text[33];
  struct stat s;
  h9_hash h;
  uint64_t bytes;
  h9_error e;
  path_of(path, folder, x->name);
  if (lstat(path, &s) || !S_ISREG(s.st_mode) || (uint64_t)s.st_size != x->bytes) return false;
  if (h9_hash_file(path, &h, &bytes, &e) != H9_OK) return false;
  h9_hash_text(h, text);
  return strcmp(text, x->hash) == 0;
}

static size_t done(const manifest *m, const char *folder, const h9_plan *p, const h9_run *r) {
  size_t s = 0;
  char key[33];
  for (; s < p->x->n_stages; s++) {
    bool ok = false;
    h9_hash_text(r->key[s], key);
    for (size_t i = 0; i < m->n && !ok; i++) ok = !m->e[i].name && strcmp(m->e[i].stage, p->x->stage[s].name) == 0 && strcmp(m->e[i].hash, key) == 0;
    for (size_t i = 0; i < m->n && ok; i++)
      if (m->e[i].name && strcmp(m->e[i].stage, p->x->stage[s].name) == 0) ok = unchanged(folder, &m->e[i]);
    if (!ok) break;
  }
  return m->trimmed && s < p->x->n_stages ? 0 : s;
}

size_t h9_result_done(const char *folder, const h9_plan *p, const h9_run *r) {
  manifest m;
  load(&m, folder);
  size_t s = done(&m, folder, p, r);
  release(&m);
  return s;
}

/* Whether a file belongs to the first stages. */
static const entry *of_stages(const manifest *m, const h9_plan *p, size_t stages, const char *name) {
  for (size_t i = 0; i < m->n; i++)
    for (size_t s = 0; s < stages && m->e[i].name && strcmp(m->e[i].name, name) == 0; s++)
      if (strcmp(p->x->stage[s].name, m->e[i].stage) == 0) return &m->e[i];
  return NULL;
}

/* Calls visit for every regular file or link below folder, by its name from there. */
typedef int visitor(void *ctx, const char *folder, const char *name, bool regular, h9_error *e);
static int walk(const char *folder, const char *below, visitor *visit, void *ctx, h9_error *e) {
  char path[PATH_MAX];
  struct dirent **list;
  int rc = H9_OK;
  path_of(path, folder, below);
  int n = scandir(path, &list, NULL, alphasort);
  if (n < 0) return h9_fail_sys(e, H9_EIO, errno, "%s", path);
  for (int i = 0; i < n; i++) {
    char name[PATH_MAX];
    struct stat s;
    const char *own = list[i]->d_name;
    if (rc == H9_OK && strcmp(own, ".") != 0 && strcmp(own, "..") != 0) {
      snprintf(name, sizeof name, "%s%s%s", below, *below ? "/" : "", own);
      path_of(path, folder, name);
      if (lstat(path, &s)) rc = h9_fail_sys(e, H9_EIO, errno, "%s", path);
      else if (S_ISDIR(s.st_mode)) rc = walk(folder, name, visit, ctx, e);
      else rc = visit(ctx, folder, name, S_ISREG(s.st_mode), e);
    }
    free(list[i]);
  }
  free(list);
  return rc;
}

typedef struct sieve {
  const manifest *m;
  manifest *found;
  const h9_plan *p;
  size_t stages; /* keep what the first stages left */
  const char *stage;
  bool outputs;  /* keep outputs alone */
} sieve;

static int drop_file(void *ctx, const char *folder, const char *name, bool regular, h9_error *e) {
  const sieve *v = ctx;
  char path[PATH_MAX];
  bool keep = regular && of_stages(v->m, v->p, v->stages, name);
  if (keep && v->outputs && v->p->x->n_outputs) {
    keep = false;
    for (size_t i = 0; i < v->p->x->n_outputs; i++) keep |= strcmp(v->p->x->output[i], name) == 0;
  }
  path_of(path, folder, name);
  if (keep || unlink(path) == 0) return H9_OK;
  return h9_fail_sys(e, H9_EIO, errno, "%s", path);
}

/* Only the lines of the first stages (and, of their files, outputs). */
static void cut(manifest *m, const h9_plan *p, size_t stages, bool outputs) {
  size_t n = 0;
  for (size_t i = 0; i < m->n; i++) {
    bool keep = false;
    for (size_t s = 0; s < stages; s++) keep |= strcmp(m->e[i].stage, p->x->stage[s].name) == 0;
    if (keep && m->e[i].name && outputs && p->x->n_outputs) {
      keep = false;
      for (size_t k = 0; k < p->x->n_outputs; k++) keep |= strcmp(p->x->output[k], m->e[i].name) == 0;
      if (!keep) m->trimmed = true;
    }
    if (keep) m->e[n++] = m->e[i];
    else {
      free(m->e[i].stage);
      free(m->e[i].name);
    }
  }
  m->n = n;
}

int h9_result_trim(const char *folder, const h9_plan *p, const h9_run *r, size_t stages, h9_error *e) {
  manifest m;
  (void)r;
  load(&m, folder);
  sieve v = {.m = &m, .p = p, .stages = stages};
  int rc = walk(folder, "", drop_file, &v, e); /* the manifest, too: a cut one comes in its place */
  cut(&m, p, stages, false);
  if (rc == H9_OK) rc = store(&m, folder, e);
  release(&m);
  return rc;
}

int h9_result_adopt(const char *from, const char *to, const h9_plan *p, const h9_run *r, size_t stages, h9_error *e) {
  manifest m;
  int rc = H9_OK;
  (void)r;
  load(&m, from);
  cut(&m, p, stages, false);
  if (mkdir(to, 0777)) rc = h9_fail_sys(e, H9_EIO, errno, "%s", to);
  for (size_t i = 0; rc == H9_OK && i < m.n; i++) {
    char a[PATH_MAX], b[PATH_MAX];
    if (!m.e[i].name) continue;
    path_of(a, from, m.e[i].name);
    path_of(b, to, m.e[i].name);
    for (char *s = b + strlen(to) + 1; (s = strchr(s, '/')); s++) { /* folders on the way */
      *s = 0;
      if (mkdir(b, 0777) && errno != EEXIST) rc = h9_fail_sys(e, H9_EIO, errno, "%s", b);
      *s = '/';
    }
    if (rc == H9_OK && link(a, b)) rc = h9_fail_sys(e, H9_EIO, errno, "%s", b);
  }
  if (rc == H9_OK) rc = store(&m, to, e);
  release(&m);
  return rc;
}

int h9_result_furnish(const char *folder, const h9_plan *p, const char *config, h9_error *e) {
  char path[PATH_MAX], whole[PATH_MAX];
  h9_buf text = {0};
  if (!slurp(config, &text)) {
    h9_buf_release(&text);
    return h9_fail_sys(e, H9_ENOINPUT, errno, "%s", config);
  }
  text.len--;
  int rc = h9_result_put(folder, H9_RUN_CONFIG, &text, e);
  h9_buf_release(&text);
  for (size_t i = 0; rc == H9_OK && i < p->x->n_inputs; i++) {
    const char *name = strrchr(p->x->input[i], '/');
    path_of(path, folder, name ? name + 1 : p->x->input[i]);
    (void)unlink(path);
    if (!realpath(p->x->input[i], whole) || symlink(whole, path)) rc = h9_fail_sys(e, H9_EIO, errno, "%s", path);
  }
  return rc;
}

static int note_file(void *ctx, const char *folder, const char *name, bool regular, h9_error *e) {
  sieve *v = ctx;
  char path[PATH_MAX], text[33];
  h9_hash h;
  uint64_t bytes;
  if (!regular || strcmp(name, H9_RESULT_MANIFEST) == 0 || (strcmp(v->stage, SETTLED) != 0 && strcmp(name, H9_RUN_CONFIG) == 0)) return H9_OK;
  for (size_t i = 0; i < v->m->n; i++)
    if (v->m->e[i].name && strcmp(v->m->e[i].name, name) == 0) return H9_OK;
  path_of(path, folder, name);
  int rc = h9_hash_file(path, &h, &bytes, e);
  if (rc != H9_OK) return rc;
  h9_hash_text(h, text);
  return add(v->found, v->stage, name, text, bytes, e);
}

static int append(manifest *m, manifest *more, h9_error *e) {
  int rc = H9_OK;
  for (size_t i = 0; i < more->n && rc == H9_OK; i++) rc = add(m, more->e[i].stage, more->e[i].name, more->e[i].hash, more->e[i].bytes, e);
  release(more);
  return rc;
}

int h9_result_keep(const char *folder, const h9_plan *p, const h9_run *r, size_t s, h9_error *e) {
  static const char *const ends[] = {"out", "err"};
  manifest m, found = {.n = 0};
  char key[33];
  for (int i = 0; i < 2; i++) {
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s.%s", folder, p->x->stage[s].name, ends[i]);
    if (stat(path, &st) == 0 && !st.st_size && unlink(path)) return h9_fail_sys(e, H9_EIO, errno, "%s", path);
  }
  load(&m, folder);
  h9_hash_text(r->key[s], key);
  sieve v = {.m = &m, .found = &found, .p = p, .stage = p->x->stage[s].name};
  int rc = walk(folder, "", note_file, &v, e);
  if (rc == H9_OK) rc = add(&m, v.stage, NULL, key, 0, e);
  if (rc == H9_OK) rc = append(&m, &found, e);
  if (rc == H9_OK) rc = store(&m, folder, e);
  release(&found);
  release(&m);
  return rc;
}

/* What was run, for people and programs. */
static int describe(const char *folder, const h9_plan *p, const h9_run *r, h9_error *e) {
  const h9_experiment *x = p->x;
  h9_json j = {.depth = 0};
  h9_json_begin(&j, NULL, '{');
  h9_json_text(&j, "version", h9_version);
  h9_json_text(&j, "run", r->name);
  h9_json_begin(&j, "parameters", '{');
  for (size_t k = 0; k < x->n_parameters; k++) h9_json_text(&j, x->parameter[k], x->value[r->point * x->n_parameters + k]);
  h9_json_end(&j, '}');
  h9_json_whole(&j, "repeat", r->repeat);
  h9_json_whole(&j, "seed", r->seed);
  h9_json_begin(&j, "pipelines", '{');
  for (size_t s = 0; s < x->n_stages; s++) h9_json_text(&j, x->stage[s].name, r->command[s]);
  h9_json_end(&j, '}');
  h9_json_end(&j, '}');
  put(&j.out, "\n");
  int rc = h9_result_put(folder, "run.json", &j.out, e);
  h9_buf_release(&j.out);
  return rc;
}

int h9_result_finish(const char *folder, const h9_plan *p, const h9_run *r, h9_error *e) {
  manifest m, found = {.n = 0};
  char path[PATH_MAX];
  h9_buf config = {0};
  path_of(path, folder, H9_RUN_CONFIG);
  if (!slurp(path, &config)) return h9_fail(e, H9_EIO, "%s: cannot be read", path);
  config.len--;
  load(&m, folder);
  sieve v = {.m = &m, .found = &found, .p = p, .stages = p->x->n_stages, .stage = SETTLED, .outputs = true};
  int rc = walk(folder, "", drop_file, &v, e);
  cut(&m, p, p->x->n_stages, true);
  for (size_t i = 0; rc == H9_OK && i < p->x->n_outputs; i++)
    if (!of_stages(&m, p, p->x->n_stages, p->x->output[i]))
      rc = h9_fail(e, H9_EDATA, "no pipeline left the output %s", p->x->output[i]);
  if (rc == H9_OK) rc = h9_result_put(folder, H9_RUN_CONFIG, &config, e);
  h9_buf_release(&config);
  if (rc == H9_OK) rc = describe(folder, p, r, e);
  if (rc == H9_OK) rc = walk(folder, "", note_file, &v, e);
  if (rc == H9_OK) rc = append(&m, &found, e);
  if (rc == H9_OK) rc = store(&m, folder, e);
  release(&found);
  release(&m);
  return rc;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *f) {
  (void)s, (void)type, (void)f;
  return remove(path);
}

int h9_result_remove(const char *folder, h9_error *e) {
  if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT) return H9_OK;
  return h9_fail_sys(e, H9_EIO, errno, "%s", folder);
}

int h9_result_list(const char *folder, const char *prefix, h9_buf *out, h9_error *e) {
  manifest m;
  char number[64];
  load(&m, folder);
  if (!m.n) return h9_fail(e, H9_EIO, "%s: has no " H9_RESULT_MANIFEST, folder);
  for (size_t i = 0; i < m.n; i++) {
    if (!m.e[i].name) continue;
    put(out, m.e[i].hash);
    snprintf(number, sizeof number, "\t%llu\t", (unsigned long long)m.e[i].bytes);
    put(out, number);
    put(out, prefix);
    put(out, m.e[i].name);
    put(out, "\n");
  }
  release(&m);
  return H9_OK;
}
