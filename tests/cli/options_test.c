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

#define USUAL .file = "f", .level = FILTER_STORY

static const struct options_case good[] = {
    {"file", {"f"}, {USUAL}, "", "", ""},
    {"stdin", {"-"}, {.file = "-", .level = FILTER_STORY}, "", "", ""},
    {"check", {"--check", "f"}, {USUAL, .mode = MODE_CHECK}, "", "", ""},
    {"option-behind-file", {"f", "--check"}, {USUAL, .mode = MODE_CHECK}, "", "", ""},
    {"word-check", {"check", "f"}, {USUAL, .mode = MODE_CHECK}, "", "", ""},
    {"word-run", {"run", "f", "A=1"}, {USUAL}, "A=1", "", ""},
    {"word-plan", {"plan", "--limit=5", "f"}, {USUAL, .dry = true, .limit = 5}, "", "", ""},
    {"word-show", {"show", "f", "A=1"}, {USUAL, .mode = MODE_SHOW}, "A=1", "", ""},
    {"word-graph", {"graph", "f"}, {USUAL, .mode = MODE_GRAPH}, "", "", ""},
    {"word-graph-tree", {"graph", "--tree", "f"}, {USUAL, .mode = MODE_TREE}, "", "", ""},
    {"word-option-behind", {"run", "f", "-q"}, {.file = "f", .level = FILTER_QUIET}, "", "", ""},
    {"no-word", {"./check"}, {.file = "./check", .level = FILTER_STORY}, "", "", ""},
    {"help", {"--help"}, {.level = FILTER_STORY, .mode = MODE_HELP}, "", "", ""},
    {"h", {"-h"}, {.level = FILTER_STORY, .mode = MODE_HELP}, "", "", ""},
    {"version", {"--version"}, {.level = FILTER_STORY, .mode = MODE_VERSION}, "", "", ""},
    {"V", {"-V"}, {.level = FILTER_STORY, .mode = MODE_VERSION}, "", "", ""},
    {"quiet", {"--quiet", "f"}, {.file = "f", .level = FILTER_QUIET}, "", "", ""},
    {"q", {"-q", "f"}, {.file = "f", .level = FILTER_QUIET}, "", "", ""},
    {"verbose", {"--verbose", "f"}, {.file = "f", .level = FILTER_ALL}, "", "", ""},
    {"v", {"-v", "f"}, {.file = "f", .level = FILTER_ALL}, "", "", ""},
    {"last-wins", {"-q", "-v", "f"}, {.file = "f", .level = FILTER_ALL}, "", "", ""},
    {"letters-together", {"-vq", "f"}, {.file = "f", .level = FILTER_QUIET}, "", "", ""},
    {"log", {"--log", "l", "f"}, {USUAL, .log = "l"}, "", "", ""},
    {"log-equals", {"--log=l", "f"}, {USUAL, .log = "l"}, "", "", ""},
    {"log-empty", {"--log=", "f"}, {USUAL, .log = ""}, "", "", ""},
    {"log-dash", {"--log", "-x", "f"}, {USUAL, .log = "-x"}, "", "", ""},
    {"log-two-equals", {"--log=a=b", "f"}, {USUAL, .log = "a=b"}, "", "", ""},
    {"json", {"--format", "json", "f"}, {USUAL, .format = "json"}, "", "", ""},
    {"story", {"--format=story", "f"}, {USUAL, .format = "story"}, "", "", ""},
    {"show", {"--show", "a,b", "f", "--show=c"}, {USUAL}, "", "a,b,c", ""},
    {"show-file", {"--show", "f"}, {USUAL, .mode = MODE_SHOW}, "", "", ""},
    {"show-file-equals", {"--show=f"}, {USUAL, .mode = MODE_SHOW}, "", "", ""},
    {"show-file-overrides",
     {"--show", "f", "A=1", "B=2"},
     {USUAL, .mode = MODE_SHOW},
     "A=1,B=2",
     "",
     ""},
    {"list", {"--list", "f"}, {USUAL, .mode = MODE_LIST}, "", "", ""},
    {"vars", {"--vars", "f"}, {USUAL, .mode = MODE_VARS}, "", "", ""},
    {"graph", {"--graph", "f"}, {USUAL, .mode = MODE_GRAPH}, "", "", ""},
    {"graph-dot", {"--graph=dot", "f"}, {USUAL, .mode = MODE_GRAPH}, "", "", ""},
    {"graph-tree", {"--graph=tree", "f"}, {USUAL, .mode = MODE_TREE}, "", "", ""},
    {"schema", {"--schema"}, {.level = FILTER_STORY, .mode = MODE_SCHEMA}, "", "", ""},
    {"hide", {"--hide", "task.*", "f"}, {USUAL}, "", "", "task.*"},
    {"overrides", {"f", "A=1", "-v", "B="}, {.file = "f", .level = FILTER_ALL}, "A=1,B=", "", ""},
    {"double-dash",
     {"--", "-q", "--check=1"},
     {.file = "-q", .level = FILTER_STORY},
     "--check=1",
     "",
     ""},
    {"double-dash-twice",
     {"--", "--", "A=1"},
     {.file = "--", .level = FILTER_STORY},
     "A=1",
     "",
     ""},
    {"example", {"--example", "e"}, {.level = FILTER_STORY, .mode = MODE_EXAMPLE}, "", "", ""},
    {"example-equals", {"--example=e"}, {.level = FILTER_STORY, .mode = MODE_EXAMPLE}, "", "", ""},
    {"example-alone", {"--example"}, {.level = FILTER_STORY, .mode = MODE_EXAMPLE}, "", "", ""},
    {"example-before-option",
     {"--example", "-v"},
     {.level = FILTER_ALL, .mode = MODE_EXAMPLE},
     "",
     "",
     ""},
    {"help-of-anything", {"--all", "--help"}, {.level = FILTER_STORY, .mode = MODE_HELP}, "", "", ""},
    {"equals-in-file", {"a=b"}, {.file = "a=b", .level = FILTER_STORY}, "", "", ""},
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
    assert_int_equal(options.level, row->expected.level);
    assert_text(options.file, row->expected.file);
    assert_text(options.log, row->expected.log);
    assert_text(options.format, row->expected.format);
    assert_words(&options.overrides, row->overrides);
    assert_words(&options.show, row->show);
    assert_words(&options.hide, row->hide);
    options_release(&options);
}

