/*
 * What the loading of one scenario shares among the files of this room, and how a block is read.
 *
 * A bind function gets a field: a row of the schema, the block it stands in, the member it fills.
 */
#ifndef SCENARIO_LOADER_H
#define SCENARIO_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/name_index.h"
#include "scenario/schema.h"
#include "scenario/spec.h"
#include "script/script.h"
#include "template/template.h"
#include "yaml/tree.h"

struct arena;
struct defaults;
struct error;
struct nearest;
struct scenario_file;
struct script;
struct secret_name;

/* An object that was declared, whichever its kind. Very many are: what its spec has is not here. */
struct declared {
    const char *name;
    enum block_kind kind;
    uint32_t index; /* in the list of its kind */
};

/* A queue or an object that was named before all of them were known. */
struct reference {
    const char *name;
    struct mark mark;
    bool object;  /* it is no queue */
    bool said;    /* a command or a chunk names it: nothing but a warning where it is none */
    size_t *slot; /* gets the queue's index, the object's number */
};

/* The objects that a scenario declares. */
struct loader_objects {
    struct names names; /* of objects, numbers into DECLARED */
    struct declared *declared;
    size_t declared_count;
    size_t declared_capacity;
};

/* Where a scenario names them. */
struct loader_mentions {
    struct reference *references;
    size_t reference_count;
    size_t reference_found; /* where loader_reference_mark() found the last one */
    size_t reference_capacity;
};

/* What is worked out while a scenario is read. */
struct loader_evaluation {
    struct script *script;        /* for expressions; NULL until one is met */
    struct script_compiler compiler; /* of chunks and expressions, which are looked at one after the other */
    const char *script_name;      /* what `name` is in it */
    bool vars_known;              /* the scenario's vars are bound */
    const struct node *evaluated; /* the template that was evaluated last, and what it gave */
    struct value value;
};

/* The programs that commands name. */
struct loader_programs {
    const char *found; /* the last one that is there, of the tree; NULL: none yet */
    size_t missed;     /* that are not */
};

struct loader {
    struct scenario *scenario;
    struct arena *arena; /* the scenario's */
    struct diags *diags;
    struct scenario_sources *sources;
    const struct source *source;  /* the scenario's own file */
    struct scenario_file *files; /* it, and what it includes; see include.h */
    size_t file_count;
    size_t file_capacity;
    struct scenario_wishes wishes;
    const struct node *on; /* of these; NULL: nothing */
    struct loader_evaluation evaluation;
    const struct defaults *defaults[BLOCK_COUNT]; /* worked out so far; see defaults.h */
    struct loader_objects objects;
    struct loader_mentions mentions;
    struct secret_name *secrets; /* what 'secrets' names */
    size_t secret_count;
    struct loader_programs programs;
    size_t hook_room;    /* so many more fit behind the scenario's processes */
    bool standard_input; /* the scenario came from it */
    bool unsure;         /* an error leaves open who uses which queue */
    bool incomplete;     /* a file that is included could not be read: what it would name is not known */
};

/* A mapping that is being read. */
struct block {
    enum block_kind kind;
    const char *name;                           /* the object's, or the key's it stands behind */
    const struct block *parent;                 /* NULL for the scenario */
    void *spec;                                 /* the struct to fill in */
    struct mark mark;                           /* where to say that something is missing */
    const struct node *given[SCHEMA_KEYS_MOST]; /* the value of each key that stands in it */
};

struct field {
    const struct key *key;
    const struct block *block;
    void *member;
    size_t *count; /* NULL: the key has none */
};

/*
 * Reads the mapping NODE into BLOCK->spec: reports unknown keys and those that are missing, binds
 * what is given and the defaults of what is not. Nothing (null) is an empty mapping.
 */
void block_read(struct loader *loader, struct block *block, const struct node *node);

/* Reads NODE, what stands behind the field's key, as a block of the field's type into SPEC. */
void field_block(struct loader *loader, const struct field *field, const struct node *node,
                 void *spec);

/* The value of key NAME as it stands in the block, NULL where it does not. */
const struct node *block_given(const struct block *block, const char *name);

/* "pool 'tasks'", "'stop' of pool 'tasks'": for messages. In the loader's arena. */
const char *block_label(struct loader *loader, const struct block *block);
const char *field_label(struct loader *loader, const struct field *field);

/* TEXT, which comes from outside, in a form that is safe in a message. In the loader's arena. */
const char *loader_shown(struct loader *loader, const char *text);

/* The absolute directory in which FILE stands, a link too, in the arena; NULL where it cannot be found. */
const char *loader_directory(struct arena *arena, const char *file);

/* The file in which NODE stands. */
const struct source *loader_source(const struct loader *loader, const struct node *node);

/* PATH, which NODE gives, as an absolute one; the caller frees it. */
char *loader_path(const struct loader *loader, const struct node *node, const char *path);

/*
 * The text of the file PATH, relative to the file in which NODE stands; it is named in messages as
 * a person would from where the scenario's own name is. NULL with ERROR filled where it cannot be
 * read.
 */
const struct source *loader_read(struct loader *loader, const struct node *node, const char *path,
                                 struct error *error);

/* The mark of a node of the scenario. */
struct mark loader_mark(const struct loader *loader, const struct node *node);

