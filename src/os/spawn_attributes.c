/* Setting the attributes of a program, and writing them as words to pass them on. */
#include "os/spawn_attributes.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "os/cgroup.h"
#include "os/pty.h"

#define SHELL_SIGNALED 128 /* a shell's exit code for a command that signal N ended is this + N */

static const char *const names[ATTRIBUTES] = {
    [ATTRIBUTE_TERMINAL] = "terminal", [ATTRIBUTE_TTY] = "tty", [ATTRIBUTE_UMASK] = "umask", [ATTRIBUTE_NICE] = "nice",
    [ATTRIBUTE_NOFILE] = "nofile",   [ATTRIBUTE_NPROC] = "nproc", [ATTRIBUTE_CORE] = "core",
    [ATTRIBUTE_FSIZE] = "fsize",     [ATTRIBUTE_STACK] = "stack", [ATTRIBUTE_AS] = "as",
    [ATTRIBUTE_CPU] = "cpu",         [ATTRIBUTE_UID] = "uid",     [ATTRIBUTE_GID] = "gid",
    [ATTRIBUTE_GROUPS] = "groups",   [ATTRIBUTE_MEMORY] = "memory", [ATTRIBUTE_CPUS] = "cpus", [ATTRIBUTE_CGROUP] = "cgroup",
};

/* How setrlimit(2) calls those that are limits; -1: it is none. */
static int resource_of(enum attribute attribute)
{
    switch (attribute) {
    case ATTRIBUTE_NOFILE:
        return RLIMIT_NOFILE;
    case ATTRIBUTE_NPROC:
        return RLIMIT_NPROC;
    case ATTRIBUTE_CORE:
        return RLIMIT_CORE;
    case ATTRIBUTE_FSIZE:
        return RLIMIT_FSIZE;
    case ATTRIBUTE_STACK:
        return RLIMIT_STACK;
    case ATTRIBUTE_AS:
        return RLIMIT_AS;
    case ATTRIBUTE_CPU:
        return RLIMIT_CPU;
    default:
        return -1;
    }
}

void attributes_set(struct attributes *attributes, enum attribute attribute, int64_t value)
{
    attributes->given |= 1u << attribute;
    attributes->values[attribute] = value;
}

void attributes_set_cgroup(struct attributes *attributes, const char *path)
{
    attributes_set(attributes, ATTRIBUTE_CGROUP, 0);
    attributes->cgroup = mem_strdup(path);
}

bool attributes_given(const struct attributes *attributes, enum attribute attribute)
{
    return attributes->given & (1u << attribute);
}

void attributes_release(struct attributes *attributes)
{
    free(attributes->groups);
    free(attributes->cgroup);
    *attributes = (struct attributes){0};
}

void attributes_drop_limits(struct attributes *attributes)
{
    for (enum attribute i = 0; i < ATTRIBUTES; i++)
        if (resource_of(i) >= 0)
            attributes->given &= ~(1u << i);
}

void attributes_print(struct buf *out, const struct attributes *attributes)
{
    const char *blank = "";
    for (enum attribute i = 0; i < ATTRIBUTES; i++) {
        if (!attributes_given(attributes, i) || i == ATTRIBUTE_CGROUP)
            continue;
        buf_printf(out, "%s%s=", blank, names[i]);
        blank = " ";
        if (i != ATTRIBUTE_GROUPS)
            buf_number(out, attributes->values[i]);
        for (size_t n = 0; i == ATTRIBUTE_GROUPS && n < attributes->group_count; n++)
            buf_printf(out, "%s%u", n ? "," : "", (unsigned)attributes->groups[n]);
    }
    if (attributes->cgroup)
        buf_printf(out, "%scgroup=%s", blank, attributes->cgroup);
}

/* "33,4", or nothing at all; returns what stands behind. */
static const char *parse_groups(struct attributes *attributes, const char *text)
{
    size_t capacity = 0;
    char *end = (char *)text;
    for (;;) {
        unsigned long group = strtoul(text, &end, 10);
        if (end == text)
            return text;
        attributes->groups = mem_grow(attributes->groups, &capacity, attributes->group_count + 1,
                                      sizeof(*attributes->groups));
        attributes->groups[attributes->group_count++] = (gid_t)group;
        if (*end != ',')
            return end;
        text = end + 1;
    }
}

