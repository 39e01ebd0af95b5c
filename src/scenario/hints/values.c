/* Guesses at what was meant. */
#include "scenario/hints/values.h"

#include <ctype.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/str.h"
#include "base/unit.h"

#define DIGITS "0123456789"

/* A word that people write, and ours for it; a NULL ends a list of them. */
struct word {
    const char *theirs;
    const char *ours;
};

static const struct word times[] = {
    {"milliseconds", "ms"}, {"millisecond", "ms"}, {"msec", "ms"}, {"millis", "ms"},
    {"seconds", "s"},       {"second", "s"},       {"secs", "s"},  {"sec", "s"},
    {"minutes", "m"},       {"minute", "m"},       {"mins", "m"},  {"min", "m"},
    {"hours", "h"},         {"hour", "h"},         {"hrs", "h"},   {"hr", "h"},
    {"days", "d"},          {"day", "d"},          {NULL, NULL},
};

static const struct word sizes[] = {
    {"kilobytes", "K"}, {"megabytes", "M"}, {"gigabytes", "G"}, {"kb", "K"},  {"mb", "M"},
    {"gb", "G"},        {"tb", "T"},        {"kib", "K"},       {"mib", "M"}, {"gib", "G"},
    {"tib", "T"},       {"k", "K"},         {"m", "M"},         {"g", "G"},   {"t", "T"},
    {"ki", "K"},        {"mi", "M"},        {"gi", "G"},        {"ti", "T"},  {"bytes", ""},
    {"b", ""},          {NULL, NULL},
};

static const struct word numbers[] = {
    {"one", "1"}, {"two", "2"},   {"three", "3"}, {"four", "4"}, {"five", "5"}, {"six", "6"},
    {"ten", "10"}, {"seven", "7"}, {"eight", "8"}, {"nine", "9"}, {NULL, NULL},
};

static const struct word choices[] = {
    {"on-failure", "failure"},
    {"on_failure", "failure"},
    {"on-abnormal", "failure"},
    {"on-abort", "failure"},
    {"unexpected", "failure"},
    {"no", "never"},
    {"false", "never"},
    {"yes", "always or failure"},
    {"true", "always or failure"},
    {"on", "always or failure"},
    {"any", "always"},
    {"unless-stopped", "always"},
    {"exit_on_failure", "never, and fail_fast: true at the top"},
    {"grouped", "group"},
    {"buffered", "group"},
    {"line", "lines"},
    {"line-buffered", "lines"},
    {"ungroup", "lines"},
    {"ungrouped", "lines"},
    {"keep", "ordered"},
    {"keep-order", "ordered"},
    {"none", "discard"},
    {"null", "discard"},
    {"quiet", "discard"},
    {NULL, NULL},
};

/* Where tasks may come from, each with what stands behind it. */
static const struct word sources[] = {
    {"lines", "{lines: FILE}"}, {"csv", "{csv: FILE}"},       {"jsonl", "{jsonl: FILE}"},           {"glob", "{glob: \"*.c\"}"},
    {"range", "{range: [1, 100]}"}, {"output", "{output: COMMAND}"}, {"matrix", "{matrix: {a: [1, 2], b: [x, y]}}"}, {"queue", "{queue: NAME}"},
    {NULL, NULL},
};

/* What kind of file a name is most likely one of. */
static const struct word endings[] = {
    {"*.csv", "csv"},   {"*.jsonl", "jsonl"}, {"*.ndjson", "jsonl"},
    {"*.txt", "lines"}, {"/*", "lines"},
};

static const char *find_word(const struct word *words, const char *text)
{
    for (; words->theirs; words++)
        if (!strcasecmp(words->theirs, text))
            return words->ours;
    return NULL;
}

/* A number and a unit without the blanks, the unit in our word for it. */
static const char *with_unit(struct arena *arena, const struct word *units, const char *text)
{
    struct buf whole = {0};
    for (; *text; text++)
        if (*text != ' ')
            buf_char(&whole, *text);
    size_t digits = strspn(buf_string(&whole), DIGITS ".");
    const char *unit = find_word(units, buf_string(&whole) + digits);
    if (unit) {
        buf_truncate(&whole, digits);
        buf_text(&whole, unit);
    }
    const char *meant = arena_strdup(arena, buf_string(&whole));
    buf_release(&whole);
    return meant;
}

const char *meant_duration(struct arena *arena, const char *text)
{
    text += *text == '-';
    struct error error = {0};
    int64_t ns;
    const char *meant = with_unit(arena, times, text);
    if (meant[strspn(meant, DIGITS ".")] == '\0')
        meant = arena_printf(arena, "%ss", meant);
    bool right = !duration_parse(meant, &ns, &error);
    error_release(&error);
    return right ? meant : NULL;
}

const char *meant_size(struct arena *arena, const char *text)
{
    struct error error = {0};
    uint64_t bytes;
    const char *meant = with_unit(arena, sizes, text);
    bool right = !size_parse(meant, &bytes, &error);
    error_release(&error);
    return right ? meant : NULL;
}

