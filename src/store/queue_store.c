/* The durable queues of a run. */
#include "store/queue_store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/commit_thread.h"
#include "store/database.h"
#include "store/queue_file.h"
#include "store/queue_stock.h"
#include "store/queue_writer.h"

/* Bytes of notes that may wait for the disk. */
#define BOUND (8u << 20)

struct store_file {
    char *path;
    dev_t device; /* by which it is known under another path */
    ino_t inode;
    struct database *database; /* the committer's alone once it runs, and the writer too */
    struct queue_writer *writer;
    int64_t next_id; /* under the store's lock */
};

struct queue_reading {
    struct queue_reader *reader; /* NULL: nothing is left to read */
    int64_t left;
    int64_t before; /* of these, what no item of this run is */
    struct queue_stock stock; /* as it was when the queue was added */
};

struct queue_store {
    struct store_file *files;
    size_t file_count;
    size_t file_capacity;
    struct queue_slot *slots;
    size_t slot_capacity;
    struct queue_reading *readings; /* one a slot */
    size_t reading_capacity;
    size_t slot_count;
    struct committer *committer;
    struct queue_store_callbacks callbacks;
    void *arg;
    atomic_bool failed; /* a write has: nothing is written any more */
    char *unreachable;  /* why nobody can ask the run; NULL: they can */
    pthread_mutex_t lock; /* ids are noted in their order */
    struct buf note;      /* under the lock */
};

struct queue_store *queue_store_new(void)
{
    struct queue_store *store = mem_calloc(1, sizeof(*store));
    pthread_mutex_init(&store->lock, NULL);
    return store;
}

static struct store_file *find_file(struct queue_store *store, const char *path)
{
    struct stat status;
    if (stat(path, &status))
        return NULL;
    for (size_t i = 0; i < store->file_count; i++)
        if (store->files[i].device == status.st_dev && store->files[i].inode == status.st_ino)
            return &store->files[i];
    return NULL;
}

static struct store_file *open_file(struct queue_store *store, const char *path,
                                    struct error *error)
{
    struct stat status;
    size_t number = store->file_count;
    struct store_file file = {.database = queue_file_open(path, error)};
    if (!file.database)
        return NULL;
    if (queue_file_next_id(file.database, &file.next_id, error) ||
        !(file.writer = queue_writer_new(file.database, number,
                                         (const struct queue_slot *const *)&store->slots, error))) {
        database_close(file.database);
        return NULL;
    }
    if (!stat(path, &status)) {
        file.device = status.st_dev;
        file.inode = status.st_ino;
    }
    file.path = mem_strdup(path);
    store->files = mem_grow(store->files, &store->file_capacity, number + 1, sizeof(file));
    store->files[store->file_count++] = file;
    return &store->files[number];
}

/* Gives its first messages their ids and times. */
static struct stored *number_messages(const struct store_file *file, const struct stored *messages,
                                      size_t count, int64_t now)
{
    struct stored *numbered = mem_calloc(count ? count : 1, sizeof(*numbered));
    for (size_t i = 0; i < count; i++) {
        numbered[i] = messages[i];
        numbered[i].id = file->next_id + (int64_t)i;
        numbered[i].put = now;
    }
    return numbered;
}

/* The queue's row in the file, and what is left in it from before. */
static int make_queue(struct store_file *file, const char *name, const char *framing,
                      const struct stored *messages, size_t count, struct queue_reading *reading,
                      struct error *error)
{
    int64_t now = clock_wall();
    struct stored *numbered = number_messages(file, messages, count, now);
    int result = queue_file_make(file->database, name, framing, numbered, count, now, error);
    free(numbered);
    bool first = result == 1;
    if (result >= 0)
        result = queue_file_next_id(file->database, &file->next_id, error);
    if (!result)
        result = queue_file_take_stock(file->database, name, &reading->stock, error);
    reading->left = reading->stock.count;
    reading->before = reading->left - (first ? (int64_t)count : 0);
    if (result || !reading->left)
        return result;
    reading->reader = queue_reader_new(file->path, name, file->next_id, error);
    return reading->reader ? 0 : error->code;
}

