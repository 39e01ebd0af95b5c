/*
 * What the readers of other runners' files share. Private to import*.c.
 */
#ifndef SCENARIO_IMPORT_PRIVATE_H
#define SCENARIO_IMPORT_PRIVATE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "scenario/names.h"
#include "script/template.h"

struct arena;
struct diags;
struct node;
struct source;

/* What a '$' in a text stands for, before any shell sees it. */
enum import_dollar {
    DOLLAR_PLAIN,   /* itself */
    DOLLAR_STRICT,  /* a variable; anything else is an error, as in docker compose */
    DOLLAR_LENIENT, /* a variable; anything else is left alone, as in process-compose */
};

/* A growing list of texts, which live in the arena. */
struct texts {
    const char **items;
    size_t count;
    size_t capacity;
};

/* One file on its way. */
struct import {
    struct arena *arena;
    const struct source *source;
    struct diags *diags;
    const char *directory; /* the file's, or NULL for standard input */
    enum import_dollar dollar;
    bool variables;      /* a variable was found */
    bool raw;            /* one was put into a command line as it is */
    bool demanded;       /* one was found that must be set */
    bool specials;       /* one was found that is the shell's own, such as $1 */
    struct names names;  /* those taken in the scenario */
    struct names called; /* names of the file, by their place in FITTING */
    struct texts fitting;
    struct buf head;    /* comments and keys of the scenario itself */
    struct buf objects; /* its processes */
};

/* One process of the scenario, put together piece by piece. */
struct draft {
    struct import *import;
    const char *name; /* in the scenario */
    struct buf notes; /* comment lines */
    struct buf keys;  /* key lines */
    int depth;        /* blanks before a key line beyond those of a process's key */
    bool off;         /* nothing starts it */
    const char *signal;
    const char *grace;
    struct texts stop; /* a program that ends it, in place of the signal */
};

/* The readers. ROOT is the tree of the file; false where there was an error. */
bool import_procfile(struct import *import);
bool import_compose(struct import *import, const struct node *root);
bool import_processes(struct import *import, const struct node *root);

/* True where a line of the file is NAME: COMMAND. */
bool import_is_procfile(const struct source *source);

/* The value of KEY in a mapping; NULL where it is not there or has no value. */
const struct node *import_find(const struct node *map, const char *key);

/* True where NODE is there, a scalar and this WORD. */
bool import_is_word(const struct node *node, const char *word);

/* True where NODE has nothing behind its colon. */
bool import_is_nothing(const struct node *node);

/* Reports that KEY of OWNER is not what it must be. */
void import_expected(struct import *import, const char *owner, const char *key,
                     const struct node *node, const char *expected);

/* A comment line of the scenario. TEXT has to be safe to print. */
void import_head(struct import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Appends TEXT, found at NODE (NULL: in no tree), as a template of parrun's for USE: its variables
 * as expressions, what would be a template by chance taken as it is. False where it is wrong.
 */
bool import_template(struct import *import, const struct node *node, const char *text,
                     enum template_use use, struct buf *out);

/* The same for a text in YAML, in the arena; NULL where NODE is no scalar or is wrong. */
const char *import_value(struct import *import, const struct node *node);

/* What the scenario calls that which the file calls NAME. */
const char *import_called(struct import *import, const char *name);

/* The bytes at TEXT that belong together: a variable, "$$", or one byte. */
size_t import_atom(const char *text);

/* Splits TEXT into words as a shell would, without expanding anything; false for an open quote. */
bool import_words(struct import *import, const struct node *node, struct texts *words);

void texts_add(struct texts *texts, const char *text);
void texts_release(struct texts *texts);

/* Appends TEXT as a YAML scalar that is read back as this text, also inside [ ] and { }. */
void import_quote(struct buf *out, const char *text);

/* Appends a comment line. What is printed has to be safe: show_text(). */
void import_comment(struct buf *out, const char *indent, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Appends NODE in short for a comment. */
void import_show(struct buf *out, const struct node *node);

/* A process that the file calls NAME; its own name is made to fit parrun, and to be unique. */
void draft_init(struct draft *draft, struct import *import, const char *name);

/* A comment line. What is printed has to be safe: show_text(). */
void draft_note(struct draft *draft, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A comment line for KEY, whose VALUE has no equal, and WHY (NULL: just so). */
void draft_dropped(struct draft *draft, const char *key, const struct node *value, const char *why);

/* KEY: and what is printed, which has to be YAML. */
void draft_line(struct draft *draft, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What is written from here to draft_close() stands below KEY. */
void draft_open(struct draft *draft, const char *key);
void draft_close(struct draft *draft);

/* KEY: TEXT, a template; over several lines where it has several. */
void draft_text(struct draft *draft, const char *key, const char *text);

/* KEY: [TEXTS], in as many lines as they need. */
void draft_list(struct draft *draft, const char *key, const struct texts *texts);

/* KEY: [PATHS], from one path, or a list of them or of mappings with 'path'. */
void draft_paths(struct draft *draft, const char *owner, const char *key, const struct node *node);

/* How the process is stopped: a signal or a duration of the file, checked. */
void draft_signal(struct draft *draft, const char *owner, const struct node *node);
void draft_grace(struct draft *draft, const char *owner, const struct node *node);

/*
 * A whole number from LEAST to a thousand million, FALLBACK for a NODE that is NULL; below zero,
 * with an error, where it is something else.
 */
long draft_number(struct draft *draft, const char *owner, const char *key, const struct node *node,
                  long fallback, long least);

/*
 * How often it is started again: ON is failure or always, MAX 0 for no bound, WAITS the keys of the
 * waits between, which begin with ", ".
 */
void draft_restart(struct draft *draft, const char *on, long max, const char *waits);

/* Puts the process into the scenario and frees the draft. */
void draft_finish(struct draft *draft);

/* One variable: its name, and its value as a template, NULL for one that has none. */
struct variable {
    const char *name;
    const char *value;
};

/* Takes each variable of a mapping or of a list of NAME=VALUE; false where there was an error. */
bool import_variables(struct import *import, const char *owner, const struct node *node,
                      void (*take)(void *context, const struct variable *variable), void *context);

/* Appends "env:" and its lines, INDENT spaces deep; names that parrun does not take become notes.
 */
bool import_env(struct import *import, struct draft *draft, const char *owner,
                const struct node *node, struct buf *out, int indent);

/* What a file has that starts in an order. */
struct order {
    const struct node *all; /* its processes, by their names */
    bool (*tells_ready)(const struct node *object);
    bool (*is_off)(const struct node *object);
};

/* Writes depends_on, from a list of names or a mapping of them to conditions. */
void draft_depends(struct draft *draft, const struct order *order, const char *owner,
                   const struct node *value);

/* True where one of ALL waits for NAME to be ready. */
bool import_is_awaited(const struct node *all, const char *name);

#endif
