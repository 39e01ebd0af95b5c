/* The limit on open files (RLIMIT_NOFILE), raised for the runner and for nothing that it starts. */
#ifndef OS_NOFILE_H
#define OS_NOFILE_H

/*
 * Raises the soft limit to the hard one. Once a process. What it starts gets the limit of before back:
 * programs exist that close, or select(2), as many as they may have.
 */
void nofile_raise(void);

/* In a child before its program runs: the limit of before, where it was raised. */
void nofile_restore(void);

#endif
