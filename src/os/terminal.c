/* Lending the terminal of standard input, and taking it back. */
#include "os/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"

struct terminal {
    pid_t home;           /* the group that has it when nobody holds it */
    pid_t holder;         /* 0: nobody */
    struct termios modes; /* as they were before the holder */
    struct termios theirs;
    bool offered; /* a new process is taking it */
    bool kept;    /* THEIRS is what the holder had set when it was stopped */
};

static struct terminal *open_for(pid_t home)
{
    if (tcgetsid(STDIN_FILENO) != getsid(0))
        return NULL;
    struct terminal *terminal = mem_calloc(1, sizeof(*terminal));
    terminal->home = home;
    tcgetattr(STDIN_FILENO, &terminal->modes);
    return terminal;
}

struct terminal *terminal_open(void)
{
    return open_for(getpgid(getppid()));
}

struct terminal *terminal_watch(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp() ? open_for(getpgrp()) : NULL;
}

void terminal_free(struct terminal *terminal)
{
    free(terminal);
}

static bool is_home(const struct terminal *terminal)
{
    return tcgetpgrp(STDIN_FILENO) == terminal->home;
}

static void take(const struct terminal *terminal)
{
    tcsetpgrp(STDIN_FILENO, terminal->home);
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal->modes);
}

/* What a shell has taken meanwhile is its own. */
static bool is_ours(const struct terminal *terminal)
{
    pid_t front = tcgetpgrp(STDIN_FILENO);
    return front > 0 && (front == terminal->holder || (kill(-front, 0) && errno == ESRCH));
}

bool terminal_offer(struct terminal *terminal)
{
    terminal->offered = is_home(terminal);
    terminal->kept = false;
    if (terminal->offered)
        tcgetattr(STDIN_FILENO, &terminal->modes);
    return terminal->offered;
}

void terminal_lend(struct terminal *terminal, pid_t holder)
{
    terminal->holder = holder;
    if (!holder && terminal->offered)
        take(terminal); /* it may have come so far before it failed */
    terminal->offered = false;
}

void terminal_return(struct terminal *terminal)
{
    if (is_ours(terminal))
        take(terminal);
    terminal->holder = 0;
}

void terminal_suspend(struct terminal *terminal)
{
    if (!terminal->holder || !is_ours(terminal))
        return;
    terminal->kept = !tcgetattr(STDIN_FILENO, &terminal->theirs);
    take(terminal);
}

bool terminal_resume(struct terminal *terminal)
{
    if (!terminal->holder || !is_home(terminal))
        return false;
    tcgetattr(STDIN_FILENO, &terminal->modes); /* as the shell wants it after this run */
    if (terminal->kept)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal->theirs);
    terminal->kept = false;
    tcsetpgrp(STDIN_FILENO, terminal->holder);
    terminal_continue(terminal);
    return true;
}

int terminal_stopped(const struct terminal *terminal)
{
    siginfo_t info = {0};
    if (!terminal->holder ||
        waitid(P_PID, (id_t)terminal->holder, &info, WSTOPPED | WNOHANG) || !info.si_pid)
        return 0;
    return info.si_status;
}

void terminal_continue(const struct terminal *terminal)
{
    if (terminal->holder)
        kill(-terminal->holder, SIGCONT);
}

void terminal_settle(struct terminal *terminal)
{
    if (terminal && is_ours(terminal))
        take(terminal);
    terminal_free(terminal);
}
