/*
 * Files of other kinds that were given as a scenario: one error says what the file is, and what to
 * do with it, in place of one for each line.
 */
#ifndef SCENARIO_HINTS_OTHER_FORMATS_H
#define SCENARIO_HINTS_OTHER_FORMATS_H

#include <stdbool.h>

struct diags;
struct node;
struct source;

/* What the file was given as. */
enum stranger_for {
    STRANGER_SCENARIO,
    STRANGER_IMPORT, /* what import reads is no stranger */
};

/* Looks at the text alone, which may be no YAML. True: it is a stranger, and that is reported. */
bool stranger_text(enum stranger_for use, const struct source *source, struct diags *diags);

/* The same for ROOT, the mapping that was read of SOURCE. */
bool stranger_tree(enum stranger_for use, const struct source *source, const struct node *root,
                   struct diags *diags);

#endif
