#include "hdf5.h"

#include "../base/memory.h"

#include <errno.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, DEFLATE = 1 };

static hid_t memory_type(enum h9_h5_type t) {
  switch (t) {
  case H9_H5_U32:
    return H5T_NATIVE_UINT32;
  case H9_H5_U64:
    return H5T_NATIVE_UINT64;
  case H9_H5_I64:
    return H5T_NATIVE_INT64;
  case H9_H5_F32:
    return H5T_NATIVE_FLOAT;
  default:
    return H5T_NATIVE_DOUBLE;
  }
}

static size_t size_of(enum h9_h5_type t) { return t == H9_H5_U32 || t == H9_H5_F32 ? 4 : 8; }

/* The library's own messages go to nobody: each failure is told by what was being done. */
static void hush(void) { (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

static int fail_write(const h9_h5 *f, const char *what, h9_error *e) {
  return h9_fail(e, H9_EIO, "%s: %s: cannot write; is there room on the disk?", f->path, what);
}

/* ---- files ---- */

int h9_h5_open(h9_h5 *f, const char *path, h9_error *e) {
  struct stat st;
  *f = (h9_h5){.id = -1};
  hush();
  if (stat(path, &st) != 0 || access(path, R_OK) != 0)
    return h9_fail_sys(e, H9_ENOINPUT, errno, "%s: cannot open", path);
  f->id = S_ISREG(st.st_mode) ? H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
  if (f->id < 0) return h9_fail(e, H9_EDATA, "%s: is no whole HDF5 file, expected one", path);
  f->path = h9_strdup(path);
  if (f->path) return H9_OK;
  H5Fclose(f->id);
  f->id = -1;
  return h9_fail_memory(e, strlen(path), "a name");
}

int h9_h5_create(h9_h5 *f, const char *path, h9_error *e) {
  *f = (h9_h5){.id = -1};
  hush();
  /* no times of making: the same network is the same bytes */
  f->path = h9_strdup(path);
  if (!f->path) return h9_fail_memory(e, strlen(path), "a name");
  errno = 0;
  hid_t id = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (id < 0) {
    (void)!(errno ? h9_fail_sys(e, H9_EIO, errno, "%s: cannot create", path)
                  : h9_fail(e, H9_EIO, "%s: cannot create", path));
    free(f->path);
    f->path = NULL;
    return e->code;
  }
  f->id = id;
  return H9_OK;
}

int h9_h5_close(h9_h5 *f, h9_error *e) {
  int rc = H9_OK;
  if (f->path && f->id >= 0 && H5Fclose(f->id) < 0) rc = fail_write(f, "the file", e);
  free(f->path);
  *f = (h9_h5){.id = -1};
  return rc;
}

/* ---- writing ---- */

static hid_t with_parents(void) {
  hid_t p = H5Pcreate(H5P_LINK_CREATE);
  if (p >= 0) (void)H5Pset_create_intermediate_group(p, 1);
  return p;
}

int h9_h5_group(h9_h5 *f, const char *path, h9_error *e) {
  if (h9_h5_has(f, path)) return H9_OK;
  hid_t parents = with_parents(), g = H5Gcreate2(f->id, path, parents, H5P_DEFAULT, H5P_DEFAULT);
  H5Pclose(parents);
  if (g < 0) return fail_write(f, path, e);
  H5Gclose(g);
  return H9_OK;
}

static int put(h9_h5 *f, const char *path, const char *attribute, hid_t type, hid_t space, const void *v,
               h9_error *e) {
  hid_t at = H5Oopen(f->id, path, H5P_DEFAULT);
  hid_t a = at < 0 ? -1 : H5Acreate2(at, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT);
  bool good = a >= 0 && H5Awrite(a, type, v) >= 0;
  if (a >= 0) good &= H5Aclose(a) >= 0;
  if (at >= 0) H5Oclose(at);
  H5Sclose(space);
  return good ? H9_OK : fail_write(f, path, e);
}

int h9_h5_put_text(h9_h5 *f, const char *path, const char *attribute, const char *text, h9_error *e) {
  hid_t type = H5Tcopy(H5T_C_S1);
  size_t len = strlen(text);
  (void)H5Tset_size(type, len ? len : 1);
  (void)H5Tset_strpad(type, H5T_STR_NULLPAD);
  (void)H5Tset_cset(type, H5T_CSET_UTF8);
  int rc = put(f, path, attribute, type, H5Screate(H5S_SCALAR), text, e);
  H5Tclose(type);
  return rc;
}

int h9_h5_put_numbers(h9_h5 *f, const char *path, const char *attribute, enum h9_h5_type type, const void *v,
                      uint32_t n, h9_error *e) {
  hsize_t dim = n;
  return put(f, path, attribute, memory_type(type),
             n ? H5Screate_simple(1, &dim, NULL) : H5Screate(H5S_SCALAR), v, e);
}

int h9_h5_put_enum(h9_h5 *f, const char *path, const char *attribute, const char *const *names, int n,
                   int which, h9_error *e) {
  hid_t type = H5Tenum_create(H5T_NATIVE_UINT8);
  for (uint8_t i = 0; i < n; i++) (void)H5Tenum_insert(type, names[i], &i);
  uint8_t value = (uint8_t)which;
  int rc = put(f, path, attribute, type, H5Screate(H5S_SCALAR), &value, e);
  H5Tclose(type);
  return rc;
}

int h9_h5_link(h9_h5 *f, const char *path, const char *other, h9_error *e) {
  return H5Lcreate_hard(f->id, path, f->id, other, H5P_DEFAULT, H5P_DEFAULT) < 0 ? fail_write(f, other, e)
                                                                                 : H9_OK;
}

int h9_h5_column_open(h9_h5_column *c, h9_h5 *f, const char *path, enum h9_h5_type type, uint32_t width,
                      h9_error *e) {
  uint32_t wide = width ? width : 1;
  hsize_t none[2] = {0, wide}, most[2] = {H5S_UNLIMITED, wide},
          chunk[2] = {CHUNK / wide ? CHUNK / wide : 1, wide};
  int rank = width ? 2 : 1;
  *c = (h9_h5_column){.file = f, .id = -1, .type = type, .width = width, .path = h9_strdup(path)};
  c->buffer = malloc((size_t)chunk[0] * wide * size_of(type));
  if (!c->path || !c->buffer) {
    h9_h5_column_drop(c);
    return h9_fail_memory(e, (size_t)chunk[0] * wide * size_of(type), "a column");
  }
  hid_t space = H5Screate_simple(rank, none, most), how = H5Pcreate(H5P_DATASET_CREATE),
        parents = with_parents();
  (void)H5Pset_chunk(how, rank, chunk);
  (void)H5Pset_shuffle(how);
  (void)H5Pset_deflate(how, DEFLATE);
  (void)H5Pset_obj_track_times(how, 0); /* the same network is the same bytes */
  c->id = H5Dcreate2(f->id, path, memory_type(type), space, parents, how, H5P_DEFAULT);
  H5Pclose(parents);
  H5Pclose(how);
  H5Sclose(space);
  if (c->id >= 0) return H9_OK;
  h9_h5_column_drop(c);
  return fail_write(f, path, e);
}

static int flush(h9_h5_column *c, h9_error *e) {
  uint32_t wide = c->width ? c->width : 1;
  hsize_t all[2] = {c->n + c->waiting, wide}, from[2] = {c->n, 0}, count[2] = {c->waiting, wide};
  if (c->waiting == 0) return H9_OK;
  bool good = H5Dset_extent(c->id, all) >= 0;
  hid_t space = good ? H5Dget_space(c->id) : -1, memory = H5Screate_simple(c->width ? 2 : 1, count, NULL);
  good = good && space >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, count, NULL) >= 0 &&
         H5Dwrite(c->id, memory_type(c->type), memory, space, H5P_DEFAULT, c->buffer) >= 0;
  if (space >= 0) H5Sclose(space);
  H5Sclose(memory);
  c->n += c->waiting;
  c->waiting = 0;
  return good ? H9_OK : fail_write(c->file, c->path, e);
}

int h9_h5_column_add(h9_h5_column *c, const void *rows, uint64_t n, h9_error *e) {
  size_t row = (c->width ? c->width : 1) * size_of(c->type);
  uint64_t room = CHUNK / (c->width ? c->width : 1);
  if (room == 0) room = 1;
  for (const unsigned char *p = rows; n > 0;) {
    uint64_t some = room - c->waiting < n ? room - c->waiting : n;
    memcpy(c->buffer + c->waiting * row, p, some * row);
    c->waiting += some;
    p += some * row;
    n -= some;
    int rc = c->waiting == room ? flush(c, e) : H9_OK;
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

void h9_h5_column_drop(h9_h5_column *c) {
  if (c->path && c->id >= 0) H5Dclose(c->id);
  free(c->path);
  free(c->buffer);
  *c = (h9_h5_column){.id = -1};
}

int h9_h5_column_close(h9_h5_column *c, h9_error *e) {
  if (!c->path) return H9_OK;
  int rc = flush(c, e);
  if (rc == H9_OK && H5Dclose(c->id) < 0) rc = fail_write(c->file, c->path, e);
  else if (rc != H9_OK) H5Dclose(c->id);
  c->id = -1;
  h9_h5_column_drop(c);
  return rc;
}

/* ---- reading ---- */

bool h9_h5_has(const h9_h5 *f, const char *path) {
  char part[1024];
  size_t len = strlen(path);
  if (len >= sizeof part) return false;
  for (size_t i = 1; i <= len; i++) { /* a missing group on the way is an error to the library */
    if (path[i] != '/' && path[i] != 0) continue;
    memcpy(part, path, i);
    part[i] = 0;
    if (H5Lexists(f->id, part, H5P_DEFAULT) <= 0) return false;
  }
  return H5Oexists_by_name(f->id, path, H5P_DEFAULT) > 0;
}

int h9_h5_members(const h9_h5 *f, const char *path, char ***names, size_t *n, h9_error *e) {
  *names = NULL;
  *n = 0;
  H5G_info_t info;
  hid_t g = h9_h5_has(f, path) ? H5Gopen2(f->id, path, H5P_DEFAULT) : -1;
  if (g < 0 || H5Gget_info(g, &info) < 0) {
    if (g >= 0) H5Gclose(g);
    return h9_fail(e, H9_EDATA, "%s:%s: no such group, expected it", f->path, path);
  }
  int rc = H9_OK;
  *names = calloc((size_t)info.nlinks + 1, sizeof **names);
  if (!*names) rc = h9_fail_memory(e, (size_t)info.nlinks * sizeof **names, "names");
  for (hsize_t i = 0; i < info.nlinks && rc == H9_OK; i++) {
    ssize_t len = H5Lget_name_by_idx(g, ".", H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
    char *name = len < 0 ? NULL : malloc((size_t)len + 1);
    if (!name) rc = h9_fail(e, H9_EDATA, "%s:%s: cannot be read", f->path, path);
    else {
      (void)H5Lget_name_by_idx(g, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, (size_t)len + 1, H5P_DEFAULT);
      (*names)[(*n)++] = name;
    }
  }
  H5Gclose(g);
  if (rc == H9_OK) return H9_OK;
  h9_h5_members_release(*names, *n);
  *names = NULL;
  *n = 0;
  return rc;
}

void h9_h5_members_release(char **names, size_t n) {
  for (size_t i = 0; i < n; i++) free(names[i]);
  free(names);
}

static hid_t attribute_of(const h9_h5 *f, const char *path, const char *attribute) {
  if (strcmp(path, "/") != 0 && !h9_h5_has(f, path)) return -1;
  if (H5Aexists_by_name(f->id, path, attribute, H5P_DEFAULT) <= 0) return -1;
  return H5Aopen_by_name(f->id, path, attribute, H5P_DEFAULT, H5P_DEFAULT);
}

/* Text of fixed or variable length, alone or as a list of one. */
static bool read_text(hid_t a, hid_t type, char *text, size_t room) {
  hid_t space = H5Aget_space(a);
  bool good = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
  if (good && H5Tis_variable_str(type) > 0) {
    char *v = NULL;
    hid_t memory = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(memory, H5T_VARIABLE);
    (void)H5Tset_cset(memory, H5Tget_cset(type));
    good = H5Aread(a, memory, &v) >= 0 && v && strlen(v) < room;
    if (good) memcpy(text, v, strlen(v) + 1);
    if (v) (void)H5free_memory(v);
    H5Tclose(memory);
  } else if (good) {
    size_t len = H5Tget_size(type);
    good = len < room && H5Aread(a, type, text) >= 0;
    text[good ? len : 0] = 0;
    if (good && H5Tget_strpad(type) == H5T_STR_SPACEPAD)
      while (len && text[len - 1] == ' ') text[--len] = 0;
  }
  if (space >= 0) H5Sclose(space);
  return good;
}

int h9_h5_get_text(const h9_h5 *f, const char *path, const char *attribute, char *text, size_t room,
                   bool *there, h9_error *e) {
  hid_t a = attribute_of(f, path, attribute);
  *there = a >= 0;
  if (a < 0) return H9_OK;
  hid_t type = H5Aget_type(a);
  bool good = false;
  if (type >= 0 && H5Tget_class(type) == H5T_STRING) good = read_text(a, type, text, room);
  else if (type >= 0 && H5Tget_class(type) == H5T_ENUM && H5Tget_size(type) <= 64) {
    unsigned char value[64];
    good = H5Aread(a, type, value) >= 0 && H5Tenum_nameof(type, value, text, room) >= 0;
  }
  if (type >= 0) H5Tclose(type);
  H5Aclose(a);
  return good ? H9_OK
              : h9_fail(e, H9_EDATA, "%s:%s: attribute %s: expected a text", f->path, path, attribute);
}

int h9_h5_get_numbers(const h9_h5 *f, const char *path, const char *attribute, double *v, uint32_t n,
                      bool *there, h9_error *e) {
  hid_t a = attribute_of(f, path, attribute);
  *there = a >= 0;
  if (a < 0) return H9_OK;
  hid_t type = H5Aget_type(a), space = H5Aget_space(a);
  H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
  bool good = (class == H5T_INTEGER || class == H5T_FLOAT) && space >= 0 &&
              H5Sget_simple_extent_npoints(space) == n && H5Aread(a, H5T_NATIVE_DOUBLE, v) >= 0;
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  H5Aclose(a);
  return good ? H9_OK
              : h9_fail(e, H9_EDATA, "%s:%s: attribute %s: expected %u numbers", f->path, path, attribute, n);
}

int h9_h5_array_open(h9_h5_array *a, const h9_h5 *f, const char *path, h9_error *e) {
  hsize_t dim[2] = {0, 0};
  *a = (h9_h5_array){.id = -1};
  if (!h9_h5_has(f, path)) return h9_fail(e, H9_EDATA, "%s:%s: no such dataset, expected it", f->path, path);
  a->id = H5Dopen2(f->id, path, H5P_DEFAULT);
  hid_t type = a->id < 0 ? -1 : H5Dget_type(a->id), space = a->id < 0 ? -1 : H5Dget_space(a->id);
  H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
  int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  bool good = (class == H5T_INTEGER || class == H5T_FLOAT) && (rank == 1 || rank == 2) &&
              H5Sget_simple_extent_dims(space, dim, NULL) >= 0 && dim[1] <= UINT32_MAX;
  a->wide = good && H5Tget_size(type) == 8;
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  if (good && asprintf(&a->where, "%s:%s", f->path, path) < 0) a->where = NULL;
  if (good && a->where) {
    a->n = dim[0];
    a->width = rank == 2 ? (uint32_t)dim[1] : 0;
    a->whole = class == H5T_INTEGER;
    return H9_OK;
  }
  h9_h5_array_close(a);
  return good
             ? h9_fail_memory(e, strlen(path), "a name")
             : h9_fail(e, H9_EDATA, "%s:%s: expected a dataset of numbers, a list or a table", f->path, path);
}

int h9_h5_array_read(const h9_h5_array *a, enum h9_h5_type type, uint64_t from, uint64_t n, void *to,
                     h9_error *e) {
  hsize_t start[2] = {from, 0}, count[2] = {n, a->width};
  if (n == 0) return H9_OK;
  if (from + n > a->n)
    return h9_fail(e, H9_EDATA, "%s: holds %llu rows, expected at least %llu", a->where,
                   (unsigned long long)a->n, (unsigned long long)(from + n));
  hid_t space = H5Dget_space(a->id), memory = H5Screate_simple(a->width ? 2 : 1, count, NULL);
  bool good = space >= 0 && memory >= 0 &&
              H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
              H5Dread(a->id, memory_type(type), memory, space, H5P_DEFAULT, to) >= 0;
  if (space >= 0) H5Sclose(space);
  if (memory >= 0) H5Sclose(memory);
  return good ? H9_OK
              : h9_fail(e, H9_EDATA,
                        "%s: cannot be read: damaged, or compressed by a filter that is not installed",
                        a->where);
}

void h9_h5_array_close(h9_h5_array *a) {
  if (a->id >= 0) H5Dclose(a->id);
  free(a->where);
  *a = (h9_h5_array){.id = -1};
}

int h9_h5_list(const h9_h5 *f, const char *path, enum h9_h5_type type, uint64_t n, void **to, h9_error *e) {
  h9_h5_array a;
  *to = NULL;
  int rc = h9_h5_array_open(&a, f, path, e);
  if (rc != H9_OK) return rc;
  bool floats = type == H9_H5_F32 || type == H9_H5_F64;
  if (a.width || a.n != n)
    rc = h9_fail(e, H9_EDATA, "%s: found %llu values%s, expected a list of %llu", a.where,
                 (unsigned long long)a.n, a.width ? " in rows" : "", (unsigned long long)n);
  else if (!floats && !a.whole)
    rc = h9_fail(e, H9_EDATA, "%s: found fractional numbers, expected integers", a.where);
  else if (n > SIZE_MAX / 8 || !(*to = malloc((size_t)(n + 1) * size_of(type))))
    rc = h9_fail_memory(e, (size_t)n * size_of(type), a.where);
  else rc = h9_h5_array_read(&a, type, 0, n, *to, e);
  h9_h5_array_close(&a);
  if (rc != H9_OK) free(*to), *to = NULL;
  return rc;
}
