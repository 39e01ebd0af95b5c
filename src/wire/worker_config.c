/*
 * The CONFIG frame: every field of struct worker_config in the order of the table, so that writing
 * and reading cannot differ.
 */
#include "wire/worker_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/frame.h"

enum field_type {
    FIELD_BOOL,
    FIELD_I32,
    FIELD_I64,
    FIELD_TEXT, /* may be NULL */
    FIELD_BUF,
    FIELD_TEXTS,
    FIELD_CHUNK,
};

struct config_field {
    enum field_type type;
    size_t offset;
};

#define FIELD(type, member) {type, offsetof(struct worker_config, member)}

_Static_assert(sizeof(enum worker_body) == sizeof(int32_t), "an enum is sent as an i32");
_Static_assert(sizeof(enum worker_input) == sizeof(int32_t), "so is this one");

static const struct config_field fields[] = {
    FIELD(FIELD_I32, body),          FIELD(FIELD_BOOL, process),    FIELD(FIELD_BOOL, dry),
    FIELD(FIELD_BOOL, tell_command), FIELD(FIELD_TEXT, name),       FIELD(FIELD_BOOL, json),
    FIELD(FIELD_BOOL, separate),     FIELD(FIELD_TEXT, run),        FIELD(FIELD_TEXT, directory),
    FIELD(FIELD_BUF, vars),          FIELD(FIELD_TEXTS, env),       FIELD(FIELD_TEXT, cwd),
    FIELD(FIELD_TEXTS, shell),       FIELD(FIELD_TEXT, attributes), FIELD(FIELD_TEXTS, command),
    FIELD(FIELD_CHUNK, lua),         FIELD(FIELD_CHUNK, setup),     FIELD(FIELD_I32, stop.signal),
    FIELD(FIELD_BOOL, stop.leader),  FIELD(FIELD_I64, stop.grace),  FIELD(FIELD_I64, worker),
    FIELD(FIELD_I32, queues.window),        FIELD(FIELD_I32, stdin_fd),    FIELD(FIELD_TEXTS, queues.produces),
    FIELD(FIELD_TEXTS, queues.consumes),    FIELD(FIELD_I32, stdout_fd),   FIELD(FIELD_BUF, queues.rules),
    FIELD(FIELD_I32, input),         FIELD(FIELD_TEXT, input_text), FIELD(FIELD_I32, blocks),
};

static void texts_release(struct config_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
}

static void chunk_release(struct chunk *chunk)
{
    free(chunk->text);
    free(chunk->file);
}

void config_release(struct worker_config *config)
{
    for (size_t i = 0; i < countof(fields); i++) {
        void *member = (char *)config + fields[i].offset;
        if (fields[i].type == FIELD_TEXT)
            free(*(char **)member);
        else if (fields[i].type == FIELD_BUF)
            buf_release(member);
        else if (fields[i].type == FIELD_TEXTS)
            texts_release(member);
        else if (fields[i].type == FIELD_CHUNK)
            chunk_release(member);
    }
    *config = (struct worker_config){0};
}

static void write_text(struct buf *out, const char *text)
{
    frame_u8(out, text != NULL);
    if (text)
        frame_text(out, text);
}

static void write_chunk(struct buf *out, const struct chunk *chunk)
{
    frame_u8(out, chunk->text != NULL);
    if (!chunk->text)
        return;
    frame_bytes(out, chunk->text, chunk->length);
    frame_text(out, chunk->file);
    frame_u32(out, chunk->line);
}

static void write_texts(struct buf *out, const struct config_texts *texts)
{
    frame_u32(out, (uint32_t)texts->count);
    for (size_t i = 0; i < texts->count; i++)
        frame_text(out, texts->items[i]);
}

static void write_field(struct buf *out, enum field_type type, const void *member)
{
    const struct buf *bytes = member;
    switch (type) {
    case FIELD_BOOL:
        frame_u8(out, *(const bool *)member);
        break;
    case FIELD_I32:
        frame_u32(out, *(const uint32_t *)member);
        break;
    case FIELD_I64:
        frame_i64(out, *(const int64_t *)member);
        break;
    case FIELD_TEXT:
        write_text(out, *(char *const *)member);
        break;
    case FIELD_BUF:
        frame_bytes(out, bytes->data, bytes->length);
        break;
    case FIELD_TEXTS:
        write_texts(out, member);
        break;
    case FIELD_CHUNK:
        write_chunk(out, member);
        break;
    }
}

void config_write(struct buf *out, const struct worker_config *config)
{
    size_t begin = frame_begin(out, FRAME_CONFIG);
    for (size_t i = 0; i < countof(fields); i++)
        write_field(out, fields[i].type, (const char *)config + fields[i].offset);
    frame_end(out, begin);
}

static void read_chunk(struct frame *frame, struct chunk *chunk)
{
    if (!frame_read_u8(frame))
        return;
    const char *text = frame_read_bytes(frame, &chunk->length);
    chunk->text = mem_copy(text, chunk->length);
    chunk->file = frame_read_text(frame);
    chunk->line = frame_read_u32(frame);
}

static void read_texts(struct frame *frame, struct config_texts *texts)
{
    uint32_t count = frame_read_u32(frame);
    for (uint32_t i = 0; i < count && !frame->bad; i++) {
        char *text = frame_read_text(frame);
        config_texts_add(texts, text);
        free(text);
    }
}

static void read_field(struct frame *frame, enum field_type type, void *member)
{
    size_t length;
    const char *bytes;
    switch (type) {
    case FIELD_BOOL:
        *(bool *)member = frame_read_u8(frame) != 0;
        break;
    case FIELD_I32:
        *(uint32_t *)member = frame_read_u32(frame);
        break;
    case FIELD_I64:
        *(int64_t *)member = frame_read_i64(frame);
        break;
    case FIELD_TEXT:
        *(char **)member = frame_read_u8(frame) ? frame_read_text(frame) : NULL;
        break;
    case FIELD_BUF:
        bytes = frame_read_bytes(frame, &length);
        buf_append(member, bytes, length);
        break;
    case FIELD_TEXTS:
        read_texts(frame, member);
        break;
    case FIELD_CHUNK:
        read_chunk(frame, member);
        break;
    }
}

bool config_read(struct frame *frame, struct worker_config *config)
{
    for (size_t i = 0; i < countof(fields); i++)
        read_field(frame, fields[i].type, (char *)config + fields[i].offset);
    return !frame->bad && !frame->left;
}

void config_texts_add(struct config_texts *texts, const char *text)
{
    texts->items =
        mem_grow(texts->items, &texts->capacity, texts->count + 1, sizeof(*texts->items));
    texts->items[texts->count++] = mem_strdup(text);
}

struct chunk chunk_copy(const char *text, size_t length, const char *file, unsigned line)
{
    if (!text)
        return (struct chunk){0};
    return (struct chunk){
        .text = mem_copy(text, length),
        .length = length,
        .file = mem_strdup(file),
        .line = line,
    };
}
