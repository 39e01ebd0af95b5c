/* Where the record of a run goes. */
#include "cli/recording.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/options.h"
#include "log/destination.h"
#include "log/file.h"
#include "scenario/spec.h"

/* So many are kept in PARRUN_RECORD's directory. */
#define KEPT 20

#define SUFFIX ".jsonl.gz"

/* The directory of PARRUN_RECORD, where it decides; NULL: it does not. */
static const char *kept_in(const struct log_spec *spec, const struct options *options)
{
    const char *directory = getenv("PARRUN_RECORD");
    return !options->files.record && !spec->record && directory && *directory ? directory : NULL;
}

char *recording_path(const struct log_spec *spec, const struct options *options, const char *run)
{
    const char *directory = kept_in(spec, options);
    const char *given = options->files.record ? options->files.record : spec->record;
    struct buf path = {0};
    if (!directory)
        return given ? mem_strdup(given) : NULL;
    buf_printf(&path, "%s/%s" SUFFIX, directory, run);
    return buf_take(&path);
}

static bool is_packed(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && !strcmp(path + length - 3, ".gz");
}

/* True for a name such as "20260102T030405Z-928.jsonl.gz", which parrun alone gives. */
static int is_ours(const struct dirent *entry)
{
    static const char shape[] = "00000000T000000Z-0";
    const char *at = entry->d_name;
    for (size_t i = 0; i < sizeof(shape) - 1; i++, at++)
        if (shape[i] == '0' ? *at < '0' || *at > '9' : *at != shape[i])
            return 0;
    return !strcmp(at + strspn(at, "0123456789"), SUFFIX);
}

/* Removes it, unless a run still writes it. */
static bool remove_record(int directory, const char *name)
{
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool ended = fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB);
    if (ended)
        unlinkat(directory, name, 0);
    if (fd >= 0)
        close(fd);
    return ended;
}

/* The oldest go, as their names sort by time. */
static void keep_the_last(const char *path)
{
    char *directory = mem_copy(path, (size_t)(strrchr(path, '/') - path));
    struct dirent **entries;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int count = scandir(directory, &entries, is_ours, alphasort);
    int left = count;
    for (int i = 0; i < count; i++) {
        if (left > KEPT && remove_record(fd, entries[i]->d_name))
            left--;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (fd >= 0)
        close(fd);
    free(directory);
}

struct target *recording_open(const char *path, const struct options *options, const struct log_spec *spec,
                              struct error *error)
{
    bool kept = kept_in(spec, options);
    unsigned flags = FILE_CLAIM | FILE_EMPTY | (is_packed(path) ? FILE_PACK : 0);
    if (kept)
        flags |= FILE_DIRECTORIES | FILE_NEW;
    else if (options->force || !options->files.record)
        flags |= FILE_REPLACE | (options->files.record ? 0 : FILE_DIRECTORIES);
    else
        flags |= FILE_NEW;
    struct target *target = target_open(path, flags, NULL, "write the record to", error);
    if (target && kept)
        keep_the_last(path);
    return target;
}
