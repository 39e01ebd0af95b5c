/*
 * Opening files for output. What somebody has planted where a file should be (a symbolic link, a
 * FIFO, a socket, a directory, a disk) is refused and left as it is; devices such as /dev/null and
 * the descriptors that parrun has open already (/dev/stdout, /dev/fd/N) are not.
 */
#ifndef LOG_FILE_H
#define LOG_FILE_H

#include <stdbool.h>

struct error;

enum file_flag {
    FILE_APPEND = 1 << 0,      /* each write goes to its end; a last line that has none is ended first */
    FILE_EMPTY = 1 << 1,       /* what is in it goes away */
    FILE_DIRECTORIES = 1 << 2, /* directories that are missing on the way to it are made */
    FILE_CLAIM = 1 << 3,       /* it is this run's as long as it is open; with APPEND alone, of all that add to it */
    FILE_NEW = 1 << 4,         /* nothing stands there yet, or an empty file, or a device */
    FILE_REPLACE = 1 << 5,     /* of target_open(): what is there stays until a new one is whole, see there */
    FILE_LATE = 1 << 8,        /* with REPLACE: the new one is made with the first write; what is there is claimed until then */
    FILE_ROWS = 1 << 7,        /* its lines are rows of CSV, in which line ends stand in quotes: with APPEND, a last row that is torn
                                  goes away */
    FILE_PACK = 1 << 6,        /* of target_open(): in the format of gzip */
};

/* Makes the directories that are missing on the way to PATH; DOING as below. 0 or a negative code. */
int file_make_directories(const char *path, const char *doing, struct error *error);

/*
 * Opens PATH to be written, made where it is missing. Returns the descriptor, or a negative errno
 * (ERROR_LOCKED: another run has claimed it) with ERROR filled; DOING ("write the log to") is for its text.
 */
int file_open(const char *path, unsigned flags, const char *doing, struct error *error);

/* True for /dev/stdout and its like: PATH names a descriptor that is open already. */
bool file_is_descriptor(const char *path);

#endif
