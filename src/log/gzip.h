/* Compressing in the format of gzip(1): a file, or a stream of bytes. */
#ifndef LOG_GZIP_H
#define LOG_GZIP_H

#include <stddef.h>

struct buf;
struct gzip_stream;

/*
 * Replaces the file PATH by PATH.gz, with its permissions and its time. 0, or a negative errno: then
 * PATH is as it was and there is no PATH.gz of it.
 */
int gzip_file(const char *path);

/* What is to become of the bytes that were put so far. */
enum gzip_flush {
    GZIP_ON,   /* more come: they may be kept back */
    GZIP_SYNC, /* all can be read, whatever comes behind */
    GZIP_END,  /* nothing more comes */
};

/* A stream of bytes to be compressed; NULL where there is no memory for it. */
struct gzip_stream *gzip_stream_new(void);

/* Compresses LENGTH bytes and appends to OUT what can be written. */
void gzip_stream_put(struct gzip_stream *stream, const char *bytes, size_t length,
                     enum gzip_flush flush, struct buf *out);

/* NULL is accepted. */
void gzip_stream_free(struct gzip_stream *stream);

#endif
