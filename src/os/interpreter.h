/* What else the system must find to run a program: the interpreter of a script, the loader of a binary. */
#ifndef OS_INTERPRETER_H
#define OS_INTERPRETER_H

struct error;

/*
 * Of the program at PATH, seen from DIRECTORY (NULL: from here), which execve(2) has refused with NUMBER,
 * ENOENT or EACCES: where it is an interpreter that is missing or may not be run, its own or that of an
 * interpreter which is a script too, -NUMBER with a text that names it. 0: it is none.
 */
int interpreter_explain(const char *directory, const char *path, int number, struct error *error);

#endif
