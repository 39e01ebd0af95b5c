/* Writing to a descriptor or to a file that rotates. */
#include "log/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "log/file.h"
#include "log/file_lock.h"
#include "log/gzip.h"

/* What is packed can be read so long after it was put. */
#define FLUSH_TIME (NS_PER_S / 2)

struct target {
    int fd;
    bool owned;                /* a file that was opened here */
    bool gone;                 /* its reader is: nothing can be written any more */
    struct rotation *rotation; /* NULL: none */
    int64_t most;              /* bytes of a file that rotates */
    int64_t size;              /* bytes in the file, as far as is known here */
    int64_t line;              /* of these, those before the line that is being written */
    int64_t due;               /* SIZE at which a rotation that failed is tried again */
    bool rows;                 /* lines are rows of CSV */
    bool quoted;               /* what is written next stands in quotes of a row */
    bool leaving_out;          /* the rest of a line that could not be written */
    bool torn;                 /* the beginning of that line is in the file */
    int stuck;                 /* errno value */
    char *path;                /* whose place it takes in the end; NULL: it has its own already */
    char *part;                /* its name until then */
    int claim;                 /* the file at PATH, held until then; -1: it is not */
    bool unwritten;            /* PART is made with the first write */
    struct gzip_stream *packer; /* NULL: none */
    struct buf packed;
    int64_t flush_due;         /* clock_monotonic(); 0: nothing is kept back */
    size_t unflushed;          /* bytes that were put since all could be read */
    int broken;                /* errno value: nothing more is packed, or put into a row */
};

struct target *target_new(int fd)
{
    struct target *target = mem_calloc(1, sizeof(*target));
    target->fd = fd;
    target->claim = -1;
    return target;
}

const char *target_reason(int number)
{
    return number == ENOENT ? "somebody has removed it" : strerror(number);
}

static int go_on_with(struct target *target, int fd)
{
    struct stat status;
    if (fd < 0)
        return fd;
    close(target->fd);
    target->fd = fd;
    target->size = target->line = fstat(fd, &status) ? 0 : status.st_size;
    target->due = 0;
    target->torn = target->leaving_out = false;
    return 0;
}

static int turn(struct target *target)
{
    return go_on_with(target, rotation_turn(target->rotation));
}

static bool was_removed(const struct target *target)
{
    struct stat status;
    return target->owned && target->fd >= 0 && !fstat(target->fd, &status) && S_ISREG(status.st_mode) &&
           !status.st_nlink;
}

/* 0; or ENOENT where what is written now would be in no file. */
static int look_for_file(struct target *target)
{
    if (target->rotation && rotation_has_lost(target->rotation, target->fd)) {
        int result = go_on_with(target, rotation_renew(target->rotation, target->fd));
        if (result)
            target->stuck = -result;
    }
    return was_removed(target) ? ENOENT : 0;
}

/* A file that somebody else writes too cannot be moved away, and a device not at all. */
static int begin_rotation(struct target *target, const char *path, unsigned flags,
                          const struct rotation_rules *rules, struct error *error)
{
    struct stat status;
    if (fstat(target->fd, &status))
        return error_system(error, errno, "cannot look at '%s'", path);
    if (!S_ISREG(status.st_mode) || file_is_descriptor(path))
        return error_set(error, -EINVAL, "'%s' cannot rotate: it is no regular file", path);
    target->rotation = rotation_new(path, rules);
    target->most = rules->size;
    target->size = target->line = status.st_size;
    if (!(flags & FILE_EMPTY) || !status.st_size)
        return 0;
    int result = turn(target);
    return result ? error_system(error, -result, "cannot move '%s' to '%s.1'", path, path) : 0;
}

/* True for what can make room for a new file: one that nobody writes, which FD has then, or nothing, FD below 0. */
static int check_replaceable(const char *path, const char *doing, bool *regular, int *fd, struct error *error)
{
    struct stat status;
    *regular = !file_is_descriptor(path) && (lstat(path, &status) || S_ISREG(status.st_mode));
    *fd = *regular ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    int result = *fd < 0 ? 0 : file_claim(*fd, false, doing, path, error);
    if (*fd >= 0 && result)
        close(*fd);
    return result;
}

/* What is written at the end alone: until then nothing of it is there, of a run that is killed either. */
static int open_unwritten(struct target *target)
{
    target->unwritten = false;
    target->fd = open(target->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0666);
    return target->fd < 0 ? errno : 0;
}

