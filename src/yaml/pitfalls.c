/* Finding what is a trap before or behind the parser. */
#include "yaml/pitfalls.h"

#include <string.h>

#include "base/diag.h"
#include "base/mem.h"

/* "<<<<<<< HEAD", and the mark that ends the conflict; a value cannot begin in column 1 so. */
#define MARK_LENGTH 7

static bool is_mark(const char *line, const char *end, char sign)
{
    if (end - line < MARK_LENGTH)
        return false;
    for (int i = 0; i < MARK_LENGTH; i++)
        if (line[i] != sign)
            return false;
    return end - line == MARK_LENGTH || strchr(" \r\n", line[MARK_LENGTH]);
}

bool trap_merge_conflict(const struct source *source, struct diags *diags)
{
    static const char hint[] = "keep one of the two sides and take the lines of marks out";
    const char *end = source->text + source->length;
    bool open = false, found = false;
    for (const char *line = source->text; line < end;) {
        size_t offset = (size_t)(line - source->text);
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        bool begins = is_mark(line, end, '<');
        bool ends = is_mark(line, end, '>');
        if (begins || (ends && !open))
            diag_error(diags, source_mark(source, offset, MARK_LENGTH), hint,
                       "a merge has left a conflict here");
        else if (ends)
            diag_note(diags, source_mark(source, offset, MARK_LENGTH), "it ends here");
        found = found || begins || ends;
        open = (open || begins) && !ends;
        line = newline ? newline + 1 : end;
    }
    return found;
}

size_t trap_quote(const char *text, size_t size)
{
    static const char *const quotes[] = {
        "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E", /* double */
        "\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9A", /* single */
    };
    for (size_t i = 0; i < countof(quotes); i++) {
        size_t length = strlen(quotes[i]);
        if (size >= length && !memcmp(text, quotes[i], length))
            return length;
    }
    return 0;
}

static const char *const spaces[] = {
    "\xC2\xA0",     /* no-break space */
    "\xE2\x80\xAF", /* narrow no-break space */
    "\xE3\x80\x80", /* ideographic space */
};

size_t trap_no_break_space(const char *text, size_t size, size_t *length)
{
    for (size_t i = 0; i < countof(spaces); i++) {
        *length = strlen(spaces[i]);
        const char *found = text;
        while ((found = memmem(found, size - (size_t)(found - text), spaces[i], *length))) {
            size_t at = (size_t)(found - text);
            if (at == 0 || at + *length == size || text[at - 1] == ':')
                return at;
            found += *length;
        }
    }
    return size;
}
