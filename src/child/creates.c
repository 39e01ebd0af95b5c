/* The file that a process or a task creates. */
#include "child/creates.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/glob_tree.h"
#include "base/mem.h"
#include "log/file.h"
#include "scenario/spec.h"
#include "template/template.h"

/* Before the file's own name, so that what a program knows by its end is the same. */
#define TEMPORARY_PREFIX ".parrun-tmp-"

/* The newest of the inputs: when it was changed, and which it is. */
struct newest {
    struct timespec time;
    struct buf path; /* nothing: there are no inputs */
};

struct creates {
    const struct creates_spec *spec;
    char *directory;
    char *path;
    const char *shown; /* of PATH: as it was written */
    char *temporary;
    char **inputs; /* as written */
    struct stat before; /* where it was there when the command began */
    bool was_there;
    bool begun;
    struct newest newest; /* when the command began */
};

static bool is_later(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static bool is_same(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Where PATH, as it was written, is. */
static char *find_place(const struct creates *creates, const char *path)
{
    struct buf place = {0};
    if (*path != '/')
        buf_printf(&place, "%s/", creates->directory);
    buf_text(&place, path);
    return buf_take(&place);
}

static int render(const struct template *template, struct script *script, const char *key, struct buf *text,
                  struct error *error)
{
    int result = template_render(template, script, text, error);
    if (!result && (!text->length || strlen(text->data) != text->length))
        result = error_set(error, ERROR_FAILED, "%s is no path", text->length ? "a text with a NUL byte" : "an empty text");
    return result ? error_wrap(error, "%s", key) : 0;
}

static int render_path(struct creates *creates, struct script *script, struct error *error)
{
    struct buf text = {0};
    struct buf temporary = {0};
    int result = render(creates->spec->path, script, "creates", &text, error);
    if (!result) {
        creates->path = find_place(creates, text.data);
        creates->shown = creates->path + strlen(creates->path) - text.length;
        const char *name = strrchr(creates->path, '/') + 1;
        buf_append(&temporary, creates->path, (size_t)(name - creates->path));
        buf_printf(&temporary, TEMPORARY_PREFIX "%s", name);
        creates->temporary = buf_take(&temporary);
        if (!*name && creates->spec->renames)
            result = error_set(error, ERROR_FAILED, "creates: '%s' is a directory, and output_tmp becomes a file",
                               creates->shown);
    }
    buf_release(&text);
    return result;
}

int creates_new(const struct creates_spec *spec, struct script *script, const char *directory, struct creates **made,
                struct error *error)
{
    struct creates *creates = mem_calloc(1, sizeof(*creates));
    creates->spec = spec;
    creates->directory = directory ? mem_strdup(directory) : getcwd(NULL, 0);
    creates->inputs = mem_calloc(spec->input_count + 1, sizeof(*creates->inputs));
    int result = creates->directory ? 0 : error_system(error, errno, "cannot tell where parrun runs");
    if (!result)
        result = render_path(creates, script, error);
    for (size_t i = 0; !result && i < spec->input_count; i++) {
        struct buf text = {0};
        result = render(spec->inputs[i], script, "newer_than", &text, error);
        creates->inputs[i] = buf_take(&text);
    }
    *made = result ? NULL : creates;
    if (result)
        creates_free(creates);
    return result;
}

void creates_free(struct creates *creates)
{
    if (!creates)
        return;
    for (size_t i = 0; i < creates->spec->input_count; i++)
        free(creates->inputs[i]);
    free(creates->inputs);
    free(creates->directory);
    free(creates->path);
    free(creates->temporary);
    buf_release(&creates->newest.path);
    free(creates);
}

const char *creates_path(const struct creates *creates)
{
    return creates->path;
}

const char *creates_temporary(const struct creates *creates)
{
    return creates->temporary;
}

static void take_newer(struct newest *newest, const char *path, const struct timespec *time)
{
    if (newest->path.length && !is_later(time, &newest->time))
        return;
    newest->time = *time;
    buf_clear(&newest->path);
    buf_text(&newest->path, path);
}

/* What on_entry() fills: nftw() hands it nothing of ours. Of the loop's thread, for one walk. */
static struct newest *walked;

static int on_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)place;
    if (type == FTW_NS || type == FTW_DNR)
        return errno ? errno : EACCES;
    take_newer(walked, path, &status->st_mtim);
    return 0;
}

