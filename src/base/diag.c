/* Gathering and printing diagnostics. */
#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

/* A longer source line is shown around the caret only. */
#define DIAG_LINE_SHOWN 160

struct diag {
    bool warns;
    struct mark mark;
    char *text;
    char *hint;
    struct diag *note;
    size_t group; /* the number of the first of the same source */
};

/* Only those that are shown are kept: of any others nothing but their number is ever told. */
struct diags {
    struct diag shown[DIAGS_SHOWN]; /* in their order */
    size_t shown_count;
    struct diag *last; /* the one that was added last; NULL: it is not shown */
    size_t count;
    size_t warnings; /* of COUNT */
};

struct diags *diags_new(void)
{
    return mem_calloc(1, sizeof(struct diags));
}

static void diag_release(struct diag *diag)
{
    free(diag->text);
    free(diag->hint);
    if (diag->note) {
        diag_release(diag->note);
        free(diag->note);
    }
}

void diags_free(struct diags *diags)
{
    if (!diags)
        return;
    for (size_t i = 0; i < diags->shown_count; i++)
        diag_release(&diags->shown[i]);
    free(diags);
}

/* Sources have the order of their first diagnostics. Where none of a source is shown, what is shown is all of sources before it. */
static size_t group_of(const struct diags *diags, const struct source *source)
{
    for (size_t i = 0; i < diags->shown_count; i++)
        if (diags->shown[i].mark.source == source)
            return diags->shown[i].group;
    return diags->count;
}

static bool stands_before(const struct diag *a, const struct diag *b)
{
    if (a->group != b->group)
        return a->group < b->group;
    return a->mark.line != b->mark.line ? a->mark.line < b->mark.line : a->mark.column < b->mark.column;
}

/* Counts one more. Where it is to be shown it goes to its place, behind those of the same place, and is the last. */
static void add(struct diags *diags, bool warns, struct mark mark)
{
    struct diag diag = {.warns = warns, .mark = mark, .group = group_of(diags, mark.source)};
    size_t at = diags->shown_count;
    while (at && stands_before(&diag, &diags->shown[at - 1]))
        at--;
    diags->count++;
    diags->warnings += warns;
    diags->last = NULL;
    if (at == DIAGS_SHOWN)
        return;
    if (diags->shown_count == DIAGS_SHOWN)
        diag_release(&diags->shown[--diags->shown_count]);
    diags->last = &diags->shown[at];
    memmove(diags->last + 1, diags->last, (diags->shown_count - at) * sizeof(diag));
    diags->shown_count++;
    *diags->last = diag;
}

static char *print_text(const char *format, va_list arguments)
{
    struct buf text = {0};
    buf_vprintf(&text, format, arguments);
    return buf_take(&text);
}

/* What the diagnostic that was added last says. */
static void fill(struct diags *diags, const char *hint, const char *format, va_list arguments)
{
    if (!diags->last)
        return;
    diags->last->text = print_text(format, arguments);
    diags->last->hint = hint ? mem_strdup(hint) : NULL;
}

void diag_error(struct diags *diags, struct mark mark, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(diags, false, mark);
    fill(diags, hint, format, arguments);
    va_end(arguments);
}

void diag_warning(struct diags *diags, struct mark mark, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(diags, true, mark);
    fill(diags, hint, format, arguments);
    va_end(arguments);
}

/* Hands TEXT over to a note behind those that DIAG has. */
static void add_note(struct diag *diag, struct mark mark, char *text)
{
    struct diag **place = &diag->note;
    while (*place)
        place = &(*place)->note;
    *place = mem_calloc(1, sizeof(**place));
    (*place)->mark = mark;
    (*place)->text = text;
}

void diag_note(struct diags *diags, struct mark mark, const char *format, ...)
{
    if (!diags->last)
        return;
    va_list arguments;
    va_start(arguments, format);
    add_note(diags->last, mark, print_text(format, arguments));
    va_end(arguments);
}

void diags_note_source(struct diags *diags, const struct source *source, struct mark mark,
                       const char *text)
{
    for (size_t i = 0; i < diags->shown_count; i++)
        if (diags->shown[i].mark.source == source)
            add_note(&diags->shown[i], mark, mem_strdup(text));
}

