/* Compressing with zlib; a file through PATH.gz.part, so that PATH.gz is whole or not there. */
#include "log/gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"

#define PIECE (64u << 10)

static int copy_compressed(int from, gzFile to)
{
    char piece[PIECE];
    ssize_t length;
    while ((length = read(from, piece, sizeof(piece))) != 0) {
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return -errno;
        if (gzwrite(to, piece, (unsigned)length) != length)
            return errno ? -errno : -EIO;
    }
    return 0;
}

/* Fills the new file OUT (owned), whose attributes become those of FROM. */
static int compress_into(int from, int out)
{
    struct stat status;
    gzFile to = gzdopen(out, "wb");
    if (!to) {
        close(out);
        return -ENOMEM;
    }
    errno = 0;
    int result = fstat(from, &status) ? -errno : copy_compressed(from, to);
    if (!result) {
        struct timespec times[] = {status.st_atim, status.st_mtim};
        if (gzflush(to, Z_FINISH) != Z_OK)
            result = errno ? -errno : -EIO;
        else if (fchmod(out, status.st_mode & 07777) || futimens(out, times))
            result = -errno;
    }
    if (gzclose(to) != Z_OK && !result)
        result = errno ? -errno : -EIO;
    return result;
}

int gzip_file(const char *path)
{
    struct buf packed = {0}, part = {0};
    buf_printf(&packed, "%s.gz", path);
    buf_printf(&part, "%s.part", packed.data);
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int result = from < 0 ? -errno : 0;
    unlink(part.data); /* of a run that was killed */
    int out = result ? -1 : open(part.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (!result)
        result = out < 0 ? -errno : compress_into(from, out);
    if (!result && rename(part.data, packed.data))
        result = -errno;
    if (result && out >= 0)
        unlink(part.data);
    if (!result)
        unlink(path);
    if (from >= 0)
        close(from);
    buf_release(&part);
    buf_release(&packed);
    return result;
}

/* A window of 32 kB, and the header of gzip: see deflateInit2() in zlib.h. */
#define WINDOW_OF_GZIP (15 + 16)
#define MEMORY_USUAL 8

struct gzip_stream {
    z_stream zlib;
};

struct gzip_stream *gzip_stream_new(void)
{
    struct gzip_stream *stream = mem_calloc(1, sizeof(*stream));
    if (deflateInit2(&stream->zlib, Z_BEST_SPEED, Z_DEFLATED, WINDOW_OF_GZIP, MEMORY_USUAL,
                     Z_DEFAULT_STRATEGY) == Z_OK)
        return stream;
    free(stream);
    return NULL;
}

void gzip_stream_put(struct gzip_stream *stream, const char *bytes, size_t length,
                     enum gzip_flush flush, struct buf *out)
{
    static const int ways[] = {[GZIP_ON] = Z_NO_FLUSH, [GZIP_SYNC] = Z_SYNC_FLUSH, [GZIP_END] = Z_FINISH};
    z_stream *zlib = &stream->zlib;
    do {
        uInt piece = length > PIECE ? PIECE : (uInt)length;
        zlib->next_in = (Bytef *)bytes;
        zlib->avail_in = piece;
        bytes += piece;
        length -= piece;
        do {
            zlib->next_out = (Bytef *)buf_reserve(out, PIECE);
            zlib->avail_out = PIECE;
            deflate(zlib, length ? Z_NO_FLUSH : ways[flush]);
            buf_added(out, PIECE - zlib->avail_out);
        } while (!zlib->avail_out);
    } while (length);
}

void gzip_stream_free(struct gzip_stream *stream)
{
    if (!stream)
        return;
    deflateEnd(&stream->zlib);
    free(stream);
}
