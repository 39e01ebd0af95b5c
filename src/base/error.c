/* Errors that gather context on their way up. */
#include "base/error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void error_replace(struct error *error, int code, struct buf *text)
{
    free(error->text);
    error->code = code;
    error->text = buf_take(text);
}

int error_set(struct error *error, int code, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    error_replace(error, code, &text);
    return code;
}

int error_system(struct error *error, int number, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    buf_printf(&text, ": %s", strerror(number));
    error_replace(error, -number, &text);
    return -number;
}

int error_wrap(struct error *error, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    if (error->text)
        buf_printf(&text, ": %s", error->text);
    error_replace(error, error->code, &text);
    return error->code;
}

void error_release(struct error *error)
{
    free(error->text);
    *error = (struct error){0};
}
