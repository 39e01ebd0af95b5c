/* Walking over UTF-8 text, character by character. */
#include "yaml/position.h"

#include <stdbool.h>

#include "base/diag.h"

struct position position_start(const struct source *source)
{
    return (struct position){.source = source, .line = 1, .column = 1};
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

void position_move(struct position *position, size_t index)
{
    if (index < position->index)
        *position = position_start(position->source);
    const char *text = position->source->text;
    size_t end = position->source->length;
    while (position->index < index && position->offset < end) {
        if (text[position->offset] == '\n') {
            position->line++;
            position->column = 1;
        } else {
            position->column++;
        }
        position->offset++;
        while (position->offset < end && is_continuation(text[position->offset]))
            position->offset++;
        position->index++;
    }
}
