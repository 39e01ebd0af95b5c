/* The check of one expression's names, shared by what walks its tokens and what knows the names. Private to this room. */
#ifndef TEMPLATE_NAMES_CHECK_H
#define TEMPLATE_NAMES_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "template/free_names.h"
#include "template/template.h"
#include "template/token.h"

/* What brackets and blocks may be nested; Lua itself allows no more. */
#define NESTING_MOST 200

struct checker {
    struct arena *arena;
    const struct template_scope *scope;
    struct template_fault *fault;
    const char *text;
    const char *at;
    const char *end;
    struct token before; /* the token before the current one, and the one before that */
    struct token earlier;
    char nesting[NESTING_MOST + 1]; /* '(' '[' '{', or 'e' for a block that ends with "end" */
    size_t depth;
    bool declares; /* between local or for and what ends their names */
    bool parameters;
    struct token *locals;
    size_t local_count;
    size_t local_capacity;
    struct names_used *used;
};

/* Fills the fault of CHECKER with TOKEN's place; TEXT and HINT are in the arena. ERROR_FAILED. */
int names_fail(struct checker *checker, const struct token *token, char *text, char *hint);

/* True where TOKEN is one of the COUNT texts of LIST. */
bool names_has(const struct token *token, const char *const *list, size_t count);

/* The name at TOKEN, which nothing inside the expression has declared, and what is asked of it: 0, or ERROR_FAILED. */
int names_check_free(struct checker *checker, const struct token *token);

#endif
