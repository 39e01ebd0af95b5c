/* What the command says where it cannot go on. */
#ifndef CLI_RUNNER_COMPLAIN_H
#define CLI_RUNNER_COMPLAIN_H

struct diags;
struct error;
struct mask;
struct nearest;

/* Prints an error of the command to standard error. STATUS_USAGE. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints ERROR and releases it. Its exit status, see error_status(). */
int complain_of(struct error *error);

/* Prints what DIAGS hold to standard error, without the secrets of MASK, which may be NULL. */
void complain_diags(const struct diags *diags, const struct mask *mask);

/* STATUS_OUTPUT where the disk, or a limit of what may be written, is to blame, else STATUS_USAGE.
 */
int error_status(const struct error *error);

/* Writes out what waits in stdout. STATUS_OK, or STATUS_OUTPUT after it has complained; a reader
 * that has gone ends the process, see stdio_flush(). */
int flush_output(void);

/*
 * Fills ERROR: WHAT ("there is no pool") the name that was looked for, and the nearest of those
 * offered; where none is near, SEE, which may be NULL, tells where they stand. ERROR_FAILED.
 */
int unknown_name(const char *what, const struct nearest *nearest, const char *see,
                 struct error *error);

#endif
