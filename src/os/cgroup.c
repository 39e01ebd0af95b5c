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

#define SELF "self"
#define PREFIX "parrun-"

struct cgroups {
    char *home;
    char *run;
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

/* The cgroup of this process as its hierarchy calls it: what stands behind "0::"; NULL: none. */
static char *own_name(void)
{
    struct buf text = {0};
    read_file("/proc/self", "cgroup", &text);
    const char *at = strstr(buf_string(&text), "0::");
    while (at && at != text.data && at[-1] != '\n')
        at = strstr(at + 1, "0::");
    char *name = at ? mem_copy(at + 3, strcspn(at + 3, "\n")) : NULL;
    buf_release(&text);
    return name;
}

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS... - TYPE ...": the directory of cgroup NAME, or NULL. */
static char *directory_of(char *line, const char *name)
{
    char *kept, *field = strtok_r(line, " ", &kept);
    const char *root = NULL, *point = NULL;
    for (int number = 1; field; number++, field = strtok_r(NULL, " ", &kept)) {
        if (number == 4)
            root = field;
        else if (number == 5)
            point = field;
        else if (!strcmp(field, "-"))
            break;
    }
    const char *type = field ? strtok_r(NULL, " ", &kept) : NULL;
    if (!type || strcmp(type, "cgroup2") || !root || !point)
        return NULL;
    size_t above = strcmp(root, "/") ? strlen(root) : 0;
    if (strncmp(name, root, above))
        return NULL;
    struct buf path = {0};
    buf_printf(&path, "%s%s", point, strcmp(name + above, "/") ? name + above : "");
    return buf_take(&path);
}

static char *own_directory(const char *name)
{
    struct buf text = {0};
    char *found = NULL;
    read_file("/proc/self", "mountinfo", &text);
    char *kept, *line = strtok_r((char *)buf_string(&text), "\n", &kept);
    for (; line && !found; line = strtok_r(NULL, "\n", &kept))
        found = directory_of(line, name);
    buf_release(&text);
    return found;
}

/*
 * Somebody else's manager, such as systemd, may own the cgroup even where root could write to it. It
 * is ours where it was given to this user, where it is marked so, or where nothing is above it.
 */
static bool is_delegated(const char *home, const char *name)
{
    char mark[2] = "";
    if (faccessat(AT_FDCWD, home, W_OK, AT_EACCESS))
        return false;
    if (geteuid() || !strcmp(name, "/"))
        return true;
    return (getxattr(home, "user.delegate", mark, 1) == 1 ||
            getxattr(home, "trusted.delegate", mark, 1) == 1) && *mark == '1';
}

/* The guard and the runner go to the cgroup at PATH; -1 with errno. */
static int move_both(const char *path)
{
    char guard[24];
    snprintf(guard, sizeof(guard), "%ld", (long)getppid());
    return write_file(path, "cgroup.procs", guard) || cgroup_enter(path) ? -1 : 0;
}

/* Makes RUN and what is in it, and lets it limit memory. */
static int set_up(const struct cgroups *cgroups)
{
    char *self = join(cgroups->run, SELF);
    int result = mkdir(cgroups->run, 0755) || mkdir(self, 0755) || move_both(self);
    if (!result && !file_has(cgroups->home, "cgroup.subtree_control", "memory"))
        result = write_file(cgroups->home, "cgroup.subtree_control", "+memory");
    if (!result)
        result = write_file(cgroups->run, "cgroup.subtree_control", "+memory");
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

/* Why the cgroups cannot be had; NULL where nothing speaks against it. */
static const char *find_obstacle(const struct cgroups *cgroups, const char *name)
{
    if (!cgroups->home)
        return "this machine has no cgroups of version 2";
    if (!file_has(cgroups->home, "cgroup.controllers", "memory"))
        return "no cgroup of version 2 counts memory here";
    return is_delegated(cgroups->home, name)
               ? NULL
               : "parrun's cgroup was not delegated to it (as by systemd-run -p Delegate=yes)";
}

struct cgroups *cgroups_open(struct buf *why)
{
    struct cgroups *cgroups = mem_calloc(1, sizeof(*cgroups));
    char *name = own_name();
    cgroups->home = name ? own_directory(name) : NULL;
    const char *obstacle = find_obstacle(cgroups, name);
    int number = 0;
    if (!obstacle) {
        struct buf run = {0};
        buf_printf(&run, "%s/" PREFIX "%ld", cgroups->home, (long)getppid());
        cgroups->run = buf_take(&run);
        number = set_up(cgroups);
    }
    free(name);
    if (!obstacle && !number)
        return cgroups;
    if (obstacle)
        buf_text(why, obstacle);
    else if (number == EBUSY)
        buf_printf(why, "there are other processes in parrun's cgroup, '%s'", cgroups->home);
    else
        buf_printf(why, "the cgroup '%s' cannot be used: %s", cgroups->home, strerror(number));
    cgroups_free(cgroups);
    return NULL;
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

void cgroups_leave(void)
{
    char end[64];
    char *name = own_name();
    snprintf(end, sizeof(end), "/" PREFIX "%ld/" SELF, (long)getpid());
    size_t length = name ? strlen(name) : 0;
    if (length >= strlen(end) && !strcmp(name + length - strlen(end), end)) {
        char *self = own_directory(name);
        char *run = self ? mem_copy(self, strlen(self) - strlen("/" SELF)) : mem_strdup("");
        char *home = mem_copy(run, (size_t)(strrchr(run, '/') ? strrchr(run, '/') - run : 0));
        clear(run);
        write_file(run, "cgroup.subtree_control", "-memory");
        write_file(home, "cgroup.subtree_control", "-memory");
        cgroup_enter(home);
        if (self)
            rmdir(self);
        rmdir(run);
        free(home);
        free(run);
        free(self);
    }
    free(name);
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

struct cgroup *cgroup_new(const struct cgroups *cgroups, const char *name, int64_t memory,
                          struct error *error)
{
    char limit[24];
    char *path = join(cgroups->run, name);
    snprintf(limit, sizeof(limit), "%lld", (long long)memory);
    if ((mkdir(path, 0755) && errno != EEXIST) || write_file(path, "memory.max", limit)) {
        error_system(error, errno, "cannot make the cgroup '%s'", path);
        free(path);
        return NULL;
    }
    write_file(path, "memory.swap.max", "0"); /* not there where there is no swap */
    write_file(path, "memory.oom.group", "1");
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
