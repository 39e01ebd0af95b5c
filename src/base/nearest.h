/* "Did you mean": the known name that a wrong one most likely stands for. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *wrong;  /* what was written; set by the caller */
    const char *name;   /* the best so far, NULL when none is near enough */
    size_t distance;    /* its edit distance */
};

/* Offers one known NAME; it is kept (not copied) when it is nearer than what was offered before. */
void nearest_offer(struct nearest *nearest, const char *name);

#endif
