/*
 * What a child writes, made fit for a terminal: its colours pass, everything else that a terminal
 * would obey (cursor moves, titles, the clipboard, bells, C1 and other control characters) is shown
 * in place of being obeyed: ^[ for ESC, \u009b for a C1 character, \xe9 for a byte that is no UTF-8.
 */
#ifndef LOG_TERMINAL_TEXT_H
#define LOG_TERMINAL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* A longer sequence of escapes is not waited for. */
#define TERMINAL_PENDING 48

/* A zeroed one, but for COLOR, is ready. */
struct terminal_text {
    bool color;   /* colours pass; else they are left out */
    bool colored; /* a colour was begun and not ended */
    char pending[TERMINAL_PENDING]; /* the beginning of what may become a colour or a character */
    size_t pending_length;
};

/* Appends what is to be shown of BYTES; pieces of one text may follow each other. */
void terminal_put(struct terminal_text *terminal, struct buf *out, const char *bytes,
                  size_t length);

/* Ends a colour that was left on; what comes next may still go on where the piece ended. */
void terminal_reset(struct terminal_text *terminal, struct buf *out);

/* The end of a text: the same, and what is pending is shown. */
void terminal_end(struct terminal_text *terminal, struct buf *out);

/* The code of the colour that is NAME's in every run, such as "36". */
const char *terminal_color_of(const char *name);

/* True where the terminal, as TERM names it, knows colours and how to erase a line. */
bool terminal_is_able(void);

#endif
