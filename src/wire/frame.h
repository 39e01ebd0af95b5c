/*
 * The frames that the runner and a worker exchange over plain pipes, 8-bit clean.
 *
 *     u32  length of what follows
 *     u8   type (enum frame_type)
 *     ...  fields of the type, in order; see the list below
 *
 * Numbers are little endian; bytes are a u32 length and that many bytes.
 *
 *     to the worker                 from the worker
 *     CONFIG  wire/worker_config.h  READY    (setup is done)
 *     TASK    u64 id, i64 index,    REFUSED  bytes reason (it cannot go on)
 *             i64 attempt,
 *             i64 timeout (ns, 0:
 *             none), bytes limits
 *             (of its own, or
 *             nothing), bytes uses
 *             (a table, or nothing),
 *             bytes output_tmp,
 *             value
 *     REVOKE  u8 all (give back     REVOKED  u32 count, count times u64 id
 *             what has not begun,
 *             and unless ALL keep
 *             one to run)
 *     CANCEL  u64 id                OUTPUT   u64 id, the rest is output
 *     FINISH  (no more tasks)       RESULT   u64 id, u8 outcome, i64 number, i64 duration (ns),
 *                                            i64 peak memory (bytes), u8 out of memory, i64
 *                                            processor time (ns), bytes text, bytes command
 *     ANSWER  u8 answer, then a     GET      i64 timeout (ns, -1: none), u32 most, bytes queue
 *             value, or messages:   UNGET    (the GET is to be answered now)
 *             u32 length and value  LENGTH   bytes queue
 *             of each               PUT      i64 delay (ns), u8 priority, bytes
 *     PAUSED  i64 duration (ns)              queue, the rest are messages: u32
 *             (the run was stopped           length and value of each
 *             for so long)
 *     ROOM    u32 messages          TAKEN    u32 messages, bytes queue (the body has them)
 *     BROKEN  bytes queue (nothing
 *             takes from it any more)
 *                                   ERROR_OUTPUT  as OUTPUT, of the task's standard error where
 *                                            CONFIG keeps it apart
 *                                   RETURN   u32 kept, u8 tried, bytes queue (but
 *                                            for so many, messages not taken are given
 *                                            back; the first of them was worked on)
 *                                   STUCK    u32 messages that no ROOM came for yet (the
 *                                            body waits for some, without a time limit)
 *                                   LOG      the rest is a line
 *
 * A GET or a LENGTH is answered by one ANSWER, and a worker asks one at a time. A GET for more than
 * one message is answered by as many as there are, up to MOST. Every message put is answered, some time, by ROOM; a worker
 * may be ahead by as many messages as CONFIG says. End of file ends the worker and what it runs.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* A message of VALUE_MOST bytes and what stands around it. Nothing legitimate is longer; a longer
 * length means that the bytes are no frames. */
#define FRAME_LONGEST ((2u << 30) + (1u << 20))

enum frame_type {
    FRAME_CONFIG = 1,
    FRAME_TASK,
    FRAME_REVOKE,
    FRAME_CANCEL,
    FRAME_FINISH,
    FRAME_ANSWER,
    FRAME_ROOM,
    FRAME_PAUSED,
    FRAME_BROKEN,
    FRAME_READY = 64,
    FRAME_REFUSED,
    FRAME_REVOKED,
    FRAME_OUTPUT,
    FRAME_RESULT,
    FRAME_GET,
    FRAME_LENGTH,
    FRAME_PUT,
    FRAME_TAKEN,
    FRAME_RETURN,
    FRAME_LOG,
    FRAME_UNGET,
    FRAME_STUCK,
    FRAME_ERROR_OUTPUT,
    FRAME_ITEM, /* never on a pipe: a value that a chunk in a thread of the runner has emitted */
    FRAME_REQUESTS = 128, /* from here on: wire/request.h */
    FRAME_OF_AGENTS = 160, /* from here on: wire/agent.h */
    FRAME_REPLIES = 192,
};

/* How a task ended, in RESULT. NUMBER and TEXT of the frame depend on it. */
enum outcome {
    OUTCOME_DONE,      /* TEXT: the encoded result of a Lua body */
    OUTCOME_EXITED,    /* NUMBER: the exit code, not 0; TEXT: the limit that it met, if it did */
    OUTCOME_SIGNALED,  /* NUMBER: the signal; TEXT: the same */
    OUTCOME_FAILED,    /* TEXT: why: a Lua error, a program that could not be started */
    OUTCOME_TIMEOUT,   /* it was ended at its timeout */
    OUTCOME_CANCELLED, /* it was ended because the runner said so */
};

