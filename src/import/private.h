/*
 * What the readers of other runners' files share. Private to import*.c.
 *
 * A reader is a table of keys: import_read() hands each key of a mapping to its row, import_rest() tells in comments of what nobody
 * took. What the rows write goes into the draft that is open, of the file itself or of one of its processes. All texts that are
 * returned live in the arena.
 */
#ifndef IMPORT_PRIVATE_H
#define IMPORT_PRIVATE_H

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
struct import;
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

/* A key of theirs: what is done with it, or why there is nothing like it. A table of them ends with a row without a path. */
struct key_row {
    const char *path; /* with dots between the keys; where it says why, '*' stands for any */
    void (*take)(struct import *import, const struct key_row *row, const struct node *value);
    const char *word; /* what it becomes, for TAKE */
    const char *only; /* taken where it is this word alone */
    const char *list; /* it has to be a list, and the error's words for it */
    const char *map;  /* the same of a mapping */
    const char *why;  /* it is not taken */
};

/* One process of the scenario, put together piece by piece; or what the file itself has. */
struct draft {
    const char *owner;      /* the name in the file, for messages */
    const char *name;       /* in the scenario */
    const struct node *map; /* its keys in the file */
    struct buf notes;       /* comment lines */
    struct buf keys;        /* key lines */
    int depth;              /* blanks before a line */
    bool off;               /* nothing starts it */
    bool leader;            /* the signal goes to its first process alone */
    const char *signal;
    const char *grace;
    struct texts stop; /* a program that ends it, in place of the signal */

    /* Of a service of docker compose. */
    bool container; /* it has an image, there or to be built: docker run runs it */
    bool relative;  /* an option names a path that is seen from the file */
    bool replicated;
    struct texts options; /* of docker run */
    struct texts after;   /* services that it needs without a word in depends_on */
    struct buf limits;    /* what stands between the braces of 'limits' */
};

/* What differs between the kinds of files that have processes by their names. */
struct import_kind {
    const char *key;  /* that holds them */
    const char *hint; /* for a file with none */
    void (*read)(struct import *import);
    enum import_dollar dollar;
    bool (*tells_ready)(const struct node *object);
    bool (*is_off)(const struct node *object);
    const char *condition; /* of depends_on, where none is given */
    const char *whole;     /* a hint for a file that is but a part of what is run */
};

extern const struct import_kind import_compose;
extern const struct import_kind import_processes;

/* One file on its way. */
struct import {
    struct arena *arena;
    const struct source *source;
    struct diags *diags;
    const char *directory; /* the file's, or NULL for standard input */
    struct scenario_sources *held;
    const struct import_kind *kind;
    enum import_dollar dollar;
    const struct node *root;
    const struct node *all;            /* its processes, by their names */
    const struct key_row *rows[3];     /* the tables of what is being read; NULL behind the last */
    struct draft *draft;               /* what is being read, and written */
    struct draft file;                 /* comments and keys of the scenario itself */
    struct buf objects;                /* its processes */
    struct names taken;                /* the values that were read */
    struct names names;                /* those taken in the scenario */
    struct names called;               /* names of the file, by their place in FITTING */
    struct texts fitting;
    struct dotenv *now;  /* the variables as they are, once somebody has asked */
    const char *project; /* the name of it all, NULL: none */
    const char *shell;   /* that runs the commands */
    bool replicas;       /* the number of a replica is known in texts */
    bool variables;      /* a variable was found */
    bool raw;            /* one was put into a command line as it is */
    bool demanded;       /* one was found that must be set */
};

void import_procfile(struct import *import);

/* True where each line of the file is NAME: COMMAND, a comment or empty, and there is one. */
bool import_is_procfile(const struct source *source);

/* ---- reading by rows ---- */

/* Takes each key of the draft's mapping that has a row, and what rows name below it. */
void import_read(struct import *import);

/* For a row whose key is read elsewhere. */
void import_later(struct import *import, const struct key_row *row, const struct node *value);

/* Tells in comments of each key below the draft's mapping that nobody has read, and forgets what was. */
void import_rest(struct import *import);

/* What node_find() finds, and marks it as read: of a mapping the key alone, not what is in it. */
const struct node *import_take(struct import *import, const struct node *map, const char *key);

/* Marks VALUE and all that is in it as read. */
void import_whole(struct import *import, const struct node *value);

/* Reports that what KEY names, of KIND, runs nothing: WHAT and its HINT, or that it extends another. */
void import_runs_nothing(struct import *import, const struct node *key, const char *kind, const char *what, const char *hint);

/* ---- values ---- */

/* How many items VALUE has, and item number I: of what is no list itself, alone. */
size_t import_count(const struct node *value);
const struct node *import_item(const struct node *value, size_t i);

/* True where NODE is there, a scalar and this WORD. */
bool import_is_word(const struct node *node, const char *word);

/* True where KEY is taken and says yes. */
bool import_flag(struct import *import, const struct node *map, const char *key);

/* True where the file NAME is beside the one that is read; the source it is; NULL where it is not or cannot be read. */
bool import_is_beside(struct import *import, const char *name);
const struct source *import_beside(struct import *import, const char *name);

/* The text of the scalar NODE as a template; NULL where it is none or is wrong. */
const char *import_value(struct import *import, const struct node *node);

/* The same of KEY, which is taken; NULL too where it is not there. */
const char *import_text(struct import *import, const struct node *map, const char *key);

/* Adds the items of VALUE from number FIRST on to TEXTS; false, with an error of KEY and what was EXPECTED, where one is no text. */
bool import_texts(struct import *import, const char *key, const struct node *value, size_t first, const char *expected,
                  struct texts *texts);

