/* The parts of the manual that are made from the program's tables, in mdoc(7). */
#ifndef CLI_REFERENCE_H
#define CLI_REFERENCE_H

struct buf;
struct error;

/* Appends the part called NAME. 0, or ERROR_FAILED where there is none of that name. */
int reference_print(const char *name, struct buf *out, struct error *error);

#endif
