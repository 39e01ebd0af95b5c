/* The streams of one process: what it gets as descriptors, and the runner's ends of them. */
#ifndef CHILD_STREAMS_H
#define CHILD_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "child/stream_reader.h"
#include "child/stream_recorder.h"
#include "child/stream_writer.h"

struct backlog;
struct error;
struct part_waits;
struct process_spec;
struct queue;
struct run;
struct streams;
struct exec_context;

struct streams_callbacks {
    struct stream_reader_callbacks
        reader; /* END is called for each pipe that the process writes to */
    struct stream_recorder_callbacks recorder; /* the same */
    struct stream_writer_callbacks writer;
};

/*
 * Opens everything that SPEC declares. NULL with ERROR filled (a file that cannot be opened, no
 * descriptors left): then nothing is open. AGAIN: the process has lived before, and what it wrote to
 * its files stays.
 */
struct streams *streams_open(struct run *run, struct exec_context *context,
                             const struct process_spec *spec, bool again, struct error *error);

/* Descriptor FD (0 to 2, or a declared one) as the process gets it; -1 where it is not declared. */
int streams_child_end(const struct streams *streams, int fd);

/* The highest declared descriptor, at least 2. */
int streams_highest(const struct streams *streams);

/* Descriptors that streams_give() may add. */
#define STREAMS_MORE 2

/* The process gets THEIRS as FD too; it is closed here once the process runs. */
void streams_give(struct streams *streams, int fd, int theirs);

/* The process runs: closes its ends here and begins to read and to feed; BACKLOG is that of stdin, NULL:
 * none. */
void streams_begin(struct streams *streams, struct backlog *backlog,
                   const struct streams_callbacks *callbacks, void *arg);

/* Pipes from the process that have not ended, or not been written to their files. */
size_t streams_open_readers(const struct streams *streams);

/* The run's terminal has another size: so has the process's own. */
void streams_resize(struct streams *streams);

/* The runner's end of its own terminal; -1 where it has none, or nobody reads it any more. */
int streams_terminal(const struct streams *streams);

void streams_hold(struct streams *streams, bool held);

/* Adds to WAITS (queue/parts.h) those of its streams that wait for a queue. */
void streams_wait(const struct streams *streams, struct part_waits *waits);

/* The first queue that the process wrote to when nobody could take from it any more
 * (stream_reader_broken()); NULL: none. */
const struct queue *streams_broken(const struct streams *streams);

/* True where the process has read all that its queues held. */
bool streams_drained(const struct streams *streams);

/* The process has ended, and SUCCEEDED or not: gives back what it had not read, and what it wrote last without an end
 * counts, or not (stream_reader_judge()). */
void streams_process_ended(struct streams *streams, bool succeeded);

/* After that: calls TELL(ARG, queue, count) for each queue of which the process may have read so many messages that
 * it was not done with: KILLED by a signal, or ended with a code. */
void streams_tell_unsure(const struct streams *streams, bool killed,
                         void (*tell)(void *arg, struct queue *queue, size_t count), void *arg);

/* After that: bytes that stdin was given of its queue and that were not read. */
size_t streams_unread(const struct streams *streams);

/* Somebody else holds the pipes open: takes what is there and ends them. */
void streams_finish(struct streams *streams);

/* The same, but what goes to the log is read on, and counts as open no longer; false where nothing is. */
bool streams_leave(struct streams *streams);

/* The same as streams_finish(), and waits for no file any longer. */
void streams_abandon(struct streams *streams);

/* NULL is accepted. */
void streams_free(struct streams *streams);

#endif
