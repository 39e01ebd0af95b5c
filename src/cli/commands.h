/* The words of the command line: what may stand first, such as "check" in "parrun check FILE". */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"

struct buf;
struct error;

struct command {
    const char *word;
    const char *operands; /* as help shows them */
    enum mode mode;       /* what it does, and which options go with it */
    bool dry;             /* as with --dry-run */
    bool subject;         /* its first operand is what the mode is about, and no scenario */
    bool alone;           /* it has a command line, and a page of the manual, of its own: see each.h */
    const char *help;
    const char *about;   /* a sentence or two more */
    const char *example;
};

/* Command number I; NULL where there are no more. */
const struct command *command_at(size_t i);

/* The one that WORD is; NULL where it is none. */
const struct command *command_find(const char *word);

/* Appends what "help WORD" prints, WORD NULL: the overview. 0, or ERROR_FAILED where there is no such word. */
int command_help(const char *word, struct buf *out, struct error *error);

/* Appends the list of words for the manual. */
void command_reference(struct buf *out);

/* Appends the page parrun-WORD(1). 0, or ERROR_FAILED where there is no such word. */
int command_page(const char *word, struct buf *out, struct error *error);

#endif