static struct target *open_part(const char *path, unsigned flags, const char *doing, struct error *error)
{
    struct buf part = {0};
    bool regular, late = flags & FILE_LATE;
    int fd;
    flags &= ~(unsigned)(FILE_REPLACE | FILE_LATE);
    if (check_replaceable(path, doing, &regular, &fd, error))
        return NULL;
    if (!regular)
        return target_open(path, flags, NULL, doing, error);
    late = late && fd >= 0;
    buf_printf(&part, "%s.part", path);
    if (!late && fd >= 0)
        close(fd);
    struct target *target = late ? target_new(-1) : target_open(part.data, flags, NULL, doing, error);
    if (late) {
        target->owned = target->unwritten = true;
        target->claim = fd;
    }
    if (target) {
        target->path = mem_strdup(path);
        target->part = buf_take(&part);
    }
    buf_release(&part);
    return target;
}

struct target *target_open(const char *path, unsigned flags, const struct rotation_rules *rules,
                           const char *doing, struct error *error)
{
    bool rotates = rules && rules->size;
    struct stat status;
    if (flags & FILE_REPLACE)
        return open_part(path, flags, doing, error);
    unsigned opening = FILE_APPEND | (rotates ? flags & ~(unsigned)FILE_EMPTY : flags);
    int fd = file_open(path, opening, doing, error);
    if (fd < 0)
        return NULL;
    if (rotates && file_claim(fd, false, doing, path, error)) {
        close(fd);
        return NULL;
    }
    struct target *target = target_new(fd);
    target->owned = true;
    target->packer = flags & FILE_PACK ? gzip_stream_new() : NULL;
    target->rows = flags & FILE_ROWS;
    if (target->rows && !fstat(fd, &status))
        target->size = target->line = status.st_size;
    if (!rotates || !begin_rotation(target, path, flags, rules, error))
        return target;
    target_free(target);
    return NULL;
}

bool target_is_terminal(const struct target *target)
{
    return isatty(target->fd);
}

