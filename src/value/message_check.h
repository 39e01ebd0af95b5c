/* Messages that programs read: what of them can stand in a stream. */
#ifndef VALUE_MESSAGE_CHECK_H
#define VALUE_MESSAGE_CHECK_H

#include <stddef.h>

struct error;
struct value;

/* Where a stream's messages end with a length in front of them in place of a byte. */
#define MESSAGE_NO_END (-1)

/* Where each message is a value of JSON on a line. */
#define MESSAGE_JSON (-2)

/*
 * Whether the encoded value can be a message of the queue NAME, which a program reads as a stream where each
 * message ends with the byte END: no table can, nor a text with that byte in it; or as JSON, which has
 * neither NaN and infinity nor texts that are not UTF-8. 0, or ERROR_FAILED.
 */
int message_check(const char *name, int end, const char *encoded, size_t length, struct error *error);

/* What in VALUE cannot be JSON, as the subject of a sentence; NULL: nothing. */
const char *message_json_fault(const struct value *value);

#endif