static enum attribute find_name(const char *text, size_t length)
{
    enum attribute i = 0;
    while (i < ATTRIBUTES && (strlen(names[i]) != length || memcmp(names[i], text, length)))
        i++;
    return i;
}

bool attributes_parse(struct attributes *attributes, const char *text)
{
    *attributes = (struct attributes){0};
    while (*text) {
        size_t length = strcspn(text, "=");
        enum attribute found = find_name(text, length);
        if (found == ATTRIBUTES || !text[length])
            return false;
        text += length + 1;
        if (found == ATTRIBUTE_GROUPS) {
            attributes_set(attributes, found, 0);
            text = parse_groups(attributes, text);
        } else if (found == ATTRIBUTE_CGROUP) {
            attributes_set_cgroup(attributes, text);
            return true;
        } else {
            char *end;
            attributes_set(attributes, found, (int64_t)strtoll(text, &end, 10));
            text = end;
        }
        if (*text && *text++ != ' ')
            return false;
    }
    return true;
}

static int set_limit(int resource, int64_t value)
{
    struct rlimit limit = {.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value};
    if (value == ATTRIBUTE_UNLIMITED)
        limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
    else if (resource == RLIMIT_CPU)
        limit.rlim_max++;
    return setrlimit(resource, &limit);
}

/* The group is not in the foreground yet, so that SIGTTOU would stop it. */
static int take_terminal(int fd)
{
    void (*kept)(int);
    if (setpgid(0, 0))
        return -1;
    if (fd < 0)
        return 0;
    kept = signal(SIGTTOU, SIG_IGN);
    int result = tcsetpgrp(fd, getpid());
    int number = errno;
    signal(SIGTTOU, kept);
    errno = number;
    return result;
}

/* True where nothing but ID is left, and no way back to root. */
static bool is_settled(uid_t id)
{
    uid_t real, effective, saved;
    if (getresuid(&real, &effective, &saved) || real != id || effective != id || saved != id)
        return false;
    return id == 0 || syscall(SYS_setresuid, -1, 0, -1);
}

/* System calls of their own: the functions of the C library would speak to other threads. */
static int apply_one(const struct attributes *attributes, enum attribute attribute)
{
    int64_t value = attributes->values[attribute];
    switch (attribute) {
    case ATTRIBUTE_TERMINAL:
        return take_terminal((int)value);
    case ATTRIBUTE_TTY:
        return pty_control((int)value);
    case ATTRIBUTE_CGROUP:
        return cgroup_enter(attributes->cgroup);
    case ATTRIBUTE_MEMORY:
    case ATTRIBUTE_CPUS:
        return 0;
    case ATTRIBUTE_UMASK:
        umask((mode_t)value);
        return 0;
    case ATTRIBUTE_NICE:
        return setpriority(PRIO_PROCESS, 0, (int)value);
    case ATTRIBUTE_GROUPS:
        return (int)syscall(SYS_setgroups, attributes->group_count, attributes->groups);
    case ATTRIBUTE_GID:
        return (int)syscall(SYS_setresgid, (gid_t)value, (gid_t)value, (gid_t)value);
    case ATTRIBUTE_UID:
        if (syscall(SYS_setresuid, (uid_t)value, (uid_t)value, (uid_t)value))
            return -1;
        errno = EPERM;
        return is_settled((uid_t)value) ? 0 : -1;
    default:
        return set_limit(resource_of(attribute), value);
    }
}

void attributes_give(const struct attributes *attributes, int fd)
{
    if (!attributes || !attributes_given(attributes, ATTRIBUTE_UID))
        return;
    int result = fchown(fd, (uid_t)attributes->values[ATTRIBUTE_UID], (gid_t)-1);
    (void)result; /* who may not do that is told when the user is set */
}

int attributes_apply(const struct attributes *attributes, enum attribute *failed)
{
    for (enum attribute i = 0; i < ATTRIBUTES; i++) {
        if (attributes_given(attributes, i) && apply_one(attributes, i)) {
            *failed = i;
            return errno;
        }
    }
    return 0;
}

