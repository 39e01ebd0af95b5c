/* One task of a pool, from when it is taken from its source until all was told of it. */
#ifndef POOL_TASK_H
#define POOL_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mask.h"
#include "os/spool.h"
#include "queue/subscription.h"
#include "wire/frame.h"

struct arena;
struct claim;
struct creates;
struct value;

/* A message of a queue that the item is, or that stands in it. */
struct task_message {
    struct delivery_tag mark; /* as it was taken */
    size_t at;              /* in the item */
    size_t length;
};

/* What a task writes to its standard output, or to its standard error where that is kept apart. */
struct task_stream {
    struct spool output; /* kept until it may be shown */
    struct spool kept;   /* the same, kept for results */
    struct buf line;     /* output: lines: the beginning of a line */
    struct mask_stream masked; /* output that may be the beginning of a secret */
    bool in_line;        /* tag: what was told last has no newline yet */
};

#define TASK_STREAMS 2

/* When a task was begun, has ended and is begun again. */
struct task_times {
    int64_t due;     /* clock_monotonic(): when it is tried again, until it is; 0: it is not */
    int64_t started; /* clock_monotonic(); 0: not begun */
    int64_t finished; /* the same of the end of this attempt */
    int64_t spent;   /* ns: how long all attempts took so far */
    int64_t wait;    /* ns until the next attempt */
};

/* The file that a task makes. */
struct task_file {
    struct creates *creates; /* the file that it makes; NULL: none */
    bool current;    /* that is up to date, */
    struct buf why;  /* and what says so, or that it is not; once it has run, what is to be told of it */
};

/* What a task has written. */
struct task_output {
    struct task_stream streams[TASK_STREAMS];
    struct buf last;     /* the end of its output, where the pool keeps that of failures */
    uint64_t put_out; /* bytes of output */
};

/* How an attempt has ended. */
struct task_end {
    enum outcome outcome;
    int64_t number; /* exit code or signal */
    int64_t duration;
    char *text; /* why it failed; or the encoded result, TEXT_LENGTH bytes; or NULL */
    size_t text_length;
    int64_t memory;   /* bytes that its command held at most; 0: not known */
    bool out_of_memory; /* its last attempt has met its limit on memory */
    int64_t cpu;      /* ns of processor time that it has used; 0: not known */
};

/* What holds for an attempt alone, besides what its pool says. */
struct task_terms {
    int64_t timeout; /* ns; 0: none */
    int64_t memory_limit; /* bytes, of this attempt alone; of LIMITS; 0: its pool's holds */
    struct buf limits; /* of this attempt alone, as attributes_print() writes them; nothing: its pool's hold */
    struct buf codes;  /* a byte each: exit codes that are no failure of this attempt, besides its pool's */
    bool allowed;      /* it may fail, as allow_failure says */
};

/* What a task is, for a person. */
struct task_words {
    bool is_shown;    /* the next two are filled in */
    struct buf shown; /* its item on one line, without secrets; nothing where that is its number */
    struct buf cell;  /* of a matrix: the values of its lists, in the same way */
    char *command;    /* as a line for a shell, where somebody wants to know; or NULL */
};

struct task {
    struct task *next;
    uint64_t id;     /* of this attempt, as workers know it */
    int64_t index;   /* its number in the pool, from 0 */
    int64_t attempt; /* from 1 */
    int64_t line;    /* of the file that its item is of; 0: not known */
    int64_t turn;    /* output: ordered: its place among those that are run, from 0 */
    struct hash key; /* of its content, where somebody wants to know */
    struct buf item; /* encoded */
    struct buf messages; /* where the item is made of some: a struct task_message of each */
    int64_t before;  /* of these: how often the one was tried, that was tried most, when it was taken */
    struct task_terms terms;
    struct task_times times;
    struct claim *claim; /* for what it uses of the resources; NULL: none was made */
    struct task_file file;
    bool token;      /* it runs by one of a jobserver */
    bool retried;    /* not the task but an attempt of it that has failed or was cut short, to be told */
    bool untold;     /* it was given back before it began: nothing is told of it */
    int lost;        /* how often in a row it was lost with the host of its worker */
    int64_t worker;  /* who runs it, from 1 */
    int64_t pid;
    struct task_output output;
    struct task_end end;
    struct task_words words;
};

/* A list of tasks, first in, first out. */
struct task_list {
    struct task *first;
    struct task *last;
    size_t count;
};

void task_list_add(struct task_list *list, struct task *task);
void task_list_add_first(struct task_list *list, struct task *task);

/* Takes the first one off; NULL where there is none. */
struct task *task_list_take(struct task_list *list);

/* Takes the one with this id off; NULL where it is not there. */
struct task *task_list_take_id(struct task_list *list, uint64_t id);

/* Encodes the task's item without what MASK hides; nothing where there is no mask. */
void task_shown_item(const struct task *task, const struct mask *mask, struct buf *out);

/* VALUE without what MASK hides: its texts are changed in place, in ARENA. */
void value_hide(struct arena *arena, const struct mask *mask, struct value *value);

/* Another attempt begins: forgets how the last one ended, and what it put out. */
void task_forget(struct task *task);

/* It has failed, for REASON (copied), whatever its command says. */
void task_fail(struct task *task, const char *reason);

/* A zeroed task: of SPARE, where that has one. */
struct task *task_new(struct task_list *spare);

/* Frees the task and all it holds; NULL is accepted. */
void task_free(struct task *task);

/* Frees all that are in it. */
void task_list_release(struct task_list *list);

/* As task_free(), but its memory may be kept in SPARE for the next one. */
void task_put_back(struct task_list *spare, struct task *task);

#endif
