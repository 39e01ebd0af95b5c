/* The table of options, which options.c parses and prints. */
#ifndef CLI_OPTIONS_PRIVATE_H
#define CLI_OPTIONS_PRIVATE_H

#include <stddef.h>

#include "cli/options.h"

#define MODE_BIT(mode) (1u << (mode))

/* What stands behind an option, for whoever completes it. */
enum option_value {
    TAKES_TEXT,    /* anything */
    TAKES_FILE,
    TAKES_CHOICE,  /* one of the option's words and nothing else */
    TAKES_EVENTS,  /* names of events, with commas between them */
    TAKES_EXAMPLE, /* the name of an example */
    TAKES_OBJECTS, /* names of the scenario's objects, with commas between them */
    TAKES_POOL,    /* the name of a pool and a colon begin it */
};

/* What an option that is given does; all that is set of it. */
struct option {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* what stands behind it, in [] where it may be left out; NULL: nothing */
    enum option_value takes;
    const char *words;    /* those that may be given, with blanks between them; NULL: any */
    const char *operands; /* the words with which what follows the value begins; NULL: any */
    enum mode mode;       /* that it asks for, with what stands behind it as the subject; MODE_RUN: none */
    size_t flag;          /* MEMBER() of the options, a bool that it sets; 0: none */
    size_t text;          /* the same, a text that it gives */
    size_t list;          /* the same, struct words to which it adds */
    unsigned modes;    /* a bit each that it goes with; 0: all of them */
    const char *needs; /* the name of another that is to be given too; NULL: none */
    /* Anything else; VALUE is NULL where nothing stands behind it. 0, or ERROR_FAILED. NULL: nothing. */
    int (*take)(struct options *options, const char *value, struct error *error);
    const char *help;
};

/* Option number I; NULL where there are no more. */
const struct option *option_at(size_t i);

/* The one whose name is LENGTH bytes of NAME, or NULL. */
const struct option *option_find(const char *name, size_t length);

/* True where OPTION stands also without what is behind it: [NAME], [=NAME]. */
bool option_is_optional(const struct option *option);

/* Does what OPTION is for. 0, or ERROR_FAILED. */
int option_take(const struct option *option, struct options *options, const char *value,
                struct error *error);

bool option_is_given(const struct option *option, const struct options *options);

/* Whether all that were given go with the mode and with each other, as the table says. 0, or ERROR_FAILED.
 * (options_agree.c) */
int options_agree(const struct options *options, struct error *error);

void words_add(struct words *words, const char *word);

#endif
