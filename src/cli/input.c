/* Standard input, cut into messages. */
#include "cli/input.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "script/value.h"

/* It is read in pieces of this size. */
#define PIECE ((size_t)64 << 10)

/* Gives away each message that is whole, and with LAST what stands behind them. */
static int take_whole(struct buf *input, char end, bool last,
                      const struct input_callbacks *callbacks, void *arg, struct error *error)
{
    size_t from = 0;
    const char *found;
    int result = 0;
    while (!result && from < input->length &&
           (found = memchr(input->data + from, end, input->length - from))) {
        size_t length = (size_t)(found - input->data) - from;
        result = callbacks->take(arg, input->data + from, length, error);
        from += length + 1;
    }
    if (!result && last && from < input->length) {
        result = callbacks->take(arg, input->data + from, input->length - from, error);
        from = input->length;
    }
    buf_consume(input, from);
    return result;
}

int input_split(char end, const struct input_callbacks *callbacks, void *arg, struct error *error)
{
    struct buf input = {0};
    ssize_t length = 1;
    int result = 0;
    while (!result && length) {
        length = read(STDIN_FILENO, buf_reserve(&input, PIECE), PIECE);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0) {
            result = error_system(error, errno, "standard input");
            break;
        }
        buf_added(&input, (size_t)length);
        result = take_whole(&input, end, length == 0, callbacks, arg, error);
        if (!result && input.length > VALUE_MOST)
            result = error_set(error, ERROR_FAILED, "a message of more than 2 GiB");
        if (!result && callbacks->idle)
            result = callbacks->idle(arg, error);
    }
    buf_release(&input);
    return result;
}
