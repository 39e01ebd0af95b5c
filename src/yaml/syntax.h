/* Text that is no YAML: what libyaml found, said in words that help the one who wrote it. */
#ifndef YAML_SYNTAX_H
#define YAML_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

struct diags;
struct source;

/* What the parser knows. The strings are libyaml's own and never shown. */
struct syntax_fault {
    const char *problem;  /* may be NULL */
    const char *context;  /* may be NULL */
    bool bytes;           /* the bytes are no text: only OFFSET says where */
    size_t offset;        /* in bytes */
    size_t index;         /* in characters: where the problem is */
    size_t context_index; /* in characters: where what CONTEXT names began */
};

/* Adds one error, with a note at what was left open, for FAULT in SOURCE. */
void syntax_report(const struct syntax_fault *fault, const struct source *source,
                   struct diags *diags);

#endif