struct bad_case {
    const char *name;
    const char *arguments[8];
    const char *said;
};

static const struct bad_case bad[] = {
    {"nothing", {NULL}, "parrun --example has some to start from"},
    {"only-options", {"-v"}, "no scenario file was given"},
    {"check-alone", {"--check"}, "no scenario file was given"},
    {"unknown-near", {"--chekc", "f"}, "unknown option '--chekc', did you mean '--check'?"},
    {"unknown-near-with-value", {"--fromat=json", "f"}, "'--fromat', did you mean '--format'?"},
    {"unknown-far", {"--xyzzy", "f"}, "unknown option '--xyzzy', see parrun --help"},
    {"unknown-letter", {"-x", "f"}, "unknown option '-x', see parrun --help"},
    {"unknown-beginning", {"--dry", "f"}, "unknown option '--dry', did you mean '--dry-run'?"},
    {"habit-option", {"-f", "f"}, "unknown option '-f': parrun FILE runs a scenario"},
    {"habit-value", {"--file=f"}, "unknown option '--file': parrun FILE runs a scenario"},
    {"habit-verb", {"up"}, "'up': parrun FILE runs a scenario"},
    {"habit-check", {"lint", "f"}, "'lint': parrun check FILE checks a scenario"},
    {"word-without-file", {"check"}, "no scenario file was given"},
    {"word-without-subject", {"put"}, "put needs QUEUE: parrun put QUEUE [VALUE]..."},
    {"word-and-more", {"schema", "x"}, "'x' is one word too many: parrun schema"},
    {"word-and-mode", {"check", "--list", "f"}, "--list is no option of 'check', see parrun help check"},
    {"word-and-other's-option", {"check", "--all", "f"}, "--all goes with --get QUEUE"},
    {"tree-of-a-run", {"--tree", "f"}, "--tree goes with graph FILE"},
    {"program", {"-j", "4", "cat", "f"}, "'cat': this is a program; a scenario says what is run"},
    {"no-program", {"/bin/cat", "f"}, "'f' is not NAME=VALUE"},
    {"habit-verb-and-file", {"start", "f"}, "'start': parrun FILE runs a scenario"},
    {"habit-operand", {"mine", "{}", ":::", "a"}, "'{}': a scenario says what is run"},
    {"object", {"f", "web"}, "--only web would run that alone of it"},
    {"second-file", {"f", "g.yaml"}, "'g.yaml' is not NAME=VALUE; one scenario file is run at a time"},
    {"unknown-among-letters", {"-vx", "f"}, "unknown option '-x'"},
    {"beginning-is-not-enough", {"--ver", "f"}, "unknown option '--ver'"},
    {"value-missing", {"f", "--log"}, "--log needs a value: --log FILE"},
    {"format-missing", {"f", "--format"}, "--format needs a value: --format FORMAT"},
    {"value-unasked", {"--check=yes", "f"}, "--check takes no value"},
    {"value-empty-unasked", {"--quiet=", "f"}, "--quiet takes no value"},
    {"format-unknown", {"--format=xml", "f"}, "--format is 'story' or 'json', not 'xml'"},
    {"format-empty", {"--format=", "f"}, "--format is 'story' or 'json', not ''"},
    {"graph-unknown", {"--graph=x", "f"}, "--graph is 'dot' or 'tree', not 'x'"},
    {"list-alone", {"--list"}, "no scenario file was given"},
    {"two-files", {"f", "g"}, "'g' is not NAME=VALUE; one scenario file is run at a time"},
    {"all-of-a-run", {"--all", "f"}, "--all goes with --get QUEUE"},
    {"all-put", {"--all", "--put", "q"}, "--all goes with --get QUEUE"},
    {"delay-get", {"--get", "q", "--delay=0s"}, "--delay goes with --put QUEUE or --queue FILE"},
    {"null-check",
     {"-0", "--check", "f"},
     "--null goes with --get QUEUE, --put QUEUE or --queue FILE"},
    {"only-check", {"--only=a", "--check", "f"}, "--only goes with a run, or --dry-run"},
    {"limit-alone", {"--limit=5", "f"}, "--limit needs --dry-run: print the commands that would"},
    {"no-deps-alone", {"--no-deps", "f"}, "--no-deps needs --only NAMES: run these objects"},
    {"resume-alone", {"--resume", "f"}, "--resume needs --journal FILE: write down in FILE"},
    {"retry-alone", {"f", "--retry-failed"}, "--retry-failed needs --journal FILE: write"},
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

static void test_help_names_every_option(void **state)
{
    (void)state;
    static const char *const names[] = {"--check",       "--format FORMAT", "-h, --help",
                                        "--hide EVENTS", "--log FILE",      "-q, --quiet",
                                        "--show EVENTS", "-v, --verbose",   "-V, --version"};
    struct buf help = {0};
    options_help(&help);
    for (size_t i = 0; i < countof(names); i++)
        assert_non_null(strstr(help.data, names[i]));
    assert_int_equal(help.data[help.length - 1], '\n');
    for (const char *at = help.data; *at; at = strchr(at, '\n') + 1)
        assert_true(strcspn(at, "\n") <= 100);
    buf_release(&help);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_good, good);
    TEST_ROWS(&tests, test_bad, bad);
    TEST(&tests, test_help_names_every_option);
    return tests_run(&tests, "options");
}
