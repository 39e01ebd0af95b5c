/* A thread: a Lua body in an operating-system thread of the runner. */
#ifndef THREAD_THREAD_H
#define THREAD_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct object;
struct run;
struct thread_spec;

/* REPLICA from 1 where the spec has several: the thread is called NAME.REPLICA; else 0. */
struct object *thread_new(struct run *run, const struct thread_spec *spec, int64_t replica);

/* True where a thread was left behind because it hangs in C code: the process must end without
 * waiting for it, and without freeing what it uses. */
bool thread_was_left(const struct object *object);

#endif
