/* Environment variables of other runners' files: a mapping, or a list of NAME=VALUE. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/mem.h"
#include "import/private.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

/* Without an end of zeros, as Go prints it. */
static const char *number_text(struct arena *arena, double number)
{
    for (int digits = 1; digits <= 17; digits++) {
        const char *text = arena_printf(arena, "%.*g", digits, number);
        if (strtod(text, NULL) == number && !strchr(text, 'e'))
            return text;
    }
    return arena_printf(arena, fabs(number) < 1e21 ? "%.0f" : "%g", number);
}

/* What docker compose makes of a plain word: booleans and numbers are read and printed anew. */
static const char *as_compose(struct import *import, const char *text)
{
    static const char *const words[] = {"true", "false"};
    char *plain = arena_strdup(import->arena, text);
    char *end = plain;
    for (size_t i = 0; i < countof(words); i++)
        if (!strcasecmp(words[i], text))
            return words[i];
    if (!strpbrk(text, "0123456789") ||
        strspn(text, "+-.0123456789_xobeEabcdfABCDF") != strlen(text))
        return text;
    for (const char *at = text; *at; at++)
        if (*at != '_')
            *end++ = *at;
    *end = '\0';
    char *digits = plain + (strchr("+-", *plain) != NULL);
    bool marked = digits[0] == '0' && digits[1] && strchr("ob", digits[1]);
    int base = marked ? digits[1] == 'o' ? 8 : 2 : 0;
    long long whole = strtoll(marked ? digits + 2 : plain, &end, base);
    if (!*end && end > digits)
        return arena_printf(import->arena, "%lld", marked && *plain == '-' ? -whole : whole);
    double number = strtod(plain, &end);
    return *end || strpbrk(plain, "xX") || end == plain ? text : number_text(import->arena, number);
}

static bool take_pair(struct import *import, const struct node *key, const struct node *value,
                      struct variable *variable)
{
    *variable = (struct variable){.name = key->text};
    if (node_is_nothing(value))
        return true;
    if (value->kind != NODE_SCALAR) {
        import_expected(import, key->text, value, "a text");
        return false;
    }
    variable->value = import_value(import, value);
    if (variable->value && value->style == STYLE_PLAIN && import->dollar == DOLLAR_COMPOSE)
        variable->value = as_compose(import, variable->value);
    return variable->value;
}

static bool take_item(struct import *import, const struct node *item, struct variable *variable)
{
    if (item->kind != NODE_SCALAR) {
        import_expected(import, "environment", item, "NAME=VALUE");
        return false;
    }
    size_t length = strcspn(item->text, "=");
    *variable = (struct variable){.name = arena_copy(import->arena, item->text, length)};
    if (!item->text[length])
        return true;
    struct buf value = {0};
    bool fine = import_template(import, item, item->text + length + 1, TEMPLATE_TEXT, &value);
    variable->value = arena_copy(import->arena, buf_string(&value), value.length);
    buf_release(&value);
    return fine;
}

bool import_variables(struct import *import, const struct node *node,
                      void (*take)(void *context, const struct variable *variable), void *context)
{
    bool fine = true;
    import_whole(import, node);
    if (node->kind == NODE_SCALAR) {
        import_expected(import, "environment", node, "a mapping, or a list of NAME=VALUE");
        return false;
    }
    for (size_t i = 0; i < node->size; i++) {
        struct variable variable;
        bool taken = node->kind == NODE_MAP
                         ? take_pair(import, node_key(node, i), node_value(node, i), &variable)
                         : take_item(import, &node->items[i], &variable);
        if (taken)
            take(context, &variable);
        fine &= taken;
    }
    return fine;
}

/* Variables on their way into "env:". The last of a name counts. */
struct lines {
    struct import *import;
    struct names names;
    struct variable *variables;
    size_t count;
};

static bool is_name(const char *name)
{
    size_t length = 0;
    while (isalnum((unsigned char)name[length]) || name[length] == '_')
        length++;
    return length && !name[length] && !isdigit((unsigned char)*name);
}

static void note(const struct lines *lines, const char *name, const char *why)
{
    import_note(lines->import, "variable %s: %s", show_text(name, strlen(name)).text, why);
}

static void take_line(void *context, const struct variable *variable)
{
    struct lines *lines = context;
    if (!is_name(variable->name)) {
        note(lines, variable->name, "parrun takes no such name");
    } else if (!variable->value) {
        note(lines, variable->name, "it comes from the environment anyway");
    } else {
        size_t *slot = names_slot(&lines->names, variable->name, strlen(variable->name));
        if (*slot == NAMES_NONE)
            *slot = lines->count++;
        lines->variables[*slot] = *variable;
    }
}

bool import_env(struct import *import, const struct node *node, struct buf *out, int indent)
{
    struct lines lines = {.import = import};
    lines.variables = arena_alloc(import->arena, (node->kind == NODE_SCALAR ? 1 : node->size) *
                                                     sizeof(*lines.variables));
    bool fine = import_variables(import, node, take_line, &lines);
    if (lines.count)
        buf_printf(out, "%*senv:\n", indent, "");
    for (size_t i = 0; i < lines.count; i++) {
        buf_printf(out, "%*s%s: ", indent + 2, "", lines.variables[i].name);
        import_quote(out, lines.variables[i].value);
        buf_char(out, '\n');
    }
    names_release(&lines.names);
    return fine;
}
