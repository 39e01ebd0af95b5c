/* The words of the command line: what may stand first, such as "check" in "parrun check FILE". */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"

struct buf;
struct error;

/* What stands behind a word or an option, for whoever completes it. */
enum takes {
    TAKES_TEXT,    /* anything */
    TAKES_FILE,
    TAKES_CHOICE,  /* one of the choices and nothing else */
    TAKES_EVENTS,  /* names of events, with commas between them */
    TAKES_EXAMPLE, /* the name of an example */
    TAKES_OBJECTS, /* names of the scenario's objects, with commas between them */
    TAKES_POOL,    /* the name of a pool and a colon begin it */
    TAKES_WORD,    /* a word of the command line */
    TAKES_RUN,     /* the id of a run that goes on */
    TAKES_LIVING,  /* the name of an object of such a run, */
    TAKES_LIVING_POOL, /* of a pool of it, */
    TAKES_LIVING_COUNT, /* or of what it can have more of, and '=' */
};

struct command {
    const char *word;
    const char *operands; /* as help shows them */
    enum mode mode;       /* what it does, and which options go with it */
    bool subject;         /* its first operand is what it is about, and no scenario */
    bool values;          /* more operands stand behind that */
    enum takes takes;     /* what the first is */
    enum takes others;    /* with VALUES: and what these are */
    const char *choices;  /* those of TAKES_CHOICE, with blanks between them */
    const char *verbs;    /* the same of the second operand; NULL: any */
    bool alone;           /* it has a command line, and a page of the manual, of its own: see each.h */
    const char *group;    /* what it is for, as one word; NULL: to run */
    const char *help;
    const char *about; /* a sentence or two more */
    const char *example;
    void (*more)(struct buf *out); /* appends a section of its page; NULL: it has none */
};

/* Command number I; NULL where there are no more. */
const struct command *command_at(size_t i);

/* The one that WORD is; NULL where it is none. */
const struct command *command_find(const char *word);

/* Appends what there is, in ten lines. (command_help.c, as all that follow) */
void command_brief(struct buf *out);

/* Appends what "help WORD" prints, WORD NULL: the overview. 0, or ERROR_FAILED where there is no such word. */
int command_help(const char *word, struct buf *out, struct error *error);

/* Appends the list of words for the manual. */
void command_reference(struct buf *out);

/* Appends the options of "each" for the manual. */
void command_each_options(struct buf *out);

/* Appends the page parrun-WORD(1). 0, or ERROR_FAILED where there is no such word. */
int command_page(const char *word, struct buf *out, struct error *error);

#endif
