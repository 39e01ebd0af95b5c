/* Opening what the command of a task reads. */
#include "worker/input.h"

#include <errno.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/error.h"
#include "os/text_file.h"
#include "worker/private.h"
#include "worker/render.h"

static int open_file(const char *path, int *fd, struct error *error)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return *fd < 0 ? error_system(error, errno, "stdin: cannot read '%s'", path) : 0;
}

int input_begin(const struct worker *worker, int *fd, struct error *error)
{
    const struct buf *input = render_input(worker->command);
    *fd = -1;
    switch (worker->config.input) {
    case WORKER_INPUT_NONE:
        break;
    case WORKER_INPUT_FILE:
        return open_file(buf_string(input), fd, error);
    case WORKER_INPUT_TEXT:
        *fd = text_file_open(input->data, input->length);
        if (*fd < 0)
            return error_system(error, -*fd, "stdin: cannot keep its text");
        break;
    }
    return 0;
}
