/* What people write on the command line who know other tools. */
#ifndef CLI_HABIT_H
#define CLI_HABIT_H

/* What to do in place of the word, an operand or an option with its dashes, that another tool knows; NULL: nothing is known
 * of it. */
const char *habit_hint(const char *word);

/* The same of WORD where the scenario's file stands: NULL too where there is such a file. A program's
 * name is such a word. */
const char *habit_of_file(const char *word);

#endif
