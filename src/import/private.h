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
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/name_index.h"
#include "template/template.h"
#include "yaml/text.h"
#include "yaml/tree.h"

struct dotenv;
struct import;
struct scenario_sources;

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

/* Why a key is told of that says what is so without it. */
#define NOTHING "it changes nothing here"

/* Keys of theirs: what is done with them, or why there is nothing like it. A table of rows ends with one without a path. */
struct key_row {
    const char *path; /* with dots between the keys, and behind '=' what it becomes, for TAKE: without that the last key, with '-' for '_';
                         several with blanks between; where it says why, '*' stands for any */
    void (*take)(struct import *import, const struct node *value);
    const char *only; /* taken, or not, where it is this word alone */
    bool each;        /* TAKE gets each item; what is no list is one */
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
    const char *shell;      /* of the file: runs the commands */
    struct texts stop;      /* a program that ends it, in place of a signal */
    struct buf stop_keys;   /* the pairs of 'stop' */

    /* Of a service of docker compose. */
    bool container; /* it has an image, there or to be built: docker run runs it */
    bool relative;  /* an option names a path that is seen from the file */
    bool replicated;
    const struct node *check; /* the healthcheck, unless it is turned off */
    struct texts options;     /* of docker run */
    struct names given;       /* the same, to find them by */
    struct texts after;       /* services that it needs without a word in depends_on */
    struct buf limits;        /* what stands between the braces of 'limits' */
};

/* What differs between the kinds of files that have processes by their names. */
struct import_kind {
    const char *key;  /* that holds them */
    const char *hint;   /* for a file with none */
    const char *object; /* what each has to be, for messages */
    enum import_dollar dollar;
    const struct key_row *rows;                                       /* of the file itself */
    void (*begin)(struct import *import);                             /* before anything is read */
    void (*read)(struct import *import, const struct node *key);      /* the draft's mapping, one process */
    void (*explain)(struct import *import);                           /* in comments what is so in all of the file */
    const char *const *overrides;                                     /* files that are read beside it there; the last is NULL */
    bool (*tells_ready)(const struct node *object);
    bool (*is_off)(const struct node *object);
    const char *conditions; /* of depends_on, as THEIRS=OURS */
    const char *condition; /* that which counts where none is given */
    const char *replica;   /* what stands in texts for the number of the replica; NULL: nothing */
    const char *whole;     /* a hint for a file that is but a part of what is run */
};

extern const struct import_kind import_compose;
extern const struct import_kind import_processes;

/* The names of the file. */
struct import_index {
    struct names names;  /* those taken in the scenario, by the number that the last one like it got */
    struct names called; /* names of the file, by their place in FITTING */
    struct texts fitting;
    struct names places;    /* the processes by their place in 'all' */
    struct names awaited;   /* those that another waits for: true, to be ready */
    struct names cascading; /* those that have what depends on them restarted with them */
    struct names volumes;   /* the volumes of a compose file by their place */
    struct names named;     /* services whose container an option of another names */
};

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
    const struct node *all;        /* its processes, by their names */
    const struct key_row *rows[3]; /* the tables of what is being read; NULL behind the last */
    const char *key;               /* the path of what is being taken, and the word of its row */
    const char *word;
    struct draft *draft; /* what is being read, and written */
    struct draft file;   /* comments and keys of the scenario itself */
    struct buf objects;  /* its processes */
    struct names taken;  /* the values that were read */
    struct import_index index;
    struct dotenv *now;  /* the variables as they are, once somebody has asked */
    const char *project; /* the name of it all, NULL: none */
    bool containers;     /* a service is one */
    bool variables;      /* a variable was found */
    bool raw;            /* one was put into a command line as it is */
    bool demanded;       /* one was found that must be set */
};

void import_procfile(struct import *import);

/* True where each line of the file is NAME: COMMAND, a comment or empty, and there is one. */
bool import_is_procfile(struct import *import);

/* ---- reading by rows ---- */

/* Takes each key of the draft's mapping that has a row, and what rows name below it. */
void import_read(struct import *import);

/* Tells in comments of each key below the draft's mapping that nobody has read, and forgets what was. */
void import_rest(struct import *import);

/* What node_find() finds, marked as read: of a mapping the key alone, not what is in it. */
const struct node *import_take(struct import *import, const struct node *map, const char *key);

