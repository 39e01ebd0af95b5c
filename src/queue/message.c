/* Messages that are kept one by one. */
#include "queue/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

struct letter *letter_new(const char *bytes, size_t length, bool framed, unsigned attempts)
{
    struct letter *letter = mem_realloc(NULL, sizeof(*letter) + length, 1);
    *letter = (struct letter){.attempts = attempts, .framed = framed, .length = length};
    if (length)
        memcpy(letter->bytes, bytes, length);
    return letter;
}

void letter_value(const struct letter *letter, enum framing framing, struct buf *out)
{
    const char *message;
    size_t size;
    if (!letter->framed) {
        buf_append(out, letter->bytes, letter->length);
        return;
    }
    framing_first(framing, letter->bytes, letter->length, &message, &size);
    framing_decode(framing, message, size, out);
}

int letter_stream(const struct letter *letter, enum framing framing, struct buf *out,
                  struct error *error)
{
    if (!letter->framed)
        return framing_encode(framing, letter->bytes, letter->length, out, error);
    buf_append(out, letter->bytes, letter->length);
    return 0;
}

void letters_add(struct letters *letters, struct letter *letter)
{
    letter->next = NULL;
    if (letters->last)
        letters->last->next = letter;
    else
        letters->first = letter;
    letters->last = letter;
}

void letters_add_first(struct letters *letters, struct letter *letter)
{
    letter->next = letters->first;
    letters->first = letter;
    if (!letters->last)
        letters->last = letter;
}

struct letter *letters_take(struct letters *letters)
{
    struct letter *letter = letters->first;
    if (!letter)
        return NULL;
    letters->first = letter->next;
    if (!letters->first)
        letters->last = NULL;
    return letter;
}

void letters_release(struct letters *letters)
{
    struct letter *letter;
    while ((letter = letters_take(letters)))
        free(letter);
}
