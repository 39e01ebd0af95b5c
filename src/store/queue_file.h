/*
 * The file of durable queues: an SQLite database with a row for each message that was put and not
 * acknowledged. What is in it, see DURABLE QUEUES in parrun-scenario(5).
 *
 * One run has a file at a time and is the only one to write to it then; anybody may read it.
 */
#ifndef STORE_QUEUE_FILE_H
#define STORE_QUEUE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct database;
struct error;
struct query;
struct queue_tally;
struct stored_value;

/* A message as it is in the file. */
struct stored {
    int64_t id; /* above those of all that were put before */
    int64_t priority;
    int64_t due; /* ns since 1970 before which nobody gets it; 0: at once */
    int64_t attempts;
    int64_t put;         /* ns since 1970 */
    const char *encoded; /* value/value.h */
    size_t length;
    bool damaged; /* it is not as it was written: nothing but the id says anything */
};

/* Times as they are in the file: seconds since 1970. */
double queue_file_seconds(int64_t ns);

/* Opens the file at PATH, made where it is missing, as database_open() does. */
struct database *queue_file_open(const char *path, struct error *error);

/* The same for a command, as database_open_shortly() does. */
struct database *queue_file_open_shortly(const char *path, struct error *error);

/* One more connection to it, as database_join() does. */
struct database *queue_file_join(const char *path, struct error *error);

/* The least id that nothing in it has, nor anything before. A negative code with ERROR filled. */
int queue_file_next_id(struct database *database, int64_t *id, struct error *error);

/* Puts down that the queue is there with this framing (the word of a run, which can be asked nowhere yet; NULL: as it is), and where no run
 * has had it before this one its COUNT first messages. NOW is in ns since 1970. All is on the disk when this returns 1, where no run has had it, or 0. */
int queue_file_make(struct database *database, const char *queue, const char *framing,
                    const struct stored *messages, size_t count, int64_t now,
                    struct error *error);

/* Appends the framing that a run had it with; nothing where none has had it. */
int queue_file_framing(struct database *database, const char *queue, struct buf *framing,
                       struct error *error);

/* What stands in the column sum of a message whose body stands there as BODY. */
int64_t queue_file_sum(const char *queue, const struct stored *message, const struct stored_value *body);

/* Notes what has come into a queue, or left it, in the transaction that is open. */
int queue_file_count(struct database *database, const char *queue, const struct queue_tally *more,
                     struct error *error);

/* Puts messages, in the transaction that is open. */
int queue_file_insert(struct database *database, const char *queue, const struct stored *messages,
                      size_t count, struct error *error);

/* Commits the transaction that is open, or takes it back where RESULT is no 0. RESULT, or the commit's. */
int queue_file_end(struct database *database, int result, struct error *error);

/* Gives the disk back what the file has no use for, where little else is in it. A negative code with ERROR filled. */
int queue_file_shrink(struct database *database, struct error *error);

/* 1 where a queue of this name is in it, 0 where none is, or a negative code with ERROR filled. */
int queue_file_has(struct database *database, const char *queue, struct error *error);

/* Where the run that has the file can be asked (serve/control_socket.h); "": nowhere. */
int queue_file_set_socket(struct database *database, const char *socket, struct error *error);

/* Appends that; nothing where no run has ever had it. */
int queue_file_socket(struct database *database, struct buf *socket, struct error *error);

/* Makes MESSAGE, which is one of FROM, one of TO, with the body that it has now, untried, and due at once; in the
 * transaction that is open. */
int queue_file_move(struct database *database, const char *from, const char *to, const struct stored *message,
                    struct error *error);

/* Takes all messages of QUEUE out; *COUNT: how many there were. */
int queue_file_purge(struct database *database, const char *queue, int64_t *count, struct error *error);

/* What a query selects that queue_file_read() can read. */
#define QUEUE_FILE_COLUMNS "id, body, form, priority, due, attempts, put, queue, sum"

/* Reads the row at which QUERY stands; the message's bytes are appended to ENCODED, to which it points
 * until that changes. A negative code with ERROR filled where the row holds no value. */
int queue_file_read(struct query *query, struct stored *message, struct buf *encoded,
                    struct error *error);

#endif
