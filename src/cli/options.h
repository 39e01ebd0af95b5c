/* The command line: its word, options and operands. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/filter.h"
#include "log/rotation.h"

struct background;
struct buf;
struct command;
struct each;
struct error;

/* What is done: one for each word, and three more. Those up to MODE_TREE need a scenario. */
enum mode {
    MODE_RUN,
    MODE_PLAN,
    MODE_CHECK,
    MODE_LIST,
    MODE_VARS,
    MODE_SHOW,
    MODE_GRAPH,
    MODE_TREE, /* graph --tree */
    MODE_EACH,
    MODE_SCHEMA,
    MODE_COMPLETION,
    MODE_EXAMPLE,
    MODE_GET,
    MODE_PUT,
    MODE_QUEUE,
    MODE_REFERENCE,
    MODE_HELP,
    MODE_IMPORT,
    MODE_REPLAY,
    MODE_SUMMARY,
    MODE_JUNIT,
    MODE_TRACE,
    MODE_REPORT,
    MODE_PS,
    MODE_STATUS,
    MODE_LOGS,
    MODE_WAIT,
    MODE_STOP,
    MODE_START,
    MODE_RESTART,
    MODE_PAUSE,
    MODE_RESUME,
    MODE_SCALE,
    MODE_SIGNAL,
    MODE_VIEW,
    MODE_VERSION,
};

/* What of the scenario is run. */
enum resume_option {
    RESUME_NONE,   /* all of it */
    RESUME_UNDONE, /* --resume: what has not succeeded */
    RESUME_PREVIOUS, /* --resume-previous: what had not before the last run that began anew */
    RESUME_FAILED, /* --retry-failed: what has failed */
};

/* Whether the log is coloured. */
enum color_option {
    COLOR_AUTO, /* on a terminal, unless the environment speaks against it */
    COLOR_ALWAYS,
    COLOR_NEVER,
};

/* A list of texts that borrow from the command line. */
struct words {
    const char **items;
    size_t count;
    size_t capacity;
};

/* How a queue is asked. */
struct asking {
    bool all;         /* --all: to the queue's end */
    int64_t count;    /* --count: so many messages; 0: one, or all */
    bool nul;         /* --null: messages end in NUL, not in a newline */
    int64_t timeout;  /* --timeout, ns; -1: none */
    int64_t delay;    /* --delay, ns */
    uint8_t priority; /* --priority */
};

/* Files that a word writes, or reads. */
struct file_options {
    const char *joblog;     /* --joblog FILE; NULL: none */
    const char *journal;    /* --journal FILE; NULL: none */
    const char *report;     /* --report FILE; NULL: none */
    const char *record;     /* --record FILE; NULL: none */
    const char *junit;      /* --junit FILE; NULL: none */
    const char *trace; /* --trace FILE; NULL: none */
    const char *output;     /* --output FILE of what is made of a record; NULL: standard output */
    const char *log;        /* --log FILE; NULL: none */
    struct rotation_rules rotate; /* --log-rotate; its size 0: none */
};

/* What of a scenario is run. */
struct select_options {
    struct words tasks;     /* --task: [POOL:]N */
    struct words only;      /* --only: names with commas */
    bool no_deps;           /* --no-deps: without what these depend on */
    enum resume_option resume;
    bool resume_joblog;     /* what the joblog has as succeeded is left out */
};

/* Of a plan, and of what a schedule has before it. */
struct plan_options {
    bool dry;               /* nothing is run: plan, and --dry-run of each */
    bool tree;              /* --tree */
    int64_t limit;          /* --limit: tasks of a pool that a plan tells of */
    int64_t next;           /* --next: so many times of each schedule; 0: none */
    const char *at;         /* --at: those after this time; NULL: after now */
};

/* What is told of a run, and how. */
struct telling_options {
    enum filter_level level;
    bool level_given;       /* by -q or -v */
    bool trace;             /* the command of each task is told */
    bool progress;          /* --progress */
    bool no_progress;       /* --no-progress */
    bool timestamps;        /* --timestamps: as the scenario's log.timestamps */
    const char *format;     /* --format; NULL: the scenario's */
    enum color_option color;
    struct words show;      /* --show and --hide: lists with commas, as given */
    struct words hide;
};

/* Of words for a run that goes on. */
struct control_options {
    const char *run;        /* --run RUN: the run that a word is for; NULL: none was named */
    bool json;              /* --json: JSON Lines in place of what is for a person */
    bool follow;            /* --follow: what comes too */
    int64_t last;           /* --lines: so many of each object; -1: all that are there */
    int64_t since;          /* --since, ns before now; -1: all */
    const char *grep;       /* --grep: a regular expression; NULL: none */
    bool now;               /* --now: without grace */
    bool drain;             /* --drain: no more tasks are begun, and the run ends with those that run */
    bool no_wait;           /* --no-wait: what was asked for is not waited for */
    bool with_deps;         /* --with-deps: what they depend on too */
    const char *until;      /* --until: what is waited for; NULL: ready */
};

/* A run that does not have this terminal for its story. */
struct apart_options {
    bool detach;            /* --detach: the run goes on in the background */
    bool view;              /* --view: the run is shown on the full screen */
    bool again;             /* --again: another one of a file that runs already */
    const struct background *background; /* in a run that does; NULL: it is in the foreground */
};

struct options {
    enum mode mode;
    const struct command *command; /* the word, the first operand; NULL: none */
    int word_at; /* the argument that it is; 0: none */
    int argc; /* the command line itself */
    char **argv;
    const char *file;       /* NULL: none was given */
    struct each *each;      /* what "each" runs; NULL: a scenario in FILE */
    const char *subject;    /* what a word is about that needs no scenario, such as a queue; NULL: none */
    struct words values;    /* behind it: of put the messages, of queue what is to be done, of completion those typed; of
                               check more files */
    struct asking asking;   /* of put, get and queue */
    struct words overrides; /* NAME=VALUE */
    struct telling_options story;
    struct plan_options plan;
    struct select_options select;
    struct file_options files;
    const char *on;         /* --on: where pools run that do not say it, as YAML; NULL: here */
    int64_t jobs;           /* --jobs: workers of every pool; 0: as the scenario says */
    bool status;            /* --status: the exit status is that of the recorded run */
    bool force;             /* --force: a record that is there is replaced */
    struct control_options control;
    struct apart_options apart;
};

/* Fills OPTIONS from the arguments, which must outlive them. 0, or ERROR_FAILED with a text. */
int options_parse(struct options *options, int argc, char **argv, struct error *error);
void options_release(struct options *options);

/* True where a part of the scenario alone is asked for: --task, --only. */
bool options_name_a_part(const struct options *options);

#endif
