/* A text as a file that a program reads. */
#ifndef OS_TEXT_FILE_H
#define OS_TEXT_FILE_H

#include <stddef.h>

/*
 * A descriptor of a file in memory that holds LENGTH bytes, read from its beginning: however long it is, nobody has to
 * feed it. Closed on exec; the caller closes it. A negative errno value where there is none.
 */
int text_file_open(const char *bytes, size_t length);

#endif