/* The same of what has to be a mapping: NULL, with an error, where it is none. */
const struct node *import_take_map(struct import *import, const struct node *map, const char *key);

/* Marks VALUE and all that is in it as read. */
void import_whole(struct import *import, const struct node *value);

/* ---- values: those of KEY are taken, and NULL too where it is not there ---- */

/* How many items VALUE has, and item number I: of what is no list itself, alone. */
size_t import_count(const struct node *value);
const struct node *import_item(const struct node *value, size_t i);

/* True where NODE is there, a scalar and this WORD, "true" for yes and on too; where KEY says WORD, which then alone is taken. */
bool import_is_word(const struct node *node, const char *word);
bool import_says(struct import *import, const struct node *map, const char *key, const char *word);

/* The word for THEIRS in WORDS, which are THEIRS=OURS with blanks between; NULL where it is none of them. */
const char *import_word(struct import *import, const char *words, const char *theirs);

/* The text of the scalar NODE as a template; NULL where it is none or is wrong. That of KEY; FALLBACK for these and "". */
const char *import_value(struct import *import, const struct node *node);
const char *import_part(struct import *import, const struct node *map, const char *key, const char *fallback);

/* Adds the items of VALUE from number FIRST on to TEXTS; false, with an error of KEY, where one is no text. */
bool import_texts(struct import *import, const char *key, const struct node *value, size_t first, struct texts *texts);

/*
 * The text of the scalar NODE with its variables as they are now, which a comment on LABEL tells where it has any: for what parrun
 * has to know at the start. NULL with an error where it is none. The same as a whole number from LEAST (of a KEY, 0) to a thousand
 * million: FALLBACK where NODE is NULL, below zero, with an error, for another. And as a duration of NS, such as EXAMPLE.
 */
const char *import_now(struct import *import, const char *label, const struct node *node);
const char *import_boolean(struct import *import, const char *label, const struct node *node); /* "true" for yes and on */
const char *import_key_now(struct import *import, const struct node *map, const char *key, const char *label);
long import_number(struct import *import, const char *label, const struct node *node, long fallback, long least);
long import_key_number(struct import *import, const struct node *map, const char *key, long fallback);
const char *import_duration(struct import *import, const char *label, const struct node *node, const char *example, int64_t *ns);

/* The path of the file NAME beside this one, and what is in it; NULL where it is not there or cannot be read. */
const char *import_beside(struct import *import, const char *name);
const struct source *import_source(struct import *import, const char *name);

/* The environment, and below it the .env that is beside the file. */
struct dotenv *import_variables_now(struct import *import);

/* One variable: its name, and its value as a template, NULL for one that has none. */
struct variable {
    const struct node *node;
    const char *name;
    const char *value;
};

/* The variables of a mapping or of a list of NAME=VALUE, but for those with an error. Returns how many. */
size_t import_variables(struct import *import, const struct node *node, struct variable **variables);

/* Adds the paths of the environment files to PATHS; those that may be missing only where they are there. */
void import_env_files(struct import *import, const struct node *node, struct texts *paths);

/*
 * TEXT, found at NODE (NULL: in no tree), as a template of parrun's for USE: its variables as expressions, what would be a template
 * by chance taken as it is. NULL where it is wrong.
 */
const char *import_template(struct import *import, const struct node *node, const char *text, enum template_use use);

/* The bytes at TEXT that belong together: a variable, "$$", or one byte. True where TEXT has what looks like a variable. */
size_t import_atom(const struct import *import, const char *text);
bool import_has_variable(const struct import *import, const char *text);

/* Appends TEXT as one word of a shell's, which puts in its variables: those of docker compose are those of a shell. */
void import_shell_word(struct import *import, struct buf *out, const char *text);

