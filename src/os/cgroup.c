/* Making, filling and removing cgroups, through the files of their directories. */
#include "os/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "os/guard.h"
#include "os/hierarchy.h"

#define SELF "self"
#define PREFIX "parrun-"

/* The time over which the kernel shares out processors, in us, and the least of it that it takes. */
#define PERIOD 100000
#define QUOTA_LEAST 1000

static const char *const controllers[CGROUP_CONTROLLERS] = {
    [CGROUP_MEMORY] = "memory", [CGROUP_CPU] = "cpu"};

struct cgroups {
    char *home;
    char *run;
    unsigned limits; /* bit C: controller C is there */
    bool marked;
};

struct cgroup {
    char *path;
    int64_t killed; /* processes for its limit, as far as known */
    bool made;
};

/* Opens FILE of the directory PATH; -1 with errno. */
static int open_file(const char *path, const char *file, int flags)
{
    int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -1;
    int fd = openat(directory, file, flags | O_CLOEXEC);
    int number = errno;
    close(directory);
    errno = number;
    return fd;
}

static int write_file(const char *path, const char *file, const char *text)
{
    int fd = open_file(path, file, O_WRONLY);
    if (fd < 0)
        return -1;
    ssize_t length = write(fd, text, strlen(text));
    int number = errno;
    close(fd);
    errno = number;
    return length < 0 ? -1 : 0;
}

int cgroup_enter(const char *path)
{
    return write_file(path, "cgroup.procs", "0");
}

static void read_file(const char *path, const char *file, struct buf *out)
{
    int fd = open_file(path, file, O_RDONLY);
    ssize_t length = 1;
    while (fd >= 0 && length > 0) {
        length = read(fd, buf_reserve(out, 4096), 4096);
        buf_added(out, length > 0 ? (size_t)length : 0);
    }
    if (fd >= 0)
        close(fd);
}

/* True where WORD stands in the text between blanks. */
static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += length)
        if ((at == text || strchr(" \n", at[-1])) && (!at[length] || strchr(" \n", at[length])))
            return true;
    return false;
}

static bool file_has(const char *path, const char *file, const char *word)
{
    struct buf text = {0};
    read_file(path, file, &text);
    bool has = has_word(buf_string(&text), word);
    buf_release(&text);
    return has;
}

static char *join(const char *path, const char *name)
{
    struct buf joined = {0};
    buf_printf(&joined, "%s/%s", path, name);
    return buf_take(&joined);
}

static void find_own(struct hierarchy *hierarchy)
{
    hierarchy_find(hierarchy, NULL, "/proc/self/cgroup", "/proc/self/mountinfo");
}

static bool is_marked(const char *home)
{
    char mark[2] = "";
    return (getxattr(home, "user.delegate", mark, 1) == 1 ||
            getxattr(home, "trusted.delegate", mark, 1) == 1) && *mark == '1';
}

/*
 * Somebody else's manager, such as systemd, may own the cgroup even where root could write to it. It
 * is ours where it was given to this user, where it is marked so, or where nothing is above it.
 */
static bool is_delegated(const struct cgroups *cgroups, const char *name)
{
    if (faccessat(AT_FDCWD, cgroups->home, W_OK, AT_EACCESS))
        return false;
    return geteuid() || !strcmp(name, "/") || cgroups->marked;
}

/* The guard and the runner go to the cgroup at PATH; -1 with errno. */
static int move_both(const char *path)
{
    char guard[24];
    snprintf(guard, sizeof(guard), "%ld", (long)getppid());
    return write_file(path, "cgroup.procs", guard) || cgroup_enter(path) ? -1 : 0;
}

/* Lets the cgroups below PATH use the controllers of LIMITS. */
static int enable(const char *path, unsigned limits)
{
    int result = 0;
    for (size_t i = 0; i < CGROUP_CONTROLLERS && !result; i++) {
        char word[16];
        snprintf(word, sizeof(word), "+%s", controllers[i]);
        if (limits & 1u << i && !file_has(path, "cgroup.subtree_control", controllers[i]))
            result = write_file(path, "cgroup.subtree_control", word);
    }
    return result;
}

