/* The command's options. */
#include "../harness/unit.h"
#include "cli/options.h"

struct options_case {
    const char *name;
    const char *arguments[8];
    struct options expected; /* lists: as overrides, show and hide below */
    const char *overrides;   /* with commas */
    const char *show;
    const char *hide;
};

#define USUAL .file = "f", .story.level = FILTER_STORY

static const struct options_case good[] = {
    {"file", {"f"}, {USUAL}, "", "", ""},
    {"stdin", {"-"}, {.file = "-", .story.level = FILTER_STORY}, "", "", ""},
    {"word-check", {"check", "f"}, {USUAL, .mode = MODE_CHECK}, "", "", ""},
    {"word-run", {"run", "f", "A=1"}, {USUAL}, "A=1", "", ""},
    {"word-plan", {"plan", "--limit=5", "f"}, {USUAL, .mode = MODE_PLAN, .plan.dry = true, .plan.limit = 5}, "", "", ""},
    {"word-show", {"show", "f", "A=1"}, {USUAL, .mode = MODE_SHOW}, "A=1", "", ""},
    {"word-graph", {"graph", "f"}, {USUAL, .mode = MODE_GRAPH}, "", "", ""},
    {"word-graph-tree", {"graph", "--tree", "f"}, {USUAL, .mode = MODE_TREE}, "", "", ""},
    {"word-option-behind", {"run", "f", "-q"}, {.file = "f", .story.level = FILTER_QUIET}, "", "", ""},
    {"no-word", {"./check"}, {.file = "./check", .story.level = FILTER_STORY}, "", "", ""},
    {"help", {"--help"}, {.story.level = FILTER_STORY, .mode = MODE_HELP}, "", "", ""},
    {"h", {"-h"}, {.story.level = FILTER_STORY, .mode = MODE_HELP}, "", "", ""},
    {"version", {"--version"}, {.story.level = FILTER_STORY, .mode = MODE_VERSION}, "", "", ""},
    {"V", {"-V"}, {.story.level = FILTER_STORY, .mode = MODE_VERSION}, "", "", ""},
    {"quiet", {"--quiet", "f"}, {.file = "f", .story.level = FILTER_QUIET}, "", "", ""},
    {"q", {"-q", "f"}, {.file = "f", .story.level = FILTER_QUIET}, "", "", ""},
    {"verbose", {"--verbose", "f"}, {.file = "f", .story.level = FILTER_ALL}, "", "", ""},
    {"v", {"-v", "f"}, {.file = "f", .story.level = FILTER_ALL}, "", "", ""},
    {"last-wins", {"-q", "-v", "f"}, {.file = "f", .story.level = FILTER_ALL}, "", "", ""},
    {"letters-together", {"-vq", "f"}, {.file = "f", .story.level = FILTER_QUIET}, "", "", ""},
    {"log", {"--log", "l", "f"}, {USUAL, .files.log = "l"}, "", "", ""},
    {"log-equals", {"--log=l", "f"}, {USUAL, .files.log = "l"}, "", "", ""},
    {"log-empty", {"--log=", "f"}, {USUAL, .files.log = ""}, "", "", ""},
    {"log-dash", {"--log", "-x", "f"}, {USUAL, .files.log = "-x"}, "", "", ""},
    {"log-two-equals", {"--log=a=b", "f"}, {USUAL, .files.log = "a=b"}, "", "", ""},
    {"json", {"--format", "json", "f"}, {USUAL, .story.format = "json"}, "", "", ""},
    {"story", {"--format=story", "f"}, {USUAL, .story.format = "story"}, "", "", ""},
    {"show", {"--show", "a,b", "f", "--show=c"}, {USUAL}, "", "a,b,c", ""},
    {"word-list", {"list", "f"}, {USUAL, .mode = MODE_LIST}, "", "", ""},
    {"word-vars", {"vars", "f", "A=1", "B=2"}, {USUAL, .mode = MODE_VARS}, "A=1,B=2", "", ""},
    {"word-behind-option", {"-v", "--log", "l", "plan", "f"},
     {.file = "f", .story.level = FILTER_ALL, .mode = MODE_PLAN, .files.log = "l"}, "", "", ""},
    {"word-is-a-value", {"--log", "check", "f"}, {USUAL, .files.log = "check"}, "", "", ""},
    {"word-behind-letters", {"-vj", "2", "plan", "f"}, {.file = "f", .story.level = FILTER_ALL, .mode = MODE_PLAN}, "", "", ""},
    {"word-behind-a-file", {"f", "check=1"}, {USUAL}, "check=1", "", ""},
    {"schema", {"schema"}, {.story.level = FILTER_STORY, .mode = MODE_SCHEMA}, "", "", ""},
    {"hide", {"--hide", "task.*", "f"}, {USUAL}, "", "", "task.*"},
    {"overrides", {"f", "A=1", "-v", "B="}, {.file = "f", .story.level = FILTER_ALL}, "A=1,B=", "", ""},
    {"double-dash",
     {"--", "-q", "--check=1"},
     {.file = "-q", .story.level = FILTER_STORY},
     "--check=1",
     "",
     ""},
    {"double-dash-twice",
     {"--", "--", "A=1"},
     {.file = "--", .story.level = FILTER_STORY},
     "A=1",
     "",
     ""},
    {"example", {"example", "e"}, {.story.level = FILTER_STORY, .mode = MODE_EXAMPLE}, "", "", ""},
    {"example-alone", {"example"}, {.story.level = FILTER_STORY, .mode = MODE_EXAMPLE}, "", "", ""},
    {"help-of-a-word", {"get", "--all", "--help"}, {.story.level = FILTER_STORY, .mode = MODE_HELP}, "", "", ""},
    {"equals-in-file", {"a=b"}, {.file = "a=b", .story.level = FILTER_STORY}, "", "", ""},
};

