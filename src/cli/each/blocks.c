/* "each --pipe": the input is cut into blocks, each the standard input of a command. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "cli/each/private.h"
#include "os/cores.h"

bool each_has_blocks(const struct each *each)
{
    return each->blocks.pipe || each->blocks.pipepart;
}

/* "10M" is 10 MiB here as there, "10m" ten million bytes. */
static bool read_size(const char *value, int64_t *size)
{
    static const char units[] = "kmgt";
    struct error ignored = {0};
    uint64_t bytes = 0;
    size_t digits = strspn(value, "0123456789");
    const char *unit = digits && value[digits] && !value[digits + 1] ? strchr(units, value[digits]) : NULL;
    bool good = true;
    if (unit) {
        bytes = strtoull(value, NULL, 10);
        for (const char *at = units; good && at <= unit; at++)
            good = !__builtin_mul_overflow(bytes, 1000u, &bytes);
    } else {
        good = !size_parse(value, &bytes, &ignored);
    }
    error_release(&ignored);
    *size = (int64_t)bytes;
    return good && bytes && bytes < INT64_MAX / 2;
}

int each_take_block(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    char *end;
    bool shares = *value == '-';
    each->blocks.block = shares ? strtoll(value, &end, 10) : 0;
    if (shares ? !*end && each->blocks.block < 0 && each->blocks.block > -1000000 : read_size(value, &each->blocks.block))
        return 0;
    return error_set(error, ERROR_FAILED,
                     "--block is how long a block is, such as 10M, or with --pipepart -N for N blocks for each that "
                     "runs at once, not '%s'",
                     value);
}

/* TEXT with its escapes replaced, owned by the caller. */
static char *unescape(const char *text)
{
    static const char letters[] = "ntr\\";
    static const char meant[] = "\n\t\r\\";
    char *copy = mem_strdup(text);
    char *to = copy;
    for (const char *at = text; *at; at++) {
        const char *found = *at == '\\' && at[1] ? strchr(letters, at[1]) : NULL;
        *to++ = found ? meant[found - letters] : *at;
        at += found != NULL;
    }
    *to = '\0';
    return copy;
}

int each_take_record_end(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    (void)error;
    free(each->blocks.record_end);
    each->reading.nul = !strcmp(value, "\\0");
    each->blocks.record_end = each->reading.nul ? NULL : unescape(value);
    return 0;
}

int each_take_record_start(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    (void)error;
    free(each->blocks.record_start);
    each->blocks.record_start = unescape(value);
    return 0;
}

static bool is_text(const char *text)
{
    return text && *text;
}

static const char *find_file(const struct each *each)
{
    return each->input.list_count ? each->input.lists[0].file : "-";
}

static int check_input(const struct each *each, struct error *error)
{
    bool file = strcmp(find_file(each), "-") != 0;
    if (each->blocks.pipepart && !file)
        return error_set(error, ERROR_FAILED,
                         "each: --pipepart cuts a file where it lies and needs -a FILE; --pipe cuts what comes on standard "
                         "input");
    if (each->blocks.block < 0 && (!file || each->reading.batch))
        return error_set(error, ERROR_FAILED,
                         "each: --block -N is a share of a file, by its length: it needs -a FILE, and no -N");
    return 0;
}

int each_check_blocks(const struct each *each, struct error *error)
{
    const struct {
        bool given;
        const char *what;
    } others[] = {
        {each->reading.columns, "--colsep, which cuts items"},
        {each->reading.link, "--link, which combines items"},
        {each->reading.end, "-d: --recend is what records end with"},
        {each->reading.no_items, "-N0, as a command gets none in any case"},
        {each->blocks.record_end && !*each->blocks.record_end && !is_text(each->blocks.record_start) && !each->reading.nul,
         "an empty --recend without --recstart, as records would have no end"},
    };
    if (!each_has_blocks(each)) {
        if (each->blocks.block || each->blocks.record_end || each->blocks.record_start)
            return error_set(error, ERROR_FAILED,
                             "each: --block, --recend and --recstart cut the input for --pipe, or a file for --pipepart");
        return 0;
    }
    if (each_source(each) != EACH_STREAM)
        return error_set(error, ERROR_FAILED,
                         "each: with --pipe and --pipepart a command reads a block of standard input, or of the one file "
                         "of -a, and there are no items");
    for (size_t i = 0; i < countof(others); i++)
        if (others[i].given)
            return error_set(error, ERROR_FAILED, "each: --pipe and --pipepart do not go with %s", others[i].what);
    return check_input(each, error);
}

/* How many run at once, as far as that is a number of the line's. */
static int64_t count_workers(const struct each *each)
{
    int64_t cores = cores_usable();
    if (!each->rules.workers)
        return cores;
    double number = strtod(each->rules.workers, NULL);
    if (strchr(each->rules.workers, '%'))
        number = number * (double)cores / 100;
    return number < 1 ? 1 : (int64_t)number;
}

int each_put_blocks(const struct each *each, struct buf *out, struct error *error)
{
    const char *file = find_file(each);
    int64_t size = each->blocks.block;
    struct stat status;
    if (size < 0 && stat(file, &status))
        return error_system(error, errno, "each: cannot read '%s'", file);
    if (size < 0)
        size = status.st_size / (-size * count_workers(each)) + 1;
    buf_text(out, "    tasks:\n");
    each_put_key(out, "      ", "blocks", file);
    if (size)
        buf_printf(out, "      size: %lld\n", (long long)size);
    if (each->reading.batch)
        buf_printf(out, "      records: %lld\n", (long long)each->reading.batch);
    if (each->reading.nul)
        buf_text(out, "      nul: true\n");
    if (is_text(each->blocks.record_end))
        each_put_key(out, "      ", "end", each->blocks.record_end);
    if (is_text(each->blocks.record_start))
        each_put_key(out, "      ", "start", each->blocks.record_start);
    if (each->reading.header)
        buf_text(out, "      header: true\n");
    return 0;
}
