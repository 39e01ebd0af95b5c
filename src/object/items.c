/* Where a pool's tasks come from. */
#include "object/items.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/pipe.h"
#include "scenario/spec.h"

#define READ_SIZE (64 << 10)

struct items {
    const struct source_spec *spec;
    int64_t next; /* of a count or a list; the value itself of a range */
    bool over;    /* of a range: it has passed its end */

    int fd;                /* of lines */
    struct reader *reader; /* where FD is a pipe or a terminal */
    struct buf bytes;
    size_t from; /* of BYTES: what was not taken */
    bool at_end;
    int number; /* errno value of a failed read */
    bool waiting;
    void (*more)(void *arg);
    void *arg;
};

static void put_integer(struct buf *encoded, int64_t number)
{
    struct value value = {.type = VALUE_INTEGER};
    value.integer = number;
    value_encode(encoded, &value);
}

static enum items_result next_count(struct items *items, struct buf *encoded,
                                     struct error *error)
{
    (void)error;
    if (items->next >= items->spec->count)
        return ITEMS_END;
    put_integer(encoded, items->next++);
    return ITEMS_ONE;
}

static enum items_result next_listed(struct items *items, struct buf *encoded,
                                      struct error *error)
{
    (void)error;
    if (items->next >= items->spec->count)
        return ITEMS_END;
    value_encode(encoded, &items->spec->items[items->next++]);
    return ITEMS_ONE;
}

static enum items_result next_in_range(struct items *items, struct buf *encoded,
                                        struct error *error)
{
    const struct source_spec *spec = items->spec;
    (void)error;
    if (items->over || (spec->step > 0 ? items->next > spec->to : items->next < spec->to))
        return ITEMS_END;
    put_integer(encoded, items->next);
    items->over = __builtin_add_overflow(items->next, spec->step, &items->next);
    return ITEMS_ONE;
}

/* Reads a regular file on; nothing to wait for there. */
static void read_file(struct items *items)
{
    char *room = buf_reserve(&items->bytes, READ_SIZE);
    ssize_t length;
    do {
        length = read(items->fd, room, READ_SIZE);
    } while (length < 0 && errno == EINTR);
    if (length > 0)
        buf_added(&items->bytes, (size_t)length);
    else
        items->at_end = true;
    if (length < 0)
        items->number = errno;
}

/* Takes the line at the front, LENGTH bytes and TERMINATOR more. */
static void take_line(struct items *items, struct buf *encoded, size_t length, size_t terminator)
{
    struct value value = {.type = VALUE_STRING};
    value.string.bytes = items->bytes.data + items->from;
    value.string.length = length;
    value_encode(encoded, &value);
    items->from += length + terminator;
}

static enum items_result next_line(struct items *items, struct buf *encoded, struct error *error)
{
    for (;;) {
        size_t left = items->bytes.length - items->from;
        const char *start = left ? items->bytes.data + items->from : NULL;
        const char *newline = left ? memchr(start, '\n', left) : NULL;
        if (newline) {
            take_line(items, encoded, (size_t)(newline - start), 1);
            return ITEMS_ONE;
        }
        if (items->at_end && items->number) {
            error_system(error, items->number, "cannot read tasks from '%s'", items->spec->path);
            return ITEMS_FAILED;
        }
        if (items->at_end && !left)
            return ITEMS_END;
        if (items->at_end) {
            take_line(items, encoded, left, 0);
            return ITEMS_ONE;
        }
        buf_consume(&items->bytes, items->from);
        items->from = 0;
        if (!items->reader) {
            read_file(items);
            continue;
        }
        items->waiting = true;
        reader_resume(items->reader);
        return ITEMS_WAIT;
    }
}

typedef enum items_result items_taker(struct items *items, struct buf *encoded,
                                        struct error *error);

static items_taker *const takers[] = {
    [SOURCE_COUNT] = next_count,
    [SOURCE_LIST] = next_listed,
    [SOURCE_RANGE] = next_in_range,
    [SOURCE_LINES] = next_line,
};

enum items_result items_next(struct items *items, struct buf *encoded, struct error *error)
{
    return takers[items->spec->kind](items, encoded, error);
}

static void tell_more(struct items *items)
{
    reader_pause(items->reader);
    if (!items->waiting)
        return;
    items->waiting = false;
    items->more(items->arg);
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct items *items = arg;
    buf_append(&items->bytes, bytes, length);
    tell_more(items);
}

static void on_end(void *arg, int status)
{
    struct items *items = arg;
    items->at_end = true;
    items->number = -status;
    tell_more(items);
}

/*
 * Opens FILE, "-" for standard input: that one anew where the system can do so, as reading without
 * waiting is a property that would be shared with whoever else has the descriptor.
 */
static int open_lines(const char *path)
{
    if (strcmp(path, "-") != 0)
        return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int fd = open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd >= 0 ? fd : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

static int start_lines(struct items *items, struct run *run, struct error *error)
{
    static const struct reader_callbacks callbacks = {.data = on_data, .end = on_end};
    const char *path = items->spec->path;
    struct stat status;
    items->fd = open_lines(path);
    if (items->fd < 0 || fstat(items->fd, &status))
        return error_system(error, errno, "cannot read tasks from '%s'", path);
    if (S_ISDIR(status.st_mode))
        return error_set(error, -EISDIR, "cannot read tasks from '%s': it is a directory", path);
    if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(items->fd)) {
        items->reader = reader_new(run->loop, items->fd, &callbacks, items);
        reader_pause(items->reader);
    }
    return 0;
}

struct items *items_new(struct run *run, const struct source_spec *spec,
                          void (*more)(void *arg), void *arg, struct error *error)
{
    struct items *items = mem_calloc(1, sizeof(*items));
    items->spec = spec;
    items->fd = -1;
    items->more = more;
    items->arg = arg;
    items->next = spec->kind == SOURCE_RANGE ? spec->from : 0;
    if (spec->kind == SOURCE_LINES && start_lines(items, run, error)) {
        items_free(items);
        return NULL;
    }
    return items;
}

bool items_are_complete(const struct items *items)
{
    return items->spec->kind != SOURCE_LINES;
}

void items_free(struct items *items)
{
    if (!items)
        return;
    if (items->reader)
        reader_free(items->reader);
    else if (items->fd >= 0)
        close(items->fd);
    buf_release(&items->bytes);
    free(items);
}
