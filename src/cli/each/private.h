/* What the files of "each" share: options.c reads the line, items.c the lists of items, command.c
 * makes templates of the command, and scenario.c writes the scenario. */
#ifndef CLI_EACH_PRIVATE_H
#define CLI_EACH_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/options.h"

struct error;

/* What stands behind one :::, or in one file; ITEMS is filled by items_read(). */
struct each_list {
    const char *file;   /* "-": standard input; NULL: WORDS are the items */
    bool linked;        /* :::+ or ::::+: item by item beside the list before it */
    const char **words; /* borrowed from the command line, or from TEXT */
    size_t count;
    char *text;       /* of a file that was read */
    const char *name; /* by --header; NULL: none */
};

/* Blocks of the input in place of items. */
struct each_blocks {
    bool pipe;       /* --pipe: a command reads a block of the input, and there are no items */
    bool pipepart;   /* the same of a file */
    int64_t block;   /* --block: bytes; below 0: so many blocks for each worker, of a file; 0: as usual */
    char *record_end;   /* --recend, owned; NULL: a newline, or with RECORD_START nothing */
    char *record_start; /* --recstart, owned; NULL: nothing */
};

/* How items are read, and put into the command. */
struct each_reading {
    bool link;       /* --link */
    bool header;
    bool nul;
    bool no_items;   /* -N0: the command gets none */
    int64_t batch;   /* -n, -N; 0: one item a task */
    const char *end; /* -d: what ends an item; NULL: a newline, or NUL */
    char end_text[8]; /* of an escape in it */
    const char *columns;     /* --colsep */
    char columns_text[8];
    const char *replacement; /* -I */
};

/* What holds for the tasks, as the scenario has it; NULL: nothing was said. */
struct each_rules {
    const char *workers;     /* -j, as the scenario has it; NULL: one a core */
    char workers_text[16];
    const char *retries;
    const char *timeout;
    const char *delay;
    const char *halt;
    const char *results;
};

/* The items. */
struct each_input {
    struct each_list *lists;
    size_t list_count;
    size_t list_capacity;
    char **names; /* of columns, by --header; behind them NULL */
    size_t name_count;
    size_t name_capacity;
    char *header_line; /* the header, where it was taken from standard input; NULL: it is there still */
};

struct each {
    struct options run; /* first: what is common to all words */
    bool show;
    bool quote;      /* -q: no word is a shell line */
    struct each_reading reading;
    bool keep_order; /* -k */
    bool tag;
    bool line_buffer;
    bool force;
    struct each_blocks blocks;
    struct each_rules rules;
    const char **command; /* borrowed from the command line */
    size_t command_count;
    bool behind_dashes; /* the command stands behind "--" */
    struct each_input input;
    struct buf text; /* the scenario */
};

/* Where the items come from. */
enum each_source {
    EACH_STREAM, /* one file, read as it is needed */
    EACH_LIST,   /* one list */
    EACH_LISTS,  /* several, each item is one of each */
};

enum each_source each_source(const struct each *each);

/* Reads the line. 0, or ERROR_FAILED. */
int each_parse(struct each *each, int argc, char **argv, struct error *error);

void each_release(struct each *each);

/* Reads the lists whose items must be known beforehand, and the header. 0, or a negative code. */
int each_read_items(struct each *each, struct error *error);

/* True where a replacement string stands in TEXT. */
bool each_has_place(const struct each *each, const char *text);

/* True where PATH is a file that may be executed. */
bool each_is_runnable(const char *path);

/* Whether the command can be run at all. 0, or ERROR_FAILED. */
int each_check_command(const struct each *each, struct error *error);

/* True where the one word is a line for the shell. */
bool each_is_shell_line(const struct each *each);

/* Appends the lines of the scenario that say what is run. 0, or ERROR_FAILED. */
int each_put_command(const struct each *each, struct buf *out, struct error *error);

/* Appends TEXT so that YAML and templates read it as it is; SHELL: within a line for the shell. */
void each_put_literal(struct buf *out, const char *text, size_t length, bool shell);

/* Appends how the command of every item begins, as the joblog has it. */
void each_put_known(const struct each *each, struct buf *out);

/* False where LINE, a command of a joblog, has words that no item makes of the command; of one that was torn there may be fewer. */
bool each_has_words(const struct each *each, const char *line, size_t length);

/* blocks.c: the options that cut the input into blocks, as struct option has them. */
int each_take_block(struct options *options, const char *value, struct error *error);
int each_take_record_end(struct options *options, const char *value, struct error *error);
int each_take_record_start(struct options *options, const char *value, struct error *error);

/* True where the input is cut into blocks. */
bool each_has_blocks(const struct each *each);

/* What goes with blocks. 0, or ERROR_FAILED. */
int each_check_blocks(const struct each *each, struct error *error);

/* Appends the source of the blocks. 0, or a negative code. */
int each_put_blocks(const struct each *each, struct buf *out, struct error *error);

/* Appends KEY and a text that is read back as it is; nothing where TEXT is NULL. */
void each_put_key(struct buf *out, const char *indent, const char *key, const char *text);

/* Makes the scenario. 0, or ERROR_FAILED. */
int each_write(struct each *each, struct error *error);

#endif
