/* The lists of "each" that must be known before the first command: those of a product, and the header. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cut.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/each/private.h"
#include "cli/runner/complain.h"

#define READ_SIZE ((size_t)64 << 10)

static const char *shown_name(const char *file)
{
    return strcmp(file, "-") != 0 ? file : "standard input";
}

static int open_list(const char *file, struct error *error)
{
    int fd = strcmp(file, "-") != 0 ? open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
    if (fd < 0)
        error_system(error, errno, "cannot read items from '%s'", file);
    return fd;
}

static void close_list(int fd)
{
    if (fd != STDIN_FILENO)
        close(fd);
}

static int read_whole(const char *file, struct buf *text, struct error *error)
{
    int fd = open_list(file, error);
    ssize_t length = 1;
    if (fd < 0)
        return error->code;
    while (length) {
        length = read(fd, buf_reserve(text, READ_SIZE), READ_SIZE);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            break;
        buf_added(text, (size_t)length);
    }
    int number = errno;
    close_list(fd);
    return length < 0 ? error_system(error, number, "cannot read items from '%s'", shown_name(file)) : 0;
}

/* "\n", a NUL, or what -d says. */
static size_t end_of(const struct each *each, const char **end)
{
    *end = each->reading.nul ? "" : each->reading.end ? each->reading.end : "\n";
    return each->reading.nul ? 1 : strlen(*end);
}

static int no_nul(const struct each_list *list, size_t number, struct error *error)
{
    return error_set(error, ERROR_FAILED,
                     "each: line %zu of '%s' holds a NUL byte, which no argument can: with -0 items end with "
                     "NUL",
                     number, shown_name(list->file));
}

/* Cuts the text of a file into items, which stand in it. */
static int cut_list(const struct each *each, struct each_list *list, size_t length,
                    struct error *error)
{
    const char *end;
    size_t end_length = end_of(each, &end);
    size_t capacity = 0;
    char *at = list->text;
    while (length) {
        char *found = memmem(at, length, end, end_length);
        size_t size = found ? (size_t)(found - at) : length;
        at[size] = '\0';
        if (strlen(at) != size)
            return no_nul(list, list->count + 1, error);
        list->words = mem_grow(list->words, &capacity, list->count + 1, sizeof(*list->words));
        list->words[list->count++] = at;
        size_t taken = found ? size + end_length : size;
        at += taken;
        length -= taken;
    }
    return 0;
}

static int read_list(const struct each *each, struct each_list *list, struct error *error)
{
    struct buf text = {0};
    if (!list->file)
        return 0;
    int result = read_whole(list->file, &text, error);
    size_t length = text.length;
    list->text = length ? buf_take(&text) : mem_strdup("");
    buf_release(&text);
    return result ? result : cut_list(each, list, length, error);
}

/* What {NAME} may not be, as it means something else already. */
static int check_name(const char *name, struct error *error)
{
    if (!*name)
        return error_set(error, ERROR_FAILED, "each: --header: a name is empty");
    if (strchr("#%", *name) && !name[1])
        return error_set(error, ERROR_FAILED, "each: --header: {%s} means something else already", name);
    if (!name[strspn(name, "0123456789")])
        return error_set(error, ERROR_FAILED,
                         "each: --header: {%s} is the column, or the list, of that number already", name);
    return 0;
}

static int twice(const char *name, struct error *error)
{
    return error_set(error, ERROR_FAILED, "each: --header: two columns or lists are called '%s'", name);
}

static int take_names(struct each *each, struct error *error)
{
    int result = 0;
    for (size_t i = 0; !result && i < each->input.list_count; i++) {
        struct each_list *list = &each->input.lists[i];
        if (!list->count)
            return error_set(error, ERROR_FAILED,
                             "each: --header: list %zu is empty, and has no name therefore", i + 1);
        list->name = *list->words++;
        list->count--;
        result = check_name(list->name, error);
        for (size_t j = 0; !result && j < i; j++)
            if (!strcmp(each->input.lists[j].name, list->name))
                result = twice(list->name, error);
    }
    return result;
}

