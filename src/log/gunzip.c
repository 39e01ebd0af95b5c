/* Unpacking with zlib. */
#include "log/gunzip.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

#define PIECE (64u << 10)

/* A window of 32 kB, and the header of gzip: see inflateInit2() in zlib.h. */
#define WINDOW_OF_GZIP (15 + 16)

struct gunzip {
    z_stream zlib;
    bool ended; /* a member has; another may follow */
};

struct gunzip *gunzip_new(void)
{
    struct gunzip *gunzip = mem_calloc(1, sizeof(*gunzip));
    if (inflateInit2(&gunzip->zlib, WINDOW_OF_GZIP) != Z_OK)
        mem_exhausted();
    return gunzip;
}

int gunzip_put(struct gunzip *gunzip, const char *bytes, size_t length, struct buf *out)
{
    z_stream *zlib = &gunzip->zlib;
    zlib->next_in = (Bytef *)bytes;
    zlib->avail_in = (uInt)length;
    do {
        if (gunzip->ended && zlib->avail_in)
            inflateReset(zlib);
        gunzip->ended = gunzip->ended && !zlib->avail_in;
        zlib->next_out = (Bytef *)buf_reserve(out, PIECE);
        zlib->avail_out = PIECE;
        int result = gunzip->ended ? Z_STREAM_END : inflate(zlib, Z_NO_FLUSH);
        buf_added(out, PIECE - zlib->avail_out);
        gunzip->ended = result == Z_STREAM_END;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return ERROR_FAILED;
    } while (zlib->avail_in || !zlib->avail_out);
    return 0;
}

bool gunzip_has_ended(const struct gunzip *gunzip)
{
    return gunzip->ended;
}

void gunzip_free(struct gunzip *gunzip)
{
    if (!gunzip)
        return;
    inflateEnd(&gunzip->zlib);
    free(gunzip);
}
