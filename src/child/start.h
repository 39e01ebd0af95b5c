/* Starting a process: a program of its own, or a worker for a Lua body. */
#ifndef CHILD_START_H
#define CHILD_START_H

#include <stdbool.h>

#include "loop/child.h"
#include "serve/worker_link.h"

struct body_spec;
struct error;
struct process_spec;
struct run;
struct streams;
struct exec_context;

struct start {
    struct run *run;
    struct exec_context *context;
    const struct process_spec *spec;
    struct streams *streams;
    struct link *link;     /* of a Lua body */
    struct link_ends ends; /* the worker's */
    bool foreground; /* its input is the terminal, which it is to have */
    bool tty;        /* its input is a terminal of its own */
    child_exited *exited;
    void *arg;
};

/*
 * Starts BODY, a shell line or a program, in the context of START (its run, context, exited and arg
 * count), which gets COUNT descriptors as 0, 1, ... 0, or a negative code that says what is
 * missing.
 */
int start_command(const struct start *start, const struct body_spec *body, const int *descriptors,
                  size_t count, struct child **child, struct error *error);

/* Starts the shell line or the program. 0, or a negative code that says what is missing. */
int start_program(const struct start *start, struct child **child, struct error *error);

/* Starts a worker and sends it the Lua body as its one task. */
int start_body(const struct start *start, struct child **child, struct error *error);

/* True for the codes that mean: the system had no process, descriptor or memory left. */
bool start_was_refused(int code);

#endif
