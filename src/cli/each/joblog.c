/* The joblog of an earlier run of "each": which of its commands have succeeded. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/each/each.h"
#include "cli/each/private.h"
#include "cli/lines.h"
#include "engine/run.h"
#include "log/joblog.h"
#include "pool/task_key.h"
#include "store/resume.h"

/* Where the columns of a line stand that say how a command ended, and the command itself. */
#define EXITVAL 6
#define SIGNAL 7
#define COMMAND 8

struct joblog_reading {
    const struct each *each;
    const char *path;
    struct resume *resume;
    struct buf known; /* how each command begins */
    bool behind;      /* after the beginning, which says which block it reads */
    bool header;      /* it was passed over */
};

/* Column NUMBER of a line that was cut into C strings; NULL where it has fewer. */
static const char *find_column(const char *line, size_t length, size_t number)
{
    const char *end = line + length;
    for (; number && line; number--) {
        line = memchr(line, '\t', (size_t)(end - line));
        line = line ? line + 1 : NULL;
    }
    return line;
}

static int other_command(const struct joblog_reading *reading, const char *command, size_t length,
                         struct error *error)
{
    return error_set(error, ERROR_FAILED,
                     "each: joblog '%s' is of another command, %.*s%s: write another FILE, or --force in place "
                     "of --resume, which begins it anew",
                     reading->path, length > 80 ? 80 : (int)length, command, length > 80 ? "..." : "");
}

static int take_line(void *arg, const char *line, size_t length, struct error *error)
{
    struct joblog_reading *reading = arg;
    const char *command = find_column(line, length, COMMAND);
    bool header = !reading->header;
    reading->header = true;
    if (header && !joblog_is_head(line, length))
        return error_set(error, ERROR_FAILED, "each: '%s' is no joblog: it does not begin as one, and nothing is added to it",
                         reading->path);
    if (header || !command)
        return 0;
    size_t size = (size_t)(line + length - command);
    const char *known = memmem(command, size, buf_string(&reading->known), reading->known.length);
    if (!known || (known != command && !reading->behind) || !each_has_words(reading->each, command, size))
        return other_command(reading, command, size, error);
    bool good = !strncmp(find_column(line, length, EXITVAL), "0\t", 2) &&
                !strncmp(find_column(line, length, SIGNAL), "0\t", 2);
    struct hash key = task_key_command(command, size);
    if (good)
        resume_add(reading->resume, "each", &key, true);
    return 0;
}

int each_read_joblog(const struct each *each, struct run *run, struct error *error)
{
    struct buf known = {0};
    struct joblog_reading reading = {
        .each = each, .path = each->run.files.joblog, .resume = resume_new(false), .behind = each_has_blocks(each)};
    run->selection.by_command = true;
    run->selection.resume = reading.resume;
    each_put_known(each, &known);
    joblog_command(&reading.known, buf_string(&known));
    int result = lines_read(reading.path, take_line, &reading, error);
    resume_pack(reading.resume);
    buf_release(&reading.known);
    buf_release(&known);
    return result;
}
