/*
 * What the keys of a block are where they are not given. It is the same in all blocks of a kind, so it is bound once, into a
 * struct that is nobody's, and what that has set is copied.
 *
 * The scenario is an exception: there is one, and its keys are bound in their order, given or not.
 */
#ifndef SCENARIO_DEFAULTS_H
#define SCENARIO_DEFAULTS_H

struct block;
struct field;
struct key;
struct loader;
struct node;
struct schema_row;

/* Sets all that BLOCK has by default in its spec, before anything of it is bound; what has no default stays as it is. */
void defaults_fill(struct loader *loader, const struct block *block);

/* What KEY of BLOCK is where it is not given, and defaults_fill() could not know it: the command line says it, or it is of the scenario
 * itself. NULL: nothing. */
const struct node *default_of_run(struct loader *loader, const struct block *block, const struct key *key);

/* Where the key of ROW is kept in BLOCK, which does not share it with others from now on. */
struct field block_field(struct loader *loader, const struct block *block, const struct schema_row *row);

#endif
