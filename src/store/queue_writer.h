/*
 * What happens to the messages of durable queues, from notes that anybody makes to the rows of a file.
 *
 * A commit holds many notes.
 */
#ifndef STORE_QUEUE_WRITER_H
#define STORE_QUEUE_WRITER_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct database;
struct error;
struct queue_writer;
struct stored;

/* A queue and the file that it is in, by its number. */
struct queue_slot {
    const char *name;
    size_t file;
};

/* Appends a note: a message was put; is tried for the ATTEMPTS-th time; was acknowledged. */
void queue_note_put(struct buf *notes, size_t slot, const struct stored *message);
void queue_note_tried(struct buf *notes, size_t slot, int64_t id, int64_t attempts);
void queue_note_done(struct buf *notes, size_t slot, int64_t id);

/* Appends a note: a message is not as it was written, and is set aside. */
void queue_note_damaged(struct buf *notes, size_t slot, int64_t id);

/* How many there are. */
size_t queue_notes_count(const struct buf *notes);

/* Writes what is noted of the queues of FILE, a number, into DATABASE. SLOTS is asked at each write.
 * NULL with ERROR filled. */
struct queue_writer *queue_writer_new(struct database *database, size_t file,
                                      const struct queue_slot *const *slots, struct error *error);

/* NULL is accepted; before the database is closed. */
void queue_writer_free(struct queue_writer *writer);

/* Which of the notes are written. By ALL alone, what was put and acknowledged never gets a row. */
enum queue_part {
    QUEUE_PART_ALL,
    QUEUE_PART_PUTS, /* what was put, or is tried again */
    QUEUE_PART_DONE, /* what was acknowledged */
};

/* Commits that part of the NOTES of its file, or none. Returns 0, or where that failed the number of all NOTES, with
 * ERROR telling why. */
size_t queue_writer_write(struct queue_writer *writer, const struct buf *notes,
                          enum queue_part part, struct error *error);

#endif
