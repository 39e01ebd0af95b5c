/* Lines cut into columns. */
#include "base/cut.h"

#include <string.h>

#include "base/error.h"
#include "base/regex.h"

int cut_init(struct cut *cut, const char *separator, struct error *error)
{
    *cut = (struct cut){.separator = separator};
    if (!separator || !separator[0] || !separator[1])
        return 0;
    cut->regex = regex_new(separator, error);
    return cut->regex ? 0 : error_wrap(error, "'%s' is no regular expression", separator);
}

void cut_release(struct cut *cut)
{
    regex_free(cut->regex);
    cut->regex = NULL;
}

/* The next separator in LENGTH bytes, at *AT and *SIZE bytes long; false where there is none. */
static bool find_separator(const struct cut *cut, const char *bytes, size_t length, size_t *at,
                           size_t *size)
{
    if (!cut->separator)
        return false;
    if (cut->regex)
        return regex_find(cut->regex, bytes, length, at, size) > 0;
    const char *found = memchr(bytes, *cut->separator, length);
    *at = found ? (size_t)(found - bytes) : 0;
    *size = 1;
    return found;
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
