/* Reading a file that names a process, which anything may have written. */
#include "os/pidfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

/* What is longer is no number with blanks around it. */
#define LONGEST 64

/* The number in TEXT; 0 where it is none. */
static pid_t parse(const char *text, bool *whole)
{
    long number = 0;
    while (isspace((unsigned char)*text))
        text++;
    for (; isdigit((unsigned char)*text); text++) {
        number = number * 10 + (*text - '0');
        if (number > INT_MAX)
            return 0;
    }
    *whole = *text == '\n' || *text == '\r';
    while (isspace((unsigned char)*text))
        text++;
    return *text ? 0 : (pid_t)number;
}

/* Why the file itself is not believed, whatever it holds; NULL: it may be. */
static const char *refuse(int fd)
{
    struct stat status;
    if (fstat(fd, &status))
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "is no regular file";
    if (status.st_mode & S_IWOTH)
        return "may be written by anybody";
    return NULL;
}

static const char *read_number(int fd, pid_t *pid, bool *whole)
{
    char text[LONGEST + 1];
    ssize_t length = read(fd, text, sizeof(text) - 1);
    if (length < 0)
        return strerror(errno);
    text[length] = '\0';
    if (!text[strspn(text, " \t\r\n")] && strlen(text) == (size_t)length)
        return "is empty";
    *pid = length < LONGEST && strlen(text) == (size_t)length ? parse(text, whole) : 0;
    return *pid > 1 ? NULL : "holds no process number";
}

enum pidfile_state pidfile_read(const char *path, pid_t *pid, bool *whole, struct buf *why)
{
    enum pidfile_state state = PIDFILE_REFUSED;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        buf_text(why, errno == ENOENT ? "is not there" : errno == ELOOP ? "is a symbolic link" : strerror(errno));
        return errno == ENOENT ? PIDFILE_UNWRITTEN : PIDFILE_REFUSED;
    }
    const char *wrong = refuse(fd);
    if (!wrong) {
        wrong = read_number(fd, pid, whole);
        state = wrong ? PIDFILE_UNWRITTEN : PIDFILE_NAMES;
    }
    close(fd);
    if (wrong)
        buf_text(why, wrong);
    return state;
}

void pidfile_remove(const char *path, pid_t pid)
{
    struct buf why = {0};
    bool whole;
    pid_t named;
    if (pidfile_read(path, &named, &whole, &why) == PIDFILE_NAMES && named == pid)
        unlink(path);
    buf_release(&why);
}
