/*
 * What shapes the log of a run, besides where it is written: from the scenario and the command line, or from the
 * record of a run, whose log is told again.
 */
#ifndef CLI_LOG_SETTINGS_H
#define CLI_LOG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "log/filter.h"

struct buf;
struct error;
struct options;
struct scenario;
struct value;

/* Events that are to be shown or hidden; later ones win. */
struct log_wish {
    bool shown;
    char *names; /* a name with '*', or some with commas between them */
};

struct log_settings {
    enum filter_level level;
    struct log_wish *wishes;
    size_t wish_count;
    size_t wish_capacity;
    bool dry;        /* what would be run is told, and nothing else */
    bool json;
    bool timestamps;
    bool prefix;
    bool apart;      /* some pool keeps the standard error of its tasks apart */
    bool each;       /* a run of "each", which has no story */
    bool commands;   /* of each: its commands are told */
    bool screen;     /* standard output has the log too where a file has it */
    const char *file; /* borrowed: where it was written; NULL: to standard output. It is told, and not read back */
};

/* Fills SETTINGS, whose lists are to be released, for a run of SCENARIO. */
void log_settings_init(struct log_settings *settings, const struct scenario *scenario, const struct options *options);

/* What the command line alone wishes comes on top, as for a log that is told again. */
void log_settings_add(struct log_settings *settings, const struct options *options);

/* Appends them as a JSON object. */
void log_settings_write(const struct log_settings *settings, struct buf *out);

/* Fills SETTINGS from such an object; what is not known is passed over, what is not there is as usual. */
void log_settings_read(struct log_settings *settings, const struct value *value);

void log_settings_release(struct log_settings *settings);

/* Fills FILTER. 0, or ERROR_FAILED where no event has such a name. */
int log_settings_filter(const struct log_settings *settings, struct filter *filter, struct error *error);

#endif
