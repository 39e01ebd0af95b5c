/* Texts of spans in compressed blocks. */
#include "report/span_texts.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "log/deflate.h"

/* A click opens one block: small enough that nobody waits, large enough to compress well. */
#define BLOCK_RECORDS 4096
#define BLOCK_BYTES ((size_t)256 << 10)

/* All blocks together, in base64: beyond the first only for what failed, beyond the second for nothing. */
#define BLOCKS_MOST ((size_t)22 << 20)
#define BLOCKS_MOST_WORTH ((size_t)26 << 20)

void words_clear(struct words_of_span *words)
{
    buf_clear(&words->item);
    buf_clear(&words->command);
    buf_clear(&words->reason);
    buf_clear(&words->output);
}

static void copy(struct buf *to, const struct buf *from)
{
    buf_clear(to);
    buf_append(to, from->data, from->length);
}

void words_copy(struct words_of_span *to, const struct words_of_span *from)
{
    copy(&to->item, &from->item);
    copy(&to->command, &from->command);
    copy(&to->reason, &from->reason);
    copy(&to->output, &from->output);
}

void words_release(struct words_of_span *words)
{
    buf_release(&words->item);
    buf_release(&words->command);
    buf_release(&words->reason);
    buf_release(&words->output);
}

static void close_block(struct span_texts *texts)
{
    struct buf packed = {0};
    if (!texts->open_count)
        return;
    texts->firsts = mem_grow(texts->firsts, &texts->block_capacity, texts->block_count + 1, sizeof(*texts->firsts));
    texts->firsts[texts->block_count++] = texts->count - (int64_t)texts->open_count;
    deflate_bytes(&packed, texts->open.data, texts->open.length);
    buf_text(&texts->blocks, texts->blocks.length ? ",\n" : "");
    json_base64(&texts->blocks, packed.data, packed.length);
    buf_release(&packed);
    buf_clear(&texts->open);
    texts->open_count = 0;
}

static bool has_room(const struct span_texts *texts, bool worth)
{
    return texts->blocks.length < (worth ? BLOCKS_MOST_WORTH : BLOCKS_MOST);
}

static void put_fields(struct buf *out, const struct words_of_span *words)
{
    const struct buf *fields[] = {&words->item, &words->command, &words->reason, &words->output};
    size_t last = countof(fields);
    while (last && !fields[last - 1]->length)
        last--;
    for (size_t i = 0; i < last; i++) {
        if (i)
            buf_char(out, FIELD_END);
        buf_append(out, fields[i]->data, fields[i]->length);
    }
}

void span_texts_add(struct span_texts *texts, const struct words_of_span *words, bool worth)
{
    if (has_room(texts, worth))
        put_fields(&texts->open, words);
    else
        texts->left_out++;
    buf_char(&texts->open, RECORD_END);
    texts->count++;
    texts->open_count++;
    if (texts->open_count == BLOCK_RECORDS || texts->open.length >= BLOCK_BYTES)
        close_block(texts);
}

void span_texts_finish(struct span_texts *texts)
{
    close_block(texts);
}

void span_texts_release(struct span_texts *texts)
{
    buf_release(&texts->open);
    buf_release(&texts->blocks);
    free(texts->firsts);
    *texts = (struct span_texts){0};
}
