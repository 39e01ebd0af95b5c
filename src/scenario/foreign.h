/*
 * What people write who know other tools: the words that those have for our keys, and the short forms
 * of what is a mapping here. Compose files, process-compose, supervisord, GNU parallel, xargs and
 * Python's multiprocessing are the sources of the words.
 */
#ifndef SCENARIO_FOREIGN_H
#define SCENARIO_FOREIGN_H

#include "scenario/schema.h"

struct arena;

/*
 * What to write in a block of KIND in place of the key NAME; NULL where the word is not known. *MEANT
 * is then a key that stands for, where the block cannot be without it, and else NULL.
 */
const char *foreign_key(enum block_kind kind, const char *name, const char **meant);

/*
 * How the mapping of a block of KIND begins that TEXT alone may have been meant for, such as
 * "write retry: {attempts: 3}", made in ARENA; NULL where there is none.
 */
const char *foreign_short_form(struct arena *arena, enum block_kind kind, const char *text);

#endif
