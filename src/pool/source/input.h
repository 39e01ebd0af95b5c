/*
 * Bytes that tasks are made of, from a file or a pipe, read as they are needed: a file without
 * waiting, a pipe when the loop says so, and then no more than one reading ahead.
 */
#ifndef POOL_SOURCE_INPUT_H
#define POOL_SOURCE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct task_input;
struct loop;

/* One item may be so long: a longer one is most likely no item but a file of another kind. */
#define INTAKE_MOST ((size_t)64 << 20)

enum input_result {
    INTAKE_ONE,
    INTAKE_WAIT, /* nothing there now: MORE(ARG) is called when there is */
    INTAKE_END,
    INTAKE_FAILED, /* ERROR says why */
};

struct input_options {
    struct loop *loop;
    const char *name; /* of what is read, for messages; borrowed */
    size_t most;      /* bytes that an item, or a record, may have; 0: INTAKE_MOST */
    void (*more)(void *arg);
    void *arg;
};

struct stat;

/* Opens PATH, "-" for standard input, whose offset is kept; fills STATUS. A descriptor, or a negative code: it cannot be
 * read, or is a directory. */
int input_open_file(const char *path, struct stat *status, struct error *error);

/* Reads FD, which has STATUS and is owned by it from now on: a file without waiting. */
struct task_input *input_of_file(const struct input_options *options, int fd, const struct stat *status);

/* Reads the file PATH, "-" for standard input. NULL with ERROR filled where it cannot be read. */
struct task_input *input_open(const struct input_options *options, const char *path,
                              struct error *error);

/* Reads the pipe FD, which it owns from now on. */
struct task_input *input_of(const struct input_options *options, int fd);

/* Reads on, once all that input_bytes() gives was looked at. INTAKE_ONE: there are more of them.
 */
enum input_result input_read(struct task_input *task_input, struct error *error);

/* What was read and not taken; valid until the next call. */
const char *input_bytes(const struct task_input *task_input, size_t *length);
void input_take(struct task_input *task_input, size_t length);

/* What ends a piece: a text of LENGTH bytes, at least one. */
struct input_end {
    const char *text;
    size_t length;
};

/*
 * Takes the next piece that ends in END, which is left out, or what stands behind the last one. *BYTES are
 * valid until the next call.
 */
enum input_result input_piece(struct task_input *task_input, const struct input_end *end,
                              const char **bytes, size_t *length, struct error *error);

/* True where the last piece was what stands behind the last END. */
bool input_is_unended(const struct task_input *task_input);

/* The name of what is waited for, as options have it; NULL: nothing is. */
const char *input_awaited(const struct task_input *task_input);

/* NULL is accepted. */
void input_free(struct task_input *task_input);

#endif
