/* The log of a run: which readers the stream of events has, and where they write. */
#ifndef CLI_RUNNER_LOG_H
#define CLI_RUNNER_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/views.h"

struct buf;
struct bus;
struct error;
struct log;
struct loop;
struct options;
struct output;
struct log_settings;
struct log_spec;

struct log_callbacks {
    /* HELD: so much waits to be written that no more should be made. */
    void (*hold)(void *arg, bool held);
    /* Nobody reads standard output any more. */
    void (*closed)(void *arg);
    /* The destination NAME could not be written: errno value NUMBER. Called once a destination. May be NULL. */
    void (*unwritten)(void *arg, const char *name, int number);
    /* After log_finish(): all was written, or will never be. */
    void (*finished)(void *arg);
};

/* Opens what the options and SPEC, the scenario's own, ask for and joins BUS; SETTINGS say what is told. NULL with ERROR
 * filled. */
struct log *log_new(struct loop *loop, struct bus *bus, const struct log_settings *settings,
                    const struct log_spec *spec, const struct options *options, const char *run,
                    const struct log_callbacks *callbacks, void *arg, struct error *error);

/* A log that makes VIEW of a record alone, where --output says. NULL with ERROR filled. */
struct log *log_new_view(struct loop *loop, struct bus *bus, enum view_kind view, const struct options *options,
                         const struct log_callbacks *callbacks, void *arg, struct error *error);

/* How the run ended, as the summary that log_new_view() has made knows it. */
int log_run_status(const struct log *log);

/* True where it has the command of each task. */
bool log_tells_commands(const struct log *log);

/*
 * Where progress is told, and its descriptor at *FD: standard output where that is a terminal, else standard
 * error, which only --progress opens; NULL without that.
 */
struct output *log_board(const struct log *log, int *fd);

/* Nothing more will come. */
void log_finish(struct log *log);

/* Appends what could not be written, a line a destination; false where all was. A standard output
 * that its reader has closed does not count: log_callbacks.closed tells of that. */
bool log_report(const struct log *log, struct buf *out);

/* NULL is accepted. */
void log_free(struct log *log);

#endif