/* The limit as a person would write it: bytes and seconds with their units. */
static void print_limit(struct buf *out, enum attribute limit, int64_t value)
{
    bool counts = limit == ATTRIBUTE_NOFILE || limit == ATTRIBUTE_NPROC;
    if (value == ATTRIBUTE_UNLIMITED)
        buf_text(out, "unlimited");
    else if (limit == ATTRIBUTE_CPU)
        duration_print(out, value * NS_PER_S);
    else if (counts || !value)
        buf_number(out, value);
    else
        size_print(out, (uint64_t)value);
}

static int explain_limit(const struct attributes *attributes, enum attribute failed, int number,
                         struct error *error)
{
    struct rlimit limit;
    struct buf wanted = {0}, most = {0};
    print_limit(&wanted, failed, attributes->values[failed]);
    if (!getrlimit(resource_of(failed), &limit))
        print_limit(&most, failed,
                    limit.rlim_max == RLIM_INFINITY ? ATTRIBUTE_UNLIMITED
                                                    : (int64_t)limit.rlim_max);
    if (number == EPERM)
        error_set(error, -number,
                  "cannot set its limit %s to %s: the hard limit that parrun was started with is "
                  "%s, and only root may raise it",
                  names[failed], buf_string(&wanted), buf_string(&most));
    else
        error_system(error, number, "cannot set its limit %s to %s", names[failed],
                     buf_string(&wanted));
    buf_release(&wanted);
    buf_release(&most);
    return -number;
}

int attributes_explain(const struct attributes *attributes, enum attribute failed, int number,
                       struct error *error)
{
    long long value = (long long)attributes->values[failed];
    const struct passwd *user;
    const struct group *group;
    switch (failed) {
    case ATTRIBUTE_TERMINAL:
    case ATTRIBUTE_TTY:
        return error_system(error, number, "cannot have the terminal");
    case ATTRIBUTE_CGROUP:
        return error_system(error, number, "cannot enter its cgroup '%s'", attributes->cgroup);
    case ATTRIBUTE_NICE:
        return error_system(error, number, "cannot set nice to %lld, which needs root or %s", value,
                            "CAP_SYS_NICE");
    case ATTRIBUTE_GROUPS:
        return error_system(error, number, "cannot take its groups, which needs root or %s",
                            "CAP_SETGID");
    case ATTRIBUTE_GID:
        group = getgrgid((gid_t)value);
        return error_system(error, number, "cannot become group '%s' (%lld), which needs root or "
                                           "CAP_SETGID", group ? group->gr_name : "?", value);
    case ATTRIBUTE_UID:
        user = getpwuid((uid_t)value);
        return error_system(error, number, "cannot become user '%s' (%lld), which needs root or "
                                           "CAP_SETUID", user ? user->pw_name : "?", value);
    default:
        return explain_limit(attributes, failed, number, error);
    }
}

/* What the system kills for, by the signal that it uses. */
static const struct {
    enum attribute limit;
    int signal;
    const char *text;
} killers[] = {
    {ATTRIBUTE_MEMORY, SIGKILL, "it used more than its memory limit of "},
    {ATTRIBUTE_CPU, SIGXCPU, "it used more than its cpu limit of "},
    {ATTRIBUTE_FSIZE, SIGXFSZ, "it wrote a file past its fsize limit of "},
};

static bool is_killer(const struct attributes *attributes, const struct program_end *end,
                      enum attribute limit, int killer)
{
    int64_t most = attributes->values[limit];
    if (!attributes_given(attributes, limit))
        return false;
    if (limit == ATTRIBUTE_MEMORY)
        return end->out_of_memory;
    if (limit == ATTRIBUTE_CPU && end->signal == SIGKILL && end->cpu >= most * NS_PER_S)
        return true; /* it did not end at SIGXCPU */
    return end->signal ? end->signal == killer : end->code == SHELL_SIGNALED + killer;
}

bool attributes_blame(const struct attributes *attributes, const struct program_end *end,
                      struct buf *text)
{
    for (size_t i = 0; i < countof(killers); i++) {
        enum attribute limit = killers[i].limit;
        if (!is_killer(attributes, end, limit, killers[i].signal))
            continue;
        buf_text(text, killers[i].text);
        print_limit(text, limit, attributes->values[limit]);
        buf_text(text, " and was killed");
        return true;
    }
    return false;
}
