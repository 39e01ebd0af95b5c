/* Taking part in GNU make's jobserver, and being one. */
#include "os/jobserver.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "os/spawn.h"

/* Jobs of one jobserver that this program holds at most: more than a pipe's usual size is useless. */
#define HELD_MOST 4096

/* The byte that make itself puts in. */
#define BYTE '+'

/* Where programs find the ends: the numbers that make itself has as a rule. */
#define THEIR_IN 3
#define THEIR_OUT 4

struct jobserver {
    size_t jobs; /* of one of our own; 0: it was joined */
    int in;      /* ours alone, so that not waiting for bytes is nobody else's concern */
    int out;
    int ends[2]; /* the common ones, by number where it was joined; -1: a FIFO, which has a path */
    size_t running;
    size_t held; /* all that run but the first one, which needs no byte */
    char bytes[HELD_MOST];
};

/* What MAKEFLAGS say of a jobserver. */
struct named {
    bool found;
    int in;
    int out;
    char path[PATH_MAX]; /* empty: it is the two descriptors */
};

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

/* The next word of *TEXT, with its length, and *TEXT behind it; NULL where there is none, or where
 * only variables follow, behind "--". */
static const char *next_word(const char **text, size_t *length)
{
    const char *word = *text;
    while (is_blank(*word))
        word++;
    *length = 0;
    while (word[*length] && !is_blank(word[*length]))
        *length += word[*length] == '\\' && word[*length + 1] ? 2 : 1;
    *text = word + *length;
    return !*length || (*length == 2 && !memcmp(word, "--", 2)) ? NULL : word;
}

static const char *const jobserver_words[] = {"--jobserver-auth=", "--jobserver-fds="};

/* What stands behind the "=" of a word that names a jobserver, or NULL. */
static const char *value_of(const char *word, size_t length)
{
    for (size_t i = 0; i < countof(jobserver_words); i++) {
        size_t head = strlen(jobserver_words[i]);
        if (length >= head && !memcmp(word, jobserver_words[i], head))
            return word + head;
    }
    return NULL;
}

static void read_value(const char *value, size_t length, struct named *named)
{
    static const char fifo[] = "fifo:";
    size_t head = sizeof(fifo) - 1;
    char text[PATH_MAX];
    *named = (struct named){.found = true, .in = -1, .out = -1};
    if (length >= sizeof(text))
        return;
    memcpy(text, value, length);
    text[length] = '\0';
    if (!strncmp(text, fifo, head))
        memcpy(named->path, text + head, length - head + 1);
    else if (sscanf(text, "%d,%d", &named->in, &named->out) != 2)
        named->in = named->out = -1;
}

/* The last word that names one counts, as it does for make. */
static struct named find_named(const char *flags)
{
    struct named named = {.found = false};
    const char *word;
    size_t length;
    while (flags && (word = next_word(&flags, &length))) {
        const char *value = value_of(word, length);
        if (value)
            read_value(value, length - (size_t)(value - word), &named);
    }
    return named;
}

static bool is_pipe(int fd)
{
    struct stat status;
    return fd >= 0 && !fstat(fd, &status) && S_ISFIFO(status.st_mode);
}

/* Opens what FD is once more: a description of our own, that may be made not to wait. */
static int open_again(int fd, int flags)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

static bool open_own(struct jobserver *jobserver, const char *path)
{
    const int *ends = jobserver->ends;
    jobserver->in = path ? open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
                         : open_again(ends[0], O_RDONLY);
    jobserver->out = path ? fcntl(jobserver->in, F_DUPFD_CLOEXEC, 0)
                          : open_again(ends[1], O_WRONLY);
    return is_pipe(jobserver->in) && is_pipe(jobserver->out);
}

