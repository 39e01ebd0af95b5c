/* Environment variables of other runners' files: a mapping, or a list of NAME=VALUE; and files of them. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/str.h"
#include "import/private.h"

/* ---- plain words of docker compose ---- */

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
    if (!strcmp(at, needed ? "Z" : ""))
        return "+0000 UTC";
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
            return arena_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d%.*s %s", time.tm_year + 1900, time.tm_mon + 1, time.tm_mday,
                                time.tm_hour, time.tm_min, time.tm_sec, (int)fraction, at, zone);
    }
    return NULL;
}

/* TEXT, a number in YAML 1.1, as Go prints it; itself where it is none. */
static const char *number_of(struct arena *arena, const char *text)
{
    char *plain = arena_strdup(arena, text);
    char *end = plain;
    if (!strpbrk(text, "0123456789") || text[strspn(text, "+-.0123456789_xobeEabcdfABCDF")])
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
        return arena_printf(arena, "%lld", marked && *plain == '-' ? -whole : whole);
    double number = strtod(plain, &end);
    return *end || strpbrk(plain, "xX") || end == plain ? text : number_text(arena, number);
}

/* What docker compose makes of a plain word: booleans, numbers and days are read and printed anew. */
static const char *as_compose(struct arena *arena, const char *text)
{
    if (!strcasecmp("true", text) || !strcasecmp("false", text))
        return strcasecmp("true", text) ? "false" : "true";
    const char *time = time_text(arena, text);
    return time ? time : number_of(arena, text);
}

/* ---- variables ---- */

/* Reads pair or item number I of NODE; false, with an error, where it is wrong. */
static bool read_variable(struct import *import, const struct node *node, size_t i, struct variable *variable)
{
    bool map = node->kind == NODE_MAP;
    const struct node *item = map ? node_value(node, i) : &node->items[i];
    size_t length = item->kind == NODE_SCALAR ? strcspn(item->text, "=") : 0;
    if (item->kind != NODE_SCALAR)
        return import_expected(import, map ? node_key(node, i)->text : "environment", item, map ? "a text" : "NAME=VALUE");
    *variable = (struct variable){.node = item, .name = map ? node_key(node, i)->text : arena_copy(import->arena, item->text, length)};
    if (map ? node_is_nothing(item) : !item->text[length])
        return true;
    variable->value = import_template(import, item, map ? item->text : item->text + length + 1, TEMPLATE_TEXT);
    if (variable->value && map && item->style == STYLE_PLAIN && import->dollar == DOLLAR_COMPOSE)
        variable->value = as_compose(import->arena, variable->value);
    return variable->value;
}

size_t import_variables(struct import *import, const struct node *node, struct variable **variables)
{
    size_t count = 0;
    import_whole(import, node);
    if (node->kind == NODE_SCALAR)
        return import_expected(import, "environment", node, "a mapping, or a list of NAME=VALUE");
    *variables = arena_alloc(import->arena, (node->size + 1) * sizeof(**variables));
    for (size_t i = 0; i < node->size; i++)
        count += read_variable(import, node, i, &(*variables)[count]);
    return count;
}

/* The last of a name counts, where the first stands. */
void draft_take_environment(struct import *import, const struct node *value)
{
    struct variable *variables = NULL;
    struct names names = {0};
    size_t kept = 0;
    size_t count = import_variables(import, value, &variables);
    for (size_t i = 0; i < count; i++) {
        struct variable variable = variables[i];
        const char *why = !is_identifier(variable.name) ? "parrun takes no such name" : "it comes from the environment anyway";
        if (!variable.value || !is_identifier(variable.name)) {
            import_note_at(import, variable.node, "variable %s: %s", import_shown(import, variable.name), why);
            continue;
        }
        size_t *slot = names_slot(&names, variable.name, strlen(variable.name));
        *slot = *slot == NAMES_NONE ? kept++ : *slot;
        variables[*slot] = variable;
    }
    if (kept)
        draft_open(import, "env");
    for (size_t i = 0; i < kept; i++)
        draft_line(import, variables[i].name, "%s", yaml_quoted(import->arena, variables[i].value));
    if (kept)
        draft_close(import);
    names_release(&names);
}

/* ---- files of them ---- */

void import_env_files(struct import *import, const struct node *node, struct texts *paths)
{
    for (size_t i = 0; i < import_count(node); i++) {
        const struct node *item = import_item(node, i);
        bool map = item->kind == NODE_MAP;
        const struct node *path = map ? import_take(import, item, "path") : item;
        const char *text = path ? import_value(import, path) : NULL;
        if (!text)
            import_expected(import, "env_file", item, "a path");
        else if (!strstr(text, "${{") && !import_beside(import, text + (strncmp(text, "./", 2) ? 0 : 2)) &&
                 import_says(import, item, "required", "false"))
            import_note_at(import, path, "env_file %s: it may be missing, and is", import_shown(import, text));
        else
            texts_add(paths, text);
    }
}

void draft_take_env_file(struct import *import, const struct node *value)
{
    struct texts paths = {0};
    import_env_files(import, value, &paths);
    if (paths.count)
        draft_list(import, import->key, &paths);
    texts_release(&paths);
}
