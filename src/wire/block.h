/* The item of a task that has a block of a file or of a stream as its standard input: where that lies. */
#ifndef WIRE_BLOCK_H
#define WIRE_BLOCK_H

#include <stdint.h>

struct buf;
struct value;

struct input_block {
    int64_t offset; /* of its first byte, in the file or the stream */
    int64_t size;
    int64_t header; /* bytes at the beginning of what is cut that go before each block */
    int64_t begin;  /* where these begin */
};

/* Appends it as an encoded table with offset and size, and with header and begin where those are not 0. */
void block_encode(struct buf *out, const struct input_block *block);

/* Reads such a table. */
struct input_block block_of(const struct value *item);

/* Where block INDEX, which begins at OFFSET in a stream, stands in the memory for it: no page has two blocks, or a block
 * and the header, which stands at 0. */
int64_t block_place(int64_t offset, int64_t index);

#endif
