/* Reading whole text files. */
#include "scenario/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "scenario/hints/near_file.h"
#include "scenario/schema.h"
#include "scenario/spec.h"
#include "yaml/tree.h"

#define READ_SIZE ((size_t)64 << 10)

/* One file; SOURCE comes first and its strings are owned. */
struct held_source {
    struct source source;
    char *name;
    char *text;
    struct held_source *next;
};

struct scenario_sources {
    struct held_source *first;
    struct mask *mask;
};

struct scenario_sources *sources_new(void)
{
    struct scenario_sources *sources = mem_calloc(1, sizeof(*sources));
    sources->mask = mask_new();
    return sources;
}

struct mask *sources_mask(struct scenario_sources *sources)
{
    return sources->mask;
}

const struct mask *scenario_mask(const struct scenario_sources *held)
{
    return held && !mask_is_empty(held->mask) ? held->mask : NULL;
}

void scenario_free_sources(struct scenario_sources *held)
{
    if (!held)
        return;
    mask_free(held->mask);
    while (held->first) {
        struct held_source *item = held->first;
        held->first = item->next;
        free(item->name);
        free(item->text);
        free(item);
    }
    free(held);
}

static int too_large(const char *shown, struct error *error)
{
    return error_set(error, ERROR_FAILED, "'%s' is larger than 64 MB", shown);
}

static int read_all(int fd, struct buf *text, const char *shown, struct error *error)
{
    struct stat status;
    size_t room = READ_SIZE;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        if ((uint64_t)status.st_size > TREE_FILE_LIMIT)
            return too_large(shown, error);
        room = (size_t)status.st_size + 1;
    }
    for (;;) {
        ssize_t got = read(fd, buf_reserve(text, room), room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(error, errno, "cannot read '%s'", shown);
        if (got == 0)
            return 0;
        buf_added(text, (size_t)got);
        if (text->length > TREE_FILE_LIMIT)
            return too_large(shown, error);
        room = text->capacity - text->length > 1 ? text->capacity - text->length - 1 : READ_SIZE;
    }
}

static int cannot_open(const char *path, const char *shown, struct error *error)
{
    int number = errno;
    bool variable = number == ENOENT && strchr(shown, '=') && !strchr(shown, '/');
    char *near = number == ENOENT && !variable ? near_file(path, shown) : NULL;
    int result = variable ? error_set(error, -number, "cannot read '%s': %s; a variable stands behind the scenario's file", shown,
                                      strerror(number))
                 : near ? error_set(error, -number, "cannot read '%s': %s, did you mean '%s'?", shown,
                                  strerror(number), near)
                      : error_system(error, number, "cannot read '%s'", shown);
    free(near);
    return result;
}

static int open_and_read(const char *path, struct buf *text, const char *shown, struct error *error)
{
    bool standard = !strcmp(path, "-");
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_open(path, shown, error);
    int result = read_all(fd, text, shown, error);
    if (!standard)
        close(fd);
    return result;
}

static int drop_byte_order_mark(struct buf *text, const char *shown, struct error *error)
{
    if (text->length >= 2 &&
        (!memcmp(text->data, "\xFF\xFE", 2) || !memcmp(text->data, "\xFE\xFF", 2)))
        return error_set(error, ERROR_FAILED, "'%s' is UTF-16 text: save it as UTF-8", shown);
    if (text->length >= 3 && !memcmp(text->data, "\xEF\xBB\xBF", 3))
        buf_consume(text, 3);
    return 0;
}

/* TEXT is owned from now on. */
static const struct source *hold(struct scenario_sources *sources, const char *shown, char *text, size_t length)
{
    struct held_source *item = mem_calloc(1, sizeof(*item));
    item->name = mem_strdup(shown);
    item->text = text;
    item->source = (struct source){item->name, item->text, length, schema_has_key};
    item->next = sources->first;
    sources->first = item;
    return &item->source;
}

const struct source *sources_add(struct scenario_sources *sources, const char *shown,
                                 const char *text, size_t length)
{
    return hold(sources, shown, mem_copy(text, length), length);
}

const struct source *sources_read(struct scenario_sources *sources, const char *path,
                                  const char *shown, struct error *error)
{
    struct buf text = {0};
    if (open_and_read(path, &text, shown, error) || drop_byte_order_mark(&text, shown, error)) {
        buf_release(&text);
        return NULL;
    }
    size_t length = text.length;
    return hold(sources, shown, buf_take(&text), length);
}
