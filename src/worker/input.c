/* Opening what the command of a task reads, and feeding a block to it. */
#include "worker/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "os/input_file.h"
#include "os/spawn_attributes.h"
#include "os/text_file.h"
#include "wire/block.h"
#include "worker/private.h"
#include "worker/render.h"

/* As much as an ordinary user's pipe may hold: the less often it must be filled, the better. */
#define PIPE_SIZE (1 << 20)

#define COPY_SIZE ((size_t)64 << 10)

static int open_file(const char *path, int *fd, struct error *error)
{
    *fd = input_file_open(path, error);
    return *fd < 0 ? error_wrap(error, "stdin") : 0;
}

static int open_text(const struct buf *text, int *fd, struct error *error)
{
    *fd = text_file_open(text->data, text->length);
    return *fd < 0 ? error_system(error, -*fd, "stdin: cannot keep its text") : 0;
}

static int open_block(const struct worker *worker, int64_t index, struct command_input *input, struct error *error)
{
    const struct input_block *block = render_block(worker->command);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return error_system(error, errno, "stdin: cannot open a pipe for its block");
    input->fd = ends[0];
    input->pipe = ends[1];
    fcntl(input->pipe, F_SETFL, O_NONBLOCK);
    fcntl(input->pipe, F_SETPIPE_SZ, PIPE_SIZE); /* where it cannot be had, a smaller one will do */
    input->parts[0] = (struct input_part){block->begin, block->header};
    input->parts[1] = (struct input_part){
        worker->config.input == WORKER_INPUT_STREAM ? block_place(block->offset, index) : block->offset, block->size};
    return 0;
}

int input_begin(const struct worker *worker, int64_t index, const struct attributes *attributes, struct command_input *input,
                struct error *error)
{
    int result = 0;
    *input = (struct command_input){.fd = -1, .pipe = -1};
    switch (worker->config.input) {
    case WORKER_INPUT_NONE:
        break;
    case WORKER_INPUT_FILE:
        return open_file(buf_string(render_input(worker->command)), &input->fd, error);
    case WORKER_INPUT_TEXT:
        return open_text(render_input(worker->command), &input->fd, error);
    case WORKER_INPUT_BLOCK:
    case WORKER_INPUT_STREAM:
        result = open_block(worker, index, input, error);
        if (!result)
            attributes_give(attributes, input->fd);
        break;
    }
    return result;
}

void input_given(struct command_input *input)
{
    if (input->fd >= 0)
        close(input->fd);
    input->fd = -1;
}

static void close_pipe(struct command_input *input)
{
    if (input->pipe >= 0)
        close(input->pipe);
    input->pipe = -1;
}

/* For files of which no pages can be passed on. */
static ssize_t copy(int from, int64_t at, int to, size_t length)
{
    char bytes[COPY_SIZE];
    ssize_t got = pread(from, bytes, length < sizeof(bytes) ? length : sizeof(bytes), at);
    return got > 0 ? write(to, bytes, (size_t)got) : got;
}

static ssize_t pass_on(int from, int64_t at, int to, size_t length)
{
    off_t place = at;
    ssize_t passed = splice(from, &place, to, NULL, length < PIPE_SIZE ? length : PIPE_SIZE, SPLICE_F_NONBLOCK);
    return passed < 0 && errno == EINVAL ? copy(from, at, to, length) : passed;
}

/* One pass of PART. 1: all of it was written; 0: there is more; -1: no more can be. */
static int feed_part(const struct worker *worker, struct command_input *input, struct input_part *part)
{
    if (!part->left)
        return 1;
    ssize_t passed = pass_on(worker->config.blocks, part->at, input->pipe, (size_t)part->left);
    if (passed > 0) {
        part->at += passed;
        part->left -= passed;
        return !part->left;
    }
    if (passed < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (!passed || errno != EPIPE)
        input->failed = passed ? errno : ENODATA;
    return -1;
}

void input_feed(const struct worker *worker, struct command_input *input)
{
    int result = 1;
    for (size_t i = 0; result > 0 && i < countof(input->parts); i++)
        result = feed_part(worker, input, &input->parts[i]);
    if (result && !input->failed)
        close_pipe(input);
}

bool input_waits(const struct command_input *input)
{
    return input->pipe >= 0 && !input->failed;
}

void input_explain(const struct command_input *input, struct buf *text)
{
    if (input->failed == ENODATA)
        buf_text(text, "stdin: the file has become shorter since it was cut into blocks");
    else
        buf_printf(text, "stdin: its block cannot be read: %s", strerror(input->failed));
}

void input_end(struct command_input *input)
{
    input_given(input);
    close_pipe(input);
}
