/*
 * Expressions in the manner of other languages, of which people know C, Python, JavaScript, Jinja
 * and GitHub Actions, put into Lua: for hints. Private to this room.
 */
#ifndef TEMPLATE_DIALECT_H
#define TEMPLATE_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/*
 * What the expression TEXT was most likely meant to be: "a || b" -> "a or b", "item | upper" ->
 * "upper(item)", "c ? a : b" -> "c and a or b". In ARENA; NULL where nothing in it is foreign. It
 * may be wrong all the same.
 */
char *dialect_lua(struct arena *arena, const char *text, size_t length);

/* True where a function stands behind a '|': Lua joins the bits of two numbers there. */
bool dialect_has_filter(const char *text, size_t length);

/* What stands in Lua for a name that is none here: "null" -> "nil"; NULL where nobody knows. */
const char *dialect_name(const char *name);

#endif
