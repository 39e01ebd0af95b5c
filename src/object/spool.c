/* Bytes kept until they may be shown. */
#include "object/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

#define MEMORY_BOUND (256u << 10)
#define PIECE (64u << 10)

static int open_file(struct spool *spool, struct error *error)
{
    const char *directory = getenv("TMPDIR");
    if (!directory || !*directory)
        directory = "/tmp";
    spool->fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd < 0)
        return error_system(error, errno, "cannot keep a task's output in '%s'", directory);
    spool->in_file = true;
    return 0;
}

/* Moves what is in memory to the file. */
static int move_to_file(struct spool *spool, struct error *error)
{
    int result = spool->in_file ? 0 : open_file(spool, error);
    while (!result && spool->memory.length) {
        ssize_t length = pwrite(spool->fd, spool->memory.data, spool->memory.length,
                                (off_t)spool->size);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return error_system(error, errno, "cannot keep a task's output");
        spool->size += (uint64_t)length;
        buf_consume(&spool->memory, (size_t)length);
    }
    return result;
}

int spool_put(struct spool *spool, const char *bytes, size_t length, struct error *error)
{
    buf_append(&spool->memory, bytes, length);
    return spool->memory.length > MEMORY_BOUND ? move_to_file(spool, error) : 0;
}

/* The next bytes of the file, into PIECE. */
static int read_back(struct spool *spool, struct error *error)
{
    uint64_t left = spool->size - spool->read;
    buf_clear(&spool->piece);
    char *room = buf_reserve(&spool->piece, PIECE);
    ssize_t length =
        pread(spool->fd, room, left < PIECE ? (size_t)left : PIECE, (off_t)spool->read);
    if (length <= 0)
        return error_system(error, length ? errno : EIO, "cannot read a task's output back");
    buf_added(&spool->piece, (size_t)length);
    spool->read += (uint64_t)length;
    return 1;
}

int spool_next(struct spool *spool, const char **bytes, size_t *length, struct error *error)
{
    int result = 0;
    if (spool->in_file && spool->read < spool->size) {
        result = read_back(spool, error);
    } else if (spool->memory.length) {
        buf_release(&spool->piece);
        spool->piece = spool->memory;
        spool->memory = (struct buf){0};
        result = 1;
    }
    *bytes = spool->piece.data;
    *length = spool->piece.length;
    return result;
}

void spool_release(struct spool *spool)
{
    buf_release(&spool->memory);
    buf_release(&spool->piece);
    if (spool->in_file)
        close(spool->fd);
    *spool = (struct spool){0};
}
