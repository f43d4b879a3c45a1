#include "option_list.h"

#include "../base/memory.h"

#include <string.h>

static bool is_known(const h9_option_list *all, const h9_known_option *o) {
  for (size_t i = 0; i < all->n; i++) {
    const h9_known_option *k = &all->one[i];
    if (o->name && k->name && strcmp(o->name, k->name) == 0) return true;
    if (!o->name && o->letter == k->letter) return true;
  }
  return false;
}

int h9_option_list_gather(h9_option_list *all, const struct argp *a) {
  const struct argp_option *real = NULL; /* an alias takes what the option before takes */
  for (const struct argp_option *t = a->options; t && (t->name || t->key || t->doc || t->group); t++) {
    if (!(t->flags & OPTION_ALIAS)) real = t;
    if (!real || real->flags & OPTION_DOC) continue;
    h9_known_option o = {.name = t->name,
                         .letter = (char)(t->key > ' ' && t->key < 127 ? t->key : 0),
                         .arg = real->arg,
                         .optional = (real->flags & OPTION_ARG_OPTIONAL) != 0,
                         .hidden = ((real->flags | t->flags) & OPTION_HIDDEN) != 0,
                         .doc = real->doc ? real->doc : ""};
    if ((!o.name && !o.letter) || is_known(all, &o)) continue;
    if (h9_grow(&all->one, &all->cap, all->n + 1, sizeof *all->one) != H9_OK) return H9_ESYSTEM;
    all->one[all->n++] = o;
  }
  for (const struct argp_child *c = a->children; c && c->argp; c++)
    if (h9_option_list_gather(all, c->argp) != H9_OK) return H9_ESYSTEM;
  return H9_OK;
}
