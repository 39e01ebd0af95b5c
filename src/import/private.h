/*
 * What the readers of other runners' files share. Private to import*.c.
 */
#ifndef IMPORT_PRIVATE_H
#define IMPORT_PRIVATE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/name_index.h"
#include "import/yaml_write.h"
#include "template/template.h"

struct arena;
struct diags;
struct dotenv;
struct draft;
struct node;
struct scenario_sources;
struct source;

/* What a '$' in a text stands for, before any shell sees it. */
enum import_dollar {
    DOLLAR_PLAIN,   /* itself */
    DOLLAR_COMPOSE, /* $NAME and ${NAME}: a variable; a '$' that begins none is itself */
    DOLLAR_BRACES,  /* ${NAME} alone, with the operators of a shell, as in process-compose */
};

/* A growing list of texts, which live in the arena. */
struct texts {
    const char **items;
    size_t count;
    size_t capacity;
};

/*
 * A key of theirs: what is done with it, or why there is nothing like it. The readers of a file
 * mark what they take; import_rest() tells of each key that nobody took, by these rows.
 */
struct key_row {
    const char *path; /* with dots between the keys; '*' stands for any */
    void (*take)(void *object, const struct key_row *row,
                 const struct node *value); /* NULL: nothing */
    const char *name; /* what it becomes, for TAKE; for a key that is not taken why */
};

struct key_rows {
    const struct key_row *rows;
    size_t count;
};

/* One file on its way. */
struct import {
    struct arena *arena;
    const struct source *source;
    struct diags *diags;
    const char *directory; /* the file's, or NULL for standard input */
    const char *owner;     /* the name there of what is being read, for messages */
    struct draft *draft;   /* it; NULL for the file itself */
    struct names taken;    /* the values of its keys that were read */
    const char *project;   /* the name of it all, NULL: none */
    struct scenario_sources *held;
    long port;          /* of a Procfile's first process; 0: that of the environment */
    struct dotenv *now; /* the variables as they are, once somebody has asked */
    const char *whole;  /* a hint for a file that is but a part of what is run */
    enum import_dollar dollar;
    bool replicas;       /* the number of a replica is known in texts */
    bool variables;      /* a variable was found */
    bool raw;            /* one was put into a command line as it is */
    bool demanded;       /* one was found that must be set */
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
    bool leader;      /* the signal goes to its first process alone */
    const char *signal;
    const char *grace;
    struct texts stop; /* a program that ends it, in place of the signal */
};

/* The readers. ROOT is the tree of the file; false where there was an error. */
bool import_procfile(struct import *import);
bool import_compose(struct import *import, const struct node *root);
bool import_processes(struct import *import, const struct node *root);

/* True where each line of the file is NAME: COMMAND, a comment or empty, and there is one. */
bool import_is_procfile(const struct source *source);

/* What node_find() finds, and marks it as read: of a mapping the key alone, not what is in it. */
const struct node *import_take(struct import *import, const struct node *map, const char *key);

/* Marks VALUE and all that is in it as read. */
void import_whole(struct import *import, const struct node *value);

/* Takes each key of MAP that has a row in one of the COUNT lists, the first of them that has. */
void import_object(struct import *import, void *object, const struct node *map,
                   const struct key_rows *rows, size_t count);

/* Tells in comments of each key below MAP that nobody has read, and forgets what was. */
void import_rest(struct import *import, const struct node *map, const struct key_rows *rows,
                 size_t count);

/* True where NODE is there, a scalar and this WORD. */
bool import_is_word(const struct node *node, const char *word);

/* True where KEY is taken and says yes. */
bool import_flag(struct import *import, const struct node *map, const char *key);

/* True where the file NAME is beside the one that is read. */
bool import_is_beside(struct import *import, const char *name);

/* Reports that KEY is not what it must be. */
void import_expected(struct import *import, const char *key, const struct node *node,
                     const char *expected);

/*
 * Appends TEXT, found at NODE (NULL: in no tree), as a template of parrun's for USE: its variables
 * as expressions, what would be a template by chance taken as it is. False where it is wrong.
 */
bool import_template(struct import *import, const struct node *node, const char *text,
                     enum template_use use, struct buf *out);

/* The same for a text in YAML, in the arena; NULL where NODE is no scalar or is wrong. */
const char *import_value(struct import *import, const struct node *node);

/* The text of KEY, which is taken, as a template; NULL where it is not there or is wrong. */
const char *import_text(struct import *import, const struct node *map, const char *key);

