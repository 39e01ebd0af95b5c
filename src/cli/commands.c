/* The words of the command line. */
#include "cli/commands.h"

#include <string.h>

#include "base/mem.h"
#include "view/view.h"

static const struct command commands[] = {
    {.word = "run", .operands = "FILE [NAME=VALUE]...", .mode = MODE_RUN,
     .help = "run a scenario",
     .about = "The word may be left out. What NAME=VALUE replaces are variables of the scenario; '-' is standard input. With -d the "
              "run goes on in the background: the id of the run is printed when all is up, and the exit status is 7 where the "
              "file runs already.",
     .example = "parrun run web.yaml port=8080"},
    {.word = "each", .operands = "[OPTION]... COMMAND [ARG]... [::: ITEM...]", .mode = MODE_EACH, .alone = true,
     .help = "run one command for each item", .about = "", .example = "parrun each -j4 gzip ::: *.log"},
    {.word = "check", .operands = "FILE... [NAME=VALUE]...", .mode = MODE_CHECK, .group = "look",
     .help = "check scenarios",
     .about = "Each is read with all that it includes, every error is told with its place, and nothing is run. The exit "
              "status is 2 where there is an error in one of them.",
     .example = "parrun check web.yaml"},
    {.word = "plan", .operands = "FILE [NAME=VALUE]...", .mode = MODE_PLAN, .group = "look",
     .help = "print the commands that a run would run",
     .about = "Each is a line that a shell runs the same way. Nothing is run but what makes the tasks of a pool. With -v, comments say "
              "what is not run, or is run again, and why.",
     .example = "parrun plan --limit 3 web.yaml"},
    {.word = "show", .operands = "FILE [NAME=VALUE]...", .mode = MODE_SHOW, .group = "look",
     .help = "print a scenario with every default",
     .about = "Variables are as they are set, templates that do not wait for the run are worked out, and what is "
              "printed is a scenario that means the same.",
     .example = "parrun show web.yaml"},
    {.word = "list", .operands = "FILE [NAME=VALUE]...", .mode = MODE_LIST, .group = "look",
     .help = "print the kind, the name and the help of each object", .about = "Nothing is run.",
     .example = "parrun list web.yaml"},
    {.word = "vars", .operands = "FILE [NAME=VALUE]...", .mode = MODE_VARS, .group = "look",
     .help = "print the variables of a scenario as NAME=VALUE", .about = "Nothing is run.",
     .example = "parrun vars web.yaml"},
    {.word = "graph", .operands = "FILE [NAME=VALUE]...", .mode = MODE_GRAPH, .group = "look",
     .help = "print which object passes messages to which, and who waits for whom",
     .about = "In the language of dot, or with --tree as a tree. Nothing is run.",
     .example = "parrun graph --tree web.yaml"},
    {.word = "ps", .operands = "", .mode = MODE_PS, .group = "steer",
     .help = "list the runs of this user that go on",
     .about = "A line each: its id, its scenario, what it is doing, how many of its objects run, how many tasks are done, what has failed, "
              "since when, its file, and of a run in the background its log. With -a the last 20 of these that have ended are listed "
              "too, with their exit status. Runs are found whatever the environment is, and what dead ones have left is removed.",
     .example = "parrun ps"},
    {.word = "status", .operands = "[NAME]...", .mode = MODE_STATUS, .group = "steer", .values = true, .others = TAKES_LIVING,
     .help = "print what each object of a run is doing",
     .about = "A line each: its state, its process, since when, how often it was started again by itself and, behind a +, by words, the "
              "processor time and the memory of its processes now, and what it does or waits for; below them, and with --json in each line, of a run in the background, its log. NAME is that of an object, of one "
              "replica, or a pattern with '*'. The exit status is the worst of them: 0 where all are up or have ended well, 1 "
              "where one has failed, 6 where one is not there yet, 7 where one was stopped by hand.",
     .example = "parrun status web"},
    {.word = "logs", .operands = "[NAME]...", .mode = MODE_LOGS, .group = "steer", .values = true, .others = TAKES_LIVING,
     .help = "print the last lines of the objects of a run",
     .about = "They look as in the run's own log. The run keeps 1000 lines of each object, as log: {keep: N} says. What is there "
              "and what comes are one stream: no line is left out between them, and NAME is followed over restarts, to the end of the run. "
              "Where --lines is given too, --grep and --since look at those lines alone.",
     .example = "parrun logs -f -n 20 web"},
    {.word = "wait", .operands = "[NAME]...", .mode = MODE_WAIT, .group = "steer", .values = true, .others = TAKES_LIVING,
     .help = "wait until objects of a run are ready, idle or have ended",
     .about = "What has ended well is as good as ready. Without NAME all are meant, and with --until ended the run itself. The exit "
              "status is 0 when all has come, 1 where one has failed, 6 where the time is over before, 7 where one was stopped by "
              "hand.",
     .example = "parrun wait --timeout 30s web db"},
    {.word = "stop", .operands = "[NAME]...", .mode = MODE_STOP, .group = "steer", .values = true, .others = TAKES_LIVING,
     .help = "end a run, or some of its objects, and wait for the end",
     .about = "With NAME these objects are stopped, those that depend on others first; a stopped one has neither failed nor succeeded. Without "
              "it the run ends as by SIGTERM: what depends on others ends before them, each with its grace. A second stop waits with the "
              "first. The exit status is 0, or 1 where something in the run has failed.",
     .example = "parrun stop"},
    {.word = "start", .operands = "NAME...", .mode = MODE_START, .group = "steer", .values = true, .others = TAKES_LIVING,
     .help = "start objects of a run that were stopped or have ended",
     .about = "Each starts when what it depends on has come so far, and the word waits until all are ready. Where it depends on one that "
              "was stopped, that is said.",
     .example = "parrun start web"},
    {.word = "restart", .operands = "NAME...", .mode = MODE_RESTART, .group = "steer", .values = true, .others = TAKES_LIVING,
     .help = "give objects of a run another life",
     .about = "The next life begins when the last one has ended, to its last process. Those that depend on them and say 'cascade: "
              "true' end before and start after them. '*' means all.",
     .example = "parrun restart web"},
    {.word = "pause", .operands = "[POOL]...", .mode = MODE_PAUSE, .group = "steer", .values = true, .others = TAKES_LIVING_POOL,
     .help = "begin no more tasks of pools of a run",
     .about = "Those that run go on. Without POOL all pools are meant.", .example = "parrun pause hash"},
    {.word = "resume", .operands = "[POOL]...", .mode = MODE_RESUME, .group = "steer", .values = true, .others = TAKES_LIVING_POOL,
     .help = "let pools that were paused go on", .about = "Without POOL all pools are meant.", .example = "parrun resume"},
    {.word = "scale", .operands = "NAME=N...", .mode = MODE_SCALE, .group = "steer", .values = true, .others = TAKES_LIVING_COUNT,
     .help = "give pools more or fewer workers, or processes replicas",
     .about = "N is a number, or +N or -N. Free workers go first, busy ones after their task; of replicas those with the highest "
              "numbers go.",
     .example = "parrun scale hash=8 web=+1"},
    {.word = "signal", .operands = "SIGNAL NAME...", .mode = MODE_SIGNAL, .group = "steer", .subject = true, .values = true, .others = TAKES_LIVING,
     .help = "send a signal to the process groups of processes of a run",
     .about = "To those that are stopping too.", .example = "parrun signal HUP web"},
    {.word = "view", .operands = "[RUN]", .mode = MODE_VIEW, .group = "steer", .subject = true, .takes = TAKES_RUN,
     .help = "show a run on the full screen",
     .about = "Its objects with what they use and how far they are, the output of the chosen one, and what went wrong last. Keys "
              "steer it; '?' lists them, 'q' leaves the view, and the run goes on. RUN is the beginning of its id, its scenario or its "
              "file. With parrun run --view FILE the run is started as with -d, and who leaves is asked whether to stop it; "
              "where the terminal itself goes away the run is stopped.",
     .example = "parrun view web", .more = view_keys_reference},
    {.word = "put", .operands = "QUEUE [VALUE]...", .mode = MODE_PUT, .group = "queues", .subject = true,
     .values = true,
     .help = "in a body: put each VALUE into QUEUE, or each line of its input",
     .about = "It waits while the queue is full, and ends with 0 when all are in it.",
     .example = "parrun put jobs a b c"},
    {.word = "get", .operands = "QUEUE", .mode = MODE_GET, .group = "queues", .subject = true,
     .help = "in a body: take a message of QUEUE and print it",
     .about = "It waits for one, and ends with 1 at the end of the queue.",
     .example = "parrun get --all jobs"},
    {.word = "queue", .operands = "FILE list|put|requeue|purge|compact [QUEUE [VALUE]...]", .mode = MODE_QUEUE,
     .group = "queues", .subject = true, .takes = TAKES_FILE, .values = true, .verbs = "list put requeue purge compact",
     .help = "look after the durable queues in FILE",
     .about = "Whether a run has the file open or not: a run that has it is asked to do it.",
     .example = "parrun queue jobs.db list"},
    {.word = "replay", .operands = "RECORD", .mode = MODE_REPLAY, .group = "after", .subject = true, .takes = TAKES_FILE,
     .help = "tell the log of a recorded run again",
     .about = "It is told as the run told it, or as the options say. RECORD is what --record has written, packed or not; '-' is "
              "standard input. The exit status is 0 where it could be read whole, and 3 where it was cut off.",
     .example = "parrun replay -q run.jsonl.gz"},
    {.word = "summary", .operands = "RECORD", .mode = MODE_SUMMARY, .group = "after", .subject = true, .takes = TAKES_FILE,
     .help = "tell what came of a recorded run",
     .about = "Whether it has succeeded, what each pool has done and how busy its workers were, the ten slowest tasks, and what "
              "failed, with its last lines. RECORD is what --record has written. The exit status is 3 where it was cut off, "
              "else 0, or with --status that of the run, for one that a signal stopped 128 and its number.",
     .example = "parrun summary run.jsonl.gz"},
    {.word = "junit", .operands = "RECORD", .mode = MODE_JUNIT, .group = "after", .subject = true, .takes = TAKES_FILE,
     .help = "write what came of a recorded run as JUnit XML, for CI",
     .about = "A suite a pool with a case a task, one of processes and one of threads; a run that failed by nothing else has an "
              "error in a suite of its own. A case of a task has the name of its item, the second with that item \"ITEM (2)\". "
              "A task that succeeded at last has a flakyFailure for each attempt before; one that "
              "failed has its first attempt as failure and each other one as rerunFailure. What may fail is skipped where it "
              "did, as what was ended before its time is; each attempt before is a rerunFailure. Of the output of a case 64 kB are kept, the beginning and the end. With --junit FILE a run writes the same, "
              "and FILE is an error until it has ended.",
     .example = "parrun junit -o run.xml run.jsonl.gz"},
    {.word = "trace", .operands = "RECORD", .mode = MODE_TRACE, .group = "after", .subject = true, .takes = TAKES_FILE,
     .help = "write a recorded run as a trace, for Perfetto",
     .about = "The format is Chrome's, an array of JSON objects, one a line. Each worker of a pool has a track, POOL.WORKER, with a "
              "slice for each attempt of a task; each process and thread has one with a slice for each life. Counters show "
              "how many tasks are done, how many messages wait, how many workers are busy, and what processes use. What passes a queue "
              "with trace: true is drawn on a track of its own of each object, messages, with an arrow from each put to its get. "
              "With --trace FILE a run writes the same as it goes; of one that was killed the file needs a bracket, ], at its "
              "end.",
     .example = "parrun trace -o run.json run.jsonl.gz"},
    {.word = "report", .operands = "RECORD", .mode = MODE_REPORT, .group = "after", .subject = true, .takes = TAKES_FILE,
     .help = "write what came of a recorded run as a page for a browser",
     .about = "The page says whether the run has succeeded, what failed first and why, where the time went and what ran beside "
              "what. It is one file, which loads nothing from elsewhere. RECORD is what --record has written, packed or not; '-' is "
              "standard input. The exit status is 0 where it could be read whole, and 3 where it was cut off.",
     .example = "parrun report -o run.html run.jsonl.gz"},
    {.word = "example", .operands = "[NAME]", .mode = MODE_EXAMPLE, .group = "write", .subject = true,
     .takes = TAKES_EXAMPLE,
     .help = "print a scenario to start from", .about = "Without NAME it prints what there is, a line each.",
     .example = "parrun example pool"},
    {.word = "import", .operands = "FILE", .mode = MODE_IMPORT, .group = "write", .subject = true, .takes = TAKES_FILE,
     .help = "print a Procfile, a compose.yaml or a process-compose.yaml as a scenario",
     .about = "What has no equal is a comment where it stood, with the reason. Nothing is run.",
     .example = "parrun import Procfile >web.yaml"},
    {.word = "schema", .operands = "", .mode = MODE_SCHEMA, .group = "write",
     .help = "print the JSON Schema of scenarios", .about = "Editors complete and check scenarios by it.",
     .example = "parrun schema >parrun.schema.json"},
    {.word = "completion", .operands = "bash|zsh|fish", .mode = MODE_COMPLETION, .group = "write", .subject = true,
     .takes = TAKES_CHOICE, .choices = "bash zsh fish", .values = true,
     .help = "print what makes a shell complete words, options, their values, files and names",
     .about = "Words that steer a run complete the names of its objects. It is for the shell's own start file, or for where the shell looks for such files.",
     .example = "eval \"$(parrun completion bash)\""},
    {.word = "help", .operands = "[WORD]", .mode = MODE_HELP, .group = "write", .subject = true, .takes = TAKES_WORD,
     .help = "tell of all words, or of one", .about = "", .example = "parrun help graph"},
};

/* For the build alone, and in no list. */
static const struct command reference = {
    .word = "reference", .operands = "PART", .mode = MODE_REFERENCE, .subject = true,
    .help = "print a part of the manual that is made from tables", .about = "", .example = "parrun reference keys"};

const struct command *command_at(size_t i)
{
    return i < countof(commands) ? &commands[i] : NULL;
}

const struct command *command_find(const char *word)
{
    for (size_t i = 0; i < countof(commands); i++)
        if (!strcmp(commands[i].word, word))
            return &commands[i];
    return strcmp(reference.word, word) != 0 ? NULL : &reference;
}