/* Adds COUNT items, or those that are named. */
void texts_append(struct texts *texts, const char *const *items, size_t count);
#define texts_add(texts, ...) \
    texts_append(texts, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
void texts_release(struct texts *texts);

/* ---- messages ---- */

/* Reports that KEY is not what it must be; always false. */
bool import_expected(struct import *import, const char *key, const struct node *node, const char *expected);

/* Reports that what KEY names, of KIND, runs nothing: WHAT and its HINT, or that it extends another. */
void import_runs_nothing(struct import *import, const struct node *key, const char *kind, const char *what, const char *hint);

/* A comment above what is being read, on one line whatever is printed; TEXT as a message shows it, cut. */
void import_note(struct import *import, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *import_shown(struct import *import, const char *text);

/* The same with the line of NODE. */
void import_note_at(struct import *import, const struct node *node, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A comment for KEY, whose VALUE has no equal, and WHY (NULL: just so). It is marked as told. */
void import_dropped(struct import *import, const char *key, const struct node *value, const char *why);

/* ---- what is written ---- */

/* What the scenario calls that which the file calls NAME: made to fit parrun, and unique. */
const char *import_called(struct import *import, const char *name);

/* Opens DRAFT for the process NAME of the file; draft_finish() puts it into the scenario, and that of the file is open again. */
void draft_init(struct draft *draft, struct import *import, const char *name);
void draft_finish(struct import *import);

/* KEY: and what is printed, which has to be YAML; what stands below KEY; a template, over several lines where it has several; a list. */
void draft_line(struct import *import, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
void draft_open(struct import *import, const char *key);
void draft_close(struct import *import);
void draft_text(struct import *import, const char *key, const char *text);
void draft_list(struct import *import, const char *key, const struct texts *texts);

/* Appends KEY: VALUE to PAIRS, unless VALUE, which has to be YAML, is NULL; KEY: {PAIRS}, unless there are none, and frees them. */
void pair_add(struct buf *pairs, const char *key, const char *value);
void draft_pairs(struct import *import, const char *key, struct buf *pairs);

/* How often it is started again: ON is failure or always, MAX 0 for no bound, WAITS the keys of the waits between. */
void draft_restart(struct import *import, const char *on, long max, const char *waits);

/* How many of it run: the number; 1 where parrun runs no more, below 0 where it is wrong. */
long draft_replicas(struct import *import, const struct node *value);

/* Writes depends_on: a list of names or a mapping of them to conditions, NULL for none, and what it runs AFTER. */
void draft_depends(struct import *import, const struct node *value);

/* Looks through all processes once, for the names above; the process NAME, NULL where there is none. */
void import_index(struct import *import);
const struct node *import_object(const struct import *import, const char *name);

/* True where NAME, or one that it depends on, also by others, IS such. */
bool import_reaches(const struct import *import, const char *name, bool (*is)(const struct import *import, const char *name));

/* True where another waits for NAME to be ready; where what is read is restarted with what it depends on, by 'cascade' of one of these. */
bool import_is_awaited(const struct import *import, const char *name);
bool draft_follows(const struct import *import);

/* For rows: a text, or true, for the row's word; and keys that several programs have. */
void draft_take_text(struct import *import, const struct node *value);
void draft_take_true(struct import *import, const struct node *value);
void draft_take_env_file(struct import *import, const struct node *value);
void draft_take_environment(struct import *import, const struct node *value);
void draft_take_signal(struct import *import, const struct node *value);
void draft_take_grace(struct import *import, const struct node *value);
void draft_take_develop(struct import *import, const struct node *value);
void draft_take_watch(struct import *import, const struct node *value);

/* ---- process-compose: the keys that say what tells that a process is ready, and stays healthy; whether it has such ---- */

extern const struct key_row probe_rows[];
bool process_tells_ready(const struct node *process);

/* ---- docker compose: the keys that are options of docker run, and those that say how a service runs anywhere ---- */

extern const struct key_row docker_rows[];
extern const struct key_row service_rows[];

/* Adds the option that is the row's word, with what is printed as its value, once. */
void docker_option(struct import *import, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What docker knows the container of service NAME by; NULL, with an error, where there is none. */
const char *docker_container(struct import *import, const struct node *place, const char *name);

/* Looks through all volumes, and all services for those whose containers others name. */
void docker_index(struct import *import);

/* A comment with the line of docker build that makes the image. */
void docker_build(struct import *import, const struct node *value);

/* The command of a healthcheck; false, with an error, where it is wrong. */
bool service_test(struct import *import, const struct node *test, struct texts *words);

bool service_tells_ready(const struct node *service);
bool service_is_off(const struct node *service);

/* True where it runs in a container: it has an image, there or to be built. */
bool service_is_container(const struct node *service);

/* Writes 'depends_on', 'limits', and 'ready' where another waits for it to be healthy. */
void service_finish(struct import *import);

#endif
