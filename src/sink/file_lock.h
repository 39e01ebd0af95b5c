/* A lock on a file that one run has at a time, and that ends with the process however it ends. */
#ifndef SINK_FILE_LOCK_H
#define SINK_FILE_LOCK_H

struct error;

/* Locks the open file, until its last descriptor is closed. Where another process has it:
 * ERROR_LOCKED, the error naming that process where the system tells; WHAT it is ("journal") and
 * PATH are for the text. */
int file_lock(int fd, const char *what, const char *path, struct error *error);

#endif
