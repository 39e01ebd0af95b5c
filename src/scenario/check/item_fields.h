/* What is known of a pool's items before it runs. */
#ifndef SCENARIO_CHECK_ITEM_FIELDS_H
#define SCENARIO_CHECK_ITEM_FIELDS_H

struct block;
struct loader;
struct source_spec;
struct value;

/*
 * A table with a key for each name that an item of SOURCE, the tasks of POOL, has: the columns of a
 * CSV file that is there already, the lists of a matrix, the keys of the mappings in a list; none
 * where items are single values. NULL where that is not known.
 */
const struct value *item_names(struct loader *loader, const struct block *pool,
                               const struct source_spec *source);

#endif
