/*
 * A recorder: what a child writes into one pipe, read to its end and written to a file by a thread
 * of its own, so that the file may rotate and a slow disk holds up nobody but the child.
 */
#ifndef CHILD_STREAM_RECORDER_H
#define CHILD_STREAM_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct mask;
struct stream_recorder;
struct target;

struct stream_recorder_callbacks {
    /* What has come from STREAM, as it came. */
    void (*data)(void *arg, const char *stream, const char *bytes, size_t length);
    /* Something of STREAM could not be written: TEXT says what and why, LOST how many bytes in all,
     * 0 while that is not known yet. */
    void (*unwritten)(void *arg, const char *stream, const char *text, int64_t lost);
    /* The end of the pipe, after all of it was written or will never be. */
    void (*end)(void *arg);
};

/*
 * The file does not get what MASK hides (NULL: nothing).
 *
 * For TARGET (owned from now on), the file PATH; STREAM ("stdout") must outlive it.
 */
struct stream_recorder *stream_recorder_new(struct loop *loop, struct target *target,
                                            const char *path, const char *stream,
                                            const struct mask *mask);

/* Begins to read FD (owned from now on). */
void stream_recorder_begin(struct stream_recorder *recorder, int fd,
                           const struct stream_recorder_callbacks *callbacks, void *arg);

/* FD, which the recorder reads, is that of a terminal: its questions are answered. */
void stream_recorder_terminal(struct stream_recorder *recorder, int fd);

/* Takes what is in the pipe at this moment, then ends as if the pipe had. */
void stream_recorder_finish(struct stream_recorder *recorder);

/* The same, and waits no longer for what is not written yet: it counts as lost. */
void stream_recorder_abandon(struct stream_recorder *recorder);

/* True once END was called. */
bool stream_recorder_has_ended(const struct stream_recorder *recorder);

/* NULL is accepted. */
void stream_recorder_free(struct stream_recorder *recorder);

#endif
