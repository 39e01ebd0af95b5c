/* The lines of a file. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stddef.h>

struct error;

/*
 * Gives each line of the file PATH that ends with a newline to TAKE, without it; what stands behind the last one
 * is no line. A file that is not there has none. What TAKE returns other than 0 ends that and is returned; where
 * the file cannot be read, a negative errno with ERROR filled.
 */
int lines_read(const char *path,
               int (*take)(void *arg, const char *line, size_t length, struct error *error), void *arg,
               struct error *error);

#endif
