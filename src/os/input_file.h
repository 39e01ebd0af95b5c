/* A file that a program reads. */
#ifndef OS_INPUT_FILE_H
#define OS_INPUT_FILE_H

struct error;

/*
 * Opens PATH for a program that is to be started; never waits, as open(2) of a FIFO does until somebody writes to it. A
 * descriptor of the caller's, closed on exec, or a negative code with ERROR filled: it cannot be read, or is a FIFO. The pipes
 * of a shell's <(...) can be read.
 */
int input_file_open(const char *path, struct error *error);

#endif
