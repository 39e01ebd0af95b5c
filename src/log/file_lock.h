/*
 * A lock on a file that one process has at a time, and that ends with the process however it ends.
 *
 * A run has it from its start to its end, so another one is refused at once, unless the first was killed and only ends what it has
 * started: that is waited for. A command that changes
 * the file has it for some milliseconds: whoever wants the file then waits for that, and says so on
 * standard error where it takes longer than a second.
 */
#ifndef LOG_FILE_LOCK_H
#define LOG_FILE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct error;

/*
 * Locks the open file for this run, until its last descriptor is closed. Where another run has it:
 * ERROR_LOCKED, the error naming that process where the system tells; WHAT it is ("journal") and PATH
 * are for the text. Any other process, and the rest of a run that was killed, are waited for, at most a minute.
 */
int file_lock(int fd, const char *what, const char *path, struct error *error);

/* The same for a command, to which a run comes first: ERROR_LOCKED where one has the file or waits for it. */
int file_lock_shortly(int fd, const char *what, const char *path, struct error *error);

/*
 * Claims the open file for a run that writes text into it, until its last descriptor is closed; SHARED with others
 * that only add to it. Nobody but the rest of a run that was killed is waited for: ERROR_LOCKED where somebody else has it. DOING ("write the log to") and
 * PATH are for the text.
 */
int file_claim(int fd, bool shared, const char *doing, const char *path, struct error *error);

/*
 * True where a run has the file at PATH, or waits for it. Here and below: not while this process has the file
 * open as a database, whose locks would be lost.
 */
bool file_has_run(const char *path);

/* What waits for others, up to a bound. Zeroed: nobody has waited yet. */
struct patience {
    int64_t began; /* clock_machine() */
    bool told;
};

/* Waits some milliseconds for process HOLDER (0: nobody knows which), which has the file PATH. False: it is
 * given up after a minute. */
bool patience_wait(struct patience *patience, long holder, const char *what, const char *path);

/* The process that has the file at PATH locked; 0 where that is not to be known. */
long file_holder(const char *path);

#endif
