/* Programs that are not there when the scenario is loaded. */
#ifndef SCENARIO_CHECK_MISSING_PROGRAM_H
#define SCENARIO_CHECK_MISSING_PROGRAM_H

struct block;
struct loader;
struct node;

/*
 * Warns where NODE, the first word of a command of OBJECT or of a block in it, is a name that no directory of the PATH has. Not where
 * it has a slash or a template, where the command gets another PATH or runs elsewhere (on), or may not run here at all (when). Where
 * something else may make it before (depends_on, setup), only of a name that is nearly that of a program.
 */
void missing_program_warn(struct loader *loader, const struct block *block, const struct node *node);

#endif
