/* One expression of a template: found in the text, checked, evaluated. Private to this room. */
#ifndef TEMPLATE_EXPRESSION_H
#define TEMPLATE_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct error;
struct script;
struct script_compiler;
struct template_fault;
struct template_scope;

/* The commonest expressions are looked up, not run. */
enum expression_kind {
    EXPRESSION_LUA,
    EXPRESSION_GLOBAL, /* item, vars, name ... */
    EXPRESSION_VAR,    /* vars.NAME */
};

struct expression {
    const char *text; /* trimmed, in the arena */
    size_t length;
    const char *name; /* of the global or of the key in vars */
    enum expression_kind kind;
    bool task;       /* it uses item, index, worker or attempt */
    bool output_tmp; /* it uses output_tmp */
    bool raw;        /* it is raw( ) as a whole */
    bool raw_inside; /* it uses raw otherwise */
    const char *mapping; /* how the mapping is called that it is; NULL: it is not known to be one */
};

/* Bytes up to the }} that closes an expression which begins at TEXT; LENGTH where there is none. */
size_t expression_end(const char *text, size_t length);

/* Checks syntax and names. 0, or ERROR_FAILED with FAULT filled, its offset one in TEXT. */
int expression_parse(struct arena *arena, struct script_compiler *compiler, const char *text, size_t length,
                     const struct template_scope *scope, struct expression *expression,
                     struct template_fault *fault);

/*
 * Leaves the value on top of the script's stack, to be taken away by expression_done(). 0, or a
 * negative code with ERROR filled and nothing left.
 */
int expression_evaluate(const struct expression *expression, struct script *script,
                        struct error *error);
void expression_done(struct script *script);

#endif
