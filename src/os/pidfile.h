/* The file in which a program that has put itself into the background writes its process number. */
#ifndef OS_PIDFILE_H
#define OS_PIDFILE_H

#include <stdbool.h>
#include <sys/types.h>

struct buf;

enum pidfile_state {
    PIDFILE_NAMES,
    PIDFILE_UNWRITTEN, /* it is not there, or holds no number: that may come yet */
    PIDFILE_REFUSED,   /* a link, a FIFO, a file into which anybody may write, or one that cannot be read */
};

/*
 * Reads the number in the file at PATH: a single one above 1, with nothing but blanks around it. *WHOLE tells whether a
 * newline follows it, so that it is no number that is still being written. PIDFILE_NAMES with *PID; else WHY gets the
 * reason, as what follows the path: "is empty".
 */
enum pidfile_state pidfile_read(const char *path, pid_t *pid, bool *whole, struct buf *why);

/* The process PID has ended: removes the file, where it still names it. */
void pidfile_remove(const char *path, pid_t pid);

#endif
