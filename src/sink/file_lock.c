/* A lock on a file by flock(). */
#include "sink/file_lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"

/*
 * The process that has FD's file locked, 0 where that is not to be known. A line of /proc/locks:
 *
 *     1: FLOCK  ADVISORY  WRITE 4711 fe:01:1835041 0 EOF
 */
static long find_holder(int fd)
{
    struct stat status;
    char line[256];
    long holder = 0;
    FILE *locks = fopen("/proc/locks", "re");
    if (!locks)
        return 0;
    int known = fstat(fd, &status);
    while (!known && !holder && fgets(line, sizeof(line), locks)) {
        long pid;
        unsigned major_number, minor_number;
        unsigned long inode;
        if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &pid, &major_number, &minor_number,
                   &inode) == 4 &&
            makedev(major_number, minor_number) == status.st_dev && inode == status.st_ino)
            holder = pid;
    }
    fclose(locks);
    return holder > 0 ? holder : 0;
}

int file_lock(int fd, const char *what, const char *path, struct error *error)
{
    if (!flock(fd, LOCK_EX | LOCK_NB))
        return 0;
    if (errno != EWOULDBLOCK)
        return error_system(error, errno, "%s '%s': cannot lock it", what, path);
    long holder = find_holder(fd);
    if (holder == getpid())
        return error_set(error, ERROR_LOCKED, "%s '%s': this run writes it already", what, path);
    if (holder)
        return error_set(error, ERROR_LOCKED, "%s '%s': a run with pid %ld is writing it", what,
                         path, holder);
    return error_set(error, ERROR_LOCKED, "%s '%s': another run is writing it", what, path);
}