/* What an ANSWER says. */
enum answer {
    ANSWER_MESSAGE, /* messages follow, at least one */
    ANSWER_TIMEOUT,
    ANSWER_CLOSED,
    ANSWER_NUMBER, /* an integer value follows */
};

/* Begins a frame in OUT; returns where it began, for frame_end(). */
size_t frame_begin(struct buf *out, enum frame_type type);
void frame_end(struct buf *out, size_t begin);

/* The head of a frame whose fields have LENGTH bytes, some of which may be written from elsewhere. */
void frame_head(struct buf *out, enum frame_type type, size_t length);

/* Appends a TASK frame; ITEM is an encoded value, TIMEOUT in ns, 0: none; LIMITS as attributes_print() writes
 * them, or empty; USES an encoded table of texts, or empty;
 * OUTPUT_TMP the path that the command may write, or "". */
void frame_write_task(struct buf *out, uint64_t id, int64_t index, int64_t attempt, int64_t timeout, const struct buf *limits,
                      const struct buf *uses, const char *output_tmp, const struct buf *item);

/* How a Lua body ended whose call returned CODE (script/script.h). */
enum outcome outcome_of_call(int code);

/* The fields of a RESULT. */
struct result {
    uint64_t id;
    enum outcome outcome;
    int64_t number;   /* exit code or signal */
    int64_t duration; /* ns */
    int64_t memory;   /* bytes that the command held at most; 0: not known */
    bool out_of_memory; /* the system killed in its cgroup for the limit on memory */
    int64_t cpu;      /* ns of processor time that it has used; 0: not known */
    const char *text; /* why it failed, or the encoded result; TEXT_LENGTH bytes */
    size_t text_length;
    bool spent; /* TEXT is not looked at again where it lies: see mem_move() */
    const char *command; /* the command as a line for a shell, where CONFIG asks for it */
    size_t command_length;
};

/* Appends a RESULT frame. */
void frame_write_result(struct buf *out, const struct result *result);

/* Reads one, BAD where it promises what it has not; TEXT and COMMAND borrow from the frame. */
struct frame;
void frame_read_result(struct frame *frame, struct result *result);

/* A frame without fields. */
void frame_plain(struct buf *out, enum frame_type type);

void frame_u8(struct buf *out, uint8_t number);
void frame_u32(struct buf *out, uint32_t number);
void frame_u64(struct buf *out, uint64_t number);
void frame_i64(struct buf *out, int64_t number);
void frame_bytes(struct buf *out, const char *bytes, size_t length);
void frame_text(struct buf *out, const char *text);

/* The fields of a frame that is being read. BAD is set when they end too soon; reads then give 0. */
struct frame {
    enum frame_type type;
    const char *at;
    size_t left;
    bool bad;
    bool spent; /* it is not looked at again where it lies: see mem_move() */
};

/*
 * Takes the next whole frame from BYTES: returns how many bytes it took, 0 where more must come
 * first, -1 where the bytes are no frames. FRAME borrows from BYTES.
 */
long frame_take(const char *bytes, size_t length, struct frame *frame);

/*
 * Hands on all whole frames of BYTES, until TAKE is false: no more is wanted. Returns how many bytes those had; WRONG is set where
 * what follows are no frames, or one had fields that end too soon, or are none.
 */
size_t frames_take(const char *bytes, size_t length, bool (*take)(void *arg, struct frame *frame), void *arg, bool *wrong);

/* Bytes that the frame which begins at BYTES says to have; 0 where too few have come to know. */
size_t frame_announces(const char *bytes, size_t length);

uint8_t frame_read_u8(struct frame *frame);
uint32_t frame_read_u32(struct frame *frame);
uint64_t frame_read_u64(struct frame *frame);
int64_t frame_read_i64(struct frame *frame);

/* Bytes with their length; borrowed. */
const char *frame_read_bytes(struct frame *frame, size_t *length);

/* Bytes as a C string, a copy to free(). */
char *frame_read_text(struct frame *frame);

#endif
