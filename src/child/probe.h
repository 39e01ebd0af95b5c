/* One look at a service or a file, to tell whether it is there. */
#ifndef CHILD_PROBE_H
#define CHILD_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "os/holder.h"

struct buf;
struct error;
struct probe_run;
struct probe_target;
struct probe_spec;
struct run;
struct exec_context;

/*
 * What is looked at, its templates rendered in CONTEXT, which must outlive the target where the
 * probe is a command. NULL with ERROR filled where it cannot be: an expression that fails, no
 * address.
 */
struct probe_target *look_target_new(struct run *run, struct exec_context *context,
                                     const struct probe_spec *spec, struct error *error);

/* NULL is accepted. */
void look_target_free(struct probe_target *target);

/* Whether somebody on this machine answers there now; PLACE gets where. */
bool look_is_answered(const struct probe_target *target, struct buf *place);

/* Who has the port or the socket there: see holder_of_port(). */
enum holding look_holder(const struct probe_target *target, const struct holder_of *ours,
                         struct holder *holder);

/* Appends where it looks, "localhost:8080". */
void look_print_place(const struct probe_target *target, struct buf *out);

/* A process is about to be started: a file that is there already does not count until it has changed. */
void look_note_file(struct probe_target *target);

/* Whether what PROBE_FILE looks at is there now, and counts. */
bool look_finds_file(const struct probe_target *target);

/* WHY is NULL where all is well, else says what was found. The look may be freed from within. */
typedef void look_done(void *arg, const char *why);

/*
 * Looks, for up to LIMIT ns (0: without limit). DONE follows, never from within this call.
 */
struct probe_run *look_new(struct probe_target *target, int64_t limit, look_done *done, void *arg);

/* Ends it: DONE, where it was not called, is called now or soon. */
void look_end(struct probe_run *look);

/* Once DONE was called. NULL is accepted. */
void look_free(struct probe_run *look);

#endif
