/*
 * Bytes that tasks are made of, from a file or a pipe, read as they are needed: a file without
 * waiting, a pipe when the loop says so, and then no more than one reading ahead.
 */
#ifndef POOL_SOURCE_INPUT_H
#define POOL_SOURCE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct intake;
struct loop;

/* One item may be so long: a longer one is most likely no item but a file of another kind. */
#define INTAKE_MOST ((size_t)64 << 20)

enum intake_result {
    INTAKE_ONE,
    INTAKE_WAIT, /* nothing there now: MORE(ARG) is called when there is */
    INTAKE_END,
    INTAKE_FAILED, /* ERROR says why */
};

struct intake_options {
    struct loop *loop;
    const char *name; /* of what is read, for messages; borrowed */
    void (*more)(void *arg);
    void *arg;
};

/* Reads the file PATH, "-" for standard input. NULL with ERROR filled where it cannot be read. */
struct intake *intake_open(const struct intake_options *options, const char *path,
                           struct error *error);

/* Reads the pipe FD, which it owns from now on. */
struct intake *intake_of(const struct intake_options *options, int fd);

/* Reads on, once all that intake_bytes() gives was looked at. INTAKE_ONE: there are more of them.
 */
enum intake_result intake_read(struct intake *intake, struct error *error);

/* What was read and not taken; valid until the next call. */
const char *intake_bytes(const struct intake *intake, size_t *length);
void intake_take(struct intake *intake, size_t length);

/* What ends a piece: a text of LENGTH bytes, at least one. */
struct intake_end {
    const char *text;
    size_t length;
};

/*
 * Takes the next piece that ends in END, which is left out, or what stands behind the last one. *BYTES are
 * valid until the next call.
 */
enum intake_result intake_piece(struct intake *intake, const struct intake_end *end,
                                const char **bytes, size_t *length, struct error *error);

/* True where the last piece was what stands behind the last END. */
bool intake_is_unended(const struct intake *intake);

/* NULL is accepted. */
void intake_free(struct intake *intake);

#endif
