/* Booleans, numbers and times of YAML 1.1. */
#include "yaml/old_word.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/arena.h"
#include "base/mem.h"

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

const char *old_word(struct arena *arena, const char *text)
{
    if (!strcasecmp("true", text) || !strcasecmp("false", text))
        return strcasecmp("true", text) ? "false" : "true";
    const char *time = time_text(arena, text);
    return time ? time : number_of(arena, text);
}
