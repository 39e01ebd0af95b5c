/* A process as a scenario has it, and its streams. All of it lies in the scenario's arena. */
#ifndef SCENARIO_PROCESS_SPEC_H
#define SCENARIO_PROCESS_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/object_spec.h"

enum stream_kind {
    STREAM_JOINED, /* the default of stderr, output only: in one pipe with stdout, which is the log */
    STREAM_LOG, /* the default of stdout */
    STREAM_INHERIT,
    STREAM_NULL, /* the default of stdin */
    STREAM_FILE,
    STREAM_TEXT, /* input only */
    STREAM_QUEUE,
    STREAM_STDOUT, /* output only: the same as stdout */
    STREAM_SEVERAL, /* output only: to each of its ends */
};

/* When a file makes room for a new one. */
struct rotate_spec {
    int64_t size;  /* bytes; 0: never */
    int64_t keep;  /* old files */
    bool compress; /* the old files */
};

/* When a message that a program reads from a queue is done. */
enum ack {
    ACK_UNSAID,
    ACK_READ, /* once it was read: the same as unsaid */
    ACK_LINE, /* once it was answered by a line or a message on stdout */
    ACK_END,  /* once the process has ended with success */
};

struct stream_spec {
    enum stream_kind kind;
    struct template *path; /* STREAM_FILE: as written, see scenario_path() */
    bool append;           /* STREAM_FILE: keep what is there */
    struct rotate_spec rotate; /* STREAM_FILE, output: parrun writes it */
    bool input; /* fds above 2: read by the process (text, or a queue that it consumes) */
    struct template *text; /* STREAM_TEXT */
    size_t queue;          /* STREAM_QUEUE: index into scenario.queues */
    enum ack ack;          /* STREAM_QUEUE: stdin */
    struct stream_spec *ends; /* STREAM_SEVERAL: STREAM_LOG, STREAM_FILE and STREAM_QUEUE */
    size_t end_count;
};

/* Where the stream leads: its ends, *COUNT of them, or itself alone. */
const struct stream_spec *stream_ends(const struct stream_spec *stream, size_t *count);

struct fd_spec {
    int fd; /* above 2 */
    struct stream_spec stream;
};

/* Exit codes that are no failure; without any: 0 alone. */
struct codes_spec {
    int64_t *codes;
    size_t count;
    struct template **own; /* of a pool: more of them, of each attempt */
    size_t own_count;
};

/* Whom a stop signal is for. */
enum stop_to {
    STOP_GROUP,
    STOP_LEADER, /* what is left of the group gets it once the leader has ended */
};

struct stop_spec {
    int signal;    /* TERM by default */
    enum stop_to to;
    int64_t grace; /* of the whole group, 10 s by default; then SIGKILL to what is left of it */
    struct body_spec run; /* a command in place of the signal, where has_run */
    bool has_run;
};

/* What a probe looks at. Those from PROBE_LOG on wait for the process to tell of itself. */
enum probe_kind {
    PROBE_NONE,
    PROBE_TCP,  /* a connection to HOST:PORT is accepted */
    PROBE_UNIX, /* a connection to a socket's path is accepted */
    PROBE_HTTP, /* the answer to a request for a URL is 200 to 399 */
    PROBE_COMMAND, /* a command ends with 0 */
    PROBE_FILE, /* a path exists */
    PROBE_LOG,  /* a line of the output matches */
    PROBE_NOTIFY,    /* a message to the socket in NOTIFY_SOCKET */
    PROBE_NOTIFY_FD, /* a line on a descriptor */
};

/* What is done where somebody else answers at the port or socket by which a process is to be ready. */
enum conflict {
    CONFLICT_FAIL,
    CONFLICT_WAIT,   /* until nobody does */
    CONFLICT_ACCEPT, /* whoever answers, it is ready */
};

/* Whether a process is ready, or healthy. */
struct probe_spec {
    enum probe_kind kind;
    struct template *target; /* of TCP, UNIX, HTTP, FILE; of LOG the regular expression */
    struct body_spec body;   /* PROBE_COMMAND */
    int64_t fd;              /* PROBE_NOTIFY_FD */
    struct mark mark;
    int64_t interval;  /* ns between two looks */
    int64_t timeout;   /* ns: ready: until it must be; health: of one look */
    int64_t look_timeout; /* ns: ready: of one look; 0: as long as TIMEOUT has left */
    int64_t threshold; /* looks in a row that must agree: passed for ready, failed for health */
    enum conflict conflict; /* ready: TCP, UNIX, HTTP */
};

enum restart_on {
    RESTART_NEVER,
    RESTART_FAILURE,
    RESTART_ALWAYS,
};

/* What follows the end of a process that nobody asked to end. */
#define RESTARTS_UNLIMITED INT64_MAX

struct restart_spec {
    enum restart_on on;
    int64_t max; /* restarts in a row; RESTARTS_UNLIMITED: no limit */
    int64_t delay;
    double factor;
    int64_t max_delay;
    bool jitter;
    int64_t reset_after; /* ns: what has run so long is begun to be counted anew */
};

/* What follows when files that a process watches have changed. */
enum watch_act {
    WATCH_RESTART, /* it is ended and begins anew */
    WATCH_RUN,     /* it begins anew once it has ended by itself */
    WATCH_SIGNAL,  /* it is sent a signal */
};

struct watch_spec {
    const char **paths; /* absolute patterns (base/path_pattern.h), braces worked out */
    size_t path_count;  /* 0: it watches nothing */
    const char **ignores; /* lines as those of .gitignore */
    size_t ignore_count;
    const char *directory; /* absolute: the one that IGNORES are seen from */
    int64_t delay;         /* ns after the last of some changes */
    enum watch_act act;
    int signal; /* WATCH_SIGNAL */
};

struct process_spec {
    struct object_spec object;
    bool daemon;
    bool forking; /* it puts itself into the background */
    bool tty; /* a terminal of its own is all three streams; what it shows goes where stdout says */
    int64_t replicas; /* at least 1; above 1 they are named NAME.1, NAME.2, ... */
    const struct stop_spec *stop;
    const struct restart_spec *restart;
    const struct watch_spec *watch;
    const struct probe_spec *ready;
    const struct probe_spec *health;
    const struct codes_spec *success;
    const struct template *pidfile; /* where it writes the number of what it leaves; NULL: nowhere */
    const struct stream_spec *streams[3]; /* stdin, stdout, stderr */
    struct fd_spec *fds;
    size_t fd_count;
};

/* A process of which nothing is given. */
extern const struct process_spec process_without_parts;

#endif
