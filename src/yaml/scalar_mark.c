/* Places inside scalars. */
#include "yaml/scalar_mark.h"

#include <stdbool.h>
#include <string.h>

#include "yaml/tree.h"

/* The byte where the scalar itself begins: behind its tag and its anchor. */
static size_t content_start(const struct source *source, const struct node *node)
{
    size_t at = node->offset;
    size_t end = source->length;
    while (at < end && (source->text[at] == '&' || source->text[at] == '!')) {
        while (at < end && !strchr(" \t\r\n", source->text[at]))
            at++;
        while (at < end && strchr(" \t\r\n", source->text[at]))
            at++;
    }
    return at;
}

static bool stands_at(const struct source *source, size_t at, const char *text, size_t length)
{
    return at <= source->length && source->length - at >= length &&
           !memcmp(source->text + at, text, length);
}

/* Moves *AT behind the next newline; false at the end of the source. */
static bool next_line(const struct source *source, size_t *at)
{
    const char *newline = memchr(source->text + *at, '\n', source->length - *at);
    if (!newline)
        return false;
    *at = (size_t)(newline + 1 - source->text);
    return true;
}

static bool is_block(const struct node *node)
{
    return node->style == STYLE_LITERAL || node->style == STYLE_FOLDED;
}

/* The byte of the file for byte OFFSET of a literal block; false where they do not match. */
static bool offset_in_block(const struct source *source, const struct node *node, size_t offset,
                            size_t *found)
{
    size_t at = content_start(source, node);
    const char *line = node->text;
    const char *target = node->text + offset;
    if (node->style != STYLE_LITERAL || !next_line(source, &at))
        return false;
    const char *newline;
    while ((newline = memchr(line, '\n', (size_t)(target - line)))) {
        line = newline + 1;
        if (!next_line(source, &at))
            return false;
    }
    size_t left = node->size - (size_t)(line - node->text);
    const char *end = memchr(line, '\n', left);
    size_t length = end ? (size_t)(end - line) : left;
    while (at < source->length && source->text[at] == ' ' && !stands_at(source, at, line, length))
        at++;
    *found = at + (size_t)(target - line);
    return stands_at(source, at, line, length);
}

struct mark place_in_scalar(const struct source *source, const struct node *node, size_t offset,
                            size_t length)
{
    size_t at = content_start(source, node);
    size_t quote = node->style == STYLE_SINGLE || node->style == STYLE_DOUBLE;
    if (offset > node->size)
        offset = node->size;
    if (is_block(node)) {
        if (!offset_in_block(source, node, offset, &at))
            return node_mark(source, node);
        return source_mark(source, at, (uint32_t)length);
    }
    if (node->several_lines || !stands_at(source, at + quote, node->text, node->size))
        return node_mark(source, node);
    return source_mark(source, at + quote + offset, (uint32_t)length);
}

bool place_before_comment(const struct source *source, const struct node *node)
{
    if (node->style != STYLE_PLAIN || node->several_lines)
        return false;
    size_t at = content_start(source, node) + node->size;
    while (at < source->length && (source->text[at] == ' ' || source->text[at] == '\t'))
        at++;
    return at < source->length && source->text[at] == '#';
}

struct mark place_of_line(const struct source *source, uint32_t number)
{
    size_t at = 0;
    for (uint32_t line = 1; line < number; line++)
        if (!next_line(source, &at))
            break;
    size_t end = at;
    next_line(source, &end);
    if (end == at)
        end = source->length;
    while (at < end && (source->text[at] == ' ' || source->text[at] == '\t'))
        at++;
    while (end > at && strchr(" \t\r\n", source->text[end - 1]))
        end--;
    return source_mark(source, at, end > at ? (uint32_t)(end - at) : 1);
}

uint32_t place_first_line(const struct source *source, const struct node *node)
{
    uint32_t line = node->line;
    size_t start = content_start(source, node);
    for (size_t at = node->offset; at < start; at++)
        line += source->text[at] == '\n';
    return line + is_block(node);
}
