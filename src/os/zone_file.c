/* Finding and reading files of time zones. */
#include "os/zone_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/zone.h"

#define DIRECTORY "/usr/share/zoneinfo"
#define LOCAL "/etc/localtime"

/* No zone's file is longer. */
#define FILE_MOST (1 << 20)

/* "America/Argentina/Salta" is as deep as names go. */
#define DEPTH_MOST 3

static const char *directory(void)
{
    const char *said = getenv("TZDIR");
    return said && *said ? said : DIRECTORY;
}

static int read_all(int fd, struct buf *out, struct error *error)
{
    char block[8192];
    for (;;) {
        ssize_t got = read(fd, block, sizeof(block));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(error, errno, "it cannot be read");
        if (got == 0)
            return 0;
        buf_append(out, block, (size_t)got);
        if (out->length > FILE_MOST)
            return error_set(error, ERROR_FAILED, "it is too long for a file of a time zone");
    }
}

static int read_zone(int fd, struct zone_file *file, struct error *error)
{
    struct buf bytes = {0};
    if (fstat(fd, &file->found))
        return error_system(error, errno, "it cannot be read");
    if (!S_ISREG(file->found.st_mode))
        return error_set(error, ERROR_FAILED, "it is no file");
    int result = read_all(fd, &bytes, error);
    if (!result)
        file->zone = zone_read(buf_string(&bytes), bytes.length, error);
    buf_release(&bytes);
    return file->zone ? 0 : error->code;
}

static int open_path(struct zone_file *file, const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return error_system(error, errno, "%s", path);
    int result = read_zone(fd, file, error);
    close(fd);
    if (result)
        return error_wrap(error, "%s", path);
    file->path = mem_strdup(path);
    return 0;
}

static bool is_name(const char *name)
{
    return *name && *name != '/' && !strstr(name, "..") && !strstr(name, "//");
}

static int open_name(struct zone_file *file, const char *name, struct error *error)
{
    struct buf path = {0};
    if (!is_name(name))
        return error_set(error, ERROR_FAILED, "'%s' is no name of a time zone", name);
    buf_printf(&path, "%s/%s", directory(), name);
    int result = open_path(file, buf_string(&path), error);
    buf_release(&path);
    if (!result)
        return 0;
    bool known = access(directory(), R_OK) == 0;
    error_release(error);
    if (known)
        return error_set(error, ERROR_FAILED, "'%s' is no time zone that this machine knows", name);
    return error_set(error, ERROR_FAILED, "there are no time zones in %s: install the package tzdata", directory());
}

/* As TZ has it: a path, a name, or a rule, and a ':' before it changes nothing. */
static int open_said(struct zone_file *file, const char *said, struct error *error)
{
    said += *said == ':';
    if (!*said) {
        file->zone = zone_utc();
        return 0;
    }
    if (*said == '/')
        return open_path(file, said, error);
    if (!open_name(file, said, error))
        return 0;
    error_release(error);
    file->zone = zone_read_rule(said, error);
    return file->zone ? 0 : error_wrap(error, "TZ");
}

int zone_file_open(struct zone_file *file, const char *name, struct error *error)
{
    const char *said = getenv("TZ");
    *file = (struct zone_file){0};
    if (name)
        return open_name(file, name, error);
    if (said)
        return open_said(file, said, error);
    if (open_path(file, LOCAL, error)) {
        error_release(error);
        *file = (struct zone_file){.zone = zone_utc()};
    }
    return 0;
}

static bool is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino && one->st_size == other->st_size &&
           one->st_mtim.tv_sec == other->st_mtim.tv_sec && one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

bool zone_file_refresh(struct zone_file *file)
{
    struct zone_file other = {0};
    struct error error = {0};
    struct stat now;
    if (!file->path || stat(file->path, &now) || is_same(&now, &file->found))
        return false;
    if (open_path(&other, file->path, &error)) {
        error_release(&error);
        return false;
    }
    zone_file_release(file);
    *file = other;
    return true;
}

void zone_file_release(struct zone_file *file)
{
    zone_free(file->zone);
    free(file->path);
    *file = (struct zone_file){0};
}

/* The best of what was looked at. */
struct zone_search {
    const char *wrong;
    char *city; /* the name that ends in "/WRONG", whatever its case */
    char *near;
    size_t distance;
};

static void look_at(struct zone_search *search, const char *name)
{
    const char *city = strrchr(name, '/');
    struct nearest nearest = {.wrong = search->wrong, .name = search->near, .distance = search->distance};
    if (!search->city && (!strcasecmp(city ? city + 1 : name, search->wrong) || !strcasecmp(name, search->wrong)))
        search->city = mem_strdup(name);
    nearest_offer(&nearest, name);
    if (nearest.name != search->near) {
        free(search->near);
        search->near = mem_strdup(name);
        search->distance = nearest.distance;
    }
}

/* The copies of all zones in posix and right are no others. */
static int is_zone(const struct dirent *entry)
{
    return !strchr(entry->d_name, '.') && strcmp(entry->d_name, "posix") != 0 && strcmp(entry->d_name, "right") != 0;
}

/* NAME is below the directory. */
static void search_in(struct zone_search *search, const char *name, int depth)
{
    struct buf path = {0};
    struct dirent **entries = NULL;
    buf_printf(&path, "%s/%s", directory(), name);
    int count = scandir(buf_string(&path), &entries, is_zone, alphasort);
    for (int i = 0; i < count; i++) {
        struct buf inner = {0};
        buf_printf(&inner, "%s%s%s", name, *name ? "/" : "", entries[i]->d_name);
        if (entries[i]->d_type == DT_DIR && depth < DEPTH_MOST)
            search_in(search, buf_string(&inner), depth + 1);
        else
            look_at(search, buf_string(&inner));
        buf_release(&inner);
        free(entries[i]);
    }
    free(entries);
    buf_release(&path);
}

char *zone_file_nearest(const char *wrong)
{
    struct zone_search search = {.wrong = wrong};
    search_in(&search, "", 1);
    if (!search.city)
        return search.near;
    free(search.near);
    return search.city;
}