/* How many directories a walk holds open. */
#define WALK_OPEN 16

/* A directory is as new as the newest of all in it, and as itself, which tells of what was taken away. */
static int look_at(const char *path, struct newest *newest, struct error *error)
{
    struct stat status;
    if (stat(path, &status))
        return error_system(error, errno, "newer_than: '%s'", path);
    if (!S_ISDIR(status.st_mode)) {
        take_newer(newest, path, &status.st_mtim);
        return 0;
    }
    walked = newest;
    errno = 0;
    int result = nftw(path, on_entry, WALK_OPEN, FTW_PHYS);
    return result ? error_system(error, result < 0 ? errno : result, "newer_than: cannot look through '%s'", path) : 0;
}

/* What is there by that very name is no pattern. */
static int look_for(const struct creates *creates, const char *written, struct newest *newest, struct error *error)
{
    struct buf pattern = {0};
    glob_t found = {0};
    char *place = find_place(creates, written);
    struct stat status;
    int result = 0;
    if (!lstat(place, &status) || !strpbrk(written, "*?[{")) {
        result = look_at(place, newest, error);
        free(place);
        return result;
    }
    if (*written != '/') {
        glob_tree_quote(&pattern, creates->directory);
        buf_char(&pattern, '/');
    }
    buf_text(&pattern, written);
    if (glob_tree(pattern.data, NULL, &found))
        result = error_set(error, ERROR_FAILED, "newer_than: no file matches '%s'", written);
    for (size_t i = 0; !result && i < found.gl_pathc; i++)
        result = look_at(found.gl_pathv[i], newest, error);
    globfree(&found);
    buf_release(&pattern);
    free(place);
    return result;
}

static int find_newest(const struct creates *creates, struct newest *newest, struct error *error)
{
    int result = 0;
    for (size_t i = 0; !result && i < creates->spec->input_count; i++)
        result = look_for(creates, creates->inputs[i], newest, error);
    return result;
}

/* PATH as it would be written where the command runs. */
static const char *show(const struct creates *creates, const struct buf *path)
{
    size_t length = strlen(creates->directory);
    bool below = path->length > length && !strncmp(path->data, creates->directory, length) && path->data[length] == '/';
    return below ? path->data + length + 1 : path->data;
}

int creates_is_current(const struct creates *creates, struct buf *why, struct error *error)
{
    struct newest newest = {0};
    struct stat status;
    int result = find_newest(creates, &newest, error);
    bool there = !stat(creates->path, &status);
    bool judged = there && newest.path.length && !S_ISDIR(status.st_mode);
    bool newer = judged && is_later(&status.st_mtim, &newest.time);
    if (!there)
        buf_printf(why, "%s is not there", creates->shown);
    else if (judged)
        buf_printf(why, "%s is %snewer than %s", creates->shown, newer ? "" : "not ", show(creates, &newest.path));
    else
        buf_printf(why, "%s is there", creates->shown);
    buf_release(&newest.path);
    return result ? result : there && (newer || !judged);
}

void creates_begin(struct creates *creates)
{
    struct error error = {0};
    creates->begun = true;
    creates->was_there = !lstat(creates->path, &creates->before);
    unlink(creates->temporary);
    file_make_directories(creates->path, "make", &error); /* where that fails the command will */
    error_release(&error);
    buf_clear(&creates->newest.path);
    find_newest(creates, &creates->newest, &error); /* what is missing was told, or will be */
    error_release(&error);
}

