/* Messages that programs read. */
#include "script/message.h"

#include <string.h>

#include "base/error.h"
#include "script/value.h"

int message_check(const char *name, int end, const char *encoded, size_t length, struct error *error)
{
    struct value value = {0};
    if (!length)
        return 0;
    value_head(&encoded, &value);
    if (value.type == VALUE_TABLE)
        return error_set(error, ERROR_FAILED,
                         "queue %s: a program reads it as text, and a table is none; framing: json passes it on",
                         name);
    if (value.type == VALUE_STRING && end != MESSAGE_NO_END &&
        memchr(value.string.bytes, end, value.string.length))
        return error_set(error, ERROR_FAILED,
                         "queue %s: a program reads it, and there %s ends a message; framing: length takes any bytes",
                         name, end ? "a newline" : "a NUL");
    return 0;
}
