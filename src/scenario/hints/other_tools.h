/*
 * What people write who know other tools: the words that those have for our keys, and the short
 * forms of what is a mapping here. Compose files, process-compose, supervisord, systemd, GitHub
 * Actions, GNU parallel, xargs and Python's multiprocessing are the sources of the words.
 */
#ifndef SCENARIO_HINTS_OTHER_TOOLS_H
#define SCENARIO_HINTS_OTHER_TOOLS_H

#include "scenario/schema.h"

struct arena;
struct node;

/*
 * What to write in a block of KIND in place of the key NAME with VALUE behind it; NULL where the
 * word is not known. *MEANT is the key that it stands for, where the block cannot be without that
 * one, and else NULL. May be made in ARENA.
 */
const char *foreign_key(struct arena *arena, enum block_kind kind, const char *name,
                        const struct node *value, const char **meant);

/* The same for the word that NAME is most likely a slip of. */
const char *foreign_near(struct arena *arena, enum block_kind kind, const char *name,
                         const struct node *value, const char **meant);

/*
 * How the mapping of a block of KIND begins that TEXT alone may have been meant for, such as
 * "write retry: {attempts: 3}", made in ARENA; NULL where there is none.
 */
const char *foreign_short_form(struct arena *arena, enum block_kind kind, const char *text);

#endif