/* Writes all of BYTES; 0 or an errno value with *WRITTEN telling how far it came. */
static int write_all(int fd, const char *bytes, size_t length, size_t *written)
{
    while (*written < length) {
        ssize_t piece = write(fd, bytes + *written, length - *written);
        if (piece >= 0) {
            *written += (size_t)piece;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            poll(&writable, 1, -1); /* somebody else made the descriptor non-blocking */
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* How many of BYTES go into this file; 0: none, the next file is due. */
static size_t fitting(const struct target *target, const char *bytes, size_t length)
{
    int64_t most = target->due > target->most ? target->due : target->most;
    size_t room = most > target->size ? (size_t)(most - target->size) : 0;
    if (!target->rotation || length <= room)
        return length;
    const char *last = memrchr(bytes, '\n', room);
    if (last)
        return (size_t)(last + 1 - bytes);
    if (target->line == target->size && room < (size_t)target->most)
        return 0;
    const char *end = memchr(bytes + room, '\n', length - room);
    return end ? (size_t)(end + 1 - bytes) : length;
}

/* The last line end that does not stand in quotes. */
static const char *find_row_end(struct target *target, const char *bytes, size_t length)
{
    const char *last = NULL;
    for (size_t i = 0; i < length; i++) {
        target->quoted ^= bytes[i] == '"';
        if (bytes[i] == '\n' && !target->quoted)
            last = bytes + i;
    }
    return last;
}

static void note_written(struct target *target, const char *bytes, size_t length)
{
    const char *last = target->rows ? find_row_end(target, bytes, length) : memrchr(bytes, '\n', length);
    if (last)
        target->line = target->size + (last + 1 - bytes);
    target->size += (int64_t)length;
}

/* Takes the beginning of a torn line back, where nobody else has written behind it. */
static size_t take_back(struct target *target)
{
    struct stat status;
    int64_t torn = target->size - target->line;
    if (!torn || !target->owned || fstat(target->fd, &status) || !S_ISREG(status.st_mode) ||
        status.st_size != target->size || ftruncate(target->fd, target->line))
        return 0;
    target->size = target->line;
    return (size_t)torn;
}

/*
 * Leaves out what is left of a lost line; returns the bytes of it. Where half of it was written and
 * could not be taken back, it is ended.
 */
static size_t leave_out(struct target *target, const char *bytes, size_t length)
{
    const char *end = target->leaving_out ? memchr(bytes, '\n', length) : NULL;
    if (target->leaving_out && !end)
        return length;
    target->leaving_out = false;
    size_t written = 0;
    if (target->torn && !write_all(target->fd, "\n", 1, &written)) {
        note_written(target, "\n", 1);
        target->torn = false;
    }
    return end ? (size_t)(end + 1 - bytes) : 0;
}

/* What was put since the last flush cannot be read to its end: nothing more is packed. */
static int break_off(struct target *target, int number, size_t *lost)
{
    target->broken = number;
    target->flush_due = 0;
    *lost += target->unflushed;
    return number;
}

/* Packs BYTES, and writes what of that is due. */
static int pack(struct target *target, const char *bytes, size_t length, enum gzip_flush flush, size_t *lost)
{
    size_t written = 0;
    if (target->broken) {
        *lost += length;
        return target->broken;
    }
    target->unflushed += length;
    gzip_stream_put(target->packer, bytes, length, flush, &target->packed);
    int number = write_all(target->fd, target->packed.data, target->packed.length, &written);
    target->size += (int64_t)written;
    buf_clear(&target->packed);
    if (number)
        return break_off(target, number, lost);
    if (flush == GZIP_ON)
        return 0;
    target->unflushed = 0;
    target->flush_due = 0;
    return 0;
}

static int write_packed(struct target *target, const char *bytes, size_t length, size_t *lost)
{
    int64_t now = clock_monotonic();
    bool due = target->flush_due && target->flush_due <= now;
    int number = pack(target, bytes, length, due ? GZIP_SYNC : GZIP_ON, lost);
    if (!number && !target->flush_due && target->unflushed)
        target->flush_due = now + FLUSH_TIME;
    return number;
}

int64_t target_due(const struct target *target)
{
    return target->flush_due;
}

int target_flush(struct target *target, size_t *lost)
{
    return target->packer ? pack(target, "", 0, GZIP_SYNC, lost) : 0;
}

int target_write(struct target *target, const char *bytes, size_t length, size_t *lost)
{
    int number = target->unwritten ? open_unwritten(target) : 0;
    if (!number)
        number = target->rows && target->broken ? target->broken : look_for_file(target);
    if (number) {
        *lost += length;
        return number;
    }
    if (target->packer)
        return write_packed(target, bytes, length, lost);
    size_t done = target->gone ? length : leave_out(target, bytes, length);
    *lost += done;
    while (done < length && !number) {
        size_t piece = fitting(target, bytes + done, length - done);
        size_t written = 0;
        if (!piece) {
            int result = turn(target);
            if (result) {
                target->stuck = -result;
                target->due = target->size + target->most;
            }
            continue;
        }
        number = write_all(target->fd, bytes + done, piece, &written);
        note_written(target, bytes + done, written);
        done += written;
    }
    if (!number)
        return 0;
    *lost += length - done + take_back(target);
    target->broken = number;
    target->gone = number == EPIPE;
    target->torn = target->size != target->line;
    target->leaving_out = bytes[length - 1] != '\n';
    return number;
}

int target_close(struct target *target)
{
    int number = was_removed(target) ? ENOENT : 0;
    size_t lost = 0;
    rotation_free(target->rotation);
    target->rotation = NULL;
    if (target->packer && !target->broken && !number && target->fd >= 0)
        number = pack(target, "", 0, GZIP_END, &lost);
    if (target->owned && target->fd >= 0 && close(target->fd))
        number = errno;
    if (target->owned)
        target->fd = -1;
    if (target->path && !number && !target->unwritten && rename(target->part, target->path))
        number = errno;
    if (target->claim >= 0)
        close(target->claim);
    target->claim = -1;
    free(target->path);
    target->path = NULL;
    return number;
}

int target_stuck(const struct target *target)
{
    return target->stuck;
}

void target_free(struct target *target)
{
    if (!target)
        return;
    if (target->owned && target->fd >= 0 && target->path)
        unlink(target->part); /* the new one is not whole, so the old one stays */
    free(target->path);
    target->path = NULL;
    gzip_stream_free(target->packer);
    target->packer = NULL;
    target_close(target);
    buf_release(&target->packed);
    free(target->part);
    free(target);
}