const char *meant_signal(struct arena *arena, const char *text)
{
    struct error error = {0};
    int number;
    bool right = !signal_parse(text, &number, &error);
    error_release(&error);
    if (right)
        return signal_name(number);
    text += strncasecmp(text, "SIG", 3) ? 0 : 3;
    char *wrong = arena_strdup(arena, text);
    for (char *at = wrong; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    struct nearest nearest = {.wrong = wrong};
    const char *shortened = NULL; /* "TERM" of "TERMINATE" */
    for (int i = 1; i < NSIG; i++) {
        const char *name = signal_name(i);
        if (!name)
            continue;
        nearest_offer(&nearest, name);
        if (strlen(name) >= 3 && !strncmp(name, wrong, strlen(name)))
            shortened = name;
    }
    bool near = nearest.name && 2 * nearest.distance <= strlen(wrong);
    return near ? nearest.name : shortened;
}

const char *meant_count(struct arena *arena, const char *text)
{
    const char *digit = find_word(numbers, text);
    if (digit)
        return digit;
    size_t digits = strspn(text, DIGITS);
    return digits && digits < 10 && !text[digits] ? arena_strdup(arena, text) : NULL;
}

const char *meant_limit(struct arena *arena, const char *text)
{
    size_t digits = strspn(text, DIGITS);
    return digits && digits < 10 && !strcasecmp(text + digits, "k") ? arena_printf(arena, "%.*s000", (int)digits, text)
                                                                   : meant_count(arena, text);
}

const char *meant_number(struct arena *arena, const char *text)
{
    size_t whole = strspn(text, DIGITS);
    size_t length = whole + (text[whole] == '.' ? 1 + strspn(text + whole + 1, DIGITS) : 0);
    return whole && !text[length] ? arena_strdup(arena, text) : NULL;
}

const char *meant_attempts(struct arena *arena, const char *text)
{
    return meant_count(arena, text) ? arena_printf(arena, "%ld", atol(text) + 1) : NULL;
}

const char *meant_minutes(struct arena *arena, const char *text)
{
    return meant_count(arena, text) ? arena_printf(arena, "%sm", text) : NULL;
}

const char *meant_codes(struct arena *arena, const char *text)
{
    const char *list = NULL;
    for (size_t digits; *text; text += digits + strspn(text + digits, ", ")) {
        digits = strspn(text, DIGITS);
        if (!digits)
            return NULL;
        list =
            arena_printf(arena, "%s%s%.*s", list ? list : "[", list ? ", " : "", (int)digits, text);
    }
    return list ? arena_printf(arena, "%s]", list) : NULL;
}

const char *meant_choice(struct arena *arena, const char *text)
{
    static const char failures[] = "on-failure:";
    const char *number = text + strlen(failures);
    if (!strncmp(text, failures, strlen(failures)) && meant_count(arena, number))
        return arena_printf(arena, "{on: failure, max: %s}", number);
    return find_word(choices, text);
}

const char *meant_rate(struct arena *arena, const char *text)
{
    size_t digits = strspn(text, DIGITS);
    const char *unit = text + digits + strspn(text + digits, " /");
    unit += strncmp(unit, "per ", 4) ? 0 : 4;
    const char *ours = *unit ? find_word(times, unit) : "s";
    if (!ours)
        ours = unit;
    return digits && strlen(ours) == 1 && strchr("smh", *ours)
               ? arena_printf(arena, "%.*s/%s", (int)digits, text, ours)
               : NULL;
}

const char *meant_range(struct arena *arena, const char *text)
{
    static const char *const forms[] = {"%lld..%lld%n", "{%lld..%lld}%n", "%lld-%lld%n",
                                        "%lld:%lld%n"};
    for (size_t i = 0; i < countof(forms); i++) {
        long long from, to;
        int read = 0;
        if (sscanf(text, forms[i], &from, &to, &read) == 2 && read && !text[read])
            return arena_printf(arena, "[%lld, %lld]", from, to);
    }
    return NULL;
}

/* What stands between OPENING and CLOSING, which are all that is round it. */
static const char *between(struct arena *arena, const char *text, const char *opening,
                           const char *closing)
{
    size_t head = strlen(opening), tail = strlen(closing), length = strlen(text);
    if (length <= head + tail || strncmp(text, opening, head) ||
        strcmp(text + length - tail, closing))
        return NULL;
    return arena_copy(arena, text + head, length - head - tail);
}

const char *meant_tasks(struct arena *arena, const char *text)
{
    const char *range = meant_range(arena, text);
    const char *command = between(arena, text, "$(", ")");
    if (!command)
        command = between(arena, text, "`", "`");
    if (range)
        return arena_printf(arena, "{range: %s}", range);
    if (command)
        return strpbrk(command, "\"\\:#{}[],\n") ? "{output: COMMAND}"
                                                 : arena_printf(arena, "{output: %s}", command);
    if (*text && !text[strspn(text, DIGITS)])
        return arena_printf(arena, "%s without the quotes", text);
    if (!strcmp(text, "-"))
        return "{lines: \"-\"}";
    if (find_word(sources, text))
        return find_word(sources, text);
    if (strpbrk(text, " \"\\\n{}[]"))
        return NULL;
    if (strpbrk(text, "*?"))
        return arena_printf(arena, "{glob: \"%s\"}", text);
    for (size_t i = 0; i < countof(endings); i++)
        if (wildcard_match(endings[i].theirs, text))
            return arena_printf(arena, "{%s: %s}", endings[i].ours, text);
    return NULL;
}
