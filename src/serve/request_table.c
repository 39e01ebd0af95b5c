/* The requests of clients. */
#include "serve/request_table.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "serve/requests.h"

/* Fields that several have. */
#define NO_WAIT {"no_wait", FIELD_BOOLEAN, "it is answered at once, not when what was asked for has come"}
#define WITH_DEPS {"with_deps", FIELD_BOOLEAN, "what they depend on, and is not up, is started too"}
#define NO_DEPS {"no_deps", FIELD_BOOLEAN, "they are started at once, whatever they depend on"}

#define WORD_ANSWERS                                                                                                       \
    "A line with \"object\" for each object that is meant or follows: its name, kind and state, the text that says what is done, and " \
    "\"already\" where that is nothing. Where all are so already, the status is 7."

static const struct request_row rows[] = {
    {.word = "ps",
     .serve = serve_ps,
     .help = "Says what the run is and how far it has come.",
     .answers = "One line with \"ps\": the members of the hello, the state of the run (running, stopping or ended), how many of its "
                "objects run and how many there are (up, all), of the tasks of its pools how many are done and, where it is known, how "
                "many there are (done, tasks), and how many tasks have failed, and objects without such a task (failed)."},
    {.word = "status",
     .serve = serve_status,
     .help = "Says what each object is doing. Its status is the worst of them.",
     .answers = "A line with \"object\" for each, see below."},
    {.word = "logs",
     .fields = {{"last", FIELD_NUMBER, "so many lines of each object at most, of those that were there before"},
                {"follow", FIELD_BOOLEAN, "what comes is sent too, to the end of the run"},
                {"gaps", FIELD_BOOLEAN, "with follow: lines that went before they could be sent make a gap, and the client is not let go"}},
     .serve = serve_logs,
     .help = "Sends the lines that the run has kept of each object, in the order in which they came.",
     .answers = "A line with \"line\", its number among those of its object, and \"event\", one of those with output that "
                "parrun-events(7) lists. No number is left out: where lines went before they could be sent, a line "
                "with \"gap\" and \"object\" says how many."},
    {.word = "follow",
     .fields = {{"events", FIELD_TEXT, "these alone: names with '*', with commas between them"},
                {"wrong", FIELD_BOOLEAN, "those alone of something that went wrong"}},
     .serve = serve_follow,
     .help = "Sends the events of these objects from now on; without names, or with \"*\", all of the run.",
     .answers = "A line with \"event\" for each, as parrun-events(7) has them."},
    {.word = "wait",
     .waits = true,
     .fields = {{"until", FIELD_TEXT, "\"ready\" (the usual one), \"ended\" or \"idle\", when nothing runs in a pool"}},
     .serve = serve_wait,
     .help = "Waits until all these objects have come so far; what has ended well is as good as ready. Without names, and "
             "until ended, it waits for the end of the run."},
    {.word = "stop",
     .waits = true,
     .fields = {{"now", FIELD_BOOLEAN, "without the rest of the grace"},
                {"drain", FIELD_BOOLEAN, "of the run: no more tasks are begun, and it ends when those that run have ended"},
                NO_WAIT},
     .serve = serve_stop,
     .help = "Without names it ends the run as SIGTERM does and waits for its end. Else it stops these objects, those that "
             "depend on others first, each as its \"stop\" says. What was stopped has neither failed nor succeeded: what waits for it "
             "goes on waiting, and its queues stay open until the run ends.",
     .answers = WORD_ANSWERS},
    {.word = "start",
     .needs_names = true,
     .waits = true,
     .fields = {WITH_DEPS, NO_DEPS, NO_WAIT},
     .serve = serve_start,
     .help = "Starts objects that were stopped or have ended, when what they depend on has come so far; it waits until they are "
             "ready.",
     .answers = WORD_ANSWERS},
    {.word = "restart",
     .needs_names = true,
     .waits = true,
     .fields = {{"now", FIELD_BOOLEAN, "the last life is ended without grace"}, WITH_DEPS, NO_DEPS, NO_WAIT},
     .serve = serve_restart,
     .help = "Gives these objects another life, and those that depend on them and say \"cascade: true\": the last life has "
             "ended, to its last process, before the next begins. What does not run is started.",
     .answers = WORD_ANSWERS},
    {.word = "pause",
     .serve = serve_pause,
     .help = "Begins no more tasks of these pools, without names of all; those that run go on.",
     .answers = WORD_ANSWERS},
    {.word = "resume", .serve = serve_resume, .help = "Lets these pools, without names all, go on.", .answers = WORD_ANSWERS},
    {.word = "scale",
     .takes = REQUEST_COUNTS,
     .needs_names = true,
     .waits = true,
     .fields = {NO_WAIT},
     .serve = serve_scale,
     .help = "Gives a pool so many workers, or a process so many replicas: a number, or \"+2\" or \"-1\" beside what it has. Of "
             "workers free ones go first, busy ones after their task, and without any the pool is paused; of replicas those with the "
             "highest numbers go, all at once.",
     .answers = WORD_ANSWERS},
    {.word = "signal",
     .needs_names = true,
     .fields = {{"send", FIELD_TEXT, "the name of the signal, or its number"}},
     .serve = serve_signal,
     .help = "Sends a signal to the process groups of these processes, of those that are stopping too.",
     .answers = WORD_ANSWERS},
    {.word = "type",
     .needs_names = true,
     .fields = {{"text", FIELD_TEXT, "what is typed, with the characters that keys send"},
                {"rows", FIELD_NUMBER, "the terminal is to have so many rows, and with columns,"},
                {"columns", FIELD_NUMBER, "so many columns"}},
     .serve = serve_type,
     .help = "Types at the terminals of these processes, which say \"tty: true\". What the program does not read in time, and has no room "
             "for, is not typed, which is an error."},
    {.word = "cancel",
     .takes = REQUEST_ID,
     .serve = serve_cancel,
     .help = "Ends the request with this id, which is answered with status 7."},
};

const struct request_row *request_row_at(size_t i)
{
    return i < countof(rows) ? &rows[i] : NULL;
}

/* Sentences, each on a line of its own as roff wants it. */
static void put_lines(struct buf *out, const char *text)
{
    for (const char *end; (end = strstr(text, ". ")); text = end + 2)
        buf_printf(out, "%.*s.\n", (int)(end - text), text);
    buf_printf(out, "%s\n", text);
}

static void put_fields(struct buf *out, const struct request_row *row)
{
    static const char *const types[] = {
        [FIELD_BOOLEAN] = "true or false", [FIELD_NUMBER] = "a number", [FIELD_TEXT] = "a text"};
    for (size_t i = 0; i < REQUEST_FIELDS && row->fields[i].name; i++)
        buf_printf(out, ".Pp\n.Dq %s ,\n%s: %s.\n", row->fields[i].name, types[row->fields[i].type], row->fields[i].help);
    if (row->waits)
        buf_text(out, ".Pp\n.Dq timeout ,\na number of seconds: when they have passed, the status is 6.\n");
}

void request_reference(struct buf *out)
{
    static const char *const takes[] = {
        [REQUEST_NAMES] = "[NAME, ...]", [REQUEST_COUNTS] = "{NAME: N, ...}", [REQUEST_ID] = "ID"};
    buf_text(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < countof(rows); i++) {
        const struct request_row *row = &rows[i];
        buf_printf(out, ".It Dq %s : %s\n", row->word, takes[row->takes]);
        put_lines(out, row->help);
        if (row->answers)
            put_lines(out, row->answers);
        put_fields(out, row);
    }
    buf_text(out, ".El\n");
}
