/* What people write on the command line who know other tools, or a form of another time, and what to write instead. */
#ifndef CLI_OTHER_TOOLS_H
#define CLI_OTHER_TOOLS_H

#include <stdbool.h>

struct buf;
struct options;

/* Appends what to do in place of NAME, an option with its dashes that no word has, which stands in argument number AT:
 * ": write parrun check -q FILE" where the line can be told, else advice; nothing where nothing is known. */
void other_tools_option(const struct options *options, int at, const char *name, struct buf *out);

/* The same of argument number AT, which stands where the scenario's file does. False, and nothing, where there is such a
 * file. A program's name is such a word. */
bool other_tools_file(const struct options *options, int at, struct buf *out);

/* The same of --show that has taken the scenario for its events. */
void other_tools_show(const struct options *options, struct buf *out);

/* What to do in place of WORD that stands behind the file; NULL: nothing is known of it. */
const char *other_tools_operand(const char *word);

#endif
