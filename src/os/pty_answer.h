/* What a terminal answers by itself to the program that runs on it: where the cursor is, what it is. */
#ifndef OS_PTY_ANSWER_H
#define OS_PTY_ANSWER_H

#include <stddef.h>

#define PTY_QUERY_MOST 8

/* What has come of a question; zeroed at first. */
struct pty_query {
    char text[PTY_QUERY_MOST];
    size_t length;
};

/*
 * LENGTH bytes that the program wrote to its terminal, of which FD is the other end: each question in
 * them, be it cut by the pieces in which they come, is answered as by a terminal of the VT100 family
 * whose cursor is at its upper left corner. Questions that are not known stay without an answer.
 */
void pty_answer(struct pty_query *query, int fd, const char *bytes, size_t length);

#endif