/*
 * The text of the scalar NODE with its variables as they are now, which a comment tells where it
 * has any: for what parrun has to know at the start. In the arena; NULL with an error where it is
 * none.
 */
const char *import_now(struct import *import, const char *key, const struct node *node);

/* The same as a whole number from LEAST to a thousand million; below zero, with an error, for
 * another. */
long import_number(struct import *import, const char *key, const struct node *node, long fallback,
                   long least);

/* The same of KEY of MAP, which is taken. */
long import_key_number(struct import *import, const struct node *map, const char *key, long fallback, long least);

/* What import_now() gives of KEY of MAP, which is taken and in messages is called LABEL; NULL where it is not there or is wrong. */
const char *import_key_now(struct import *import, const struct node *map, const char *key, const char *label);

/* The text of NODE that is a duration of NS, such as EXAMPLE; NULL, with an error, where it is none. */
const char *import_duration(struct import *import, const char *key, const struct node *node, const char *example, int64_t *ns);

/* Reports that what KEY names runs nothing: WHAT, such as "service '%s' has no image", or that it extends another; HINT is for the
 * former. */
void import_runs_nothing(struct import *import, const struct node *key, const struct node *map, const char *kind, const char *what,
                         const char *hint);

/* A comment above what is being read, the process or the file. What is printed has to be safe: show_text(). */
void import_note(struct import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A comment for KEY, whose VALUE has no equal, and WHY (NULL: just so). It is marked as told. */
void import_dropped(struct import *import, const char *key, const struct node *value,
                    const char *why);

/* What the scenario calls that which the file calls NAME. */
const char *import_called(struct import *import, const char *name);

/* The bytes at TEXT that belong together: a variable, "$$", or one byte. */
size_t import_atom(const struct import *import, const char *text);

/* Splits TEXT into words as a shell would, without expanding anything; false for an open quote. */
bool import_words(struct import *import, const struct node *node, struct texts *words);

void texts_add(struct texts *texts, const char *text);
void texts_release(struct texts *texts);

/* Appends a comment line. What is printed has to be safe. */
void import_comment(struct buf *out, const char *indent, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Appends NODE in short for a comment. */
void import_show(struct buf *out, const struct node *node);

/* A process that the file calls NAME; its own name is made to fit parrun, and to be unique. */
void draft_init(struct draft *draft, struct import *import, const char *name);

/*
 * What rows take in the same way from a service and a process, whose first member is their draft: a
 * text, or true, for the key that is the row's name, files and variables of the environment, and
 * how it is stopped. import_later() takes what is read elsewhere.
 */
void import_later(void *object, const struct key_row *row, const struct node *value);
void draft_take_text(void *object, const struct key_row *row, const struct node *value);
void draft_take_true(void *object, const struct key_row *row, const struct node *value);
void draft_take_env_file(void *object, const struct key_row *row, const struct node *value);
void draft_take_environment(void *object, const struct key_row *row, const struct node *value);
void draft_take_signal(void *object, const struct key_row *row, const struct node *value);
void draft_take_grace(void *object, const struct key_row *row, const struct node *value);

/* How many of it run: the number; 1 where parrun runs no more, below 0 where it is wrong. */
long draft_replicas(struct draft *draft, const struct node *value);

/* The key 'develop' of a service, whose first member is its draft. */
void draft_take_develop(void *object, const struct key_row *row, const struct node *value);

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

/* Adds the paths of the environment files to PATHS; those that may be missing only where they are
 * there. */
void import_env_files(struct import *import, const struct node *node, struct texts *paths);

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
bool import_variables(struct import *import, const struct node *node,
                      void (*take)(void *context, const struct variable *variable), void *context);

/* Appends "env:" and its lines, INDENT spaces deep; names that parrun does not take become
 * comments. */
bool import_env(struct import *import, const struct node *node, struct buf *out, int indent);

/* What a file has that starts in an order. */
struct start_order {
    const struct node *all; /* its processes, by their names */
    bool (*tells_ready)(const struct node *object);
    bool (*is_off)(const struct node *object);
    const char *condition; /* theirs, where none is given */
};

/*
 * Writes depends_on, from a list of names or a mapping of them to conditions, which may be NULL,
 * and for the names of ALSO, which have to be started.
 */
void draft_depends(struct draft *draft, const struct start_order *order, const struct node *value,
                   const struct texts *also);

/* True where one of ALL waits for NAME to be ready. */
bool import_is_awaited(const struct node *all, const char *name);

#endif
