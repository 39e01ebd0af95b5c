/*
 * One Lua state in which a body, or the expressions of templates, run.
 *
 * A script belongs to one thread at a time; only script_interrupt() may be called from another.
 * It talks to the rest of the program through a struct script_host, so it knows neither libuv nor
 * frames nor queues.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "value/value.h"

struct error;
struct script;
struct shared;

/* A command for parrun.run. All is borrowed for the call. */
struct script_command {
    const char *const *argv; /* NULL at the end; for a shell line: {"/bin/sh", "-c", line, NULL} */
};

/* How a command ended. OUT and ERR are released by the caller. */
struct script_result {
    int code;   /* exit status, of no meaning where a signal ended it */
    int signal; /* the signal that ended it, or 0 */
    struct buf out;
    struct buf err;
};

/* How a message is put. */
struct script_put {
    double timeout; /* seconds, negative for "for ever" */
    double delay;   /* seconds until it may be taken */
    int priority;   /* 0 to SCRIPT_PRIORITY_MOST; the highest goes first */
};

#define SCRIPT_PRIORITY_MOST 9

/* Says why a message with a priority is refused, of a queue's name. */
#define SCRIPT_NO_PRIORITY "queue %s is ordered: its messages have no priority"
#define SCRIPT_NO_CONSUMER "nothing takes from queue %s any more: all that consumes it has ended"

/*
 * What the parrun module calls. Each gets ARG of the options; each that can fail returns a negative
 * code and fills ERROR: ERROR_STOPPED and ERROR_TIMEOUT end the body, even inside pcall; any other
 * code is an ordinary Lua error. A NULL function makes the Lua function an error that says so.
 * TIMEOUT is in seconds, negative for "for ever".
 */
struct script_host {
    /* Waits; returns 0. */
    int (*sleep)(void *arg, double seconds, struct error *error);
    /* Bytes that print, io.write or io.stdout:write put out. NULL: the process's own stdout. */
    int (*output)(void *arg, const char *bytes, size_t length, struct error *error);
    /* One line for the log, without its newline. */
    int (*log)(void *arg, const char *bytes, size_t length, struct error *error);
    /* 1: put; 0: the timeout passed. ENCODED as in value.h; it is not looked at afterwards, see mem_move(). */
    int (*put)(void *arg, const char *queue, const char *encoded, size_t length,
               const struct script_put *options, struct error *error);
    /* 1: one encoded message was appended to ENCODED; 0: the timeout passed; 2: queue closed. KEEP:
     * the body is done with it when it asks for the next, or ends well; else it is at once. */
    int (*get)(void *arg, const char *queue, double timeout, bool keep, struct buf *encoded,
               struct error *error);
    /* Messages that wait in the queue, or a negative code. */
    int64_t (*length)(void *arg, const char *queue, struct error *error);
    /* Runs a command and waits for it; 0 when it was started, however it ended. */
    int (*run)(void *arg, const struct script_command *command, struct script_result *result,
               struct error *error);
    /* An item that a chunk which makes tasks has made. NULL: there is no function emit. */
    int (*emit)(void *arg, const char *encoded, size_t length, struct error *error);
    /* Called from the hook of a running body about once a millisecond; may be NULL. */
    void (*poll)(void *arg);
};

struct script_options {
    const char *name;               /* parrun.name, and `name` in expressions */
    struct value vars;              /* a table; copied */
    const char *const *environment; /* "NAME=VALUE", NULL at the end, for os.getenv and env; copied */
    const char *directory;          /* the scenario's directory: require looks there first; or NULL */
    const struct script_host *host; /* borrowed for the script's life; NULL for expressions alone */
    void *host_arg;
    struct shared *shared;          /* behind parrun.shared; NULL: parrun.shared is an error */
    int64_t pid;                    /* what parrun.pid() returns */
    bool pure;                      /* for expressions: no io, no os, no loading of code */
    size_t memory_limit;            /* bytes the state may hold; 0: no limit */
    int64_t instruction_limit;      /* a call may take so many; 0: no limit */
};

/*
 * A new pure state for the expressions of templates: `name` and `vars` (copied) as given, `env` this
 * process's own environment. What an expression may use up is bounded: 16 MB, a million instructions.
 */
struct script *script_new_expressions(const char *name, const struct value *vars);

/* A new state with its libraries; free it with script_free(). All options but host are copied. */
struct script *script_new(const struct script_options *options);
void script_free(struct script *script);

/*
 * Compiles a chunk. FILE and LINE say where its first line stands, so that messages and tracebacks
 * name the scenario's own lines. *BODY is a number for script_call(). 0, or ERROR_FAILED with
 * Lua's message.
 */
int script_load(struct script *script, const char *text, size_t length, const char *file,
                unsigned line, int *body, struct error *error);

/*
 * Runs a chunk. Its first result is appended, encoded, to RESULT (may be NULL). 0, or: ERROR_FAILED
 * (the message and its traceback), ERROR_TIMEOUT (the deadline passed), ERROR_STOPPED.
 */
int script_call(struct script *script, int body, struct buf *result, struct error *error);

/* Sets item, index, worker and attempt for the calls to come; copied. */
void script_set_task(struct script *script, const struct value *item, int64_t index,
                     int64_t worker, int64_t attempt);

/* Sets `uses`, a table of texts, for the calls to come; copied. Expressions have one before in which each name stands for
 * itself: "uses.NAME". */
void script_set_uses(struct script *script, const struct value *uses);

/* Sets `output_tmp`, the path that a command writes in place of the file that it creates; copied. */
void script_set_output_tmp(struct script *script, const char *path);

/* Sets `index` alone. */
void script_set_index(struct script *script, int64_t index);

/* Puts ENTRY, "NAME=VALUE", into the table env of the expressions to come; "NAME" alone takes it out. */
void script_set_env(struct script *script, const char *entry);

/* Sets the global message for the expressions to come; copied. */
void script_set_message(struct script *script, const struct value *message);

/* From now on a call ends with ERROR_TIMEOUT at this time of clock_monotonic(); 0: none. */
void script_set_deadline(struct script *script, int64_t deadline);

/* What is called ends with ERROR_STOPPED, now and from now on. From any thread. */
void script_interrupt(struct script *script);

/* A Lua state that texts are compiled in, to see whether they are right: to make one takes longer than most of them do. {0}: none is made yet. */
struct script_compiler {
    struct lua_State *lua;
};

void script_compiler_release(struct script_compiler *compiler);

/* Checks a chunk without running it; the same messages as script_load(). */
int script_check(struct script_compiler *compiler, const char *text, size_t length, const char *file, unsigned line,
                 struct error *error);

#endif
