/* Lines cut into columns. */
#include "base/cut.h"

#include <string.h>

#include "base/error.h"

int cut_init(struct cut *cut, const char *separator, struct error *error)
{
    char reason[200];
    *cut = (struct cut){.separator = separator};
    if (!separator || !separator[0] || !separator[1])
        return 0;
    int fault = regcomp(&cut->pattern, separator, REG_EXTENDED);
    cut->compiled = !fault;
    if (!fault)
        return 0;
    regerror(fault, &cut->pattern, reason, sizeof(reason));
    return error_set(error, ERROR_FAILED, "'%s' is no regular expression: %s", separator, reason);
}

void cut_release(struct cut *cut)
{
    if (cut->compiled)
        regfree(&cut->pattern);
    cut->compiled = false;
}

/* The next separator in LENGTH bytes, at *AT and *SIZE bytes long; false where there is none. */
static bool find_separator(const struct cut *cut, const char *bytes, size_t length, size_t *at,
                           size_t *size)
{
    regmatch_t match = {.rm_so = 0, .rm_eo = (regoff_t)length};
    if (!cut->separator)
        return false;
    if (!cut->compiled) {
        const char *found = memchr(bytes, *cut->separator, length);
        *at = found ? (size_t)(found - bytes) : 0;
        *size = 1;
        return found;
    }
    if (regexec(&cut->pattern, bytes, 1, &match, REG_STARTEND) || match.rm_eo == match.rm_so)
        return false;
    *at = (size_t)match.rm_so;
    *size = (size_t)(match.rm_eo - match.rm_so);
    return true;
}

size_t cut_next(const struct cut *cut, const char **bytes, size_t *length, bool *last)
{
    size_t at, size;
    *last = !find_separator(cut, *bytes, *length, &at, &size);
    if (*last) {
        at = *length;
        size = 0;
    }
    *bytes += at + size;
    *length -= at + size;
    return at;
}