size_t diags_count(const struct diags *diags)
{
    return diags->count - diags->warnings;
}

/* Bytes of the character at AT: what is not UTF-8 counts byte by byte, as it is shown. */
static size_t char_size(const char *at, const char *end)
{
    size_t size = utf8_char(at, (size_t)(end - at));
    return size ? size : 1;
}

/* The first byte of line LINE, or NULL where the source has fewer. */
static const char *source_line(const struct source *source, uint32_t line, size_t *length)
{
    const char *at = source->text;
    const char *end = source->text + source->length;
    for (uint32_t n = 1; n < line; n++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline)
            return NULL;
        at = newline + 1;
    }
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    *length = (size_t)((newline ? newline : end) - at);
    if (*length && at[*length - 1] == '\r')
        --*length;
    return at;
}

/*
 * Source characters as a terminal may safely show them: '?' for controls, C1 included, and for each
 * byte that is not UTF-8.
 */
static void put_visible(struct buf *out, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t size = utf8_char(text + at, length - at);
        unsigned char c = (unsigned char)text[at];
        bool control = (c < 0x20 && c != '\t') || c == 0x7F ||
                       (c == 0xC2 && size == 2 && (unsigned char)text[at + 1] < 0xA0);
        if (size && !control)
            buf_append(out, text + at, size);
        else
            buf_char(out, '?');
        at += size ? size : 1;
    }
}

static void print_source_line(const struct mark *mark, const char *hint, struct buf *out)
{
    size_t length = 0;
    const char *line = source_line(mark->source, mark->line, &length);
    if (!line)
        return;
    const char *end = line + length;
    const char *caret = line;
    for (uint32_t column = 1; column < mark->column && caret < end; column++)
        caret += char_size(caret, end);
    const char *from = line;
    while (caret - from > DIAG_LINE_SHOWN / 2)
        from += char_size(from, end);
    const char *to = caret;
    while (to < end && to + char_size(to, end) - from <= DIAG_LINE_SHOWN)
        to += char_size(to, end);
    buf_printf(out, "%5u | ", mark->line);
    put_visible(out, from, (size_t)(to - from));
    buf_text(out, "\n      | ");
    for (const char *at = from; at < caret; at += char_size(at, end))
        buf_char(out, *at == '\t' ? '\t' : ' ');
    buf_char(out, '^');
    for (uint32_t i = 1; i < mark->length && i < DIAG_LINE_SHOWN; i++)
        buf_char(out, '~');
    if (hint)
        buf_printf(out, " %s", hint);
    buf_char(out, '\n');
}

static void print_one(const struct diag *diag, const char *severity, struct buf *out)
{
    const struct mark *mark = &diag->mark;
    if (mark->source)
        buf_printf(out, "%s:%u:%u: ", mark->source->name, mark->line, mark->column);
    else
        buf_text(out, "parrun: ");
    buf_printf(out, "%s: %s\n", severity, diag->text);
    if (mark->source)
        print_source_line(mark, diag->hint, out);
    else if (diag->hint)
        buf_printf(out, "      | %s\n", diag->hint);
}

void diags_print(const struct diags *diags, struct buf *out)
{
    for (size_t i = 0; i < diags->shown_count; i++) {
        const struct diag *diag = &diags->shown[i];
        print_one(diag, diag->warns ? "warning" : "error", out);
        for (const struct diag *note = diag->note; note; note = note->note)
            print_one(note, "note", out);
    }
    if (diags->count > DIAGS_SHOWN)
        buf_printf(out, "parrun: %zu more errors are not shown\n", diags->count - DIAGS_SHOWN);
}

struct mark source_mark(const struct source *source, size_t offset, uint32_t length)
{
    struct mark mark = {.source = source, .line = 1, .column = 1, .length = length};
    const char *at = source->text;
    const char *end = source->text + source->length;
    const char *place = offset < source->length ? source->text + offset : end;
    const char *newline;
    while ((newline = memchr(at, '\n', (size_t)(place - at)))) {
        mark.line++;
        at = newline + 1;
    }
    for (; at < place; at += char_size(at, end))
        mark.column++;
    return mark;
}
