/* Durations, sizes and signals as people write them. */
#include "base/unit.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

/* Signals from here on have names of their own. */
#define REALTIME_FIRST 32

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first: printing takes them in this order. */
static const struct unit duration_units[] = {
    {"d", 86400 * UINT64_C(1000000000)}, {"h", 3600 * UINT64_C(1000000000)},
    {"m", 60 * UINT64_C(1000000000)},    {"s", UINT64_C(1000000000)},
    {"ms", UINT64_C(1000000)},           {"us", UINT64_C(1000)},
    {"ns", 1},
};

static const struct unit size_units[] = {
    {"T", UINT64_C(1) << 40}, {"G", UINT64_C(1) << 30}, {"M", UINT64_C(1) << 20},
    {"K", UINT64_C(1) << 10}, {"", 1},
};

/* A plain decimal number at *AT; false where there is none. Moves *AT behind it. */
static bool read_number(const char **at, long double *number)
{
    const char *start = *at;
    const char *end = start;
    while (isdigit((unsigned char)*end))
        end++;
    if (*end == '.') {
        end++;
        while (isdigit((unsigned char)*end))
            end++;
    }
    if (end == start || (end == start + 1 && *start == '.'))
        return false;
    char *copy = mem_copy(start, (size_t)(end - start));
    *number = strtold(copy, NULL);
    free(copy);
    *at = end;
    return true;
}

static const struct unit *find_unit(const struct unit *units, size_t count, const char *name,
                                    size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(units[i].name) == length && !strncasecmp(units[i].name, name, length))
            return &units[i];
    return NULL;
}

int duration_parse(const char *text, int64_t *ns, struct error *error)
{
    static const char expected[] = "a duration such as 500ms, 30s, 5m or 1h30m";
    const char *at = text;
    long double total = 0;
    uint64_t previous = UINT64_MAX;
    bool bare_allowed = true;
    if (!*at)
        return error_set(error, ERROR_FAILED, "an empty text is not %s", expected);
    while (*at) {
        long double number;
        if (!read_number(&at, &number))
            return error_set(error, ERROR_FAILED, "'%s' is not %s", text, expected);
        const char *name = at;
        while (isalpha((unsigned char)*at))
            at++;
        size_t length = (size_t)(at - name);
        const struct unit *unit =
            !length && bare_allowed
                ? find_unit(duration_units, countof(duration_units), "s", 1)
                : find_unit(duration_units, countof(duration_units), name, length);
        if (!unit || (!length && *at) || unit->factor >= previous)
            return error_set(error, ERROR_FAILED, "'%s' is not %s", text, expected);
        previous = unit->factor;
        bare_allowed = false;
        total += number * (long double)unit->factor;
    }
    total = roundl(total);
    if (total > (long double)INT64_MAX)
        return error_set(error, -ERANGE, "'%s' is too long: at most 106751 days", text);
    *ns = (int64_t)total;
    return 0;
}

int64_t duration_round(int64_t ns)
{
    int64_t unit = ns < 10 * NS_PER_S ? NS_PER_MS : NS_PER_S;
    return ns - ns % unit;
}

void duration_print(struct buf *out, int64_t ns)
{
    if (ns <= 0) {
        buf_text(out, "0s");
        return;
    }
    uint64_t rest = (uint64_t)ns;
    for (size_t i = 0; i < countof(duration_units); i++) {
        uint64_t whole = rest / duration_units[i].factor;
        if (whole)
            buf_printf(out, "%llu%s", (unsigned long long)whole, duration_units[i].name);
        rest -= whole * duration_units[i].factor;
    }
}

int size_parse(const char *text, uint64_t *bytes, struct error *error)
{
    const char *at = text;
    long double number;
    if (!read_number(&at, &number))
        return error_set(error, ERROR_FAILED, "'%s' is not a size such as 64K, 10M or 1G", text);
    size_t length = strlen(at);
    if (length >= 2 && !strcasecmp(at + length - 2, "iB"))
        length -= 2;
    else if (length >= 1 && (at[length - 1] == 'B' || at[length - 1] == 'b'))
        length -= 1;
    const struct unit *unit = find_unit(size_units, countof(size_units), at, length);
    if (!unit)
        return error_set(error, ERROR_FAILED, "'%s' is not a size such as 64K, 10M or 1G", text);
    long double total = roundl(number * (long double)unit->factor);
    if (total > (long double)UINT64_MAX)
        return error_set(error, ERROR_FAILED, "'%s' is too large", text);
    *bytes = (uint64_t)total;
    return 0;
}

void size_print(struct buf *out, uint64_t bytes)
{
    for (size_t i = 0; i < countof(size_units); i++) {
        if (bytes >= size_units[i].factor && bytes % size_units[i].factor == 0) {
            buf_printf(out, "%llu%s", (unsigned long long)(bytes / size_units[i].factor),
                       size_units[i].name);
            return;
        }
    }
    buf_char(out, '0');
}

/* As shells name them; of the first two, which the C library keeps to itself, they know only the numbers. */
static const char *const realtime_names[] = {
    "32",       "33",       "RTMIN",    "RTMIN+1",  "RTMIN+2",  "RTMIN+3",  "RTMIN+4",
    "RTMIN+5",  "RTMIN+6",  "RTMIN+7",  "RTMIN+8",  "RTMIN+9",  "RTMIN+10", "RTMIN+11",
    "RTMIN+12", "RTMIN+13", "RTMIN+14", "RTMIN+15", "RTMAX-14", "RTMAX-13", "RTMAX-12",
    "RTMAX-11", "RTMAX-10", "RTMAX-9",  "RTMAX-8",  "RTMAX-7",  "RTMAX-6",  "RTMAX-5",
    "RTMAX-4",  "RTMAX-3",  "RTMAX-2",  "RTMAX-1",  "RTMAX",
};

_Static_assert(countof(realtime_names) == NSIG - REALTIME_FIRST, "a name for each");

/* The signal that NAME counts from either end, be it in the half where shells do or not; 0: none. */
static int realtime_number(const char *name)
{
    bool down = !strncasecmp(name, "RTMAX-", 6);
    if ((!down && strncasecmp(name, "RTMIN+", 6)) || !isdigit((unsigned char)name[6]))
        return 0;
    char *end;
    unsigned long count = strtoul(name + 6, &end, 10);
    if (*end || count > (unsigned long)(SIGRTMAX - SIGRTMIN))
        return 0;
    return down ? SIGRTMAX - (int)count : SIGRTMIN + (int)count;
}

int signal_parse(const char *text, int *number, struct error *error)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (isdigit((unsigned char)*text) && !*end && value < NSIG && signal_name((int)value)) {
        *number = (int)value;
        return 0;
    }
    const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    for (int i = 1; i < NSIG; i++) {
        const char *known = signal_name(i);
        if (known && !strcasecmp(known, name)) {
            *number = i;
            return 0;
        }
    }
    int realtime = realtime_number(name);
    if (realtime) {
        *number = realtime;
        return 0;
    }
    return error_set(error, ERROR_FAILED, "'%s' is not a signal such as TERM, INT or 15", text);
}

const char *signal_name(int number)
{
    if (number <= 0 || number >= NSIG)
        return NULL;
    return number < REALTIME_FIRST ? sigabbrev_np(number) : realtime_names[number - REALTIME_FIRST];
}
