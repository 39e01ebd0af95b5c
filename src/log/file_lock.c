/* A lock on a file by flock(), and a mark of the run that has or wants it. */
#include "log/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/unit.h"
#include "os/guard.h"
#include "os/stdio.h"

#define LOOK_AGAIN (3 * NS_PER_MS)
#define TELL_AFTER NS_PER_S
#define GIVE_UP_AFTER (60 * NS_PER_S)

/* The byte that a run locks before it wants the file itself: far behind those that SQLite locks. */
#define MARK ((off_t)1 << 62)

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

/* The mark of another run; F_UNLCK: there is none. */
static struct flock find_mark(int fd)
{
    struct flock mark = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = MARK, .l_len = 1};
    if (fcntl(fd, F_OFD_GETLK, &mark))
        mark.l_type = F_UNLCK;
    return mark;
}

/* False where another run has it. A file system that has no such locks has no commands to be told apart. */
static bool set_mark(int fd)
{
    struct flock mark = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = MARK, .l_len = 1};
    return !fcntl(fd, F_OFD_SETLK, &mark) || (errno != EAGAIN && errno != EACCES);
}

/* Whether the run HOLDER has nothing left to do but to end. */
static bool is_left_over(long holder)
{
    return holder > 0 && holder != getpid() && guard_was_killed((pid_t)holder);
}

bool patience_wait(struct patience *patience, long holder, const char *what, const char *path)
{
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN};
    int64_t now = clock_machine();
    if (!patience->began)
        patience->began = now;
    if (!patience->told && now - patience->began > TELL_AFTER) {
        struct buf text = {0};
        buf_printf(&text, "parrun: waiting for process %ld, %swhich has the %s '%s'\n", holder,
                   is_left_over(holder) ? "the rest of a run that was killed, " : "", what, path);
        stdio_say(buf_string(&text));
        buf_release(&text);
        patience->told = true;
    }
    nanosleep(&pause, NULL);
    return now - patience->began < GIVE_UP_AFTER;
}

/* What keeps others from FD's file. */
static char *describe_holder(int fd)
{
    struct buf text = {0};
    long holder = find_holder(fd);
    if (holder == getpid())
        buf_text(&text, "this run writes it already");
    else if (holder)
        buf_printf(&text, "a run with pid %ld is writing it", holder);
    else
        buf_text(&text, "another run is writing it");
    return buf_take(&text);
}

static int refuse(int fd, const char *what, const char *path, struct error *error)
{
    char *holder = describe_holder(fd);
    error_set(error, ERROR_LOCKED, "%s '%s': %s", what, path, holder);
    free(holder);
    return ERROR_LOCKED;
}

/* Waits a moment for a run that was killed and has FD's file; false where it is another's, or it is given up. */
static bool outlasts(int fd, struct patience *patience, const char *what, const char *path)
{
    long holder = find_holder(fd);
    return is_left_over(holder) && patience_wait(patience, holder, what, path);
}

int file_claim(int fd, bool shared, const char *doing, const char *path, struct error *error)
{
    struct patience patience = {0};
    while (flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return 0; /* a file system without locks keeps nobody away */
        if (errno == EINTR || outlasts(fd, &patience, "file", path))
            continue;
        char *holder = describe_holder(fd);
        error_set(error, ERROR_LOCKED, "cannot %s '%s': %s", doing, path, holder);
        free(holder);
        return ERROR_LOCKED;
    }
    return 0;
}

/* Waits for whoever has it as long as that is no run, with MARKED: no other run. */
static int lock(int fd, bool marked, const char *what, const char *path, struct error *error)
{
    struct patience patience = {0};
    while (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_system(error, errno, "%s '%s': cannot lock it", what, path);
        if (!marked && find_mark(fd).l_type != F_UNLCK)
            return refuse(fd, what, path, error);
        if (!patience_wait(&patience, find_holder(fd), what, path))
            return refuse(fd, what, path, error);
    }
    return 0;
}

int file_lock(int fd, const char *what, const char *path, struct error *error)
{
    struct patience patience = {0};
    while (!set_mark(fd))
        if (!outlasts(fd, &patience, what, path))
            return refuse(fd, what, path, error);
    return lock(fd, true, what, path, error);
}

int file_lock_shortly(int fd, const char *what, const char *path, struct error *error)
{
    if (find_mark(fd).l_type != F_UNLCK)
        return refuse(fd, what, path, error);
    return lock(fd, false, what, path, error);
}

static int open_quietly(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
}

bool file_has_run(const char *path)
{
    int fd = open_quietly(path);
    bool has = fd >= 0 && find_mark(fd).l_type != F_UNLCK;
    if (fd >= 0)
        close(fd);
    return has;
}

long file_holder(const char *path)
{
    int fd = open_quietly(path);
    long holder = fd < 0 ? 0 : find_holder(fd);
    if (fd >= 0)
        close(fd);
    return holder;
}
