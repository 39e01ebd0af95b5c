/* Bytes that tasks are made of. */
#include "pool/source/input.h"

#include <errno.h>
#include <fcntl.h>
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

struct intake {
    struct intake_options options;
    int fd;
    struct reader *reader; /* where FD is a pipe or a terminal */
    struct buf bytes;
    size_t from;     /* of BYTES: what was not taken */
    size_t searched; /* bytes behind FROM in which no terminator begins */
    bool at_end;
    int number; /* errno value of a failed read */
    bool waiting;
    bool unended; /* the last piece had no terminator */
};

static void tell_more(struct intake *intake)
{
    reader_pause(intake->reader);
    if (!intake->waiting)
        return;
    intake->waiting = false;
    intake->options.more(intake->options.arg);
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct intake *intake = arg;
    buf_append(&intake->bytes, bytes, length);
    tell_more(intake);
}

static void on_end(void *arg, int status)
{
    struct intake *intake = arg;
    intake->at_end = true;
    intake->number = -status;
    tell_more(intake);
}

static struct intake *intake_new(const struct intake_options *options, int fd)
{
    struct intake *intake = mem_calloc(1, sizeof(*intake));
    intake->options = *options;
    intake->fd = fd;
    return intake;
}

struct intake *intake_of(const struct intake_options *options, int fd)
{
    static const struct reader_callbacks callbacks = {.data = on_data, .end = on_end};
    struct intake *intake = intake_new(options, fd);
    intake->reader = reader_new(options->loop, fd, &callbacks, intake);
    reader_pause(intake->reader);
    return intake;
}

/*
 * Opens FILE, "-" for standard input: that one anew where the system can do so, as reading without
 * waiting is a property that would be shared with whoever else has the descriptor.
 */
static int open_file(const char *path)
{
    if (strcmp(path, "-") != 0)
        return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if ((fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        errno = EBADF; /* as it was closed; opened anew it would be empty */
        return -1;
    }
    int fd = open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    /* What somebody else has read of a file is not read again. */
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    if (fd >= 0 && at > 0)
        lseek(fd, at, SEEK_SET);
    return fd >= 0 ? fd : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

struct intake *intake_open(const struct intake_options *options, const char *path,
                           struct error *error)
{
    struct stat status;
    int fd = open_file(path);
    if (fd < 0 && errno == EBADF) {
        error_set(error, -EBADF, "cannot read tasks from standard input: it is closed");
    } else if (fd < 0 || fstat(fd, &status)) {
        error_system(error, errno, "cannot read tasks from '%s'", path);
    } else if (S_ISDIR(status.st_mode)) {
        error_set(error, -EISDIR, "cannot read tasks from '%s': it is a directory", path);
    } else {
        bool waits = S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(fd);
        return waits ? intake_of(options, fd) : intake_new(options, fd);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* Reads a regular file on; nothing to wait for there. */
static void read_file(struct intake *intake)
{
    char *room = buf_reserve(&intake->bytes, READ_SIZE);
    ssize_t length;
    do {
        length = read(intake->fd, room, READ_SIZE);
    } while (length < 0 && errno == EINTR);
    if (length > 0)
        buf_added(&intake->bytes, (size_t)length);
    else
        intake->at_end = true;
    if (length < 0)
        intake->number = errno;
}

enum intake_result intake_read(struct intake *intake, struct error *error)
{
    buf_consume(&intake->bytes, intake->from);
    intake->from = 0;
    size_t before = intake->bytes.length;
    if (before > INTAKE_MOST) {
        error_set(error, ERROR_FAILED, "an item of more than %zu MiB in '%s'", INTAKE_MOST >> 20,
                  intake->options.name);
        return INTAKE_FAILED;
    }
    if (!intake->at_end && !intake->reader)
        read_file(intake);
    if (intake->bytes.length > before)
        return INTAKE_ONE;
    if (intake->number) {
        error_system(error, intake->number, "cannot read tasks from '%s'", intake->options.name);
        return INTAKE_FAILED;
    }
    if (intake->at_end)
        return INTAKE_END;
    intake->waiting = true;
    reader_resume(intake->reader);
    return INTAKE_WAIT;
}

const char *intake_bytes(const struct intake *intake, size_t *length)
{
    *length = intake->bytes.length - intake->from;
    return buf_string(&intake->bytes) + intake->from;
}

void intake_take(struct intake *intake, size_t length)
{
    intake->from += length;
    intake->searched = 0;
}

static const char *find_end(const char *bytes, size_t length, const struct intake_end *end)
{
    if (end->length == 1)
        return memchr(bytes, *end->text, length);
    return memmem(bytes, length, end->text, end->length);
}

enum intake_result intake_piece(struct intake *intake, const struct intake_end *end,
                                const char **bytes, size_t *length, struct error *error)
{
    for (;;) {
        size_t left;
        *bytes = intake_bytes(intake, &left);
        const char *unseen = *bytes + intake->searched;
        const char *found = find_end(unseen, left - intake->searched, end);
        *length = found ? (size_t)(found - *bytes) : left;
        if (found) {
            intake_take(intake, *length + end->length);
            return INTAKE_ONE;
        }
        intake->searched = left < end->length ? 0 : left - (end->length - 1);
        enum intake_result result = intake_read(intake, error);
        if (result == INTAKE_END && left) {
            *bytes = intake_bytes(intake, length);
            intake_take(intake, *length);
            intake->unended = true;
            return INTAKE_ONE;
        }
        if (result != INTAKE_ONE)
            return result;
    }
}

bool intake_is_unended(const struct intake *intake)
{
    return intake->unended;
}

void intake_free(struct intake *intake)
{
    if (!intake)
        return;
    if (intake->reader)
        reader_free(intake->reader);
    else
        close(intake->fd);
    buf_release(&intake->bytes);
    free(intake);
}
