/* Environment variables of other runners' files: a mapping, or a list of NAME=VALUE. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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

/* How far FORMAT of strptime(3) reads TEXT; NULL where it does not, or to no day that there is. */
static const char *read_time(const char *text, const char *format, struct tm *time)
{
    *time = (struct tm){.tm_mday = 1};
    const char *end = strptime(text, format, time);
    struct tm same = *time;
    return end && timegm(&same) != -1 && same.tm_mday == time->tm_mday && same.tm_sec == time->tm_sec ? end : NULL;
}

/* "Z" or "-05:00" at AT, as Go prints it; nothing of it is needed where NEEDED is false. NULL where it is neither. */
static const char *read_zone(struct arena *arena, const char *at, bool needed)
{
    int hours, minutes, length = 0;
    char sign[2];
    if (!*at && !needed)
        return "+0000 UTC";
    if (!strcmp(at, "Z"))
        return needed ? "+0000 UTC" : NULL;
    if (!needed || sscanf(at, "%1[+-]%2d:%2d%n", sign, &hours, &minutes, &length) != 3 || at[length] || length != 6)
        return NULL;
    return arena_printf(arena, "%s%02d%02d %s%02d%02d", sign, hours, minutes, sign, hours, minutes);
}

/* What Go prints of a day, or of a day and a time, that stands in YAML without quotes; NULL where it is none. */
static const char *time_text(struct arena *arena, const char *text)
{
    static const struct {
        const char *format;
        bool zoned;
    } forms[] = {{"%Y-%m-%dT%H:%M:%S", true}, {"%Y-%m-%dt%H:%M:%S", true}, {"%Y-%m-%d %H:%M:%S", false}, {"%Y-%m-%d", false}};
    struct tm time;
    for (size_t i = 0; strspn(text, "0123456789") == 4 && i < countof(forms); i++) {
        const char *at = read_time(text, forms[i].format, &time);
        if (!at)
            continue;
        size_t fraction = *at == '.' && i + 1 < countof(forms) ? 1 + strspn(at + 1, "0123456789") : 0;
        const char *zone = read_zone(arena, at + fraction, forms[i].zoned);
        while (fraction && strchr(".0", at[fraction - 1]))
            fraction--; /* as the zeros behind it say nothing */
        if (zone)
            return arena_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d%.*s %s", time.tm_year + 1900, time.tm_mon + 1,
                                time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec, (int)fraction, at, zone);
    }
    return NULL;
}

/* What docker compose makes of a plain word: booleans, numbers and days are read and printed anew. */
static const char *as_compose(struct import *import, const char *text)
{
    static const char *const words[] = {"true", "false"};
    char *plain = arena_strdup(import->arena, text);
    char *end = plain;
    for (size_t i = 0; i < countof(words); i++)
        if (!strcasecmp(words[i], text))
            return words[i];
    const char *time = time_text(import->arena, text);
    if (time)
        return time;
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
struct env_lines {
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

static void note(const struct env_lines *lines, const char *name, const char *why)
{
    import_note(lines->import, "variable %s: %s", show_text(name, strlen(name)).text, why);
}

static void take_line(void *context, const struct variable *variable)
{
    struct env_lines *lines = context;
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
    struct env_lines lines = {.import = import};
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
