/* The requests of clients. */
#include "serve/request_table.h"

#include "base/buf.h"
#include "base/mem.h"
#include "serve/requests.h"

static const struct request_row rows[] = {
    {.word = "ps",
     .serve = serve_ps,
     .help = "Says what the run is and how far it has come.",
     .answers = "One line with \"ps\": the members of the hello, the state of the run (running, stopping or ended), how many of its "
                "objects run and how many there are (up, all), of the tasks of its pools how many are done and, where it is known, how "
                "many there are (done, tasks), and how many objects and tasks have failed (failed)."},
    {.word = "status",
     .fields = {{"usage", FIELD_BOOLEAN, "what each uses of processor and memory too, which the run has to look up"}},
     .serve = serve_status,
     .help = "Says what each object is doing. Its status is the worst of them.",
     .answers = "A line with \"object\" for each, see below."},
    {.word = "logs",
     .fields = {{"last", FIELD_NUMBER, "so many lines of each object at most, of those that were there before"},
                {"follow", FIELD_BOOLEAN, "what comes is sent too, to the end of the run"}},
     .serve = serve_logs,
     .help = "Sends the lines that the run has kept of each object, in the order in which they came.",
     .answers = "A line with \"line\", its number among those of its object, and \"event\", one of those with output that "
                "parrun-events(7) lists. No number is left out: where lines went before they could be sent, a line "
                "with \"gap\" and \"object\" says how many."},
    {.word = "follow",
     .fields = {{"events", FIELD_TEXT, "these alone: names with '*', with commas between them"}},
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
     .serve = serve_stop,
     .help = "Ends the run as SIGTERM does and waits for its end."},
    {.word = "cancel",
     .takes = REQUEST_ID,
     .serve = serve_cancel,
     .help = "Ends the request with this id, which is answered with status 7."},
};

const struct request_row *request_row_at(size_t i)
{
    return i < countof(rows) ? &rows[i] : NULL;
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
        [REQUEST_NAMES] = "[Ar NAME , ...]", [REQUEST_COUNTS] = "{Ar NAME : N, ...}", [REQUEST_ID] = "Ar ID"};
    buf_text(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < countof(rows); i++) {
        const struct request_row *row = &rows[i];
        buf_printf(out, ".It Cm %s : %s\n%s\n", row->word, takes[row->takes], row->help);
        if (row->answers)
            buf_printf(out, "%s\n", row->answers);
        put_fields(out, row);
    }
    buf_text(out, ".El\n");
}
