/*
 * The lifecycle of every object, as one table: state and happening give an action and the next
 * state. Every cell is filled; what cannot happen is told apart from what is ignored.
 */
#ifndef ENGINE_LIFECYCLE_H
#define ENGINE_LIFECYCLE_H

enum object_state {
    OBJECT_PENDING, /* not started */
    OBJECT_RUNNING,
    OBJECT_RESTING,  /* nothing of it runs; it is to be started again */
    OBJECT_STOPPING, /* asked to end, within its grace */
    OBJECT_KILLING,  /* being ended by force */
    OBJECT_STOPPED,  /* nothing of it runs, as a word has stopped it; a word may start it again */
    OBJECT_ENDED,    /* nothing of it is left */
    OBJECT_STATES,
};

enum happening {
    HAPPENING_START, /* it may start */
    HAPPENING_STOP,  /* it is to end, with grace */
    HAPPENING_KILL,  /* it is to end at once */
    HAPPENING_REST,  /* nothing of it is left, but it is to be started again */
    HAPPENING_GONE,  /* nothing of it is left */
    HAPPENING_LOWER, /* a word: it is to end, with grace, and may be started again */
    HAPPENING_DOWN,  /* nothing of it is left, as a word has stopped it */
    HAPPENING_RAISE, /* a word: it is to start, once what it depends on has come so far */
    HAPPENINGS,
};

enum action {
    ACTION_NEVER, /* cannot happen: a bug of ours */
    ACTION_IGNORE,
    ACTION_START,
    ACTION_SKIP, /* it will never be started */
    ACTION_STOP,
    ACTION_KILL,
    ACTION_REST,   /* nothing: it waits to be started again */
    ACTION_SETTLE, /* it will not be started again: tell its end */
    ACTION_FINISH, /* tell those who wait for its end */
    ACTION_CANCEL, /* it will not be started again by itself: nothing is told of its end */
    ACTION_DOWN,   /* it is down until a word starts it */
    ACTION_AWAIT,  /* it is to have another life: forget what became of the last one */
};

struct transition {
    enum action action;
    enum object_state next;
};

/* The cell of the table. */
struct transition lifecycle(enum object_state state, enum happening happening);

#endif
