/*
 * The terminal of standard input, lent to one process group of the run at a time.
 *
 * The kernel lets only one group of a session read from its terminal, and sends that group what is
 * typed as Ctrl-C and Ctrl-Z. Between two holders that is the guard's group, which the shell has put
 * there; the runner and all others stay in groups behind it.
 */
#ifndef OS_TERMINAL_H
#define OS_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct terminal;

/* For terminal_free(); NULL where standard input is not the terminal of this session. SIGTTOU must be
 * ignored. */
struct terminal *terminal_open(void);

/* NULL is accepted. */
void terminal_free(struct terminal *terminal);

/*
 * Somebody is about to be started for it. True where the run is in the foreground, so that the new
 * process is to take the terminal (ATTRIBUTE_TERMINAL).
 */
bool terminal_offer(struct terminal *terminal);

/* The process was started, the leader of group HOLDER; or it was not: 0. */
void terminal_lend(struct terminal *terminal, pid_t holder);

/* Its holder has ended: takes the terminal back and makes it what it was before. */
void terminal_return(struct terminal *terminal);

/* The same while its holder stops for a while. */
void terminal_suspend(struct terminal *terminal);

/* Gives it back and continues the holder, where there is one and the run is in the foreground. False
 * where it is not. */
bool terminal_resume(struct terminal *terminal);

/* The signal that has stopped the holder since it was asked last; 0: none. */
int terminal_stopped(const struct terminal *terminal);

/* Continues the holder, where there is one, in the background as well. */
void terminal_continue(const struct terminal *terminal);

/* In the guard, at the start: what terminal_settle() restores. NULL as terminal_open(). */
struct terminal *terminal_watch(void);

/* In the guard, when nothing of the run is left: takes the terminal from a group that is no more. */
void terminal_settle(struct terminal *terminal);

#endif
