/* Whether a process is ready, and stays healthy: looks again and again, or hears it from itself. */
#ifndef CHILD_HEALTH_H
#define CHILD_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct error;
struct holder;
struct monitor;
struct process_spec;
struct run;
struct streams;
struct exec_context;

struct monitor_callbacks {
    void (*ready)(void *arg);
    /* It is not ready in time, or no longer healthy: the process is to be ended. */
    void (*late)(void *arg, const char *why);
    void (*unhealthy)(void *arg, const char *why);
    /* After monitor_stop(): nothing of it runs any more. */
    void (*idle)(void *arg);
};

/*
 * For one life of a process that declares 'ready' or 'health', called NAME, with the INDEX of a
 * replica. NULL with ERROR filled where something cannot be opened or worked out.
 */
struct monitor *monitor_new(struct run *run, const struct process_spec *spec, const char *name,
                            int64_t index, const struct monitor_callbacks *callbacks, void *arg,
                            struct error *error);

/* Whether what 'ready' looks at answers already, before the process has begun; PLACE gets where, and HOLDER who has
 * it, where that can be seen. */
bool monitor_is_answered(const struct monitor *monitor, struct buf *place, struct holder *holder);

/* Puts into CONTEXT and STREAMS what the process needs to tell of itself. */
void monitor_equip(struct monitor *monitor, struct exec_context *context, struct streams *streams);

/* The process runs, as the leader of SESSION. */
void monitor_begin(struct monitor *monitor, pid_t session);

/* Before monitor_begin(): that it is ready does not count, and its health is not looked at, until monitor_let_go(). */
void monitor_hold(struct monitor *monitor);
void monitor_let_go(struct monitor *monitor);

/* A line that the process wrote to STREAM ("stdout"), or a piece of one: UNFINISHED where the rest of it may
 * follow. */
void monitor_line(struct monitor *monitor, const char *stream, const char *bytes, size_t length,
                  bool unfinished);

/* What the process wrote to a file, through parrun. */
void monitor_bytes(struct monitor *monitor, const char *stream, const char *bytes, size_t length);

/* The process is being ended: nothing is looked at any more. */
void monitor_stop(struct monitor *monitor);

/* The process has ended: the same, but what it has said until then still counts, lines that follow included. */
void monitor_hear_out(struct monitor *monitor);

/* NULL is idle. */
bool monitor_is_idle(const struct monitor *monitor);

bool monitor_is_ready(const struct monitor *monitor);

/* It is ready, and held. */
bool monitor_is_held(const struct monitor *monitor);

/* It is not ready, and not only held: appends what was found last, or what has not come, for a person. */
void monitor_print_found(const struct monitor *monitor, struct buf *out);

/* What the process says of itself (STATUS= of sd_notify); NULL: nothing. */
const char *monitor_status(const struct monitor *monitor);

/* Once it is idle. NULL is accepted. */
void monitor_free(struct monitor *monitor);

#endif
