/* Finding and ending all that descends from this process, by a walk over /proc. */
#include "os/descendants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"

#define ENVIRONMENT_PIECE 4096

/* A program that is being started has its environment after so many looks, 1 ms apart. */
#define EXEC_LOOKS 50

#define END_GIVES_UP (10 * NS_PER_S)
#define END_POLL (20 * NS_PER_MS)

/* The highest number of a process on most machines, and on any. */
#define NUMBERS_USUAL (1 << 16)
#define NUMBERS_MOST (1 << 22)

/* A tree that still grows after so many walks is left as it is. */
#define STOP_WALKS 20

/* PF_EXITING of the kernel: a process that has begun to end. */
#define FLAG_EXITING 4u

struct relative {
    char name[16]; /* of the program, as the kernel has it */
    pid_t pid;
    pid_t parent;
    pid_t group;
    pid_t session;
    uint64_t born;
    char state;
    bool dying; /* it was killed, and has not had the time to end */
    bool ours;
};

struct family {
    struct relative *items;
    size_t count;
    size_t capacity;
};

void descendants_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

bool descendants_has_own_proc(void)
{
    char self[16];
    ssize_t length = readlink("/proc/self", self, sizeof(self) - 1);
    if (length <= 0)
        return false;
    self[length] = '\0';
    return strtol(self, NULL, 10) == getpid();
}

/* Reads "PID (COMMAND) STATE PPID PGRP SESSION ... FLAGS ... STARTTIME ... SIGNAL ..." of proc(5); the command may hold anything. */
static bool read_stat(const char *pid, struct relative *relative)
{
    char path[64];
    char text[512];
    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    const char *behind = strrchr(text, ')');
    const char *name = strchr(text, '(');
    if (!behind || !name)
        return false;
    snprintf(relative->name, sizeof(relative->name), "%.*s", (int)(behind - name - 1), name + 1);
    relative->pid = (pid_t)strtol(pid, NULL, 10);
    unsigned flags;
    unsigned long pending;
    int found = sscanf(behind + 1, " %c %d %d %d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64 " %*u %*d "
                                   "%*u %*u %*u %*u %*u %*u %lu", &relative->state, &relative->parent, &relative->group,
                       &relative->session, &flags, &relative->born, &pending);
    relative->dying = found == 7 && (flags & FLAG_EXITING || pending & 1ul << (SIGKILL - 1));
    return found >= 4;
}

static struct descendant describe(const struct relative *one)
{
    struct descendant result = {
        .pid = one->pid, .parent = one->parent, .session = one->session, .born = one->born, .ended = strchr("ZX", one->state) != NULL};
    memcpy(result.name, one->name, sizeof(result.name));
    return result;
}

bool descendants_find(pid_t pid, struct descendant *found)
{
    char text[24];
    struct relative relative = {0};
    snprintf(text, sizeof(text), "%ld", (long)pid);
    if (!descendants_has_own_proc() || !read_stat(text, &relative))
        return false;
    *found = describe(&relative);
    return true;
}

pid_t descendants_parent(pid_t pid)
{
    struct descendant found;
    return descendants_find(pid, &found) ? found.parent : 0;
}

static void family_add(struct family *family, const struct relative *relative)
{
    family->items = mem_grow(family->items, &family->capacity, family->count + 1, sizeof(*relative));
    family->items[family->count++] = *relative;
}

static void family_read(struct family *family)
{
    DIR *proc = descendants_has_own_proc() ? opendir("/proc") : NULL;
    if (!proc)
        return;
    const struct dirent *entry;
    while ((entry = readdir(proc))) {
        struct relative relative = {0};
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
            !read_stat(entry->d_name, &relative))
            continue;
        family_add(family, &relative);
    }
    closedir(proc);
}

void descendants_children(void (*each)(void *arg, const struct descendant *child), void *arg)
{
    struct family family = {0};
    family_read(&family);
    for (size_t i = 0; i < family.count; i++) {
        struct descendant child = describe(&family.items[i]);
        if (child.parent == getpid())
            each(arg, &child);
    }
    free(family.items);
}

bool descendants_leads_others(void)
{
    struct family family = {0};
    bool found = false;
    if (getpgrp() != getpid())
        return false;
    family_read(&family);
    for (size_t i = 0; i < family.count; i++)
        found |= family.items[i].group == getpid() && family.items[i].pid != getpid() && family.items[i].state != 'Z';
    free(family.items);
    return found;
}

