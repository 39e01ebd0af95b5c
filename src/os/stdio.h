/* The state that a program finds itself started in, made safe before anything else happens. */
#ifndef OS_STDIO_H
#define OS_STDIO_H

struct error;

/*
 * Opens /dev/null in place of each of descriptors 0 to 2 that is closed (so that no later open()
 * lands there; of 0 so that reading it still fails, and nobody takes a closed input for an empty one), marks every higher one close-on-exec (so that no child inherits what it was not
 * given), blocks no signal, whatever the caller had blocked (so that none is missed), hears of the ends of
 * children, and ignores SIGPIPE and SIGXFSZ (so that a closed reader and a file at its limit are error
 * codes). What is ignored at the start otherwise stays ignored.
 */
void stdio_secure(void);

/* Signals that parrun ignores for itself alone: what it starts gets their defaults back. */
#define OWN_SIGNALS 3
extern const int own_signals[OWN_SIGNALS];

/*
 * Writes TEXT to standard error, or as much of it as is taken within a second: the end of a run
 * does not wait for somebody who reads neither its output nor its errors.
 */
void stdio_say(const char *text);

/*
 * Writes out what waits in stdout. 0; or a negative errno with ERROR filled, where that, or a write since the last call,
 * failed. A reader that has gone has read enough, as head(1) does, and nothing went wrong: the process ends by
 * SIGPIPE.
 */
int stdio_flush(struct error *error);

#endif