static int parse(struct options *options, const char *const *arguments, struct error *error)
{
    char *argv[10] = {(char *)(uintptr_t) "parrun"};
    int argc = 1;
    for (; arguments[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
    return options_parse(options, argc, argv, error);
}

static void assert_words(const struct words *words, const char *expected)
{
    struct buf joined = {0};
    for (size_t i = 0; i < words->count; i++)
        buf_printf(&joined, "%s%s", i ? "," : "", words->items[i]);
    assert_buf(&joined, expected);
}

static void assert_text(const char *found, const char *expected)
{
    assert_string_equal(found ? found : "(null)", expected ? expected : "(null)");
}

static void test_good(void **state)
{
    const struct options_case *row = *state;
    struct options options;
    struct error error = {0};
    assert_int_equal(parse(&options, row->arguments, &error), 0);
    assert_null(error.text);
    assert_int_equal(options.mode, row->expected.mode);
    assert_int_equal(options.story.level, row->expected.story.level);
    assert_text(options.file, row->expected.file);
    assert_text(options.files.log, row->expected.files.log);
    assert_text(options.story.format, row->expected.story.format);
    assert_words(&options.overrides, row->overrides);
    assert_words(&options.story.show, row->show);
    assert_words(&options.story.hide, row->hide);
    options_release(&options);
}

struct bad_case {
    const char *name;
    const char *arguments[8];
    const char *said;
};

static const struct bad_case bad[] = {
    {"nothing", {NULL}, "parrun example has some to start from"},
    {"only-options", {"-v"}, "no scenario file was given"},
    {"word-in-the-options", {"--log", "check"}, "no scenario file was given"},
    {"unknown-near", {"--jornal=j", "f"}, "unknown option '--jornal', did you mean '--journal'?"},
    {"unknown-near-of-a-word", {"graph", "--tere", "f"}, "unknown option '--tere', did you mean '--tree'?"},
    {"unknown-near-with-value", {"--fromat=json", "f"}, "'--fromat', did you mean '--format'?"},
    {"unknown-far", {"--xyzzy", "f"}, "unknown option '--xyzzy', see parrun help run"},
    {"unknown-letter", {"-x", "f"}, "unknown option '-x', see parrun help run"},
    {"unknown-beginning", {"--jou", "f"}, "unknown option '--jou', did you mean '--journal'?"},
    {"habit-option", {"-f", "f"}, "-f: write parrun f"},
    {"habit-value", {"--file=f"}, "unknown option '--file': write parrun f"},
    {"habit-verb", {"up"}, "'up': write parrun FILE"},
    {"habit-check", {"lint", "f"}, "'lint': write parrun check f"},
    {"word-without-file", {"check"}, "no scenario file was given"},
    {"word-without-subject", {"put"}, "put needs QUEUE: parrun put QUEUE [VALUE]..."},
    {"word-and-more", {"schema", "x"}, "'x' is one word too many: parrun schema"},
    {"word-and-mode", {"check", "--list", "f"}, "unknown option '--list', see parrun help check"},
    {"word-and-other's-option", {"check", "--all", "f"}, "--all goes with ps and get, not with check: see parrun help check"},
    {"tree-of-a-run", {"--tree", "f"}, "--tree goes with graph, not with run"},
    {"program", {"-j", "4", "cat", "f"}, "'cat': this is a program; parrun each runs one command"},
    {"no-program", {"/bin/cat", "f"}, "'f' is not NAME=VALUE"},
    {"habit-verb-and-file", {"exec", "f"}, "'exec': write parrun f"},
    {"habit-operand", {"mine", "{}", ":::", "a"}, "'{}': parrun each runs one command for each item"},
    {"object", {"f", "web"}, "--only web would run that alone of it"},
    {"second-file", {"f", "g.yaml"}, "'g.yaml' is not NAME=VALUE; one scenario file is run at a time"},
    {"unknown-among-letters", {"-vx", "f"}, "unknown option '-x'"},
    {"beginning-is-not-enough", {"--ver", "f"}, "unknown option '--ver'"},
    {"value-missing", {"f", "--log"}, "--log needs a value: --log FILE"},
    {"format-missing", {"f", "--format"}, "--format needs a value: --format FORMAT"},
    {"value-unasked", {"--progress=yes", "f"}, "--progress takes no value"},
    {"value-empty-unasked", {"--quiet=", "f"}, "--quiet takes no value"},
    {"format-unknown", {"--format=xml", "f"}, "--format is 'story' or 'json', not 'xml'"},
    {"format-empty", {"--format=", "f"}, "--format is 'story' or 'json', not ''"},
    {"list-alone", {"list"}, "no scenario file was given"},
    {"shell-unknown", {"completion", "ksh"}, "completion is 'bash', 'zsh' or 'fish', not 'ksh'"},
    {"two-files", {"f", "g"}, "'g' is not NAME=VALUE; one scenario file is run at a time"},
    {"all-of-a-run", {"--all", "f"}, "--all goes with ps and get, not with run"},
    {"all-put", {"--all", "put", "q"}, "--all goes with ps and get, not with put"},
    {"list-of-what-runs", {"list"}, "parrun ps shows the runs that go on"},
    {"worker", {"--worker", "3", "f"}, "unknown option '--worker': write -j N"},
    {"workers-of-each", {"each", "--workers=3", "f"}, "unknown option '--workers': write -j N"},
    {"variable-before-the-file", {"prt=1", "port.yaml"}, "'prt=1' is no file: variables stand behind it, as in parrun port.yaml prt=1"},
    {"put-from-outside", {"put", "-r", "web", "q"}, "-r: put is for the bodies of a run; parrun queue FILE put reaches the file"},
    {"mistyped-word", {"statsu", "web"}, "'statsu' is no file and no word, did you mean 'parrun status'?"},
    {"mistyped-short-word", {"pss"}, "did you mean 'parrun ps'?"},
    {"again-in-the-foreground", {"run", "--again", "f"}, "--again needs -d"},
    {"progress-in-the-background", {"run", "-d", "--progress", "f"}, "--progress and -d exclude each other"},
    {"detached-plan", {"plan", "-d", "f"}, "-d goes with run and each, not with plan"},
    {"delay-get", {"get", "q", "--delay=0s"}, "--delay goes with each, put and queue, not with get"},
    {"null-check", {"-0", "check", "f"}, "-0 goes with each, put, get and queue, not with check"},
    {"only-check", {"--only=a", "check", "f"}, "--only goes with run and plan, not with check"},
    {"limit-of-a-run", {"--limit=5", "f"}, "--limit goes with plan, not with run"},
    {"no-deps-alone", {"--no-deps", "f"}, "--no-deps needs --only NAMES: what these depend on"},
    {"resume-alone", {"--resume", "f"}, "--resume needs --journal FILE: there stands what is done"},
    {"retry-alone", {"f", "--retry-failed"}, "--retry-failed needs --journal FILE: there"},
    {"all-and-count", {"get", "q", "--all", "--count=2"}, "--all and --count exclude each other"},
    {"dash-twice", {"-", "-"}, "'-' is not NAME=VALUE"},
};

static void test_bad(void **state)
{
    const struct bad_case *row = *state;
    struct options options;
    struct error error = {0};
    assert_int_equal(parse(&options, row->arguments, &error), ERROR_FAILED);
    assert_error(&error, ERROR_FAILED, row->said);
    options_release(&options);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_good, good);
    TEST_ROWS(&tests, test_bad, bad);
    return tests_run(&tests, "options");
}
