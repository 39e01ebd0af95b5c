/* The table of options, which options.c parses and prints. */
#ifndef CLI_OPTIONS_PRIVATE_H
#define CLI_OPTIONS_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "cli/commands.h"
#include "cli/options.h"

#define MODE_BIT(mode) (UINT64_C(1) << (mode))

/* For a look at the options of all words. */
#define MODE_ANY ((enum mode)-1)

/* What an option that is given does; all that is set of it. */
struct option {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* what stands behind it; NULL: nothing */
    enum takes takes;
    const char *choices;  /* what may be given, or is offered, with blanks between; NULL: any */
    enum mode mode;       /* that it asks for, whatever the word; MODE_RUN: none */
    size_t flag;          /* the place in the options of a bool that it sets; 0: none */
    size_t text;          /* the same, a text that it gives */
    size_t list;          /* the same, struct words to which it adds */
    uint64_t modes;       /* a bit for each word that it goes with */
    /* Anything else; VALUE is NULL where nothing stands behind it. 0, or ERROR_FAILED. NULL: nothing. */
    int (*take)(struct options *options, const char *value, struct error *error);
    const char *help; /* NULL: another name of the one before */
};

/* Option number I; NULL where there are no more. */
const struct option *option_at(size_t i);

/* Those of "each", which come last: number I of them. (each/options.c) */
const struct option *each_option_at(size_t i);

/* The one of a word's whose name is LENGTH bytes of NAME, or NULL. */
const struct option *option_find(const char *name, size_t length, enum mode mode);

/* The same by its letter. */
const struct option *option_of_letter(char letter, enum mode mode);

bool option_goes_with(const struct option *option, enum mode mode);

/* The word's mode, whatever an option asks for. */
enum mode options_word(const struct options *options);

/* Reads the option at argument *NEXT, which is moved over what was taken. 0, or ERROR_FAILED. */
int options_read(struct options *options, int *next, struct error *error);

/* Fills the command line into OPTIONS with the word that is its first operand, if it is one, and returns that. */
const struct command *options_begin(struct options *options, int argc, char **argv);

/* Does what OPTION is for. 0, or ERROR_FAILED. */
int option_take(const struct option *option, struct options *options, const char *value,
                struct error *error);

/* Whether VALUE is one of CHOICES, which have blanks between them. 0, or ERROR_FAILED: "WHAT is 'a' or 'b', not 'c'". */
int choice_check(const char *what, const char *choices, const char *value, struct error *error);

/* Appends "-q, --quiet" or "    --log FILE", what stands before an option's help. */
void option_head(const struct option *option, struct buf *out);

void words_add(struct words *words, const char *word);

#endif
