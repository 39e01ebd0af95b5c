/* Attributes of programs: as words, set in a process of their own, and blamed for its end. */
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "base/unit.h"
#include "os/spawn.h"
#include "os/spawn_attributes.h"

static const int same[] = {0, 1, 2};

struct words_case {
    const char *name;
    const char *words;
    bool right;
};

static const struct words_case words[] = {
    {"nothing", "", true},
    {"one", "nice=-5", true},
    {"terminal", "terminal=-1 tty=3 umask=18", true},
    {"all",
     "umask=18 nice=5 nofile=4096 nproc=100 core=0 fsize=1 stack=2 "
     "as=9223372036854775807 cpu=60 groups=33,4 gid=33 uid=4294967294 cgroup=/with a blank",
     true},
    {"memory", "memory=1 cgroup=/x", true},
    {"no-groups", "groups= uid=1", true},
    {"unknown", "nise=5", false},
    {"no-value", "nice", false},
    {"joined", "nice=5x", false},
    {"comma-alone", "groups=1,x", false},
};

/* Whatever is read is written as it was. */
static void test_words(void **state)
{
    const struct words_case *row = *state;
    struct attributes attributes;
    struct buf out = {0};
    assert_int_equal(attributes_parse(&attributes, row->words), row->right);
    if (row->right) {
        attributes_print(&out, &attributes);
        assert_buf(&out, row->words);
    }
    attributes_release(&attributes);
}

