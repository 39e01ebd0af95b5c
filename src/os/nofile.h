/* The limit on open files (RLIMIT_NOFILE), raised for the runner and for nothing that it starts. */
#ifndef OS_NOFILE_H
#define OS_NOFILE_H

/*
 * Raises the soft limit to the hard one; every child that is forked from now on begins with the soft
 * limit that was there before: programs exist that close, or select(2), as many as they may have.
 * Once a process.
 */
void nofile_raise(void);

/* In a child that was made by other means than fork(3): the limit of before. Safe before exec. */
void nofile_restore(void);

#endif