/* Makes RUN and what is in it, and lets it have its limits. */
static int set_up(const struct cgroups *cgroups)
{
    char *self = join(cgroups->run, SELF);
    guard_moves();
    int result = mkdir(cgroups->run, 0755) || mkdir(self, 0755) || move_both(self) ||
                 enable(cgroups->home, cgroups->limits) || enable(cgroups->run, cgroups->limits);
    int number = errno;
    if (result) {
        move_both(cgroups->home);
        rmdir(self);
        rmdir(cgroups->run);
    }
    free(self);
    return result ? number : 0;
}

static void cgroups_free(struct cgroups *cgroups)
{
    free(cgroups->home);
    free(cgroups->run);
    free(cgroups);
}

/* Why a limit cannot be had; NULL where nothing speaks against it. */
static const char *find_obstacle(const struct cgroups *cgroups, const char *name,
                                 enum cgroup_controller controller)
{
    static const char *const missing[CGROUP_CONTROLLERS] = {
        [CGROUP_MEMORY] = "no cgroup of version 2 counts memory here",
        [CGROUP_CPU] = "no cgroup of version 2 shares out processors here",
    };
    if (!cgroups->home)
        return "this machine has no cgroups of version 2";
    if (!file_has(cgroups->home, "cgroup.controllers", controllers[controller]))
        return missing[controller];
    return is_delegated(cgroups, name)
               ? NULL
               : "parrun's cgroup was not delegated to it (as by systemd-run -p Delegate=yes)";
}

/* Takes off what cannot be had. */
static void find_limits(struct cgroups *cgroups, const char *name, unsigned wanted,
                        struct buf *why)
{
    for (enum cgroup_controller i = 0; i < CGROUP_CONTROLLERS; i++) {
        if (!(wanted & 1u << i))
            continue;
        const char *obstacle = find_obstacle(cgroups, name, i);
        if (obstacle)
            buf_text(&why[i], obstacle);
        else
            cgroups->limits |= 1u << i;
    }
}

static void explain(const struct cgroups *cgroups, int number,
                    struct buf *why)
{
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        if (!(cgroups->limits & 1u << i))
            continue;
        if (number == EBUSY)
            buf_printf(&why[i], "there are other processes in parrun's cgroup, '%s'",
                       cgroups->home);
        else
            buf_printf(&why[i], "the cgroup '%s' cannot be used: %s", cgroups->home,
                       strerror(number));
    }
}

struct cgroups *cgroups_open(unsigned wanted, struct buf *why)
{
    struct cgroups *cgroups = mem_calloc(1, sizeof(*cgroups));
    struct hierarchy hierarchy;
    int number = 0;
    find_own(&hierarchy);
    const char *name = hierarchy.name;
    cgroups->home = name && (wanted || strcmp(name, "/")) ? hierarchy_directory(&hierarchy) : NULL;
    cgroups->marked = cgroups->home && is_marked(cgroups->home);
    find_limits(cgroups, name, wanted, why);
    bool any = cgroups->home &&
               (cgroups->limits || (cgroups->marked && is_delegated(cgroups, name)));
    hierarchy_release(&hierarchy);
    if (any) {
        struct buf run = {0};
        buf_printf(&run, "%s/" PREFIX "%ld", cgroups->home, (long)getppid());
        cgroups->run = buf_take(&run);
        number = set_up(cgroups);
        explain(cgroups, number, why);
    }
    if (any && !number)
        return cgroups;
    cgroups_free(cgroups);
    return NULL;
}

bool cgroups_limit(const struct cgroups *cgroups, enum cgroup_controller controller)
{
    return cgroups && cgroups->limits & 1u << controller;
}

bool cgroups_are_marked(const struct cgroups *cgroups)
{
    return cgroups && cgroups->marked;
}

/* Ends what is in every cgroup of RUN but SELF, and removes it. */
static void clear(const char *run)
{
    DIR *directory = opendir(run);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || !strcmp(entry->d_name, SELF))
            continue;
        char *path = join(run, entry->d_name);
        write_file(path, "cgroup.kill", "1");
        rmdir(path);
        free(path);
    }
    if (directory)
        closedir(directory);
}

void cgroups_close(struct cgroups *cgroups)
{
    if (!cgroups)
        return;
    clear(cgroups->run);
    cgroups_free(cgroups);
}

/* Processes can be in PATH again. */
static void disable(const char *path)
{
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        char word[16];
        snprintf(word, sizeof(word), "-%s", controllers[i]);
        write_file(path, "cgroup.subtree_control", word);
    }
}

