/*
 * The state of a view: what a run has said, fed by the lines of its protocol (parrun-control(7)), and what the keys have made of it.
 *
 * It knows neither a terminal nor a socket: the lines that it wants to send are in REQUESTS, and view/paint.h draws it.
 */
#ifndef VIEW_MODEL_H
#define VIEW_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "view/objects.h"

struct emulator;
struct event_reader;
struct output_pane;
struct regex;

/* Keys that are no characters. */
enum view_key {
    VIEW_KEY_UP = 0x110000,
    VIEW_KEY_DOWN,
    VIEW_KEY_LEFT,
    VIEW_KEY_RIGHT,
    VIEW_KEY_PAGE_UP,
    VIEW_KEY_PAGE_DOWN,
    VIEW_KEY_HOME,
    VIEW_KEY_END,
    VIEW_KEY_BACKSPACE,
    VIEW_KEY_OTHER,
};

#define VIEW_KEY_CONTROL(letter) ((letter) & 0x1F)
#define VIEW_KEY_ESCAPE 0x1B

/* What the keys mean. */
enum view_mode {
    SHOWS_OBJECTS,  /* one is chosen */
    SHOWS_OUTPUT,   /* its output alone is there, and is scrolled */
    SHOWS_EXPLAIN,  /* what is known of it */
    SHOWS_KEYS,     /* the help */
    SHOWS_SEARCH,   /* what is searched for is typed */
    SHOWS_FIND,     /* the name of an object is typed */
    SHOWS_TYPING,  /* keys are the chosen process's */
    SHOWS_QUESTION, /* whether the run is to be stopped */
};

/* What a view is to do next, when it is not to wait. */
enum view_wish {
    WISH_NONE,
    WISH_LEAVE,   /* the view alone ends */
    WISH_STOP,    /* the run too: it was asked to */
    WISH_SUSPEND, /* Ctrl-Z */
    WISH_REDRAW,  /* Ctrl-L */
};

/* What went wrong is kept so far. */
#define MESSAGES_MOST 100

struct view_message {
    char *time; /* HH:MM:SS of UTC, as the run's log has it */
    char *text;
};

/* What is known of the run. */
struct view_about {
    char *run; /* its id, "" as long as that is not known */
    char *scenario;
    char *since;
    char *state;
};

/* The question for the status of the run. */
struct view_status {
    bool wanted; /* something has happened since it was asked for last */
    bool asked;  /* and is not answered */
    int64_t at;  /* clock_monotonic() when it was asked for */
};

/* What the object that is chosen has written. */
struct view_pane {
    struct output_pane *output; /* of the chosen one */
    struct emulator *emulator; /* of its terminal; NULL: it has none */
    int rows;             /* of where that is shown, as it was painted last */
    int columns;
    char *of;       /* whose it is; NULL: nobody's */
    uint64_t id;    /* of the request for it */
    struct regex *search;  /* NULL: nothing is searched for */
    bool search_up;        /* what was typed was looked for above, as the end was shown */
};

/* What the run and the view itself have to say. */
struct view_notes {
    struct view_message messages[MESSAGES_MOST]; /* the newest last */
    size_t message_count;
    char *notice; /* what was answered to the last key; NULL: nothing */
    bool notice_is_wrong;
};

struct view_model {
    bool owner;         /* the run was started for this view */
    bool connected;     /* lines of the run come */
    struct buf requests; /* to be sent; the view empties it */
    bool changed;       /* there is something to draw */
    enum view_wish wish;

    struct view_about about;
    struct view_objects objects;
    struct event_reader *reader;

    struct view_status status;
    size_t chosen;      /* index of an object */
    size_t top;         /* of the first that is shown, */
    size_t shown;       /* and how many were */

    struct view_pane pane;

    struct view_notes notes;
    enum view_mode mode;
    enum view_mode before;  /* the mode that ends where this one does */
    struct buf typed;
};

struct view_model *model_new(bool owner);
void model_free(struct view_model *model);

/* A connection is there: begins to ask. */
void model_connect(struct view_model *model);

/* It has ended, and there will be no other. */
void model_disconnect(struct view_model *model);

/* Takes a line of the run, without its newline; it may be written to. */
void model_take(struct view_model *model, char *text, size_t length);

/* A character, or an enum view_key (keys.c). */
void model_key(struct view_model *model, uint32_t key);

/* Asks for what is wanted by now; in how many ns to call again, -1: when something has come. */
int64_t model_step(struct view_model *model, int64_t now);

/* The chosen object; NULL: there are none. */
struct view_object *model_chosen(const struct view_model *model);

/* The output is that of the chosen object from now on, which model_step() sees to else. */
void model_ask_output(struct view_model *model);

/* Types at the terminal of the chosen process, and gives it the size of its pane; TEXT of no bytes: that alone. */
void model_type(struct view_model *model, const char *text, size_t length);

/* Says something below all; TEXT is owned from now on. */
void model_notice(struct view_model *model, char *text, bool is_wrong);

/* True where the run goes on, as far as is known. */
bool model_is_alive(const struct view_model *model);

#endif
