/*
 * The logs of runs in the background: ID.log in parrun below $XDG_STATE_HOME, or else ~/.local/state. The last line of one
 * whose run has ended is a row of ps: a JSON object that begins with the run's id. As long as that may still come a byte of the
 * file `lock` beside them is locked, which the kernel undoes however the run ends.
 */
#ifndef CLI_CONTROL_RUN_LOGS_H
#define CLI_CONTROL_RUN_LOGS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct error;
struct found_run;
struct value;

/* Logs of so many ended runs are kept. */
#define RUN_LOGS_KEPT 20

/* The path of the directory, of ARENA; NULL with ERROR filled where there is no home. */
const char *run_logs_directory(struct arena *arena, struct error *error);

/* Makes DIRECTORY where it is missing, and locks it as long as the descriptor that it returns is open: nobody else starts a run
 * in the background meanwhile. A negative code with ERROR filled. */
int run_logs_lock(const char *directory, struct error *error);

/* Removes the oldest logs of ended runs, so that RUN_LOGS_KEPT are left; those of the COUNT LIVING stay. */
void run_logs_prune(const char *directory, const struct found_run *living, size_t count);

/* Calls TAKE with the row of each run that has ended, the oldest first, as TEXT and as ROW, both valid until it returns; where the
 * end is not written down its state is "ending", or "unknown" where nobody will do that any more. */
void run_logs_each(const char *directory, const struct found_run *living, size_t count,
                   void (*take)(void *arg, const char *text, const struct value *row), void *arg);

/* Standard output and standard error go into the file PATH from now on, made with mode 0600 where nothing stands there. 0, or a
 * negative code with ERROR filled. */
int run_log_take(const char *path, struct error *error);

/* This process and those that it forks, until all of them have ended, are the run ID, whose log is below DIRECTORY. */
void run_log_hold(const char *directory, const char *id);

/* Writes how a run has ended, ROW without its closing bracket and a STATUS as of wait(2), as the last line of its log. */
void run_log_end(const char *path, const char *row, int status);

/* Appends the last LINES lines of the log, but for that one. */
void run_log_tail(const char *path, size_t lines, struct buf *out);

#endif
