/* --journal, --resume and --retry-failed: a run and its journal. */
#ifndef CLI_RUNNER_JOURNAL_H
#define CLI_RUNNER_JOURNAL_H

struct database;
struct error;
struct journal;
struct journal_callbacks;
struct options;
struct run;

/*
 * Opens the journal that the options ask for and reads what is not to run again into RUN, whose
 * resume is the caller's to free; *DATABASE is NULL where nothing is to be written. A negative code
 * with ERROR filled: -ENOSPC and -EIO where the disk is to blame.
 */
int journaling_open(const struct options *options, struct run *run, struct database **database,
                    struct error *error);

/* The run begins, and its tasks are put down. DATABASE is taken in any case. Errors as above. */
int journaling_begin(const struct options *options, struct run *run, struct database *database,
                     const struct journal_callbacks *callbacks, void *arg, struct journal **journal,
                     struct error *error);

#endif