static int status_of(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* The exit status of a shell line that is started with the attributes that WORDS say. */
static int run_with(const char *text, const char *line)
{
    static const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    struct attributes attributes;
    struct error error = {0};
    assert_true(attributes_parse(&attributes, text));
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct spawn_options options = {
        .argv = argv,
        .environment = environment,
        .descriptors = same,
        .descriptor_count = countof(same),
        .place = SPAWN_GROUP,
        .attributes = &attributes,
    };
    pid_t pid;
    assert_int_equal(spawn_command(&options, &pid, &error), 0);
    attributes_release(&attributes);
    return status_of(pid);
}

struct effect_case {
    const char *name;
    const char *words;
    const char *line;
};

static const struct effect_case effects[] = {
    {"umask", "umask=23", "test $(umask) = 0027"},
    {"nice", "nice=19", "test $(nice) = 19"},
    {"nofile", "nofile=77", "test $(ulimit -Sn) = 77 && test $(ulimit -Hn) = 77"},
    {"core", "core=0", "test $(ulimit -Hc) = 0"},
    {"fsize", "fsize=2048", "test $(ulimit -f) = 4"},
    {"stack", "stack=4194304", "test $(ulimit -s) = 4096"},
    {"as", "as=1073741824", "test $(ulimit -v) = 1048576"},
    {"cpu", "cpu=7", "test $(ulimit -St) = 7 && test $(ulimit -Ht) = 8"},
    {"group", "umask=0", "test $(ps -o pgid= -p $$) = $$"},
    {"masks", "umask=0", "grep -q '^SigBlk:.0000000000000000' /proc/self/status"},
};

static void test_effects(void **state)
{
    const struct effect_case *row = *state;
    assert_int_equal(run_with(row->words, row->line), 0);
}

/* Root becomes somebody else for good; who is not root is told what it takes. */
static void test_rights(void **state)
{
    (void)state;
    struct attributes attributes;
    struct error error = {0};
    enum attribute failed = ATTRIBUTES;
    assert_true(attributes_parse(&attributes, "groups=4,65534 gid=65534 uid=65534"));
    pid_t pid = fork();
    if (pid == 0) {
        int number = attributes_apply(&attributes, &failed);
        gid_t groups[4];
        bool as_told = !number && getuid() == 65534 && getgid() == 65534 &&
                       getgroups(4, groups) == 2 && groups[0] == 4 && setuid(0);
        _exit(number ? failed == ATTRIBUTE_GROUPS ? 1 : 2 : as_told ? 0 : 3);
    }
    assert_int_equal(WEXITSTATUS(status_of(pid)), geteuid() ? 1 : 0);
    assert_int_equal(attributes_explain(&attributes, ATTRIBUTE_GROUPS, EPERM, &error), -EPERM);
    assert_error(&error, -EPERM, "cannot take its groups, which needs root or CAP_SETGID");
    attributes_explain(&attributes, ATTRIBUTE_UID, EINVAL, &error);
    assert_error(&error, -EINVAL, "cannot become user 'nobody' (65534)");
    attributes_release(&attributes);
}

/* What cannot be set is told by the start of the command, and nothing of it is left. */
static void test_refused(void **state)
{
    (void)state;
    struct attributes attributes;
    struct error error = {0};
    struct rlimit limit;
    pid_t pid;
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    struct rlimit low = {.rlim_cur = 0, .rlim_max = 4096};
    const char *const argv[] = {"sh", "-c", "exit 0", NULL};
    struct spawn_options options = {
        .argv = argv, .environment = (const char *const[]){NULL}, .descriptors = same, .descriptor_count = countof(same),
        .attributes = &attributes};
    pid = fork();
    if (pid == 0) {
        /* Root may raise a hard limit unless it lacks the capability: so as nobody, or as who we are. */
        if (setrlimit(RLIMIT_CORE, &low) || (!geteuid() && setuid(65534)))
            _exit(2);
        pid_t child;
        attributes_parse(&attributes, "core=8192");
        int result = spawn_command(&options, &child, &error);
        bool told = result == -EPERM && strstr(error.text, "cannot set its limit core to 8K: the "
                                                           "hard limit that parrun was started "
                                                           "with is 4K");
        _exit(told && waitpid(-1, NULL, 0) < 0 ? 0 : 1);
    }
    assert_int_equal(WEXITSTATUS(status_of(pid)), 0);
}

struct blame_case {
    const char *name;
    const char *words;
    struct program_end end;
    const char *said; /* behind it: " and was killed"; NULL: nothing */
};

static const struct blame_case blames[] = {
    {"cpu", "cpu=60", {SIGXCPU, 0, -1, false}, "it used more than its cpu limit of 1m"},
    {"cpu-in-a-shell", "cpu=2", {0, 152, -1, false}, "it used more than its cpu limit of 2s"},
    {"cpu-in-spite", "cpu=2", {SIGKILL, 0, 3 * NS_PER_S, false},
     "it used more than its cpu limit of 2s"},
    {"killed-early", "cpu=2", {SIGKILL, 0, NS_PER_S, false}, NULL},
    {"killed", "cpu=2", {SIGKILL, 0, -1, false}, NULL},
    {"fsize", "fsize=1048576", {SIGXFSZ, 0, -1, false},
     "it wrote a file past its fsize limit of 1M"},
    {"memory", "memory=1048576", {SIGKILL, 0, -1, true}, "it used more than its memory limit of 1M"},
    {"memory-in-a-shell", "memory=1048576", {0, 137, -1, true},
     "it used more than its memory limit of 1M"},
    {"killed-in-time", "memory=1048576", {SIGKILL, 0, -1, false}, NULL},
    {"no-limit", "nice=5", {SIGXCPU, 0, -1, true}, NULL},
    {"another-signal", "cpu=60 fsize=1", {SIGTERM, 0, -1, false}, NULL},
};

static void test_blames(void **state)
{
    const struct blame_case *row = *state;
    struct attributes attributes;
    struct buf text = {0}, expected = {0};
    assert_true(attributes_parse(&attributes, row->words));
    assert_int_equal(attributes_blame(&attributes, &row->end, &text), row->said != NULL);
    if (row->said)
        buf_text(&expected, row->said);
    buf_text(&expected, row->said ? " and was killed" : "");
    assert_buf(&text, buf_string(&expected));
    buf_release(&expected);
    attributes_release(&attributes);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_words, words);
    TEST_ROWS(&tests, test_effects, effects);
    TEST(&tests, test_rights);
    TEST(&tests, test_refused);
    TEST_ROWS(&tests, test_blames, blames);
    return tests_run(&tests, "attributes");
}
