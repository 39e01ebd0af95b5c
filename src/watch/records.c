/* What is known of watched files. */
#include "watch/records.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/unit.h"
#include "watch/changes.h"

/* Of longer files the bytes are not compared. */
#define BYTES_MOST ((size_t)8 << 20)

/* So many bytes in all are read before anything has changed. */
#define LEARNT_MOST ((size_t)64 << 20)

/* Records of files that have gone are thrown away when they are so many, and most. */
#define GONE_MOST 1024

#define RIGHTS_TO_RUN (S_IXUSR | S_IXGRP | S_IXOTH)

struct file_record {
    char *path;
    bool there;
    mode_t mode;
    size_t size;
    int64_t modified; /* ns */
    int64_t altered;  /* ns: its status */
    ino_t node;
    ino_t link; /* of itself, where FOLLOW makes the other one that of what it points at */
    bool hashed;
    struct hash hash;
};

static int64_t to_ns(const struct timespec *time)
{
    return (int64_t)time->tv_sec * NS_PER_S + time->tv_nsec;
}

/* How PATH is now, but for its bytes. */
static struct file_record look(const char *path, bool follow)
{
    struct file_record now = {0};
    struct stat status, target;
    if (lstat(path, &status))
        return now;
    now.link = status.st_ino;
    if (S_ISLNK(status.st_mode) && follow && !stat(path, &target) && S_ISREG(target.st_mode))
        status = target;
    now.there = S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
    now.mode = status.st_mode;
    now.size = (size_t)status.st_size;
    now.modified = to_ns(&status.st_mtim);
    now.altered = to_ns(&status.st_ctim);
    now.node = status.st_ino;
    return now;
}

static bool read_file(const char *path, struct buf *out)
{
    struct stat status;
    ssize_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    bool whole = !fstat(fd, &status) && S_ISREG(status.st_mode);
    while (whole && out->length <= BYTES_MOST && (got = read(fd, buf_reserve(out, 1 << 16), 1 << 16)) > 0)
        buf_added(out, (size_t)got);
    close(fd);
    return whole && !got;
}

static void take_hash(struct file_record *now, const char *path)
{
    static const struct hash key = {0};
    struct buf bytes = {0};
    char link[PATH_MAX];
    ssize_t length = readlink(path, link, sizeof(link));
    if (length > 0)
        buf_append(&bytes, link, (size_t)length);
    now->hashed = now->size <= BYTES_MOST && (S_ISLNK(now->mode) || read_file(path, &bytes));
    if (now->hashed)
        now->hash = hash_bytes(&key, buf_string(&bytes), bytes.length);
    buf_release(&bytes);
}

static const struct file_record *find(const struct records *records, const char *path)
{
    static const struct file_record none;
    size_t number = names_find(&records->names, path, strlen(path));
    return number == NAMES_NONE ? &none : &records->items[number];
}

/* Forgets what has gone. */
static void tidy(struct records *records)
{
    size_t kept = 0;
    for (size_t i = 0; i < records->count; i++) {
        if (records->items[i].there)
            records->items[kept++] = records->items[i];
        else
            free(records->items[i].path);
    }
    records->count = kept;
    records->gone = 0;
    names_release(&records->names);
    for (size_t i = 0; i < kept; i++)
        *names_slot(&records->names, records->items[i].path, strlen(records->items[i].path)) = i;
}

static void put(struct records *records, const char *path, const struct file_record *now)
{
    size_t number = names_find(&records->names, path, strlen(path));
    if (number == NAMES_NONE && !now->there)
        return;
    if (number == NAMES_NONE) {
        records->items = mem_grow(records->items, &records->capacity, records->count + 1, sizeof(*records->items));
        number = records->count++;
        records->items[number] = (struct file_record){.path = mem_strdup(path), .there = true};
        *names_slot(&records->names, records->items[number].path, strlen(path)) = number;
    }
    struct file_record *record = &records->items[number];
    records->gone += record->there && !now->there;
    records->gone -= !record->there && now->there;
    char *own = record->path;
    *record = *now;
    record->path = own;
    if (records->gone > GONE_MOST && records->gone > records->count / 2)
        tidy(records);
}

void records_learn(struct records *records, const char *path, bool follow)
{
    struct file_record now = look(path, follow);
    if (now.there && now.size <= LEARNT_MOST - records->bytes) {
        take_hash(&now, path);
        records->bytes += now.hashed ? now.size : 0;
    }
    put(records, path, &now);
}

static bool is_same(const struct file_record *before, const struct file_record *now)
{
    return before->there == now->there && before->mode == now->mode && before->size == now->size &&
           before->modified == now->modified && before->altered == now->altered && before->node == now->node &&
           before->link == now->link;
}

bool records_differ(const struct records *records, const char *path, bool follow)
{
    struct file_record now = look(path, follow);
    const struct file_record *before = find(records, path);
    return (now.there || before->there) && !is_same(before, &now);
}

/* Of two that are both there. */
static bool has_changed(const struct file_record *before, struct file_record *now, const char *path, unsigned flags)
{
    bool stamped = (flags & CHANGE_STAMPED) && !(flags & CHANGE_WRITTEN);
    if (((before->mode ^ now->mode) & (S_IFMT | RIGHTS_TO_RUN)) || before->size != now->size)
        return true;
    if (stamped) {
        now->hashed = before->hashed;
        now->hash = before->hash;
        return before->modified != now->modified;
    }
    take_hash(now, path);
    return !before->hashed || !now->hashed || !hash_equal(&before->hash, &now->hash);
}

bool records_settle(struct records *records, const char *path, unsigned flags, bool follow)
{
    struct file_record now = look(path, follow);
    const struct file_record *before = find(records, path);
    bool changed = before->there != now.there;
    if (!changed && (!now.there || (!(flags & CHANGE_WRITTEN) && is_same(before, &now))))
        return false;
    if (!changed)
        changed = has_changed(before, &now, path, flags);
    if (now.there && changed && !now.hashed)
        take_hash(&now, path);
    put(records, path, &now);
    return changed;
}

void records_each(const struct records *records, const char *path, void (*found)(void *arg, const char *path), void *arg)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < records->count; i++) {
        const struct file_record *record = &records->items[i];
        if (record->there && !strncmp(record->path, path, length) && (!length || !record->path[length] || record->path[length] == '/'))
            found(arg, record->path);
    }
}

void records_release(struct records *records)
{
    for (size_t i = 0; i < records->count; i++)
        free(records->items[i].path);
    free(records->items);
    names_release(&records->names);
    *records = (struct records){0};
}
