/* Errors of the command, for who has typed it. */
#include "cli/runner/complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/runner/status.h"
#include "os/stdio.h"

int complain(const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_text(&text, "parrun: error: ");
    buf_vprintf(&text, format, arguments);
    buf_char(&text, '\n');
    va_end(arguments);
    fputs(text.data, stderr); /* in one piece: others complain at the same time */
    buf_release(&text);
    return STATUS_USAGE;
}

void complain_diags(const struct diags *diags, const struct mask *mask)
{
    struct buf text = {0};
    diags_print(diags, &text);
    mask_buf(mask, &text);
    fputs(buf_string(&text), stderr);
    buf_release(&text);
}

int error_status(const struct error *error)
{
    static const int codes[] = {-ENOSPC, -EIO, -EFBIG, -EDQUOT};
    for (size_t i = 0; i < countof(codes); i++)
        if (codes[i] == error->code)
            return STATUS_OUTPUT;
    return STATUS_USAGE;
}

int complain_of(struct error *error)
{
    int status = error_status(error);
    complain("%s", error->text);
    error_release(error);
    return status;
}

int flush_output(void)
{
    struct error error = {0};
    if (!stdio_flush(&error))
        return STATUS_OK;
    complain_of(&error);
    return STATUS_OUTPUT;
}

int unknown_name(const char *what, const struct nearest *nearest, const char *see,
                 struct error *error)
{
    if (nearest->name)
        return error_set(error, ERROR_FAILED, "%s '%s', did you mean '%s'?", what, nearest->wrong,
                         nearest->name);
    return error_set(error, ERROR_FAILED, "%s '%s'%s%s", what, nearest->wrong, see ? ", see " : "",
                     see ? see : "");
}
