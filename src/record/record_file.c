/* The lines of a record. */
#include "record/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "log/gunzip.h"

#define PIECE ((size_t)64 << 10)

/* What begins a file of gzip. */
#define MAGIC "\x1f\x8b"

struct record_file {
    int fd;
    bool begun;      /* whether it is packed is known */
    struct gunzip *packed; /* NULL: it is not */
    struct buf raw;  /* as it was read, of what is packed */
    struct buf text;
    size_t next;     /* of TEXT: behind the last line */
    size_t searched; /* of TEXT: there is no newline between NEXT and this */
    bool ended;
};

struct record_file *record_file_open(const char *path, struct error *error)
{
    bool standard = !strcmp(path, "-");
    int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        error_system(error, errno, "cannot read the record '%s'", path);
        return NULL;
    }
    struct record_file *file = mem_calloc(1, sizeof(*file));
    file->fd = fd;
    return file;
}

void record_file_close(struct record_file *file)
{
    if (!file)
        return;
    close(file->fd);
    gunzip_free(file->packed);
    buf_release(&file->raw);
    buf_release(&file->text);
    free(file);
}

int record_file_descriptor(const struct record_file *file)
{
    return file->fd;
}

/* Reads a piece into OUT: its length, 0 at the end, or a negative errno. */
static ssize_t read_piece(struct record_file *file, struct buf *out)
{
    ssize_t length;
    while ((length = read(file->fd, buf_reserve(out, PIECE), PIECE)) < 0 && errno == EINTR)
        continue;
    if (length < 0)
        return -errno;
    buf_added(out, (size_t)length);
    return length;
}

/* The first bytes tell whether the rest is packed. */
static ssize_t begin(struct record_file *file)
{
    ssize_t length;
    while ((length = read_piece(file, &file->text)) > 0 && file->text.length < sizeof(MAGIC) - 1)
        continue;
    if (length < 0)
        return length;
    file->begun = true;
    if (file->text.length < sizeof(MAGIC) - 1 || memcmp(file->text.data, MAGIC, sizeof(MAGIC) - 1))
        return (ssize_t)file->text.length;
    file->packed = gunzip_new();
    file->raw = file->text;
    file->text = (struct buf){0};
    return (ssize_t)file->raw.length;
}

/* More of the text: 1, 0 at the end, or a negative code with ERROR filled. */
static int read_more(struct record_file *file, struct error *error)
{
    ssize_t length = file->begun ? read_piece(file, file->packed ? &file->raw : &file->text) : begin(file);
    if (length < 0)
        return error_system(error, (int)-length, "cannot read the record");
    if (!length)
        return 0;
    if (file->packed && gunzip_put(file->packed, file->raw.data, file->raw.length, &file->text))
        return error_set(error, ERROR_FAILED, "the record is damaged: what is packed in it cannot be unpacked");
    buf_clear(&file->raw);
    return 1;
}

int record_file_line(struct record_file *file, const char **line, size_t *length, struct error *error)
{
    while (!file->ended) {
        struct buf *text = &file->text;
        const char *end = text->length > file->searched
                              ? memchr(text->data + file->searched, '\n', text->length - file->searched)
                              : NULL;
        if (end) {
            *line = text->data + file->next;
            *length = (size_t)(end - *line);
            file->next = file->searched = (size_t)(end + 1 - text->data);
            return 1;
        }
        buf_consume(text, file->next);
        file->next = 0;
        file->searched = text->length;
        int result = read_more(file, error);
        if (result < 0)
            return result;
        file->ended = !result;
    }
    return 0;
}

bool record_file_is_cut(const struct record_file *file)
{
    return file->text.length > file->next || (file->packed && !gunzip_has_ended(file->packed));
}