/* Lists that are linked are of one length: of the longer one items would be lost. */
static int check_links(const struct each *each, struct error *error)
{
    for (size_t i = 1; i < each->input.list_count; i++) {
        const struct each_list *list = &each->input.lists[i];
        const struct each_list *before = list - 1;
        if ((list->linked || each->reading.link) && list->count != before->count)
            return error_set(error, ERROR_FAILED,
                             "each: linked lists are of one length, and list %zu has %zu items, list %zu %zu",
                             i, before->count, i + 1, list->count);
    }
    return 0;
}

static void warn_of_empty(const struct each *each)
{
    for (size_t i = 0; i < each->input.list_count; i++)
        if (!each->input.lists[i].count)
            fprintf(stderr,
                    "parrun: warning: list %zu has no items, so there is nothing to combine with those of "
                    "the others\n",
                    i + 1);
}

/* The first line, a byte at a time where what follows must stay. */
static int read_line(const struct each *each, int fd, struct buf *line)
{
    const char *end;
    size_t end_length = end_of(each, &end);
    for (;;) {
        char byte;
        ssize_t length = read(fd, &byte, 1);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return length < 0 ? -errno : 0;
        buf_char(line, byte);
        if (line->length >= end_length &&
            !memcmp(line->data + line->length - end_length, end, end_length)) {
            buf_truncate(line, line->length - end_length);
            return 0;
        }
    }
}

static int cut_names(struct each *each, struct buf *line, struct error *error)
{
    struct cut cut;
    const char *at = buf_string(line);
    size_t length = line->length;
    bool last = false;
    int result = cut_init(&cut, each->reading.columns, error);
    while (!result && !last) {
        const char *name = at;
        size_t size = cut_next(&cut, &at, &length, &last);
        each->input.names = mem_grow(each->input.names, &each->input.name_capacity, each->input.name_count + 1, sizeof(*each->input.names));
        char *copy = each->input.names[each->input.name_count++] = mem_copy(name, size);
        result = check_name(copy, error);
        for (size_t i = 0; !result && i + 1 < each->input.name_count; i++)
            if (!strcmp(each->input.names[i], copy))
                result = twice(copy, error);
    }
    cut_release(&cut);
    return result;
}

/* The names of the columns. Of a file that can be read twice the source reads its header itself. */
static int read_header(struct each *each, struct error *error)
{
    const char *file = each->input.list_count ? each->input.lists[0].file : "-";
    struct buf line = {0};
    struct stat status;
    int fd = open_list(file, error);
    if (fd < 0)
        return error->code;
    int result = read_line(each, fd, &line);
    bool again = fd != STDIN_FILENO && !fstat(fd, &status) && S_ISREG(status.st_mode);
    close_list(fd);
    if (result)
        error_system(error, -result, "cannot read items from '%s'", shown_name(file));
    if (line.length && line.data[line.length - 1] == '\r')
        buf_truncate(&line, line.length - 1);
    if (!result && line.length)
        result = cut_names(each, &line, error);
    if (!result && !again)
        each->input.header_line = mem_strdup(buf_string(&line));
    buf_release(&line);
    return result;
}

/* Before anything is run: the file is opened when the run reads it. */
static int check_file(const char *file, struct error *error)
{
    return strcmp(file, "-") != 0 && access(file, R_OK)
               ? error_system(error, errno, "each: cannot read items from '%s'", file)
               : 0;
}

int each_read_items(struct each *each, struct error *error)
{
    int result = 0;
    if (each_source(each) == EACH_STREAM) {
        bool standard = !each->input.list_count || !strcmp(each->input.lists[0].file, "-");
        if (standard && isatty(STDIN_FILENO))
            fprintf(stderr, each_has_blocks(each) ? "parrun: what is typed is the commands' input; Ctrl-D ends it\n"
                                                  : "parrun: each line that is typed is an item; Ctrl-D ends them\n");
        if (each->reading.header && !each_has_blocks(each))
            return read_header(each, error);
        return standard ? 0 : check_file(each->input.lists[0].file, error);
    }
    for (size_t i = 0; !result && i < each->input.list_count; i++)
        result = read_list(each, &each->input.lists[i], error);
    if (!result && each->reading.header)
        result = take_names(each, error);
    if (!result)
        result = check_links(each, error);
    if (!result && each->input.list_count > 1)
        warn_of_empty(each);
    return result;
}
