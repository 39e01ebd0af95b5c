/*
 * Items that are blocks: pieces of whole records, of which each says where it lies. A file is cut where it is, and nothing
 * but the bytes around a cut is read; of a stream the blocks stand in a file in memory until their tasks have ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "pool/source/cutter.h"
#include "pool/source/private.h"
#include "value/value.h"
#include "wire/block.h"

/* A longer record of a stream is most likely none: the separator is another. */
#define RECORD_MOST ((size_t)1 << 30)

struct blocks {
    struct cutter cutter;
    int fd;         /* of the file that tasks read, or of the memory */
    off_t at;       /* where the next block begins, */
    off_t length;   /* and where the last one ends; -1: of a stream nobody knows it */
    off_t begin;    /* where the header begins */
    int64_t header; /* its bytes; -1: it has not been read */
    size_t searched; /* of a stream: the bytes that were looked through, */
    int64_t found;   /* and the records of the next block that were found in them */
    int64_t live;    /* of a stream: the blocks whose tasks have not ended */
    bool waiting;    /* for one of these */
    bool keyed;      /* somebody wants to know a block by its bytes */
    struct hash content; /* of the last one */
};

static bool is_stream(const struct blocks *blocks)
{
    return blocks->length < 0;
}

/* No more blocks of a stream are kept: one for each worker, and one that it can go on with. */
static int64_t most_live(const struct items *items)
{
    return 2 * items->pool->staff.workers + 1;
}

static int open_memory(struct blocks *blocks, struct error *error)
{
    blocks->fd = memfd_create("blocks", MFD_CLOEXEC);
    return blocks->fd < 0 ? error_system(error, errno, "no memory can be had for the blocks of a stream") : 0;
}

/* A file whose length is known is cut where it lies; all else, and what is cut by the number of records, is read. */
static int open_bytes(struct items *items, struct blocks *blocks, struct error *error)
{
    const struct input_options options = {
        .loop = items->run->loop,
        .name = items->spec->path,
        .most = (size_t)items->spec->size + RECORD_MOST,
        .more = items->more,
        .arg = items->arg,
    };
    struct stat status;
    int fd = input_open_file(items->spec->path, &status, error);
    if (fd < 0)
        return error->code;
    blocks->length = -1;
    if (!S_ISREG(status.st_mode) || !status.st_size || items->spec->records) {
        items->task_input = input_of_file(&options, fd, &status);
        return open_memory(blocks, error);
    }
    blocks->fd = fd;
    blocks->begin = blocks->at = lseek(fd, 0, SEEK_CUR);
    blocks->length = status.st_size;
    return 0;
}

static int blocks_open(struct items *items, struct error *error)
{
    const struct source_spec *spec = items->spec;
    struct blocks *blocks = items->state = mem_calloc(1, sizeof(*blocks));
    const char *end = spec->end ? spec->end : spec->nul || !spec->start ? (spec->nul ? "" : "\n") : "";
    size_t length = spec->end ? strlen(end) : spec->nul || !spec->start;
    cutter_init(&blocks->cutter, end, length, spec->start);
    blocks->fd = -1;
    blocks->header = spec->header ? -1 : 0;
    blocks->keyed = items->run->selection.keys;
    return open_bytes(items, blocks, error);
}

/* The block that ends at END; the next one begins there. */
static enum items_result put_block(struct blocks *blocks, off_t end, struct buf *encoded)
{
    const struct input_block block = {
        .offset = blocks->at,
        .size = end - blocks->at,
        .header = blocks->header,
        .begin = blocks->header ? blocks->begin : 0,
    };
    block_encode(encoded, &block);
    blocks->at = end;
    return ITEMS_ONE;
}

static enum items_result fail_file(const struct items *items, off_t number, struct error *error)
{
    if (number == -ENODATA)
        error_set(error, ERROR_FAILED, "'%s' has become shorter while its blocks were worked on", items->spec->path);
    else
        error_system(error, (int)-number, "cannot read '%s'", items->spec->path);
    return ITEMS_FAILED;
}

static enum items_result next_of_file(struct items *items, struct buf *encoded, struct error *error)
{
    struct blocks *blocks = items->state;
    off_t end = blocks->at;
    if (blocks->header < 0) {
        end = cutter_find_in_file(&blocks->cutter, blocks->fd, blocks->at + (off_t)cutter_least(&blocks->cutter),
                                  blocks->length);
        if (end < 0)
            return fail_file(items, end, error);
        blocks->header = end - blocks->at;
        blocks->at = end;
    }
    if (blocks->at >= blocks->length)
        return ITEMS_END;
    end = items->spec->size < blocks->length - blocks->at
              ? cutter_find_in_file(&blocks->cutter, blocks->fd, blocks->at + items->spec->size, blocks->length)
              : blocks->length;
    if (end < 0)
        return fail_file(items, end, error);
    return put_block(blocks, end, encoded);
}

