/* Writing to files: rotation at the ends of lines, full disks, and what is no file. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <zlib.h>

#include "fixture.h"

#include "log/file.h"

/* A directory of its own for a test, and the files in it. */
static char directory[32];

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static const char *path_of(const char *name)
{
    static char paths[4][64];
    static unsigned next;
    char *path = paths[next++ % countof(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
    return path;
}

static bool exists(const char *name)
{
    struct stat status;
    return !lstat(path_of(name), &status);
}

static void put_file(const char *name, const char *text)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* gzread() reads what is not compressed too. */
static void append_file(const char *name, struct buf *out)
{
    int length;
    gzFile file = gzopen(path_of(name), "rbe");
    assert_non_null(file);
    while ((length = gzread(file, buf_reserve(out, 4096), 4096)) > 0)
        buf_added(out, (size_t)length);
    assert_int_equal(length, 0);
    gzclose(file);
}

static void assert_file(const char *name, const char *expected)
{
    struct buf text = {0};
    append_file(name, &text);
    assert_string_equal(buf_string(&text), expected);
    buf_release(&text);
}

static struct target *open_rotating(unsigned flags, int64_t size, int64_t keep, bool compress)
{
    struct error error = {0};
    const struct rotation_rules rules = {size, keep, compress};
    struct target *target = target_open(path_of("log"), flags, &rules, "write to", &error);
    assert_null(error.text);
    return target;
}

static void write_text(struct target *target, const char *text)
{
    size_t lost = 0;
    assert_int_equal(target_write(target, text, strlen(text), &lost), 0);
    assert_int_equal(lost, 0);
}

static void lines_stay_whole(void)
{
    struct target *target = open_rotating(FILE_EMPTY, 10, 3, false);
    write_text(target, "one\ntwo\nth");
    write_text(target, "ree\nfour\nfive\nsix\nseven\n");
    target_free(target);
    assert_file("log.2", "one\ntwo\nthree\n"); /* the end of the line was not known */
    assert_file("log.1", "four\nfive\n");
    assert_file("log", "six\nseven\n");
    assert_false(exists("log.3"));
}

static void long_line_is_a_file_of_its_own(void)
{
    struct target *target = open_rotating(FILE_EMPTY, 4, 9, false);
    write_text(target, "a\nlonger than ");
    write_text(target, "four\nb\n");
    target_free(target);
    assert_file("log.2", "a\n");
    assert_file("log.1", "longer than four\n");
    assert_file("log", "b\n");
}

static void oldest_goes(void)
{
    struct target *target = open_rotating(FILE_EMPTY, 2, 2, false);
    write_text(target, "1\n2\n3\n4\n5\n");
    target_free(target);
    assert_file("log.2", "3\n");
    assert_file("log.1", "4\n");
    assert_file("log", "5\n");
    assert_false(exists("log.3"));
}

static void what_was_there(void)
{
    put_file("log", "before\n");
    chmod(path_of("log"), 0640);
    target_free(open_rotating(FILE_EMPTY, 100, 2, false));
    assert_file("log.1", "before\n");
    assert_file("log", "");
    struct stat status;
    assert_int_equal(stat(path_of("log"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    struct target *target = open_rotating(0, 8, 2, false);
    write_text(target, "a\n");
    target_free(target);
    target = open_rotating(0, 8, 2, false);
    write_text(target, "b\nc\nd\ne\n");
    target_free(target);
    assert_file("log.2", "before\n");
    assert_file("log.1", "a\nb\nc\nd\n");
    assert_file("log", "e\n");
}

/* All bytes, in their order, over compressed files and with odd pieces. */
static void every_byte(void)
{
    struct buf all = {0}, found = {0};
    struct target *target = open_rotating(FILE_EMPTY, 20000, 1000, true);
    for (unsigned line = 0; line < 30000; line++)
        buf_printf(&all, "%u%.*s%c\n", line, (int)(line * 7 % 60),
                   "............................................................",
                   (char)(line % 256));
    for (size_t at = 0, piece; at < all.length; at += piece) {
        size_t lost = 0;
        piece = 1 + at * 31 % 9000;
        piece = piece < all.length - at ? piece : all.length - at;
        assert_int_equal(target_write(target, all.data + at, piece, &lost), 0);
    }
    target_free(target);
    unsigned old = 0;
    char name[32];
    do
        snprintf(name, sizeof(name), "log.%u.gz", ++old);
    while (exists(name));
    assert_true(old > 50);
    while (--old) {
        snprintf(name, sizeof(name), "log.%u.gz", old);
        size_t before = found.length;
        append_file(name, &found);
        assert_true(found.length - before <= 20000 + 80);
        assert_int_equal(found.data[found.length - 1], '\n');
    }
    append_file("log", &found);
    assert_int_equal(found.length, all.length);
    assert_memory_equal(found.data, all.data, all.length);
    assert_false(exists("log.1"));
    assert_false(exists("log.1.gz.part"));
    buf_release(&all);
    buf_release(&found);
}

/* A file that cannot be moved goes on, and that is told. */
static void stuck(void)
{
    mkdir(path_of("log.1"), 0777);
    put_file("log.1/in", "x");
    struct target *target = open_rotating(FILE_EMPTY, 4, 1, false);
    write_text(target, "one\ntwo\nthree\n");
    assert_int_not_equal(target_stuck(target), 0);
    target_free(target);
    assert_file("log", "one\ntwo\nthree\n");
    assert_file("log.1/in", "x");
}

/* A limit on the size of files stands for a full disk: what is beyond it cannot be written. */
static void limit_files(rlim_t most)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void full_and_room_again(void)
{
    struct error error = {0};
    size_t lost = 0;
    struct target *target = target_open(path_of("log"), 0, NULL, "write to", &error);
    write_text(target, "one\ntw");
    limit_files(8);
    assert_int_equal(target_write(target, "o\nthree\nfo", 10, &lost), EFBIG);
    assert_int_equal(lost, 8); /* "two" was whole: only what began behind it is lost */
    limit_files(RLIM_INFINITY);
    assert_int_equal(target_write(target, "ur\nfive\n", 8, &lost), 0);
    assert_int_equal(lost, 11);
    assert_int_equal(target_close(target), 0);
    target_free(target);
    assert_file("log", "one\ntwo\nfive\n");
}

/* Standard output is not cut: half a line is ended where it goes on. */
static void full_standard_output(void)
{
    size_t lost = 0;
    int fd = open(path_of("log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct target *target = target_new(fd);
    limit_files(6);
    assert_int_equal(target_write(target, "one\ntwo\nthree", 13, &lost), EFBIG);
    assert_int_equal(lost, 7);
    limit_files(RLIM_INFINITY);
    assert_int_equal(target_write(target, "!\nfour\n", 7, &lost), 0);
    assert_int_equal(lost, 9);
    target_free(target);
    close(fd);
    assert_file("log", "one\ntw\nfour\n");
}

static void reader_is_gone(void)
{
    size_t lost = 0;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    struct target *target = target_new(ends[1]);
    assert_int_equal(target_write(target, "one\n", 4, &lost), EPIPE);
    assert_int_equal(target_write(target, "two\n", 4, &lost), 0);
    assert_int_equal(lost, 8);
    target_free(target);
    close(ends[1]);
}

static void assert_refused(const char *name, unsigned flags, const char *text)
{
    struct error error = {0};
    assert_true(file_open(path_of(name), flags, "write to", &error) < 0);
    if (!strstr(error.text, text))
        fail_msg("%s: expected '%s'", error.text, text);
    error_release(&error);
}

static struct target *open_rows(unsigned flags)
{
    struct error error = {0};
    struct target *target = target_open(path_of("log"), flags | FILE_ROWS, NULL, "write to", &error);
    assert_null(error.text);
    return target;
}

/* A line end in quotes ends no row: what does not fit is left out by rows, and nothing follows it. */
static void full_disk_and_rows(void)
{
    put_file("log", "n,text\n");
    struct target *target = open_rows(FILE_APPEND);
    write_text(target, "1,\"a\nb\n\"\n");
    size_t lost = 0;
    limit_files(30);
    assert_int_equal(target_write(target, "2,\"c\nd\ne\nf\ng\n\"\n", 15, &lost), EFBIG);
    limit_files(RLIM_INFINITY);
    assert_int_equal(lost, 15);
    assert_int_equal(target_write(target, "3,x\n", 4, &lost), EFBIG);
    assert_int_equal(lost, 19);
    target_free(target);
    assert_file("log", "n,text\n1,\"a\nb\n\"\n");
}

static void torn_row(void)
{
    static const char *const torn[] = {"", "2", "2,\"x\n", "2,\"x\n\"\"\n", "2,\"x\n\""};
    for (size_t i = 0; i < countof(torn); i++) {
        char text[64];
        snprintf(text, sizeof(text), "n,text\n1,\"a\nb\"\n%s", torn[i]);
        put_file("log", text);
        struct target *target = open_rows(FILE_APPEND);
        write_text(target, "3,y\n");
        target_free(target);
        assert_file("log", "n,text\n1,\"a\nb\"\n3,y\n");
    }
}

static void planted(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    put_file("victim", "untouched\n");
    assert_int_equal(symlink(path_of("victim"), path_of("link")), 0);
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    assert_int_equal(mkdir(path_of("folder"), 0700), 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path_of("socket"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    int reader = open(path_of("fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    for (unsigned i = 0; i < 2; i++) {
        unsigned flags = i ? FILE_EMPTY : FILE_APPEND;
        assert_refused("link", flags, "it is a symbolic link; name the file itself");
        assert_refused("fifo", flags, "it is a FIFO");
        assert_refused("folder", flags, "it is a directory");
        assert_refused("socket", flags, "it is a socket");
        assert_refused("none/log", flags, "there is no directory '/tmp/parrun-target-");
        assert_refused("victim/log", flags | FILE_DIRECTORIES, "Not a directory");
    }
    close(reader);
    assert_refused("fifo", 0, "it is a FIFO");
    close(fd);
    assert_file("victim", "untouched\n");
}

static void devices_and_descriptors(void)
{
    static const char *const paths[] = {"/dev/null", "/dev/full", "/dev/stdout", "/dev/stderr",
                                        "/dev/fd/2"};
    const struct rotation_rules rules = {1, 1, false};
    struct error error = {0};
    for (size_t i = 0; i < countof(paths); i++) {
        int fd = file_open(paths[i], FILE_EMPTY, "write to", &error);
        assert_true(fd > STDERR_FILENO);
        close(fd);
        assert_null(target_open(paths[i], FILE_EMPTY, &rules, "write to", &error));
        assert_non_null(strstr(error.text, "cannot rotate: it is no regular file"));
        error_release(&error);
    }
    assert_false(file_is_descriptor("/dev/fd/"));
    assert_false(file_is_descriptor("/dev/fd/1x"));
    assert_false(file_is_descriptor("/dev/stdoutx"));
    assert_true(file_open("/dev/fd/900", 0, "write to", &error) < 0);
    error_release(&error);
}

static void directories_are_made(void)
{
    struct error error = {0};
    int fd = file_open(path_of("a/b/c/log"), FILE_DIRECTORIES, "write to", &error);
    assert_true(fd >= 0);
    close(fd);
    fd = file_open(path_of("a/b/other"), FILE_DIRECTORIES, "write to", &error);
    assert_true(fd >= 0);
    close(fd);
}

static void two_writers(void)
{
    struct error error = {0};
    const struct rotation_rules rules = {10, 1, false};
    struct target *target = open_rotating(FILE_EMPTY, 2, 1, false);
    for (unsigned i = 0; i < 2; i++) {
        assert_null(target_open(path_of("log"), FILE_EMPTY, &rules, "write to", &error));
        assert_non_null(strstr(error.text, "this run writes it already"));
        error_release(&error);
        write_text(target, "a\n");
    }
    target_free(target);
}

static const struct row {
    const char *name;
    void (*function)(void);
} rows[] = {
    {"lines stay whole", lines_stay_whole},
    {"long line is a file of its own", long_line_is_a_file_of_its_own},
    {"oldest goes", oldest_goes},
    {"what was there", what_was_there},
    {"every byte", every_byte},
    {"stuck", stuck},
    {"full and room again", full_and_room_again},
    {"full standard output", full_standard_output},
    {"full disk and rows", full_disk_and_rows},
    {"torn row", torn_row},
    {"reader is gone", reader_is_gone},
    {"planted", planted},
    {"devices and descriptors", devices_and_descriptors},
    {"directories are made", directories_are_made},
    {"two writers", two_writers},
};

static void test_target(void **state)
{
    const struct row *row = *state;
    strcpy(directory, "/tmp/parrun-target-XXXXXX");
    assert_non_null(mkdtemp(directory));
    row->function();
    assert_int_equal(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    TEST_ROWS(&tests, test_target, rows);
    return tests_run(&tests, "target");
}
