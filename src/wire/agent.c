/* The frames between the runner and an agent. */
#include "wire/agent.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

void agent_hello_write(struct buf *out, const struct agent_hello *hello)
{
    size_t begin = frame_begin(out, (enum frame_type)FRAME_AGENT_HELLO);
    frame_u32(out, hello->version);
    frame_text(out, hello->program);
    frame_text(out, hello->host);
    frame_text(out, hello->job);
    frame_i64(out, hello->pid);
    frame_i64(out, hello->left);
    frame_end(out, begin);
}

void agent_hello_read(struct frame *frame, struct agent_hello *hello)
{
    hello->version = frame_read_u32(frame);
    hello->program = frame_read_text(frame);
    hello->host = frame_read_text(frame);
    hello->job = frame_read_text(frame);
    hello->pid = frame_read_i64(frame);
    hello->left = hello->version == AGENT_VERSION ? frame_read_i64(frame) : 0; /* another one is told, whatever it says */
}

void agent_hello_release(struct agent_hello *hello)
{
    free(hello->program);
    free(hello->host);
    free(hello->job);
    *hello = (struct agent_hello){0};
}

void agent_setup_write(struct buf *out, const struct agent_setup *setup)
{
    size_t begin = frame_begin(out, (enum frame_type)FRAME_AGENT_SETUP);
    frame_text(out, setup->directory ? setup->directory : "");
    frame_text(out, setup->socket);
    frame_text(out, setup->attributes);
    frame_i64(out, setup->grace);
    frame_u32(out, (uint32_t)setup->count);
    for (size_t i = 0; i < setup->count; i++)
        frame_text(out, setup->environment[i]);
    frame_end(out, begin);
}

void agent_setup_read(struct frame *frame, struct agent_setup *setup, char ***held)
{
    char *directory = frame_read_text(frame);
    char *socket = frame_read_text(frame);
    char *attributes = frame_read_text(frame);
    int64_t grace = frame_read_i64(frame);
    size_t count = frame_read_u32(frame);
    if (count > frame->left / sizeof(uint32_t))
        frame->bad = true; /* each has a length at least */
    count = frame->bad ? 0 : count;
    char **texts = mem_calloc(count + 3, sizeof(*texts));
    for (size_t i = 0; i < count; i++)
        texts[i] = frame_read_text(frame);
    texts[count] = directory;
    texts[count + 1] = socket;
    texts[count + 2] = attributes;
    *held = texts;
    *setup = (struct agent_setup){
        .directory = *directory ? directory : NULL,
        .socket = socket,
        .attributes = attributes,
        .grace = grace,
        .environment = (const char *const *)texts,
        .count = count,
    };
}

void slot_frame(struct buf *out, enum agent_frame type, uint32_t slot)
{
    slot_frame_bytes(out, type, slot, "", 0);
}

void slot_frame_bytes(struct buf *out, enum agent_frame type, uint32_t slot, const char *bytes, size_t length)
{
    frame_head(out, (enum frame_type)type, sizeof(slot) + length);
    frame_u32(out, slot);
    buf_append(out, bytes, length);
}

size_t agent_find_mark(const char *bytes, size_t length, size_t *greeting)
{
    const char *mark = memmem(bytes, length, AGENT_MARK, AGENT_MARK_LENGTH);
    *greeting = mark ? (size_t)(mark - bytes) : length;
    return mark ? *greeting + AGENT_MARK_LENGTH : 0;
}