/* Adds those of the processes FROM to TO that are children of this one. */
static void family_ask(struct family *family, pid_t from, pid_t to)
{
    for (pid_t pid = from; pid <= to; pid++) {
        siginfo_t info = {0};
        struct relative relative = {.name = "process", .pid = pid, .parent = getpid(), .state = 'S'};
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT))
            continue;
        if (info.si_pid)
            relative.state = 'Z';
        family_add(family, &relative);
    }
}

/* The number that the system gives to a process now. */
static pid_t next_number(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return pid;
}

/*
 * Where there is no /proc of ours nobody lists them, but of each number the system tells whether it is
 * a child's, and whoever loses a parent becomes one. Numbers are given one after another: those of our
 * descendants stand between ours and the next, or from the lowest on where they have begun anew.
 */
static void family_guess(struct family *family)
{
    pid_t self = getpid(), next = next_number();
    if (next > NUMBERS_USUAL && next > self)
        family_ask(family, self > NUMBERS_USUAL ? self : NUMBERS_USUAL + 1, next);
    else if (self > NUMBERS_USUAL)
        family_ask(family, self, NUMBERS_MOST);
    family_ask(family, 1, next < self && next > NUMBERS_USUAL ? next : NUMBERS_USUAL);
}

static int by_pid(const void *left, const void *right)
{
    pid_t a = ((const struct relative *)left)->pid;
    pid_t b = ((const struct relative *)right)->pid;
    return (a > b) - (a < b);
}

static bool is_ours(const struct family *family, pid_t pid)
{
    struct relative key = {.pid = pid};
    const struct relative *found =
        bsearch(&key, family->items, family->count, sizeof(key), by_pid);
    return found && found->ours;
}

/* Marks all that descend from this process; a child may have a lower pid than its parent. */
static void family_mark(struct family *family)
{
    pid_t self = getpid();
    if (!family->count)
        return;
    qsort(family->items, family->count, sizeof(*family->items), by_pid);
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < family->count; i++) {
            struct relative *one = &family->items[i];
            if (!one->ours && (one->parent == self || is_ours(family, one->parent))) {
                one->ours = true;
                again = true;
            }
        }
    }
}

/* All that descends from this process, or without /proc its children. */
static void family_find(struct family *family)
{
    family_read(family);
    if (!family->count)
        family_guess(family);
    family_mark(family);
}

size_t descendants_signal(int signal)
{
    struct family family = {0};
    size_t count = 0;
    family_find(&family);
    for (size_t i = 0; i < family.count; i++) {
        if (!family.items[i].ours || family.items[i].state == 'Z')
            continue;
        kill(family.items[i].pid, signal);
        count++;
    }
    free(family.items);
    return count;
}

static bool holds(const struct descendants *list, pid_t pid)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->pids[i] == pid)
            return true;
    return false;
}

/* One walk; how many there were that ran and were not known yet. */
static size_t stop_once(struct descendants *stopped)
{
    struct family family = {0};
    size_t count = 0;
    family_read(&family);
    family_mark(&family);
    for (size_t i = 0; i < family.count; i++) {
        const struct relative *one = &family.items[i];
        if (!one->ours || strchr("TtZX", one->state) || holds(stopped, one->pid) ||
            kill(one->pid, SIGSTOP))
            continue;
        stopped->pids = mem_grow(stopped->pids, &stopped->capacity, stopped->count + 1,
                                 sizeof(*stopped->pids));
        stopped->pids[stopped->count++] = one->pid;
        count++;
    }
    free(family.items);
    return count;
}

void descendants_stop(struct descendants *stopped)
{
    /* Whoever forked in the meantime is met at the next walk. */
    for (int walks = 0; stop_once(stopped) && walks < STOP_WALKS; walks++)
        ;
}

void descendants_continue(struct descendants *stopped)
{
    struct family family = {0};
    family_read(&family);
    family_mark(&family);
    for (size_t i = 0; i < stopped->count; i++)
        if (is_ours(&family, stopped->pids[i]))
            kill(stopped->pids[i], SIGCONT);
    free(family.items);
    free(stopped->pids);
    *stopped = (struct descendants){0};
}