/* Writes LENGTH bytes of the stream to PLACE in the memory. */
static int keep(const struct blocks *blocks, const char *bytes, size_t length, off_t place, struct error *error)
{
    while (length) {
        ssize_t written = pwrite(blocks->fd, bytes, length, place);
        if (written < 0 && errno != EINTR)
            return error_system(error, errno, "cannot keep a block of a stream");
        if (written < 0)
            continue;
        bytes += written;
        length -= (size_t)written;
        place += written;
    }
    return 0;
}

/* True where the end of COUNT records has come, or with COUNT 0 of the first one that ends behind SIZE bytes: *LENGTH
 * bytes. */
static bool look_for_end(const struct items *items, int64_t count, size_t size, size_t *length)
{
    struct blocks *blocks = items->state;
    const struct cutter *cutter = &blocks->cutter;
    size_t left, cut;
    const char *bytes = input_bytes(items->task_input, &left);
    if (!blocks->searched)
        blocks->searched = count ? cutter_least(cutter) : size;
    while ((cut = cutter_find(cutter, bytes, left, blocks->searched)) != CUTTER_NONE && ++blocks->found < count)
        blocks->searched = cut + cutter_least(cutter);
    if (cut == CUTTER_NONE)
        blocks->searched = cutter_unseen(cutter, left, blocks->searched);
    *length = cut;
    return cut != CUTTER_NONE;
}

/* Reads on until such an end has come; what is behind the last one is the rest. */
static enum input_result find_end(const struct items *items, int64_t count, size_t size, size_t *length,
                                  struct error *error)
{
    struct blocks *blocks = items->state;
    while (!look_for_end(items, count, size, length)) {
        enum input_result result = input_read(items->task_input, error);
        if (result == INTAKE_ONE)
            continue;
        input_bytes(items->task_input, length);
        if (result != INTAKE_END || !*length)
            return result;
        break;
    }
    blocks->searched = 0;
    blocks->found = 0;
    return INTAKE_ONE;
}

static enum items_result next_of_stream(struct items *items, struct buf *encoded, struct error *error)
{
    struct blocks *blocks = items->state;
    size_t length;
    enum input_result result = INTAKE_ONE;
    if (blocks->live >= most_live(items)) {
        blocks->waiting = true;
        return ITEMS_WAIT;
    }
    if (blocks->header < 0)
        result = find_end(items, 1, 0, &length, error);
    if (blocks->header < 0 && result == INTAKE_ONE) {
        if (keep(blocks, input_bytes(items->task_input, &(size_t){0}), length, 0, error))
            return ITEMS_FAILED;
        input_take(items->task_input, length);
        blocks->header = blocks->at = (off_t)length;
    }
    if (result == INTAKE_ONE)
        result = find_end(items, items->spec->records, (size_t)items->spec->size, &length, error);
    if (result != INTAKE_ONE)
        return items_after(result);
    const char *bytes = input_bytes(items->task_input, &(size_t){0});
    if (keep(blocks, bytes, length, block_place(blocks->at, items->at), error))
        return ITEMS_FAILED;
    if (blocks->keyed)
        blocks->content = hash_bytes(&(struct hash){0}, bytes, length);
    input_take(items->task_input, length);
    blocks->live++;
    return put_block(blocks, blocks->at + (off_t)length, encoded);
}

static enum items_result blocks_next(struct items *items, struct buf *encoded, struct error *error)
{
    return is_stream(items->state) ? next_of_stream(items, encoded, error) : next_of_file(items, encoded, error);
}

static void blocks_close(struct items *items)
{
    struct blocks *blocks = items->state;
    cutter_release(&blocks->cutter);
    if (blocks->fd >= 0)
        close(blocks->fd);
    free(blocks);
}

static bool has_blocks(const struct items *items)
{
    return items && items->kind == &items_of_blocks;
}

int items_blocks(const struct items *items, bool *stream)
{
    const struct blocks *blocks = has_blocks(items) ? items->state : NULL;
    *stream = blocks && is_stream(blocks);
    return blocks ? blocks->fd : -1;
}

bool items_content(const struct items *items, struct hash *content)
{
    const struct blocks *blocks = has_blocks(items) ? items->state : NULL;
    if (!blocks || !is_stream(blocks))
        return false;
    *content = blocks->content;
    return true;
}

void items_done(struct items *items, const struct buf *item, int64_t index)
{
    struct blocks *blocks = has_blocks(items) ? items->state : NULL;
    if (!blocks || !is_stream(blocks))
        return;
    struct arena *arena = arena_new();
    struct error ignored = {0};
    struct value value = {0};
    const char *at = item->data;
    size_t left = item->length;
    value_decode(arena, &at, &left, &value, &ignored);
    struct input_block block = block_of(&value);
    arena_free(arena);
    fallocate(blocks->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, block_place(block.offset, index), block.size);
    blocks->live--;
    if (!blocks->waiting)
        return;
    blocks->waiting = false;
    items->more(items->arg);
}

const struct items_kind items_of_blocks = {.open = blocks_open, .next = blocks_next, .close = blocks_close};
