/* Where records end, in bytes and in a file. */
#include "pool/source/cutter.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE ((off_t)64 << 10)

void cutter_init(struct cutter *cutter, const char *end, size_t end_length, const char *start)
{
    *cutter = (struct cutter){.end = end_length};
    buf_append(&cutter->mark, end, end_length);
    buf_text(&cutter->mark, start ? start : "");
}

void cutter_release(struct cutter *cutter)
{
    buf_release(&cutter->mark);
}

size_t cutter_least(const struct cutter *cutter)
{
    return cutter->end ? 0 : 1;
}

size_t cutter_find(const struct cutter *cutter, const char *bytes, size_t length, size_t from)
{
    const struct buf *mark = &cutter->mark;
    if (from >= length)
        return CUTTER_NONE;
    const char *found = mark->length == 1 ? memchr(bytes + from, *mark->data, length - from)
                                          : memmem(bytes + from, length - from, mark->data, mark->length);
    return found ? (size_t)(found - bytes) + cutter->end : CUTTER_NONE;
}

size_t cutter_unseen(const struct cutter *cutter, size_t length, size_t from)
{
    size_t begun = cutter->mark.length - 1; /* bytes of a mark that may be there already */
    size_t unseen = length > begun ? length - begun : 0;
    return unseen > from ? unseen : from;
}

/* Reads on behind BYTES, which begin at FROM in the file. 0, or a negative errno value. */
static int read_more(int fd, struct buf *bytes, off_t from, off_t length)
{
    off_t at = from + (off_t)bytes->length;
    size_t most = (size_t)(length - at < READ_SIZE ? length - at : READ_SIZE);
    ssize_t got;
    do {
        got = pread(fd, buf_reserve(bytes, most), most, at);
    } while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got ? -errno : -ENODATA;
    buf_added(bytes, (size_t)got);
    return 0;
}

off_t cutter_find_in_file(const struct cutter *cutter, int fd, off_t from, off_t length)
{
    struct buf bytes = {0};
    size_t found = CUTTER_NONE;
    int result = 0;
    while (!result && found == CUTTER_NONE && from + (off_t)bytes.length < length) {
        result = read_more(fd, &bytes, from, length);
        if (!result)
            found = cutter_find(cutter, bytes.data, bytes.length, 0);
        if (result || found != CUTTER_NONE)
            continue;
        size_t seen = cutter_unseen(cutter, bytes.length, 0);
        buf_consume(&bytes, seen);
        from += (off_t)seen;
    }
    buf_release(&bytes);
    return result ? result : found == CUTTER_NONE ? length : from + (off_t)found;
}
