/* Bytes that tasks are made of. */
#include "pool/source/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "loop/pipe.h"

#define READ_SIZE ((size_t)64 << 10)

struct task_input {
    struct input_options options;
    int fd;
    struct pipe_reader *reader; /* where FD is a pipe or a terminal */
    struct buf bytes;
    size_t from;     /* of BYTES: what was not taken */
    size_t searched; /* bytes behind FROM in which no terminator begins */
    bool at_end;
    int number; /* errno value of a failed read */
    bool waiting;
    bool unended; /* the last piece had no terminator */
};

static void tell_more(struct task_input *task_input)
{
    reader_pause(task_input->reader);
    if (!task_input->waiting)
        return;
    task_input->waiting = false;
    task_input->options.more(task_input->options.arg);
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct task_input *task_input = arg;
    buf_append(&task_input->bytes, bytes, length);
    tell_more(task_input);
}

static void on_end(void *arg, int status)
{
    struct task_input *task_input = arg;
    task_input->at_end = true;
    task_input->number = -status;
    tell_more(task_input);
}

static struct task_input *input_new(const struct input_options *options, int fd)
{
    struct task_input *task_input = mem_calloc(1, sizeof(*task_input));
    task_input->options = *options;
    task_input->fd = fd;
    return task_input;
}

struct task_input *input_of(const struct input_options *options, int fd)
{
    static const struct reader_callbacks callbacks = {.data = on_data, .end = on_end};
    struct task_input *task_input = input_new(options, fd);
    task_input->reader = reader_new(options->loop, fd, &callbacks, task_input);
    reader_pause(task_input->reader);
    return task_input;
}

/* Of what is waited for, without waiting: a FIFO can be opened that nobody writes to, and is read when somebody does. */
#define READING (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* True where what others wrote to a pipe is all: of a FIFO that is opened anew then nobody would ever tell the end. */
static bool is_hung_up(int fd)
{
    struct pollfd poll_fd = {.fd = fd};
    return poll(&poll_fd, 1, 0) == 1 && poll_fd.revents & POLLHUP;
}

/*
 * Opens FILE, "-" for standard input: that one anew where the system can do so, as reading without
 * waiting is a property that would be shared with whoever else has the descriptor.
 */
static int open_file(const char *path)
{
    if (strcmp(path, "-") != 0)
        return open(path, READING);
    if ((fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        errno = EBADF; /* as it was closed; opened anew it would be empty */
        return -1;
    }
    int fd = open("/proc/self/fd/0", READING);
    /* What somebody else has read of a file is not read again. */
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    if (fd >= 0 && at > 0)
        lseek(fd, at, SEEK_SET);
    if (fd >= 0 && is_hung_up(STDIN_FILENO)) {
        close(fd);
        fd = -1;
    }
    return fd >= 0 ? fd : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

static bool waits(int fd, const struct stat *status)
{
    return S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode) || isatty(fd);
}

int input_open_file(const char *path, struct stat *status, struct error *error)
{
    int fd = open_file(path);
    if (fd < 0 && errno == EBADF)
        return error_set(error, -EBADF, "cannot read tasks from standard input: it is closed");
    if (fd >= 0 && !fstat(fd, status) && !S_ISDIR(status->st_mode)) {
        if (!waits(fd, status))
            fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        return fd;
    }
    if (fd >= 0 && S_ISDIR(status->st_mode))
        error_set(error, -EISDIR, "cannot read tasks from '%s': it is a directory", path);
    else
        error_system(error, errno, "cannot read tasks from '%s'", path);
    if (fd >= 0)
        close(fd);
    return error->code;
}

struct task_input *input_of_file(const struct input_options *options, int fd, const struct stat *status)
{
    return waits(fd, status) ? input_of(options, fd) : input_new(options, fd);
}

struct task_input *input_open(const struct input_options *options, const char *path,
                              struct error *error)
{
    struct stat status = {0};
    int fd = input_open_file(path, &status, error);
    return fd < 0 ? NULL : input_of_file(options, fd, &status);
}

/* Reads a regular file on; nothing to wait for there. */
static void read_file(struct task_input *task_input)
{
    char *room = buf_reserve(&task_input->bytes, READ_SIZE);
    ssize_t length;
    do {
        length = read(task_input->fd, room, READ_SIZE);
    } while (length < 0 && errno == EINTR);
    if (length > 0)
        buf_added(&task_input->bytes, (size_t)length);
    else
        task_input->at_end = true;
    if (length < 0)
        task_input->number = errno;
}

enum input_result input_read(struct task_input *task_input, struct error *error)
{
    buf_consume(&task_input->bytes, task_input->from);
    task_input->from = 0;
    size_t before = task_input->bytes.length;
    size_t most = task_input->options.most ? task_input->options.most : INTAKE_MOST;
    if (before > most) {
        error_set(error, ERROR_FAILED, "%s of more than %zu MiB in '%s'",
                  task_input->options.most ? "a record" : "an item", most >> 20,
                  task_input->options.name);
        return INTAKE_FAILED;
    }
    if (!task_input->at_end && !task_input->reader)
        read_file(task_input);
    if (task_input->bytes.length > before)
        return INTAKE_ONE;
    if (task_input->number) {
        error_system(error, task_input->number, "cannot read tasks from '%s'",
                     task_input->options.name);
        return INTAKE_FAILED;
    }
    if (task_input->at_end)
        return INTAKE_END;
    task_input->waiting = true;
    reader_resume(task_input->reader);
    return INTAKE_WAIT;
}

const char *input_bytes(const struct task_input *task_input, size_t *length)
{
    *length = task_input->bytes.length - task_input->from;
    return buf_string(&task_input->bytes) + task_input->from;
}

void input_take(struct task_input *task_input, size_t length)
{
    task_input->from += length;
    task_input->searched = 0;
}

static const char *find_end(const char *bytes, size_t length, const struct input_end *end)
{
    if (end->length == 1)
        return memchr(bytes, *end->text, length);
    return memmem(bytes, length, end->text, end->length);
}

enum input_result input_piece(struct task_input *task_input, const struct input_end *end,
                              const char **bytes, size_t *length, struct error *error)
{
    for (;;) {
        size_t left;
        *bytes = input_bytes(task_input, &left);
        const char *unseen = *bytes + task_input->searched;
        const char *found = find_end(unseen, left - task_input->searched, end);
        *length = found ? (size_t)(found - *bytes) : left;
        if (found) {
            input_take(task_input, *length + end->length);
            return INTAKE_ONE;
        }
        task_input->searched = left < end->length ? 0 : left - (end->length - 1);
        enum input_result result = input_read(task_input, error);
        if (result == INTAKE_END && left) {
            *bytes = input_bytes(task_input, length);
            input_take(task_input, *length);
            task_input->unended = true;
            return INTAKE_ONE;
        }
        if (result != INTAKE_ONE)
            return result;
    }
}

bool input_is_unended(const struct task_input *task_input)
{
    return task_input->unended;
}

const char *input_awaited(const struct task_input *task_input)
{
    if (!task_input->waiting)
        return NULL;
    return strcmp(task_input->options.name, "-") != 0 ? task_input->options.name : "standard input";
}

void input_free(struct task_input *task_input)
{
    if (!task_input)
        return;
    if (task_input->reader)
        reader_free(task_input->reader);
    else
        close(task_input->fd);
    buf_release(&task_input->bytes);
    free(task_input);
}
