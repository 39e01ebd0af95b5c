/* Reading limits: when the scenario is loaded, or where a template gives one before an attempt of a task. */
#include "scenario/limit_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/unit.h"
#include "scenario/spec.h"

#define LIMIT_MOST INT64_C(1000000000000)
#define SHARE_UNIT 1000

static const char *const wordings[] = {
    [LIMIT_NUMBER] = "a whole number, or unlimited",
    [LIMIT_SIZE] = "a size such as 64K, 10M or 1G, or unlimited",
    [LIMIT_TIME] = "whole seconds such as 60s or 5m, or unlimited",
    [LIMIT_SHARE] = "a number of processors such as 2 or 0.5, or unlimited",
};

const char *limit_wording(enum limit_unit unit)
{
    return wordings[unit];
}

static bool parse_number(const char *text, int64_t *value)
{
    char *end;
    *value = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && *value <= LIMIT_MOST;
}

static bool parse_size(const char *text, int64_t *value)
{
    uint64_t bytes = 0;
    struct error error = {0};
    bool parsed = !size_parse(text, &bytes, &error) && bytes < OPTION_UNLIMITED;
    error_release(&error);
    *value = (int64_t)bytes;
    return parsed;
}

static bool parse_time(const char *text, int64_t *value)
{
    struct error error = {0};
    bool parsed = !duration_parse(text, value, &error) && *value >= NS_PER_S && !(*value % NS_PER_S);
    error_release(&error);
    return parsed;
}

/* Written with a fraction or without; no less than a thousandth. */
static bool parse_share(const char *text, int64_t *value)
{
    char *end;
    double number = strtod(text, &end);
    if (*text < '0' || *text > '9' || *end || number * SHARE_UNIT < 1 || number > (double)LIMIT_MOST)
        return false;
    *value = (int64_t)(number * SHARE_UNIT + 0.5);
    return true;
}

bool limit_parse(enum limit_unit unit, const char *text, int64_t *value)
{
    *value = OPTION_UNLIMITED;
    if (!strcmp(text, "unlimited"))
        return true;
    switch (unit) {
    case LIMIT_NUMBER:
        return parse_number(text, value);
    case LIMIT_SIZE:
        return parse_size(text, value);
    case LIMIT_TIME:
        return parse_time(text, value);
    case LIMIT_SHARE:
        return parse_share(text, value);
    }
    return false;
}
