/*
 * Templates: text with ${{ expression }} in it, the expression a pure Lua one.
 *
 * A template for a shell command (shell_words.h tells for which) quotes each value by the quotes it stands in, so
 * that the shell passes on exactly the value: bare, inside "", inside '', joined to other text,
 * inside $( ) and here-documents. In $(( )) a value must be a whole number; in a comment it is left
 * out; a bare list is its elements. A place where no quoting can do that (inside ` ` or $' ', for
 * two) is a fault when the template is parsed. raw(x) puts a value in as it is.
 *
 * The script that renders must be a pure one: others lack the functions of expressions.
 */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "value/value.h"

struct arena;
struct buf;
struct error;
struct script;
struct script_compiler;
struct template;

enum template_use {
    TEMPLATE_TEXT,
    TEMPLATE_SHELL, /* a command line for a shell of the POSIX family */
    TEMPLATE_FISH,  /* for fish */
    TEMPLATE_OTHER, /* for a program whose quoting is not known: raw(x) alone may stand in it */
};

/* The names an expression may use, besides the functions and Lua's string, math and table. */
struct template_scope {
    const struct value *vars;       /* a table: its keys are what may stand behind "vars."; NULL: that is not known */
    const struct value *item;       /* the same for "item."; NULL: that is not known */
    bool task;                      /* item, index, worker, attempt are there */
    bool worker;                    /* of these worker alone: one program serves many tasks */
    bool replica;                   /* index is there, and is the same for every task */
    bool message;                   /* message is there */
    bool output_tmp;                /* output_tmp is there */
    struct script_compiler *compiler; /* what looks at the syntax; NULL: one for each template */
    const struct value *uses;       /* a table: its keys are what may stand behind "uses."; empty: that is not known;
                                       NULL: uses is not there */
};

/* What is wrong in a template, and where in its text. */
struct template_fault {
    size_t offset; /* bytes from the start of the text */
    size_t length; /* bytes to underline */
    char *text;    /* in the arena */
    char *hint;    /* in the arena, or NULL */
};

/*
 * Parses TEXT and checks every expression: its syntax and that each free name is known. The
 * template lives in ARENA and borrows nothing. 0, or ERROR_FAILED with FAULT filled.
 */
int template_parse(struct arena *arena, const char *text, size_t length, enum template_use use,
                   const struct template_scope *scope, struct template **parsed,
                   struct template_fault *fault);

/* The text it was parsed from; its end is at *LENGTH. */
const char *template_source(const struct template *parsed, size_t *length);

/* The quote within which a line for a POSIX shell ends, as "'" or "\""; NULL: within none, or that is not certain. */
const char *template_open_quote(const struct template *parsed);

/* True where it holds no expression: rendering gives the same text always. */
bool template_is_constant(const struct template *parsed);

/* True where an expression uses item, index, worker, attempt or a task's uses. */
bool template_uses_task(const struct template *parsed);

/* True where an expression uses output_tmp. */
bool template_uses_output_tmp(const struct template *parsed);

/*
 * Appends the text for the names that SCRIPT knows (script_set_task() before). SCRIPT may be NULL
 * where the template is constant. 0, or ERROR_FAILED; the message names the expression.
 */
int template_render(const struct template *parsed, struct script *script, struct buf *out,
                    struct error *error);

/*
 * What the template stands for among the arguments of a program: the elements of a list where it is one
 * expression alone that gives one, else its text. Appends each with a NUL behind it and adds their
 * number to *COUNT. Fails as template_render(), and where one has a NUL in it.
 */
int template_arguments(const struct template *parsed, struct script *script, struct buf *out,
                       size_t *count, struct error *error);

/*
 * The value: of the expression itself, with its type, where the template is one expression alone,
 * else the rendered text. Lives in ARENA.
 */
int template_value(const struct template *parsed, struct script *script, struct arena *arena,
                   struct value *value, struct error *error);

#endif
