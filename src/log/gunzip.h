/* Unpacking what is in the format of gzip(1), piece by piece; members may follow each other. */
#ifndef LOG_GUNZIP_H
#define LOG_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct gunzip;

struct gunzip *gunzip_new(void);

/* Unpacks LENGTH bytes and appends to OUT what can be told of them. 0, or ERROR_FAILED where they are damaged. */
int gunzip_put(struct gunzip *gunzip, const char *bytes, size_t length, struct buf *out);

/* True where what was put so far ends with the end of a member. */
bool gunzip_has_ended(const struct gunzip *gunzip);

/* NULL is accepted. */
void gunzip_free(struct gunzip *gunzip);

#endif