int64_t queue_store_add(struct queue_store *store, const char *path, const char *name,
                        const char *framing, const struct stored *messages, size_t count,
                        struct error *error)
{
    struct queue_reading reading = {0};
    size_t slot = store->slot_count;
    struct store_file *file = find_file(store, path);
    if (!file)
        file = open_file(store, path, error);
    if (!file)
        return error->code;
    int result = make_queue(file, name, framing, messages, count, &reading, error);
    if (result)
        return result;
    store->slots = mem_grow(store->slots, &store->slot_capacity, slot + 1, sizeof(*store->slots));
    store->slots[slot] = (struct queue_slot){name, (size_t)(file - store->files)};
    store->readings =
        mem_grow(store->readings, &store->reading_capacity, slot + 1, sizeof(*store->readings));
    store->readings[slot] = reading;
    return (int64_t)store->slot_count++;
}

/* Returns how many notes were lost. */
static size_t write_part(struct queue_store *store, const struct buf *notes, enum queue_part part,
                         struct error *error)
{
    size_t lost = 0;
    for (size_t i = 0; !lost && i < store->file_count; i++)
        lost = queue_writer_write(store->files[i].writer, notes, part, error);
    return lost;
}

/* In one file all is committed at once; of several each has its puts before any is done. */
static size_t write_notes(struct queue_store *store, const struct buf *notes, struct error *error)
{
    bool recorded = store->callbacks.settle(store->arg);
    if (recorded && store->file_count == 1)
        return write_part(store, notes, QUEUE_PART_ALL, error);
    size_t lost = write_part(store, notes, QUEUE_PART_PUTS, error);
    return lost || !recorded ? lost : write_part(store, notes, QUEUE_PART_DONE, error);
}

static size_t on_write(void *arg, const struct buf *notes, struct error *error)
{
    struct queue_store *store = arg;
    if (store->failed)
        return queue_notes_count(notes);
    size_t lost = write_notes(store, notes, error);
    store->failed = lost > 0;
    return lost;
}

static void close_files(struct queue_store *store)
{
    for (size_t i = 0; i < store->file_count; i++) {
        queue_writer_free(store->files[i].writer);
        database_close(store->files[i].database);
        free(store->files[i].path);
    }
    store->file_count = 0;
}

static void on_close(void *arg, struct error *error)
{
    struct queue_store *store = arg;
    for (size_t i = 0; !error->code && !store->failed && i < store->file_count; i++)
        if (!queue_file_shrink(store->files[i].database, error))
            database_settle(store->files[i].database, error);
    close_files(store);
}

static void on_committed(void *arg)
{
    struct queue_store *store = arg;
    store->callbacks.committed(store->arg);
}

static void on_finished(void *arg)
{
    struct queue_store *store = arg;
    store->callbacks.finished(store->arg);
}

int queue_store_start(struct queue_store *store, struct loop *loop,
                      const struct queue_store_callbacks *callbacks, void *arg,
                      struct error *error)
{
    static const struct committer_callbacks committing = {
        .write = on_write, .close = on_close, .committed = on_committed, .finished = on_finished};
    store->callbacks = *callbacks;
    store->arg = arg;
    store->committer = committer_new(loop, &committing, store, error);
    return store->committer ? 0 : error->code;
}

void queue_store_set_socket(struct queue_store *store, const char *socket)
{
    struct error error = {0};
    for (size_t i = 0; !error.code && i < store->file_count; i++) {
        struct database *database = queue_file_join(store->files[i].path, &error);
        if (database)
            queue_file_set_socket(database, socket, &error);
        database_close(database);
    }
    store->unreachable = error.text;
}

int64_t queue_store_left(const struct queue_store *store, size_t slot)
{
    return store->readings[slot].left;
}

int64_t queue_store_before(const struct queue_store *store, size_t slot)
{
    return store->readings[slot].before;
}

