/* The values of limits, as a scenario writes them. */
#ifndef SCENARIO_LIMIT_VALUE_H
#define SCENARIO_LIMIT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* What a limit is of. */
enum limit_unit {
    LIMIT_NUMBER,
    LIMIT_SIZE,  /* bytes */
    LIMIT_TIME,  /* ns, whole seconds */
    LIMIT_SHARE, /* thousandths of a processor */
};

/* Reads TEXT: a value, or OPTION_UNLIMITED for "unlimited". False where it is none. */
bool limit_parse(enum limit_unit unit, const char *text, int64_t *value);

/* What it is then: "a whole number, or unlimited". */
const char *limit_wording(enum limit_unit unit);

#endif
