/*
 * The file that a process or a task creates: whether it is up to date, and what becomes of it when the command has ended.
 *
 * Its path is relative to the directory that the command runs in. The command may write to another name beside it,
 * output_tmp, which gets the right one at success. What is said of the file is a clause: "out.png is there".
 */
#ifndef CHILD_CREATES_H
#define CHILD_CREATES_H

#include <stdbool.h>

struct buf;
struct creates;
struct creates_spec;
struct error;
struct script;

/*
 * Works out the paths of SPEC, which has one, with the names that SCRIPT knows. DIRECTORY: where the command runs; NULL:
 * where parrun does. 0 with *CREATES for creates_free(), or a negative code where an expression fails or no path is made.
 */
int creates_new(const struct creates_spec *spec, struct script *script, const char *directory, struct creates **creates,
                struct error *error);

/* NULL is accepted. */
void creates_free(struct creates *creates);

/* The path of the file, absolute, and what output_tmp is. They live as long as CREATES. */
const char *creates_path(const struct creates *creates);
const char *creates_temporary(const struct creates *creates);

/*
 * Whether the file is there and newer than each of its inputs: 1 or 0, WHY gets what says so; or a negative code where an
 * input is not there or cannot be looked at. A directory is up to date where it is there.
 */
int creates_is_current(const struct creates *creates, struct buf *why, struct error *error);

/* The command begins: makes the directories that are missing on the way to the file, notes what is there, and removes what an
 * earlier one has left as output_tmp. */
void creates_begin(struct creates *creates);

/*
 * The command has succeeded: what it wrote to output_tmp becomes the file, and the file is there. 0, with NOTE what is to be
 * told of it, as where an input has changed meanwhile: then it is not up to date; or a negative code, and the command has
 * failed: creates_drop() follows.
 */
int creates_keep(struct creates *creates, struct buf *note, struct error *error);

/*
 * The command has failed, or was stopped: output_tmp is removed, and with remove_failed the file, where the command has
 * made or changed it. NOTE gets what is to be told, as where it stays and will count as made.
 */
void creates_drop(struct creates *creates, struct buf *note);

#endif
