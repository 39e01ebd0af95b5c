/* Pseudo-terminals. */
#include "os/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"

#define ROWS 24
#define COLUMNS 80

/* The size of whichever of the standard streams is a terminal. */
static struct winsize own_size(void)
{
    struct winsize size = {0};
    for (int fd = STDERR_FILENO; fd >= STDIN_FILENO; fd--)
        if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
            return size;
    return (struct winsize){.ws_row = ROWS, .ws_col = COLUMNS};
}

void pty_resize(int fd)
{
    struct winsize size = own_size();
    ioctl(fd, TIOCSWINSZ, &size);
}

void pty_size(int fd, int *rows, int *columns)
{
    struct winsize size = {0};
    ioctl(fd, TIOCGWINSZ, &size);
    *rows = size.ws_row;
    *columns = size.ws_col;
}

void pty_set_size(int fd, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns}, now = {0};
    bool same = !ioctl(fd, TIOCGWINSZ, &now) && now.ws_row == size.ws_row && now.ws_col == size.ws_col;
    if (rows && columns && !same)
        ioctl(fd, TIOCSWINSZ, &size);
}

int pty_control(int fd)
{
    return ioctl(fd, TIOCSCTTY, 0);
}

/* What is written goes to logs and files: without a carriage return before each newline. */
static void set_modes(int fd)
{
    struct termios modes;
    if (tcgetattr(fd, &modes))
        return;
    modes.c_oflag &= ~(tcflag_t)ONLCR;
    tcsetattr(fd, TCSANOW, &modes);
}

static int open_other(int fd)
{
    char name[64];
    if (grantpt(fd) || unlockpt(fd) || ptsname_r(fd, name, sizeof(name)))
        return -1;
    return open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int pty_open(int ends[2], struct error *error)
{
    ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ends[1] = ends[0] < 0 ? -1 : open_other(ends[0]);
    if (ends[1] < 0) {
        int number = errno;
        if (ends[0] >= 0)
            close(ends[0]);
        return error_system(error, number, "cannot open a terminal for it");
    }
    set_modes(ends[1]);
    pty_resize(ends[0]);
    return 0;
}
