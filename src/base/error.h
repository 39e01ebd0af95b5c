/*
 * An error: a code for the program and a text for a person, to which each caller on the way up may
 * add what it was doing. A zeroed struct error is "no error"; error_release() frees the text.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

struct error {
    int code;   /* a negative errno value or one of the ERROR_ codes below; 0: none */
    char *text; /* owned by the error, without a final newline */
};

enum {
    ERROR_FAILED = -4096, /* something a person wrote did not work: the text says what */
    ERROR_TIMEOUT,        /* a time limit passed */
    ERROR_STOPPED,        /* the run is being stopped */
    ERROR_LOCKED,         /* another process has what is wanted */
    ERROR_TAKEN,          /* the same, and it may be waited for */
    ERROR_PROTOCOL,       /* the other side of a channel sent what it must not */
};

/* Fills ERROR and returns CODE, so that a caller can write "return error_set(...)". */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like error_set() with the text of errno value NUMBER behind ": "; returns -NUMBER. */
int error_system(struct error *error, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts a text and ": " before what is already there; returns the code. */
int error_wrap(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees the text and makes it "no error" again. */
void error_release(struct error *error);

#endif
