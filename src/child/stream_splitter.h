/*
 * A splitter: what a child writes into one pipe, written to several pipes of the runner's own, so that each of them may be
 * read as if it were the only one. All get the same bytes in the same order; the slowest of them holds the child up. One that
 * is read no more is left out, and the child's pipe is closed when nobody is left.
 */
#ifndef CHILD_STREAM_SPLITTER_H
#define CHILD_STREAM_SPLITTER_H

#include <stddef.h>

struct loop;
struct stream_splitter;

/* Reads FD and writes to the COUNT pipes ENDS, all of which it owns from now on. */
struct stream_splitter *stream_splitter_new(struct loop *loop, int fd, const int *ends, size_t count);

/* Takes what is in the pipe at this moment, then ends as if it had: whoever goes on writing gets EPIPE. */
void stream_splitter_finish(struct stream_splitter *splitter);

/* NULL is accepted. What the ends have not taken is lost. */
void stream_splitter_free(struct stream_splitter *splitter);

#endif
