/* The schema table as a part of the manual. */
#ifndef SCENARIO_PRINT_KEY_REFERENCE_H
#define SCENARIO_PRINT_KEY_REFERENCE_H

struct buf;

/* Appends every key, block by block, in mdoc(7): what it holds, its default, what it means, an
 * example. */
void key_reference_print(struct buf *out);

#endif
