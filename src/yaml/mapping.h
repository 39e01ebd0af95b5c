/* What must hold of a mapping once all of it was read: no key twice, merge keys merged in. */
#ifndef YAML_MAPPING_H
#define YAML_MAPPING_H

struct arena;
struct diags;
struct node;
struct source;

/*
 * Reports keys that stand twice and takes them out, and replaces a "<<" by what it merges in: the
 * mapping's own keys win, then the mapping named first. A mapping with a key that is no scalar is
 * reported and becomes NODE_BROKEN. The new items are in ARENA.
 */
void mapping_finish(struct node *map, struct arena *arena, const struct source *source,
                    struct diags *diags);

#endif
