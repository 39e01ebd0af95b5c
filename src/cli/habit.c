/* Words that are habits from other tools. */
#include "cli/habit.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

#define RUN "parrun FILE runs a scenario"
#define STOP "Ctrl-C, or SIGTERM to parrun, stops a run"
#define ASK "SIGUSR1 to parrun makes it tell what runs"
#define BEGIN "parrun --example names scenarios to start from"
#define TASKS "a scenario says what is run: see parrun --example pool"

static const struct {
    const char *word;
    const char *hint;
} habits[] = {
    {"run", RUN},         {"up", RUN},          {"start", RUN},         {"exec", RUN},
    {"-f", RUN},          {"--file", RUN},      {"-c", RUN},            {"--config", RUN},
    {"stop", STOP},       {"down", STOP},       {"kill", STOP},         {"restart", STOP},
    {"ps", ASK},          {"status", ASK},      {"top", ASK},           {"init", BEGIN},
    {"new", BEGIN},       {":::", TASKS},       {"::::", TASKS},        {"-P", "write -j N"},
    {"-a", TASKS},        {"-I", TASKS},        {"--pipe", TASKS},      {"--bar", TASKS},
    {"{}", TASKS},        {"{.}", TASKS},       {"{/}", TASKS},
    {"logs", "the log of a run is its output; --log FILE writes it to a file"},
    {"-d", "a run stays in the foreground: put & behind it, or make it a service"},
    {"--detach", "a run stays in the foreground: put & behind it, or make it a service"},
    {"--parallel", "write -j N"},
    {"-k", "a run goes on after a failure in any case; fail_fast: true stops it"},
    {"--keep-going", "a run goes on after a failure in any case; fail_fast: true stops it"},
    {"--keep-order", "write output: ordered in the pool"},
    {"--halt", "write halt in the pool"},
    {"--retries", "write retry: {attempts: N} in the pool"},
    {"--results", "write results: {dir: DIR} in the pool"},
    {"validate", "parrun --check FILE checks a scenario"},
    {"config", "parrun --show FILE prints a scenario with all its defaults"},
    {"convert", "parrun --import FILE makes a scenario of a file of another tool"},
};

const char *habit_hint(const char *word)
{
    for (size_t i = 0; i < countof(habits); i++)
        if (!strcmp(habits[i].word, word))
            return habits[i].hint;
    return NULL;
}
