/* What the command of a task reads as its standard input. */
#ifndef WORKER_INPUT_H
#define WORKER_INPUT_H

#include <stdbool.h>
#include <stdint.h>

struct attributes;
struct buf;
struct error;
struct worker;

/* A part of the file of blocks that is to be written to the command. */
struct input_part {
    int64_t at;
    int64_t left;
};

struct command_input {
    int fd;   /* what the command reads from; -1: nothing */
    int pipe; /* where to write what it reads, which is never waited for; -1: nowhere */
    struct input_part parts[2]; /* the header of a block, and the block */
    int failed; /* an errno value: the block cannot be read on, ENODATA where the file has become shorter; 0: it can */
};

/*
 * Opens it for the task that was rendered last, to be closed with input_end(); ATTRIBUTES are those of the command. 0, or
 * a negative code: a file that cannot be read.
 */
int input_begin(const struct worker *worker, int64_t index, const struct attributes *attributes, struct command_input *input,
                struct error *error);

/* The command has been started, and has FD. */
void input_given(struct command_input *input);

/* True while more is to be written: when PIPE takes it. */
bool input_waits(const struct command_input *input);

/* Writes what the pipe takes, and closes it when that is all, or nobody reads it any more; where the block cannot be read
 * on it stays open, so that the command does not take it for whole before it is ended. */
void input_feed(const struct worker *worker, struct command_input *input);

/* Says why it cannot be read on. */
void input_explain(const struct command_input *input, struct buf *text);

void input_end(struct command_input *input);

#endif