bool queue_store_damage(const struct queue_store *store, size_t slot, struct buf *out)
{
    const struct queue_stock *stock = &store->readings[slot].stock;
    long long lack = (long long)stock->lack;
    if (lack > 0)
        buf_printf(out, "%lld %s missing", lack, lack == 1 ? "message is" : "messages are");
    else if (lack < 0)
        buf_printf(out, "%lld more %s in it than were put", -lack, lack == -1 ? "message is" : "messages are");
    else if (stock->others)
        buf_text(out, "other messages are in it than were put");
    return lack || stock->others;
}

int64_t queue_store_read(struct queue_store *store, size_t slot, size_t most, queue_take *take,
                         void *arg, struct error *error)
{
    struct queue_reading *reading = &store->readings[slot];
    if (!reading->left)
        return 0;
    int64_t count = queue_reader_next(reading->reader, most, take, arg, error);
    if (!count)
        count = error_set(error, ERROR_FAILED, "%lld of its messages are not found in their order: REINDEX by sqlite3(1) may help",
                          (long long)reading->left);
    reading->left = count > 0 ? reading->left - count : 0;
    if (!reading->left) {
        queue_reader_free(reading->reader);
        reading->reader = NULL;
    }
    return count;
}

/* With the lock held. */
static void hand_over(struct queue_store *store)
{
    committer_put(store->committer, store->note.data, store->note.length);
    buf_clear(&store->note);
}

int64_t queue_store_put(struct queue_store *store, size_t slot, struct stored message)
{
    message.put = clock_wall();
    pthread_mutex_lock(&store->lock);
    message.id = store->files[store->slots[slot].file].next_id++;
    queue_note_put(&store->note, slot, &message);
    hand_over(store);
    pthread_mutex_unlock(&store->lock);
    return message.id;
}

void queue_store_tried(struct queue_store *store, size_t slot, int64_t id, int64_t attempts)
{
    pthread_mutex_lock(&store->lock);
    queue_note_tried(&store->note, slot, id, attempts);
    hand_over(store);
    pthread_mutex_unlock(&store->lock);
}

void queue_store_done(struct queue_store *store, size_t slot, int64_t id)
{
    pthread_mutex_lock(&store->lock);
    queue_note_done(&store->note, slot, id);
    hand_over(store);
    pthread_mutex_unlock(&store->lock);
}

void queue_store_set_aside(struct queue_store *store, size_t slot, int64_t id)
{
    pthread_mutex_lock(&store->lock);
    queue_note_damaged(&store->note, slot, id);
    hand_over(store);
    pthread_mutex_unlock(&store->lock);
}

bool queue_store_is_full(struct queue_store *store)
{
    return committer_held(store->committer) > BOUND;
}

uint64_t queue_store_moment(struct queue_store *store)
{
    return committer_total(store->committer);
}

bool queue_store_has_reached(struct queue_store *store, uint64_t moment)
{
    return committer_done(store->committer) >= moment;
}

void queue_store_wait(struct queue_store *store)
{
    committer_wait(store->committer);
}

bool queue_store_has_failed(struct queue_store *store)
{
    return store->failed;
}

void queue_store_finish(struct queue_store *store)
{
    committer_finish(store->committer);
}

void queue_store_report(struct queue_store *store, struct buf *out)
{
    const char *reason;
    size_t lost = committer_lost(store->committer, &reason);
    if (!committer_is_finished(store->committer))
        buf_text(out, "parrun: error: the durable queues could not be written to their end in time\n");
    else if (lost)
        buf_printf(out, "parrun: error: %s; %zu %s about messages could not be written\n", reason,
                   lost, lost == 1 ? "note" : "notes");
    else if (reason || store->unreachable)
        buf_printf(out, "parrun: error: %s\n", reason ? reason : store->unreachable);
}

void queue_store_free(struct queue_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->slot_count; i++)
        queue_reader_free(store->readings[i].reader);
    if (!committer_free(store->committer))
        return;
    close_files(store);
    pthread_mutex_destroy(&store->lock);
    buf_release(&store->note);
    free(store->unreachable);
    free(store->files);
    free(store->slots);
    free(store->readings);
    free(store);
}
