/*
 * What a worker must know before its first task: the body, its context, and how it is to speak.
 * Sent once, as the first frame (CONFIG), and all of it text, so that a worker on another machine
 * needs nothing else.
 */
#ifndef WIRE_WORKER_CONFIG_H
#define WIRE_WORKER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct frame;

enum worker_body {
    WORKER_RUN,
    WORKER_EXEC,
    WORKER_LUA,
    WORKER_COPROCESS,
};

/* What a command reads. */
enum worker_input {
    WORKER_INPUT_NONE,
    WORKER_INPUT_TEXT, /* this text */
    WORKER_INPUT_FILE, /* the file of this path */
    WORKER_INPUT_BLOCK,  /* the piece of the file of this path, which the item names */
    WORKER_INPUT_STREAM, /* the same of a stream, kept in memory */
};

/* A list of texts. */
struct config_texts {
    char **items;
    size_t count;
    size_t capacity;
};

/* A Lua chunk and where it stands; TEXT is NULL where there is none. */
struct chunk {
    char *text;
    size_t length;
    char *file;
    uint32_t line;
};

/* What a body may not put into a queue; bits. */
enum queue_rule {
    RULE_NO_PRIORITY = 1 << 0, /* it is ordered */
    RULE_LINES = 1 << 1,       /* programs read it as lines: no tables, nor texts with a newline, */
    RULE_PIECES = 1 << 2,      /* as pieces that end in NUL, */
    RULE_LENGTHS = 1 << 3,     /* or with lengths */
    RULE_JSON = 1 << 4,        /* as JSON: no NaN, no infinity, no text that is not UTF-8 */
};

/* How a task is ended before its time. */
struct worker_stop {
    int32_t signal;   /* for a task that must end before its time */
    bool leader;      /* for its process alone, not for the group */
    int64_t grace;    /* ns of the whole group until SIGKILL */
};

/* The queues that a body uses. */
struct worker_queues {
    struct config_texts produces; /* queues that the body may put into, and take from */
    struct config_texts consumes;
    struct buf rules;      /* of each of PRODUCES a byte: what holds for its messages (enum queue_rule) */
    uint32_t window;       /* messages it may put before it hears of room */
};

/* All is owned by the config; config_release() frees it. */
struct worker_config {
    enum worker_body body;
    bool tell_command;     /* results tell the command that was run */
    bool json;             /* WORKER_COPROCESS: lines hold JSON */
    bool separate;         /* a command's standard error is told apart from its standard output */
    bool dry;              /* commands are not run: the result is their text */
    bool process;          /* one task, of a process: its output is the worker's own stdout */
    char *name;            /* of the object */
    char *run;             /* the run's id */
    char *directory;       /* the scenario's; relative paths in bodies start where parrun was */
    struct buf vars;       /* an encoded table */
    struct config_texts env; /* NAME, template, NAME, template, ...: laid over the worker's own */
    char *cwd;             /* a template; NULL: none */
    struct config_texts shell; /* for WORKER_RUN: its words, which the command line follows */
    enum worker_input input; /* what each command reads */
    char *input_text;      /* of that a template; of blocks the path as it is, "" for standard input */
    int32_t blocks;        /* the descriptor of what blocks are in; -1: none */
    char *attributes;      /* of each command, as os/spawn_attributes.h writes them; NULL: none */
    struct config_texts command; /* WORKER_RUN: one template; otherwise one an argument */
    struct chunk lua;
    struct chunk setup;
    struct worker_queues queues;
    struct worker_stop stop;
    int64_t worker;        /* number of the worker in its pool, from 1 */
    int32_t stdin_fd;      /* a process's own stdin and stdout: where they are; -1: none */
    int32_t stdout_fd;
};

void config_release(struct worker_config *config);

/* Appends a CONFIG frame. */
void config_write(struct buf *out, const struct worker_config *config);

/* Reads the fields of a CONFIG frame; false where they are not what config_write() writes. */
bool config_read(struct frame *frame, struct worker_config *config);

/* Adds a copy of TEXT. */
void config_texts_add(struct config_texts *texts, const char *text);

/* A copy of a chunk. */
struct chunk chunk_copy(const char *text, size_t length, const char *file, unsigned line);

#endif
