/*
 * The lines of a record, plain or in the format of gzip, whichever its first bytes say. It is read piece by piece: memory
 * grows by its longest line alone. A run may still write it.
 */
#ifndef RECORD_RECORD_FILE_H
#define RECORD_RECORD_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct record_file;

/* Opens PATH ("-": standard input). NULL with ERROR filled. */
struct record_file *record_file_open(const char *path, struct error *error);

/* NULL is accepted. */
void record_file_close(struct record_file *file);

/* The descriptor that it is read from, to be looked at alone. */
int record_file_descriptor(const struct record_file *file);

/*
 * The next line, without its newline, valid until the next call: 1. 0 at the end, a line without a newline being none:
 * then record_file_is_cut(). A negative code with ERROR filled where it cannot be read, or is damaged.
 */
int record_file_line(struct record_file *file, const char **line, size_t *length, struct error *error);

/* At the end: true where it breaks off within a line, or what was packed before it has ended. */
bool record_file_is_cut(const struct record_file *file);

#endif
