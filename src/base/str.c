/* Small facts about strings. */
#include "base/str.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

/* Characters that mean nothing to a shell wherever they stand in a word. */
static bool is_shell_safe(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_-./:,+@%", c));
}

void shell_quote(struct buf *out, const char *bytes, size_t length)
{
    size_t safe = 0;
    while (safe < length && is_shell_safe(bytes[safe]))
        safe++;
    if (length && safe == length) {
        buf_append(out, bytes, length);
        return;
    }
    buf_char(out, '\'');
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\'')
            buf_text(out, "'\\''");
        else
            buf_char(out, bytes[i]);
    }
    buf_char(out, '\'');
}

size_t utf8_char(const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    if (!length)
        return 0;
    if (at[0] < 0x80)
        return 1;
    size_t size = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    if (at[0] < 0xC2 || at[0] > 0xF4 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return size;
}

bool utf8_valid(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t size = utf8_char(bytes + i, length - i);
        if (!size)
            return false;
        i += size;
    }
    return true;
}

size_t utf8_tail(const char *bytes, size_t length)
{
    for (size_t size = 1; size <= 3 && size <= length; size++) {
        unsigned char byte = (unsigned char)bytes[length - size];
        if ((byte & 0xC0) == 0x80)
            continue;
        size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1;
        return whole > size && byte <= 0xF4 ? size : 0;
    }
    return 0;
}

bool wildcard_match(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *retry = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool is_identifier(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return !*name;
}