/* True where somebody else has cgroups in HOME, whose limits would go with the controllers. */
static bool has_others(const char *home, const char *run)
{
    DIR *directory = opendir(home);
    const struct dirent *entry;
    bool others = false;
    while (directory && !others && (entry = readdir(directory)))
        others = entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
                 strcmp(entry->d_name, run + strlen(home) + 1);
    if (directory)
        closedir(directory);
    return others;
}

void cgroups_leave(void)
{
    char end[64];
    struct hierarchy hierarchy;
    find_own(&hierarchy);
    const char *name = hierarchy.name;
    snprintf(end, sizeof(end), "/" PREFIX "%ld/" SELF, (long)getpid());
    size_t length = name ? strlen(name) : 0;
    if (name && length >= strlen(end) && !strcmp(name + length - strlen(end), end)) {
        char *self = hierarchy_directory(&hierarchy);
        char *run = self ? mem_copy(self, strlen(self) - strlen("/" SELF)) : mem_strdup("");
        char *home = mem_copy(run, (size_t)(strrchr(run, '/') ? strrchr(run, '/') - run : 0));
        clear(run);
        disable(run);
        if (!has_others(home, run))
            disable(home);
        cgroup_enter(home);
        if (self)
            rmdir(self);
        rmdir(run);
        free(home);
        free(run);
        free(self);
    }
    hierarchy_release(&hierarchy);
}

/* How many processes its limit has made the system kill. */
static int64_t count_killed(const char *path)
{
    static const char key[] = "oom_kill ";
    struct buf text = {0};
    read_file(path, "memory.events", &text);
    const char *at = strstr(buf_string(&text), key);
    int64_t count = at ? (int64_t)strtoll(at + strlen(key), NULL, 10) : 0;
    buf_release(&text);
    return count;
}

struct cgroup *cgroup_at(const char *path)
{
    struct cgroup *cgroup = mem_calloc(1, sizeof(*cgroup));
    cgroup->path = mem_strdup(path);
    cgroup->killed = count_killed(path);
    return cgroup;
}

static int limit_memory(const char *path, int64_t memory)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)memory);
    if (write_file(path, "memory.max", text))
        return -1;
    write_file(path, "memory.swap.max", "0"); /* not there where there is no swap */
    write_file(path, "memory.oom.group", "1");
    return 0;
}

static int limit_cpu(const char *path, int64_t share)
{
    char text[48];
    long long quota = share > INT64_MAX / PERIOD ? INT64_MAX / PERIOD : share * (PERIOD / 1000);
    if (share == INT64_MAX)
        return write_file(path, "cpu.max", "max");
    snprintf(text, sizeof(text), "%lld %d", quota < QUOTA_LEAST ? QUOTA_LEAST : quota, PERIOD);
    return write_file(path, "cpu.max", text);
}

int cgroup_limit(const char *path, const struct cgroup_limits *limits)
{
    int result = limits->memory ? limit_memory(path, limits->memory) : 0;
    return !result && limits->cpu_share ? limit_cpu(path, limits->cpu_share) : result;
}

struct cgroup *cgroup_new(const struct cgroups *cgroups, const char *name,
                          const struct cgroup_limits *limits, struct error *error)
{
    char *path = join(cgroups->run, name);
    if ((mkdir(path, 0755) && errno != EEXIST) || cgroup_limit(path, limits)) {
        error_system(error, errno, "cannot make the cgroup '%s'", path);
        free(path);
        return NULL;
    }
    struct cgroup *cgroup = cgroup_at(path);
    cgroup->made = true;
    free(path);
    return cgroup;
}

const char *cgroup_path(const struct cgroup *cgroup)
{
    return cgroup->path;
}

bool cgroup_met_limit(struct cgroup *cgroup)
{
    int64_t killed = count_killed(cgroup->path);
    bool more = killed > cgroup->killed;
    cgroup->killed = killed;
    return more;
}

void cgroup_kill(const struct cgroup *cgroup)
{
    write_file(cgroup->path, "cgroup.kill", "1");
}

void cgroup_free(struct cgroup *cgroup)
{
    if (!cgroup)
        return;
    if (cgroup->made)
        rmdir(cgroup->path);
    free(cgroup->path);
    free(cgroup);
}
