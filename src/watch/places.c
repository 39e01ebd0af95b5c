/* Directories under inotify(7). */
#include "watch/places.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "loop/watch.h"

#define MASK                                                                                        \
    (IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |   \
     IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

/* Of one read. */
#define EVENTS_SIZE 65536

/* A path of a directory; one directory may have several, by links. */
struct watched_directory {
    char *path;
    int descriptor; /* the kernel's for the directory */
};

struct places {
    struct places_callbacks callbacks;
    void *arg;
    int fd;
    struct watch *watch;
    struct watched_directory *items; /* in the order of their descriptors */
    size_t count;
    size_t capacity;
};

static void on_readable(void *arg)
{
    places_take(arg);
}

/* The number in a file of settings of the kernel; below 0: it cannot be read. */
static long read_limit(const char *name)
{
    char path[64] = "/proc/sys/fs/inotify/";
    strncat(path, name, sizeof(path) - strlen(path) - 1);
    FILE *file = fopen(path, "re");
    long number = -1;
    if (file && fscanf(file, "%ld", &number) != 1)
        number = -1;
    if (file)
        fclose(file);
    return number;
}

static int limit_error(struct error *error, const char *what, const char *name, int number)
{
    long limit = read_limit(name);
    return error_set(error, -number, "%s, of which fs.inotify.%s allows this user %ld; 'sysctl fs.inotify.%s=%ld', as root, allows more",
                     what, name, limit, name, limit < 65536 ? 524288L : 4 * limit);
}

struct places *places_new(struct loop *loop, const struct places_callbacks *callbacks, void *arg, struct error *error)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0 && errno == EMFILE)
        limit_error(error, "the kernel gives out no more inotify instances", "max_user_instances", EMFILE);
    else if (fd < 0)
        error_system(error, errno, "cannot watch files");
    if (fd < 0)
        return NULL;
    struct places *places = mem_calloc(1, sizeof(*places));
    places->callbacks = *callbacks;
    places->arg = arg;
    places->fd = fd;
    places->watch = watch_new(loop, fd, on_readable, places);
    return places;
}

void places_free(struct places *places)
{
    if (!places)
        return;
    for (size_t i = 0; i < places->count; i++)
        free(places->items[i].path);
    free(places->items);
    watch_free(places->watch);
    free(places);
}

/* The first with at least this descriptor. */
static size_t find(const struct places *places, int descriptor)
{
    size_t low = 0, high = places->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places->items[middle].descriptor < descriptor)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int places_add(struct places *places, const char *path, struct error *error)
{
    int descriptor = inotify_add_watch(places->fd, path, MASK);
    if (descriptor < 0 && errno == ENOSPC)
        return limit_error(error, "the directories are more than the kernel watches", "max_user_watches", ENOSPC);
    if (descriptor < 0)
        return error_system(error, errno, "cannot watch %s", path);
    size_t at = find(places, descriptor);
    for (size_t i = at; i < places->count && places->items[i].descriptor == descriptor; i++)
        if (!strcmp(places->items[i].path, path))
            return 0;
    places->items = mem_grow(places->items, &places->capacity, places->count + 1, sizeof(*places->items));
    memmove(&places->items[at + 1], &places->items[at], (places->count - at) * sizeof(*places->items));
    places->items[at] = (struct watched_directory){.path = mem_strdup(path), .descriptor = descriptor};
    places->count++;
    return 0;
}

/* Whether another path leads to the same directory. */
static bool is_shared(const struct places *places, size_t at)
{
    int descriptor = places->items[at].descriptor;
    return (at && places->items[at - 1].descriptor == descriptor) ||
           (at + 1 < places->count && places->items[at + 1].descriptor == descriptor);
}

static void take_out(struct places *places, size_t at)
{
    free(places->items[at].path);
    places->count--;
    memmove(&places->items[at], &places->items[at + 1], (places->count - at) * sizeof(*places->items));
}

void places_drop(struct places *places, const char *path)
{
    size_t length = strlen(path);
    for (size_t i = places->count; i-- > 0;) {
        const struct watched_directory *place = &places->items[i];
        if (strncmp(place->path, path, length) != 0 || (place->path[length] && place->path[length] != '/'))
            continue;
        if (!is_shared(places, i))
            inotify_rm_watch(places->fd, place->descriptor);
        take_out(places, i);
    }
}

/* The directory with this descriptor is watched no longer. */
static void lose(struct places *places, int descriptor)
{
    size_t at = find(places, descriptor);
    while (at < places->count && places->items[at].descriptor == descriptor) {
        char *path = mem_strdup(places->items[at].path);
        take_out(places, at);
        places->callbacks.lost(places->arg, path);
        free(path);
        at = find(places, descriptor);
    }
}

/* The callback may add and drop. */
static void tell(struct places *places, const struct inotify_event *event)
{
    size_t count = 0;
    char *paths[8]; /* of one directory; so many names have few */
    for (size_t at = find(places, event->wd);
         at < places->count && places->items[at].descriptor == event->wd && count < countof(paths); at++) {
        struct buf path = {0};
        const char *directory = places->items[at].path;
        buf_printf(&path, "%s/%s", strcmp(directory, "/") ? directory : "", event->name);
        paths[count++] = buf_take(&path);
    }
    for (size_t i = 0; i < count; i++) {
        places->callbacks.changed(places->arg, paths[i], event->mask);
        free(paths[i]);
    }
}

static void take_event(struct places *places, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW) {
        places->callbacks.overflowed(places->arg);
    } else if (event->mask & IN_IGNORED) {
        lose(places, event->wd);
    } else if (event->mask & IN_MOVE_SELF) {
        inotify_rm_watch(places->fd, event->wd);
        lose(places, event->wd);
    } else if (event->len) {
        tell(places, event);
    }
}

void places_take(struct places *places)
{
    char *bytes = mem_calloc(1, EVENTS_SIZE);
    ssize_t got;
    bool any = false;
    while ((got = read(places->fd, bytes, EVENTS_SIZE)) > 0) {
        size_t size;
        any = true;
        for (char *at = bytes; at < bytes + got; at += size) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;
            size = sizeof(*event) + event->len;
            take_event(places, event);
        }
    }
    free(bytes);
    if (any)
        places->callbacks.told(places->arg);
}

bool places_are_mute(const char *path, const char **name)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } kinds[] = {{NFS_SUPER_MAGIC, "NFS"},       {SMB_SUPER_MAGIC, "SMB"}, {SMB2_SUPER_MAGIC, "SMB"},
                 {CIFS_SUPER_MAGIC, "SMB"},      {V9FS_MAGIC, "9p"},       {FUSE_SUPER_MAGIC, "FUSE"},
                 {CEPH_SUPER_MAGIC, "Ceph"},     {AFS_SUPER_MAGIC, "AFS"}, {CODA_SUPER_MAGIC, "Coda"},
                 {0x786f4256 /* vboxsf */, "a shared folder"}, {0xbacbacbc /* vmhgfs */, "a shared folder"},
                 {0x0bd00bd0 /* lustre */, "Lustre"}};
    struct statfs status;
    if (statfs(path, &status))
        return false;
    for (size_t i = 0; i < countof(kinds); i++) {
        if ((unsigned long)(unsigned)status.f_type != kinds[i].magic)
            continue;
        *name = kinds[i].name;
        return true;
    }
    return false;
}