/* Appends the environment with which the program of PID was started; false where it cannot be read. */
static bool read_environment(pid_t pid, struct buf *text)
{
    char path[64];
    ssize_t length;
    snprintf(path, sizeof(path), "/proc/%ld/environ", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while ((length = read(fd, buf_reserve(text, ENVIRONMENT_PIECE), ENVIRONMENT_PIECE)) > 0)
        buf_added(text, (size_t)length);
    close(fd);
    return length == 0;
}

/* How ENTRY's variable stands in the environment of PID: 1 with its value, -1 with another, 0 not at all. In the midst of an
 * execve(2) there is no environment for a moment (environ_read() in the kernel). */
static int find_entry(pid_t pid, const char *entry)
{
    struct buf text = {0};
    size_t name = strcspn(entry, "=") + 1;
    int found = 0;
    for (int look = 0; look < EXEC_LOOKS && read_environment(pid, &text) && !text.length; look++)
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    for (const char *at = buf_string(&text); !found && at < text.data + text.length; at += strlen(at) + 1)
        if (!strncmp(at, entry, name))
            found = strcmp(at, entry) ? -1 : 1;
    buf_release(&text);
    return found;
}

bool descendants_was_given(pid_t pid, const char *entry)
{
    return find_entry(pid, entry) > 0;
}

bool descendants_was_given_another(pid_t pid, const char *entry)
{
    return find_entry(pid, entry) < 0;
}

size_t descendants_name(struct buf *out, size_t shown, const char *entry)
{
    struct family family = {0};
    size_t count = 0;
    family_find(&family);
    for (size_t i = 0; i < family.count; i++) {
        const struct relative *one = &family.items[i];
        if (!one->ours || strchr("ZX", one->state) || one->dying || (entry && !descendants_was_given(one->pid, entry)))
            continue;
        if (count < shown)
            buf_printf(out, "%s%s %ld", count ? ", " : "", one->name, (long)one->pid);
        else if (count == shown)
            buf_text(out, ", ...");
        count++;
    }
    free(family.items);
    return count;
}

void descendants_in_session(pid_t session, void (*each)(void *arg, pid_t pid), void *arg)
{
    struct family family = {0};
    family_read(&family);
    family_mark(&family);
    for (size_t i = 0; i < family.count; i++) {
        const struct relative *one = &family.items[i];
        if (one->ours && (!session || one->session == session) && !strchr("ZX", one->state))
            each(arg, one->pid);
    }
    free(family.items);
}

struct sending {
    int signal;
    size_t count;
};

static void send_one(void *arg, pid_t pid)
{
    struct sending *sending = arg;
    sending->count += !kill(pid, sending->signal);
    if (sending->signal != SIGKILL)
        kill(pid, SIGCONT);
}

size_t descendants_signal_session(pid_t session, int signal)
{
    struct sending sending = {.signal = signal};
    descendants_in_session(session, send_one, &sending);
    return sending.count;
}

void descendants_kill_session(pid_t session)
{
    descendants_signal_session(session, SIGKILL);
}

/* Takes the status of every child that has ended; false where no child is left at all. */
static bool reap_all(void)
{
    pid_t pid;
    do {
        pid = waitpid(-1, NULL, WNOHANG);
    } while (pid > 0 || (pid < 0 && errno == EINTR));
    return pid == 0;
}

/* Waits for the next end of a child, END_POLL at most: a grandchild's end may not be told. */
static void wait_for_child(void)
{
    sigset_t set;
    struct timespec limit = {.tv_nsec = END_POLL};
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigtimedwait(&set, NULL, &limit);
}

void descendants_settle(int64_t patience)
{
    int64_t until = clock_monotonic() + patience;
    while (reap_all() && clock_monotonic() < until)
        wait_for_child();
}

size_t descendants_end(int64_t grace)
{
    if (!reap_all())
        return 0;
    int64_t start = clock_monotonic();
    size_t count = 0;
    if (grace > 0) {
        count = descendants_signal(SIGTERM);
        descendants_signal(SIGCONT);
        while (reap_all() && clock_monotonic() - start < grace)
            wait_for_child();
    }
    while (reap_all() && clock_monotonic() - start < grace + END_GIVES_UP) {
        size_t killed = descendants_signal(SIGKILL);
        if (killed > count)
            count = killed;
        wait_for_child();
    }
    return count;
}
