/* Bytes kept until they may be shown. */
#include "os/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

#define MEMORY_BOUND (256u << 10)
#define PIECE (64u << 10)

/* The first directory that can be used, as for the socket of a run. */
int spool_open(struct error *error)
{
    const char *wanted = getenv("TMPDIR");
    const char *const directories[] = {wanted && *wanted ? wanted : "/tmp", "/tmp"};
    int fd = -1;
    for (size_t i = 0; fd < 0 && i < countof(directories); i++)
        fd = open(directories[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd < 0 ? error_system(error, errno, "cannot keep output in '%s'", directories[0]) : fd;
}

static int open_file(int *fd, struct error *error)
{
    *fd = spool_open(error);
    return *fd < 0 ? *fd : 0;
}

/* Moves what is in memory to the file, but for the last KEPT bytes. */
static int move_to_file(struct spool *spool, size_t kept, struct error *error)
{
    int result = spool->in_file ? 0 : open_file(&spool->fd, error);
    spool->in_file = !result;
    while (!result && spool->memory.length > kept) {
        ssize_t length = pwrite(spool->fd, spool->memory.data, spool->memory.length - kept,
                                (off_t)(spool->start + spool->size));
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return error_system(error, errno, "cannot keep output in a temporary file");
        spool->size += (uint64_t)length;
        buf_consume(&spool->memory, (size_t)length);
    }
    return result;
}

int spool_file_put(struct spool *spool, struct spool_file *file, struct error *error)
{
    int result = 0;
    if (!spool->in_file && spool->memory.length) {
        result = file->open ? 0 : open_file(&file->fd, error);
        if (result)
            return result;
        file->open = true;
        spool->in_file = spool->shared = true;
        spool->fd = file->fd;
        spool->start = file->end;
        file->end += spool->memory.length;
    }
    if (spool->in_file) /* it may have a file of its own, and what came last in memory */
        result = move_to_file(spool, 0, error);
    if (!result)
        buf_release(&spool->memory);
    return result;
}

int spool_put(struct spool *spool, const char *bytes, size_t length, struct error *error)
{
    buf_append(&spool->memory, bytes, length);
    if (spool->memory.length <= MEMORY_BOUND)
        return 0;
    return move_to_file(spool, utf8_tail(spool->memory.data, spool->memory.length), error);
}

/* The next bytes of the file, into PIECE. */
static int read_back(struct spool *spool, struct error *error)
{
    uint64_t left = spool->size - spool->read;
    buf_clear(&spool->piece);
    char *room = buf_reserve(&spool->piece, PIECE);
    ssize_t length =
        pread(spool->fd, room, left < PIECE ? (size_t)left : PIECE, (off_t)(spool->start + spool->read));
    if (length <= 0)
        return error_system(error, length ? errno : EIO, "cannot read output back");
    if ((uint64_t)length < left)
        length -= (ssize_t)utf8_tail(room, (size_t)length);
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
    if (spool->in_file && !spool->shared)
        close(spool->fd);
    *spool = (struct spool){0};
}

void spool_file_clear(struct spool_file *file)
{
    /* It only takes room until then. */
    if (file->end && !ftruncate(file->fd, 0))
        file->end = 0;
}

void spool_file_release(struct spool_file *file)
{
    if (file->open)
        close(file->fd);
    *file = (struct spool_file){0};
}
