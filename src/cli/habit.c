/* Words that are habits from other tools. */
#include "cli/habit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define RUN "parrun FILE runs a scenario"
#define STOP "Ctrl-C, or SIGTERM to parrun, stops a run"
#define ASK "SIGUSR1 to parrun makes it tell what runs"
#define BEGIN "parrun example names scenarios to start from"
#define CHECK "parrun check FILE checks a scenario"
#define BAR "write --progress"
#define TASKS "a scenario says what is run: see parrun example pool"

static const struct {
    const char *word;
    const char *hint;
} habits[] = {
    {"run", RUN},         {"up", RUN},          {"start", RUN},         {"exec", RUN},
    {"-f", RUN},          {"--file", RUN},      {"-c", RUN},            {"--config", RUN},
    {"stop", STOP},       {"down", STOP},       {"kill", STOP},         {"restart", STOP},
    {"ps", ASK},          {"status", ASK},      {"top", ASK},           {"init", BEGIN},
    {"new", BEGIN},       {":::", TASKS},       {"::::", TASKS},        {"-P", "write -j N"},
    {"-a", TASKS},        {"-I", TASKS},        {"--pipe", TASKS},      {"--bar", BAR},         {"--eta", BAR},
    {"{}", TASKS},        {"{.}", TASKS},       {"{/}", TASKS},
    {"logs", "the log of a run is its output; --log FILE writes it to a file"},
    {"-d", "a run stays in the foreground: put & behind it, or make it a service"},
    {"--detach", "a run stays in the foreground: put & behind it, or make it a service"},
    {"--parallel", "write -j N"},
    {"-k", "a run goes on after a failure in any case, fail_fast: true stops it; for output in the order of the tasks "
           "write output: ordered in the pool"},
    {"--keep-going", "a run goes on after a failure in any case; fail_fast: true stops it"},
    {"--keep-order", "write output: ordered in the pool"},
    {"--halt", "write halt in the pool"},
    {"--retries", "write retry: {attempts: N} in the pool"},
    {"--results", "write results: {dir: DIR} in the pool"},
    {"check", CHECK},     {"validate", CHECK},  {"lint", CHECK},        {"verify", CHECK},
    {"list", "parrun list FILE tells what a scenario has"},
    {"ls", "parrun list FILE tells what a scenario has"},
    {"graph", "parrun graph --tree FILE draws who waits for whom"},
    {"import", "parrun import FILE makes a scenario of a file of another tool"},
    {"help", "parrun help tells of the words"},
    {"version", "parrun --version tells it"},
    {"config", "parrun show FILE prints a scenario with all its defaults"},
    {"convert", "parrun import FILE makes a scenario of a file of another tool"},
};

const char *habit_hint(const char *word)
{
    for (size_t i = 0; i < countof(habits); i++)
        if (!strcmp(habits[i].word, word))
            return habits[i].hint;
    return NULL;
}

/* True where the shell would find a program by this name. */
static bool is_program(const char *word)
{
    const char *at = getenv("PATH");
    struct buf path = {0};
    bool found = false;
    while (at && !found && *word && !strchr(word, '/')) {
        size_t length = strcspn(at, ":");
        buf_clear(&path);
        buf_append(&path, at, length);
        buf_printf(&path, "/%s", word);
        found = length && !access(buf_string(&path), X_OK);
        at = at[length] ? at + length + 1 : NULL;
    }
    buf_release(&path);
    return found;
}

const char *habit_of_file(const char *word)
{
    if (!access(word, F_OK))
        return NULL;
    const char *hint = habit_hint(word);
    return hint ? hint : is_program(word) ? "this is a program; " TASKS : NULL;
}