/* What a value of this key is, its range and its choices told: "a whole number from 1 to 9". */
const char *field_wording(struct loader *loader, const struct key *key);

/* Warns of each text that stands twice in NODE, where that is a list; of a very long one nothing is said. */
void field_warn_twice(struct loader *loader, const struct field *field, const struct node *node);

/* Reports that NODE is not what the field's type expects. */
void field_wrong(struct loader *loader, const struct field *field, const struct node *node);

/* The same with what was MEANT as a hint; NULL: nobody knows. */
void field_meant(struct loader *loader, const struct field *field, const struct node *node,
                 const char *meant);

/* The same where something else is EXPECTED; HINT may be NULL. */
void field_expected(struct loader *loader, const struct field *field, const struct node *node,
                    const char *expected, const char *hint);

/*
 * The value of a scalar, its template evaluated. False where NODE is a list or a mapping, which is
 * reported as wrong, or where the template fails.
 */
bool field_value(struct loader *loader, const struct field *field, const struct node *node,
                 struct value *value);

/* The same as text, in the arena; null is wrong too. */
bool field_text(struct loader *loader, const struct field *field, const struct node *node,
                const char **text);

/* The value of any node, lists and mappings included, with every template in it evaluated. */
bool loader_value(struct loader *loader, const struct node *node, const char *name,
                  struct value *value);

/*
 * Parses the text of a scalar as a template for the time of the run; task names are known in pools,
 * of them the worker's alone where one program serves many tasks. False where that fails or NODE is
 * no scalar or null, which is reported.
 */
bool field_template(struct loader *loader, const struct field *field, const struct node *node,
                    enum template_use use, struct template **parsed);

/* NODE as a line for a shell, or as a list of program and arguments; what is wrong is reported. */
void body_bind_run(struct loader *loader, const struct field *field, const struct node *node,
                   struct body_spec *body);
void body_bind_exec(struct loader *loader, const struct field *field, const struct node *node,
                    struct body_spec *body);

/* True where NODE is a template that names a pool's task: *OWN gets it, NULL where it is wrong, which is reported. False where it
 * can be worked out now, as field_text() does. */
bool field_of_task(struct loader *loader, const struct field *field, const struct node *node,
                   struct template **own);

/* As field_template() with the name message alone beside vars, env and name: for what is worked out of one. */
bool field_message_template(struct loader *loader, const struct field *field,
                            const struct node *node, struct template **parsed);

/* Warns where the text of NODE, which no shell reads, has what a shell would put a value in for. */
void loader_warn_of_shell(struct loader *loader, const struct node *node);

/* "did you mean 'NAME'?" of what is NEAREST, OTHERWISE where nothing is near enough. In the loader's arena. */
const char *loader_did_you_mean(struct loader *loader, const struct nearest *nearest, const char *otherwise);

/* "write A_B" of a TEXT that is no identifier: one that is nearly the same. In the loader's arena. */
const char *loader_identifier(struct loader *loader, const char *text);

/* The choice of the field's key that is called TEXT; NULL: none is, and NEAREST has the one that it may stand for. */
const struct choice *field_choice(const struct field *field, const char *text, struct nearest *nearest);

/* True where the scalar NODE may hold an expression. */
bool node_has_template(const struct node *node);

/* The value of a scalar, its template evaluated with `name` as NAME; false where that fails. */
bool loader_scalar(struct loader *loader, const struct node *node, const char *name,
                   struct value *value);

/* The same where the whole of the scalar NODE is an expression, without ${{ }}. */
bool loader_expression(struct loader *loader, const struct node *node, const char *name,
                       struct value *value);

/* Ends what evaluating templates needed. */
void loader_release_script(struct loader *loader);

/* The name that `name` has in BLOCK: its object's, or the scenario's. */
const char *block_object_name(const struct loader *loader, const struct block *block);

/* The pool that BLOCK is, or is inside of; NULL: none. */
const struct block *block_pool(const struct block *block);

/* True where BLOCK is a process, or is inside one: where a replica's index exists. */
bool block_in_process(const struct block *block);

/* A queue is named at NODE; *SLOT gets its index once all are known. SLOT lives in the arena. */
void loader_refer(struct loader *loader, const struct node *node, const char *name, size_t *slot);

/* TEXT, a command or a Lua chunk, as it stands in NODE (NULL: in a file, at MARK), names queues as literals: 'parrun put NAME' and
 * parrun.queue("NAME"). What is none once all are known is warned of. */
void loader_note_queues(struct loader *loader, const struct node *node, struct mark mark, const char *text, size_t length);

/* The same for an object: *SLOT gets its number, as scenario_object() takes it. */
void loader_refer_object(struct loader *loader, const struct node *node, const char *name,
                         size_t *slot);

/* Where what fills in SLOT is named. */
struct mark loader_reference_mark(struct loader *loader, const size_t *slot);

/* Reports that no process, pool or thread is called NAME; LABEL says where it was looked for. */
void loader_unknown_object(struct loader *loader, struct mark mark, const char *label,
                           const char *name);

/* Resolves all references; false where one names nothing of its kind, which is reported. */
bool loader_resolve(struct loader *loader);

/* Notes an object, whose spec has its mark; reports a name that is taken or malformed. */
void loader_declare(struct loader *loader, enum block_kind kind, const struct node *name,
                    size_t index);

#endif
