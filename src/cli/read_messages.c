/* Standard input, cut into messages. */
#include "cli/read_messages.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "value/value.h"

/* It is read in pieces of this size. */
#define PIECE ((size_t)64 << 10)

/* Gives away each message that is whole, and at the end what stands behind them. */
static int take_whole(struct input *input, input_take *take, void *arg, struct error *error)
{
    struct buf *rest = &input->rest;
    size_t from = 0;
    const char *found;
    int result = 0;
    while (!result && from < rest->length &&
           (found = memchr(rest->data + from, input->end, rest->length - from))) {
        size_t length = (size_t)(found - rest->data) - from;
        result = take(arg, rest->data + from, length, error);
        from += length + 1;
    }
    if (!result && input->at_end && from < rest->length) {
        result = take(arg, rest->data + from, rest->length - from, error);
        from = rest->length;
    }
    buf_consume(rest, from);
    return result;
}

/* Appends what comes next: its length, 0 at the end, or a negative code. */
static ssize_t read_piece(struct buf *bytes, struct error *error)
{
    ssize_t length;
    do {
        length = read(STDIN_FILENO, buf_reserve(bytes, PIECE), PIECE);
    } while (length < 0 && errno == EINTR);
    if (length < 0)
        return error_system(error, errno, "standard input");
    buf_added(bytes, (size_t)length);
    return length;
}

/* The same of what was kept. */
static ssize_t read_kept(struct input *input, struct error *error)
{
    const char *bytes;
    size_t length;
    int result = spool_next(&input->spool, &bytes, &length, error);
    if (result > 0)
        buf_append(&input->rest, bytes, length);
    return result;
}

int input_next(struct input *input, input_take *take, void *arg, struct error *error)
{
    if (input->at_end)
        return 0;
    ssize_t length = input->kept ? read_kept(input, error) : read_piece(&input->rest, error);
    if (length < 0)
        return (int)length;
    input->at_end = !length;
    int result = take_whole(input, take, arg, error);
    if (!result && input->rest.length > VALUE_MOST)
        result = error_set(error, ERROR_FAILED, "a message of more than 2 GiB");
    return result ? result : 1;
}

int input_keep(struct input *input, struct error *error)
{
    struct buf piece = {0};
    ssize_t length = !input->kept && !input->at_end;
    int result = 0;
    while (!result && length > 0) {
        buf_clear(&piece);
        length = read_piece(&piece, error);
        result = length < 0 ? (int)length : spool_put(&input->spool, piece.data, piece.length, error);
    }
    buf_release(&piece);
    input->kept = true;
    return result;
}

void input_release(struct input *input)
{
    spool_release(&input->spool);
    buf_release(&input->rest);
}
