/* Starting commands, and what is said when that fails. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "os/spawn.h"
#include "os/spawn_child.h"

static const int same[] = {0, 1, 2};
static const char *const usual[] = {"PATH=/usr/bin:/bin", NULL};

/* A directory with what the cases need; removed at the end. */
static char place[] = "/tmp/parrun-spawn-XXXXXX";

struct file_case {
    const char *name;
    const char *content;
    mode_t mode;
};

static const struct file_case files[] = {
    {"plain", "#!/bin/sh\nexit 0\n", 0644},
    {"script", "#!/bin/sh\nexit 4\n", 0755},
    {"no-interpreter", "#! /no/such/interpreter -x\n", 0755},
    {"no-format", "just text\n", 0755},
};

static int make_place(void)
{
    if (!mkdtemp(place) || chdir(place))
        return -1;
    for (size_t i = 0; i < countof(files); i++) {
        int fd = open(files[i].name, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
        size_t length = strlen(files[i].content);
        if (write(fd, files[i].content, length) != (ssize_t)length || fchmod(fd, files[i].mode) ||
            close(fd))
            return -1;
    }
    return mkdir("directory", 0755);
}

static int remove_place(void)
{
    for (size_t i = 0; i < countof(files); i++)
        unlink(files[i].name);
    rmdir("directory");
    return chdir("/") || rmdir(place);
}

static int spawn(const char *const *argv, const char *directory, pid_t *pid, struct error *error)
{
    struct spawn_options options = {
        .argv = argv, .environment = usual, .directory = directory, .descriptors = same, .descriptor_count = 3};
    return spawn_command(&options, pid, error);
}

static int wait_for(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

struct failing_case {
    const char *name;
    const char *argv[3];
    const char *directory;
    int code;
    const char *said;
};

static const struct failing_case failing[] = {
    {"missing", {"/no/such/program"}, NULL, -ENOENT, "program '/no/such/program' does not exist"},
    {"missing-in-path",
     {"no-such-program"},
     NULL,
     -ENOENT,
     "program 'no-such-program' is not in the PATH"},
    {"empty", {""}, NULL, -ENOENT, "empty"},
    {"directory-missing",
     {"/bin/true"},
     "/no/such/place",
     -ENOENT,
     "cannot run in '/no/such/place': no such directory"},
    {"directory-is-a-file", {"/bin/true"}, "/dev/null", -ENOTDIR, "cannot run in '/dev/null'"},
    {"interpreter-missing",
     {"./no-interpreter"},
     NULL,
     -ENOENT,
     "program './no-interpreter' needs the interpreter '/no/such/interpreter'"},
    {"not-executable", {"./plain"}, NULL, -EACCES, "program './plain' is not executable"},
    {"a-directory", {"./directory"}, NULL, -EACCES, "./directory"},
    {"no-format", {"./no-format"}, NULL, -ENOEXEC, "program './no-format' has no format"},
    {"through-a-file", {"/dev/null/x"}, NULL, -ENOTDIR, "program '/dev/null/x' does not exist"},
};

static void test_failing(void **state)
{
    const struct failing_case *row = *state;
    struct error error = {0};
    pid_t pid;
    assert_int_equal(spawn(row->argv, row->directory, &pid, &error), row->code);
    assert_error(&error, row->code, row->said);
}

static void test_argument_too_long(void **state)
{
    (void)state;
    struct error error = {0};
    pid_t pid;
    char *longest = mem_calloc(1, 131073);
    memset(longest, 'x', 131072);
    const char *const argv[] = {"/bin/true", "short", longest, NULL};
    assert_int_equal(spawn(argv, NULL, &pid, &error), -E2BIG);
    assert_error(&error, -E2BIG, "argument 2 of '/bin/true' has 131072 bytes");
    longest[131071] = '\0';
    assert_int_equal(spawn(argv, NULL, &pid, &error), 0);
    assert_int_equal(wait_for(pid), 0);
    free(longest);
}

static void test_arguments_too_many(void **state)
{
    (void)state;
    struct error error = {0};
    pid_t pid;
    char *word = mem_calloc(1, 100001);
    const char **argv = mem_calloc(202, sizeof(*argv));
    memset(word, 'x', 100000);
    argv[0] = "/bin/true";
    for (size_t i = 1; i <= 200; i++)
        argv[i] = word;
    assert_int_equal(spawn(argv, NULL, &pid, &error), -E2BIG);
    assert_error(&error, -E2BIG, "the arguments of '/bin/true' have 20001818 bytes in all and its variables ");
    free(argv);
    free(word);
}

static void test_runs(void **state)
{
    (void)state;
    struct error error = {0};
    pid_t pid;
    assert_int_equal(spawn((const char *[]){"./script", NULL}, NULL, &pid, &error), 0);
    assert_int_equal(WEXITSTATUS(wait_for(pid)), 4);
    assert_int_equal(
        spawn((const char *[]){"sh", "-c", "exit $(pwd | wc -c)", NULL}, "/usr", &pid, &error), 0);
    assert_int_equal(WEXITSTATUS(wait_for(pid)), 5);
}

/* The signals that parrun ignores and blocks are the command's as usual. */
static void test_signals_are_the_usual(void **state)
{
    (void)state;
    struct error error = {0};
    sigset_t all, before;
    pid_t pid;
    signal(SIGPIPE, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    assert_int_equal(spawn((const char *[]){"sh", "-c", "kill -PIPE $$", NULL}, NULL, &pid, &error),
                     0);
    sigprocmask(SIG_SETMASK, &before, NULL);
    int status = wait_for(pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGPIPE);
}

static void test_place(void **state)
{
    (void)state;
    for (enum spawn_place where = SPAWN_HERE; where <= SPAWN_SESSION; where++) {
        struct error error = {0};
        const char *argv[] = {"sleep", "1000", NULL};
        struct spawn_options options = {
            .argv = argv, .environment = usual, .descriptors = same, .descriptor_count = 3, .place = where};
        pid_t pid;
        assert_int_equal(spawn_command(&options, &pid, &error), 0);
        assert_int_equal(getpgid(pid), where == SPAWN_HERE ? getpgid(0) : pid);
        assert_int_equal(getsid(pid), where == SPAWN_SESSION ? pid : getsid(0));
        kill(pid, SIGKILL);
        wait_for(pid);
    }
}

struct list_case {
    const char *name;
    bool gates;
    size_t count;
    int files[18]; /* what the command gets as 0, 1, ...: which file; -1: none */
    const char *said;
};

static const struct list_case lists[] = {
    {"three", false, 3, {0, -1, 1}, "0a 1- 2b "},
    {"crossed", false, 6, {-1, -1, -1, 3, 2, 1}, "0- 1- 2- 3d 4c 5b "},
    {"hole", false, 6, {0, 1, 2, -1, -1, 3}, "0a 1b 2c 5d "},
    {"gates-three", true, 3, {0, -1, 1}, "0a 1- 2b "},
    {"gates-crossed", true, 6, {-1, -1, -1, 3, 2, 1}, "0- 1- 2- 3d 4c 5b "},
    {"gates-hole", true, 6, {0, 1, 2, -1, -1, 3}, "0a 1b 2c 5d "},
    {"more-than-gates", true, 18,
     {0, 1, 2, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 3}, "0a 1b 2c 17d "},
};

/* Tells in a file which of the test's files the shell has as which number, and where it has /dev/null as 0 to 2. */
static const char tell_open[] =
    "s=; n=0; while [ $n -lt 40 ]; do l=$(readlink /proc/$$/fd/$n); case $l in "
    "*/list-?) s=\"$s$n${l##*-} \" ;; /dev/null) [ $n -gt 2 ] || s=\"$s$n- \" ;; esac; n=$((n + 1)); done; "
    "printf %s \"$s\" >said";

/* Two of the files have low numbers, which are in the way, and two are far above the gates. */
static void open_files(int *opened)
{
    for (int i = 0; i < 4; i++) {
        char name[] = "list-?";
        name[5] = (char)('a' + i);
        int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        opened[i] = i % 2 ? fcntl(fd, F_DUPFD_CLOEXEC, 200) : fd;
        if (i % 2)
            close(fd);
    }
}

static void close_files(const int *opened)
{
    for (int i = 0; i < 4; i++) {
        char name[] = "list-?";
        name[5] = (char)('a' + i);
        close(opened[i]);
        unlink(name);
    }
}

static void test_descriptors(void **state)
{
    const struct list_case *row = *state;
    const char *argv[] = {"sh", "-c", tell_open, NULL};
    struct error error = {0};
    char said[256] = "";
    int opened[4], descriptors[countof(row->files)];
    pid_t pid;
    open_files(opened);
    for (size_t i = 0; i < row->count; i++)
        descriptors[i] = row->files[i] < 0 ? -1 : opened[row->files[i]];
    if (row->gates)
        spawn_open_gates(0);
    struct spawn_options options = {.argv = argv,
                                    .environment = usual,
                                    .descriptors = descriptors,
                                    .descriptor_count = row->count};
    assert_int_equal(spawn_command(&options, &pid, &error), 0);
    assert_int_equal(wait_for(pid), 0);
    spawn_close_gates();
    close_files(opened);
    int fd = open("said", O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, said, sizeof(said) - 1) > 0);
    close(fd);
    unlink("said");
    assert_string_equal(said, row->said);
}

/* The end of a pipe that a child had is nowhere open when the child is gone. */
static void test_gates_keep_nothing(void **state)
{
    (void)state;
    const char *argv[] = {"true", NULL};
    struct error error = {0};
    char byte;
    int ends[2];
    pid_t pid;
    spawn_open_gates(0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const int descriptors[] = {0, ends[1], 2};
    struct spawn_options options = {
        .argv = argv, .environment = usual, .descriptors = descriptors, .descriptor_count = 3};
    assert_int_equal(spawn_command(&options, &pid, &error), 0);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    spawn_close_gates();
    assert_int_equal(wait_for(pid), 0);
}

/* What parrun's caller ignores stays so. */
static void test_ignored_stays_ignored(void **state)
{
    (void)state;
    const char *argv[] = {"sh", "-c", "kill -HUP $$; exit 6", NULL};
    struct error error = {0};
    pid_t pid;
    signal(SIGHUP, SIG_IGN);
    assert_int_equal(spawn(argv, NULL, &pid, &error), 0);
    signal(SIGHUP, SIG_DFL);
    assert_int_equal(WEXITSTATUS(wait_for(pid)), 6);
}

struct find_case {
    const char *name;
    const char *program;
    const char *path; /* NULL: not set */
    int code;
    const char *found;
};

static const struct find_case finds[] = {
    {"slash", "a/b", "PATH=/x", 0, "a/b"},
    {"first", "sh", "PATH=/no/such:/bin", 0, "/bin/sh"},
    {"unset", "sh", NULL, 0, "/bin/sh"},
    {"empty-is-here", "script", "PATH=", -ENOENT, NULL},
    {"empty-entry-is-here", "script", "PATH=/no/such::/bin", 0, "./script"},
    {"relative", "sh", "PATH=no/such:bin:/bin", 0, "/bin/sh"},
    {"not-executable", "plain", "PATH=.", -EACCES, NULL},
    {"executable-behind", "script", "PATH=/no:.", 0, "./script"},
    {"directory-passed-over", "directory", "PATH=.", -ENOENT, NULL},
};

static void test_find(void **state)
{
    const struct find_case *row = *state;
    struct buf out = {0};
    struct error error = {0};
    const char *environment[] = {row->path, NULL};
    buf_text(&out, ">");
    assert_int_equal(program_find(row->program, environment, &out, &error), row->code);
    if (row->code) {
        assert_error(&error, row->code, row->program);
        assert_buf(&out, ">");
        return;
    }
    assert_true(out.length > strlen(row->found));
    assert_string_equal(out.data + out.length - strlen(row->found), row->found);
    buf_release(&out);
}

int main(void)
{
    struct tests tests = {0};
    if (make_place())
        return 1;
    TEST_ROWS(&tests, test_failing, failing);
    TEST(&tests, test_argument_too_long);
    TEST(&tests, test_arguments_too_many);
    TEST(&tests, test_runs);
    TEST(&tests, test_signals_are_the_usual);
    TEST(&tests, test_place);
    TEST_ROWS(&tests, test_descriptors, lists);
    TEST(&tests, test_gates_keep_nothing);
    TEST(&tests, test_ignored_stays_ignored);
    TEST_ROWS(&tests, test_find, finds);
    int failed = tests_run(&tests, "spawn");
    return remove_place() || failed;
}