static int rename_temporary(const struct creates *creates, struct error *error)
{
    struct stat status;
    if (lstat(creates->temporary, &status))
        return error_set(error, ERROR_FAILED, "it has not written output_tmp, which is to become %s", creates->shown);
    if (S_ISDIR(status.st_mode))
        return error_set(error, ERROR_FAILED, "its output_tmp is a directory ('%s'), which cannot become %s",
                         creates->temporary, creates->shown);
    if (rename(creates->temporary, creates->path))
        return error_system(error, errno, "its output_tmp cannot become %s", creates->shown);
    return 0;
}

/* Gives the file a date that says the same as what is known of its inputs: NEWEST, and a nanosecond more where it is newer. */
static void set_date(const struct creates *creates, const struct timespec *newest, bool newer)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, *newest};
    times[1].tv_nsec += newer;
    if (times[1].tv_nsec == 1000000000) {
        times[1].tv_sec++;
        times[1].tv_nsec = 0;
    }
    utimensat(AT_FDCWD, creates->path, times, 0);
}

/*
 * An input that has changed while the command ran may have been read before: the file is as old as that. One whose date lies
 * ahead would be newer for ever.
 */
static void compare(const struct creates *creates, const struct stat *status, struct buf *note)
{
    struct newest newest = {0};
    struct error error = {0};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (S_ISDIR(status->st_mode) || find_newest(creates, &newest, &error) || !newest.path.length) {
        error_release(&error);
        buf_release(&newest.path);
        return;
    }
    if (!is_same(&newest.time, &creates->newest.time)) {
        buf_printf(note, "%s has changed while it ran, so that %s is not up to date", show(creates, &newest.path),
                   creates->shown);
        set_date(creates, &newest.time, false);
    } else if (is_later(&newest.time, &now)) {
        buf_printf(note, "the date of %s lies ahead; %s was given one that is newer", show(creates, &newest.path),
                   creates->shown);
        set_date(creates, &newest.time, true);
    }
    buf_release(&newest.path);
}

int creates_keep(struct creates *creates, struct buf *note, struct error *error)
{
    struct stat status;
    int result = creates->spec->renames ? rename_temporary(creates, error) : 0;
    if (result)
        return result;
    if (stat(creates->path, &status))
        return error_set(error, ERROR_FAILED, "it has not made '%s', which creates names", creates->path);
    compare(creates, &status, note);
    creates->begun = false;
    return 0;
}

/* True where the command has made or changed it. */
static bool is_own(const struct creates *creates, const struct stat *now)
{
    const struct stat *before = &creates->before;
    if (creates->was_there && S_ISDIR(now->st_mode))
        return false;
    return !creates->was_there || before->st_ino != now->st_ino || before->st_dev != now->st_dev ||
           before->st_size != now->st_size || !is_same(&before->st_mtim, &now->st_mtim);
}

/* Never what a directory holds, nor what a symbolic link names. */
static bool remove_own(const struct creates *creates, const struct stat *now)
{
    if (S_ISDIR(now->st_mode))
        return !rmdir(creates->path);
    return S_ISREG(now->st_mode) && !unlink(creates->path);
}

void creates_drop(struct creates *creates, struct buf *note)
{
    struct stat now;
    if (!creates->begun)
        return;
    creates->begun = false;
    unlink(creates->temporary);
    if (lstat(creates->path, &now) || !is_own(creates, &now))
        return;
    if (!creates->spec->remove_failed)
        buf_printf(note, "it has left %s, which counts as made the next time; remove_failed would remove it", creates->shown);
    else if (!remove_own(creates, &now))
        buf_printf(note, "it has left %s, which %s, and counts as made the next time", creates->shown,
                   S_ISDIR(now.st_mode)   ? "is a directory that is not empty"
                   : S_ISREG(now.st_mode) ? "cannot be removed"
                                          : "is no regular file");
}
