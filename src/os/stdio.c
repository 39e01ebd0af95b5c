/* Descriptors and signals at the start of the program. */
#include "os/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "os/guard.h"

/* How long standard error is waited for, in ms. */
#define SAY_PATIENCE 1000

const int own_signals[OWN_SIGNALS] = {SIGPIPE, SIGXFSZ, SIGTTOU};

void stdio_secure(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDWR); /* takes the lowest free number: this one */
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

void stdio_say(const char *text)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    size_t left = strlen(text);
    /* A pipe that is writable takes PIPE_BUF bytes without waiting. */
    while (left && poll(&out, 1, SAY_PATIENCE) > 0) {
        ssize_t length = write(STDERR_FILENO, text, left < PIPE_BUF ? left : PIPE_BUF);
        if (length < 0 && errno != EINTR && errno != EAGAIN)
            return;
        if (length > 0) {
            text += length;
            left -= (size_t)length;
        }
    }
}

int stdio_flush(struct error *error)
{
    if (!fflush(stdout) && !ferror(stdout))
        return 0;
    int number = errno;
    if (number == EPIPE)
        die_by_signal(SIGPIPE);
    return error_system(error, number, "standard output");
}