/* In memory that a process forked later has too. */
static struct jobserver *make_shared(void)
{
    struct jobserver *jobserver = mmap(NULL, sizeof(*jobserver), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (jobserver == MAP_FAILED)
        return NULL;
    jobserver->in = jobserver->out = -1;
    jobserver->ends[0] = jobserver->ends[1] = -1;
    return jobserver;
}

static void close_end(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void release(struct jobserver *jobserver)
{
    close_end(jobserver->in);
    close_end(jobserver->out);
    if (jobserver->jobs) {
        close_end(jobserver->ends[0]);
        close_end(jobserver->ends[1]);
    }
    munmap(jobserver, sizeof(*jobserver));
}

struct jobserver *jobserver_join(const char *flags, struct error *error)
{
    struct named named = find_named(flags);
    if (!named.found)
        return NULL;
    bool fifo = *named.path;
    struct jobserver *jobserver = fifo || (is_pipe(named.in) && is_pipe(named.out))
                                      ? make_shared()
                                      : NULL;
    if (jobserver && !fifo) {
        jobserver->ends[0] = named.in;
        jobserver->ends[1] = named.out;
    }
    if (jobserver && open_own(jobserver, fifo ? named.path : NULL))
        return jobserver;
    if (fifo)
        error_set(error, ERROR_FAILED, "its jobserver, the FIFO '%s', cannot be used", named.path);
    else
        error_set(error, ERROR_FAILED,
                  "put '+' in front of the line of the makefile that starts parrun, so that make hands its jobserver on to it");
    if (jobserver)
        release(jobserver);
    return NULL;
}

struct jobserver *jobserver_open(size_t jobs, struct error *error)
{
    struct jobserver *jobserver = make_shared();
    if (jobserver)
        jobserver->jobs = jobs;
    if (!jobserver || pipe2(jobserver->ends, O_CLOEXEC) || !open_own(jobserver, NULL)) {
        error_system(error, errno, "cannot open a jobserver");
        if (jobserver)
            release(jobserver);
        return NULL;
    }
    for (size_t i = 1; i < jobs; i++)
        if (write(jobserver->out, &(char){BYTE}, 1) != 1)
            break; /* no larger pipe is to be had: fewer jobs at once */
    return jobserver;
}

/* Puts back the byte that was taken last. It is no longer counted when it is written: a process that
 * is killed in between loses a byte, but nobody ever gives back more than there were. */
static void put_back(struct jobserver *jobserver)
{
    const char *byte = &jobserver->bytes[--jobserver->held];
    while (write(jobserver->out, byte, 1) < 0 && errno == EINTR)
        ;
}

void jobserver_settle(struct jobserver *jobserver)
{
    while (jobserver && jobserver->held)
        put_back(jobserver);
}

void jobserver_close(struct jobserver *jobserver)
{
    if (!jobserver)
        return;
    jobserver_settle(jobserver);
    release(jobserver);
}

/* The byte is counted only once it is in its place: nobody gives back what is not there. */
static bool take_byte(struct jobserver *jobserver)
{
    ssize_t length;
    if (jobserver->held == HELD_MOST)
        return false;
    do {
        length = read(jobserver->in, &jobserver->bytes[jobserver->held], 1);
    } while (length < 0 && errno == EINTR);
    if (length == 1)
        jobserver->held++;
    return length == 1;
}

bool jobserver_take(struct jobserver *jobserver)
{
    if (jobserver->running && !take_byte(jobserver))
        return false;
    jobserver->running++;
    return true;
}

void jobserver_give(struct jobserver *jobserver)
{
    if (jobserver->held)
        put_back(jobserver);
    jobserver->running--;
}

size_t jobserver_running(const struct jobserver *jobserver)
{
    return jobserver->running;
}

int jobserver_descriptor(const struct jobserver *jobserver)
{
    return fcntl(jobserver->in, F_DUPFD_CLOEXEC, 0);
}

bool jobserver_ends(const struct jobserver *jobserver, int own[2], int numbers[2])
{
    const int *ends = jobserver->ends;
    bool ours = jobserver->jobs;
    memcpy(own, ends, 2 * sizeof(*ends));
    numbers[0] = ours ? THEIR_IN : ends[0];
    numbers[1] = ours ? THEIR_OUT : ends[1];
    return ends[0] >= 0;
}

static bool is_number(const char *word, size_t length)
{
    size_t digits = 0;
    while (digits < length && isdigit((unsigned char)word[digits]))
        digits++;
    return digits == length;
}

static bool begins(const char *word, size_t length, const char *with)
{
    size_t head = strlen(with);
    return length >= head && !memcmp(word, with, head);
}

/* True for a word that says how many jobs there may be, or where to ask. */
static bool is_of_jobs(const char *word, size_t length, bool *number_follows)
{
    bool number = *number_follows && is_number(word, length);
    *number_follows = (length == 2 && !memcmp(word, "-j", 2)) ||
                      (length == 6 && !memcmp(word, "--jobs", 6));
    return number || *number_follows || value_of(word, length) || begins(word, length, "--jobs=") ||
           (begins(word, length, "-j") && is_number(word + 2, length - 2));
}

void jobserver_flags(const struct jobserver *jobserver, const char *flags, struct buf *out)
{
    const char *rest = flags ? flags : "";
    const char *behind = rest;
    const char *word;
    size_t length;
    bool number_follows = false;
    bool first = true;
    while ((word = next_word(&rest, &length))) {
        behind = rest;
        if (is_of_jobs(word, length, &number_follows))
            continue;
        buf_text(out, first ? "" : " ");
        buf_append(out, word, length);
        first = false;
    }
    /* Without a word in front, make would take the first one for messages of options. */
    buf_printf(out, " -j%zu --jobserver-auth=%d,%d%s", jobserver->jobs, THEIR_IN, THEIR_OUT, behind);
}

void jobserver_pass_on(const char *flags)
{
    struct named named = find_named(flags);
    if (!named.found || *named.path || !is_pipe(named.in) || !is_pipe(named.out))
        return;
    fcntl(named.in, F_SETFD, 0);
    fcntl(named.out, F_SETFD, 0);
    spawn_pass_on(named.in, named.out);
}
