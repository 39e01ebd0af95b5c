/* The scenarios of "parrun example": the files of src/cli/examples/, which the build puts into the program. */
#ifndef CLI_EXAMPLE_H
#define CLI_EXAMPLE_H

struct buf;
struct error;

struct example {
    const char *name;
    const char *text; /* its first line begins with "# Shows " */
};

/* Ends with a row without a name. (build/generated/examples.c) */
extern const struct example examples[];

/* Appends the scenario called NAME; with NULL the names and what each shows, a line each. 0, or
 * ERROR_FAILED where there is none of that name. */
int example_print(const char *name, struct buf *out, struct error *error);

#endif