/*
 * The text of the scalar NODE with its variables as they are now, which a comment tells where it has any: for what parrun has to
 * know at the start. NULL with an error where it is none.
 */
const char *import_now(struct import *import, const char *key, const struct node *node);

/* The same as a whole number from LEAST to a thousand million; FALLBACK where NODE is NULL, below zero, with an error, for another. */
long import_number(struct import *import, const char *key, const struct node *node, long fallback, long least);

/* The same, from 0 on, of KEY of MAP, which is taken. */
long import_key_number(struct import *import, const struct node *map, const char *key, long fallback);

/* The environment, and below it the .env that is beside the file. */
struct dotenv *import_variables_now(struct import *import);

/* What import_now() gives of KEY of MAP, which is taken and in messages is called LABEL; NULL too where it is not there. */
const char *import_key_now(struct import *import, const struct node *map, const char *key, const char *label);

/* The text of NODE that is a duration of NS, such as EXAMPLE; NULL, with an error, where it is none. */
const char *import_duration(struct import *import, const char *key, const struct node *node, const char *example, int64_t *ns);

/* One variable: its name, and its value as a template, NULL for one that has none. */
struct variable {
    const char *name;
    const char *value;
};

/* The variables of a mapping or of a list of NAME=VALUE, but for those with an error. Returns how many. */
size_t import_variables(struct import *import, const struct node *node, struct variable **variables);

/* Adds the paths of the environment files to PATHS; those that may be missing only where they are there. */
void import_env_files(struct import *import, const struct node *node, struct texts *paths);

/*
 * Appends TEXT, found at NODE (NULL: in no tree), as a template of parrun's for USE: its variables as expressions, what would be a
 * template by chance taken as it is. False where it is wrong.
 */
bool import_template(struct import *import, const struct node *node, const char *text, enum template_use use, struct buf *out);

/* The bytes at TEXT that belong together: a variable, "$$", or one byte. */
size_t import_atom(const struct import *import, const char *text);

/* True where TEXT has a variable, or what looks like one. */
bool import_has_variable(const struct import *import, const char *text);

/* Splits TEXT into words as a shell would, without expanding anything; false for an open quote. */
bool import_words(struct import *import, const struct node *node, struct texts *words);

void texts_add(struct texts *texts, const char *text);
void texts_release(struct texts *texts);

/* ---- messages ---- */

/* Reports that KEY is not what it must be. */
void import_expected(struct import *import, const char *key, const struct node *node, const char *expected);

/* A comment above what is being read. What is printed has to be safe: import_shown(). */
void import_note(struct import *import, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* TEXT as a message shows it. */
const char *import_shown(struct import *import, const char *text);

/* A comment for KEY, whose VALUE has no equal, and WHY (NULL: just so). It is marked as told. */
void import_dropped(struct import *import, const char *key, const struct node *value, const char *why);

/* Comments of the COUNT files NAMES that are beside this one and are not read, and of variables that are not those of .env. */
void import_unread(struct import *import, const char *const *names, size_t count);

/* ---- what is written ---- */

/* What the scenario calls that which the file calls NAME. */
const char *import_called(struct import *import, const char *name);

/* Opens DRAFT for a process that the file calls NAME; its own name is made to fit parrun, and to be unique. */
void draft_init(struct draft *draft, struct import *import, const char *name);

/* Puts the process into the scenario and frees the draft; that of the file is open then. */
void draft_finish(struct import *import);

/* KEY: and what is printed, which has to be YAML. */
void draft_line(struct import *import, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What is written from here to draft_close() stands below KEY. */
void draft_open(struct import *import, const char *key);
void draft_close(struct import *import);

/* KEY: TEXT, a template; over several lines where it has several. */
void draft_text(struct import *import, const char *key, const char *text);

/* KEY: [TEXTS], in as many lines as they need. */
void draft_list(struct import *import, const char *key, const struct texts *texts);

/* Appends KEY: VALUE to PAIRS, unless VALUE, which has to be YAML, is NULL. */
void pair_add(struct buf *pairs, const char *key, const char *value);

/* KEY: {PAIRS}, unless there are none; frees them. */
void draft_pairs(struct import *import, const char *key, struct buf *pairs);

/* How often it is started again: ON is failure or always, MAX 0 for no bound, WAITS the keys of the waits between. */
void draft_restart(struct import *import, const char *on, long max, const char *waits);

/* How many of it run: the number; 1 where parrun runs no more, below 0 where it is wrong. */
long draft_replicas(struct import *import, const struct node *value);

/* Writes depends_on, from the draft's, which may be a list of names or a mapping of them to conditions, and for what it runs AFTER. */
void draft_depends(struct import *import);

/* True where another waits for what is read to be ready. */
bool import_is_awaited(const struct import *import);

/* What rows take in the same way from all kinds: a text, or true, for the key that is the row's word, and these keys. */
void draft_take_text(struct import *import, const struct key_row *row, const struct node *value);
void draft_take_true(struct import *import, const struct key_row *row, const struct node *value);
void draft_take_env_file(struct import *import, const struct key_row *row, const struct node *value);
void draft_take_environment(struct import *import, const struct key_row *row, const struct node *value);
void draft_take_signal(struct import *import, const struct key_row *row, const struct node *value);
void draft_take_grace(struct import *import, const struct key_row *row, const struct node *value);

/* The key 'develop' of a service, and 'watch' of a process. */
void draft_take_develop(struct import *import, const struct key_row *row, const struct node *value);
void draft_take_watch(struct import *import, const struct key_row *row, const struct node *value);

/* True where it is restarted with what it depends on, by 'cascade' of that or of what that depends on. */
bool draft_follows(const struct import *import);

#endif
