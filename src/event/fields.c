/*
 * The fields of events, as the JSON output names them.
 *
 * A test holds what real runs write against this table.
 */
#include "event/fields.h"

#include "base/mem.h"

#define OF_WORKER "worker pid"
#define OF_TASK "task worker pid item cell"
#define OF_SPAN " began finished all_seconds"

static const char *const fields[EVENT_KINDS] = {
    [EVENT_RUN_OPENED] = "pid version parrun host scenario file log",
    [EVENT_RUN_STARTED] = "pid",
    [EVENT_RUN_CONTINUED] = "seconds",
    [EVENT_RUN_DRAINING] = "count",
    [EVENT_RUN_STOPPING] = "signal reason",
    [EVENT_RUN_STATUS] = "message",
    [EVENT_RUN_STALLED] = "message",
    [EVENT_RUN_IDLE] = "message",
    [EVENT_RUN_UNWRITTEN] = "reason",
    [EVENT_RUN_FAILED] = "reason message",
    [EVENT_RUN_LEFT] = "count reason",
    [EVENT_RUN_ENDED] = "pid code signal leaked reason",
    [EVENT_PROCESS_DECLARED] = "depends_on puts takes replicas daemon hook of allow_failure",
    [EVENT_PROCESS_WAITING] = "seconds reason",
    [EVENT_PROCESS_CURRENT] = "reason",
    [EVENT_PROCESS_FILE] = "reason",
    [EVENT_PROCESS_STARTED] = "pid uses",
    [EVENT_PROCESS_BACKGROUND] = "pid reason",
    [EVENT_PROCESS_LIMITED] = "pid reason",
    [EVENT_PROCESS_READY] = "pid seconds",
    [EVENT_PROCESS_SAMPLE] = "pid seconds memory cpu_seconds",
    [EVENT_PROCESS_OUTPUT] = "pid stream line unfinished",
    [EVENT_PROCESS_UNWRITTEN] = "pid count reason stream",
    [EVENT_PROCESS_EXITED] = "pid code signal reason",
    [EVENT_PROCESS_RESTARTING] = "pid code signal seconds attempt total reason",
    [EVENT_PROCESS_SCHEDULED] = "seconds reason",
    [EVENT_PROCESS_MISSED] = "reason",
    [EVENT_PROCESS_UNHEALTHY] = "pid reason",
    [EVENT_PROCESS_TIMEOUT] = "pid seconds reason",
    [EVENT_PROCESS_ASKED] = "pid signal reason",
    [EVENT_PROCESS_CHANGED] = "count reason",
    [EVENT_PROCESS_WATCH] = "reason",
    [EVENT_PROCESS_SCALED] = "count total",
    [EVENT_PROCESS_STOPPING] = "pid signal",
    [EVENT_PROCESS_TERMINATED] = "pid signal seconds",
    [EVENT_PROCESS_ENDED] = "pid unrecorded omitted",
    [EVENT_PROCESS_SKIPPED] = "reason",
    [EVENT_PROCESS_PLANNED] = "reason message",
    [EVENT_POOL_DECLARED] = "depends_on puts takes workers allow_failure",
    [EVENT_POOL_STARTED] = "count reason",
    [EVENT_POOL_LIMITED] = "reason",
    [EVENT_POOL_RESUMED] = "count total reason",
    [EVENT_POOL_CURRENT] = "total current reason",
    [EVENT_POOL_SAMPLE] = "count total",
    [EVENT_POOL_OUTPUT] = "line unfinished",
    [EVENT_POOL_CARRIAGE_RETURN] = "reason",
    [EVENT_POOL_SKIPPED] = "reason",
    [EVENT_POOL_THROTTLED] = "reason",
    [EVENT_POOL_PENDING] = "reason",
    [EVENT_POOL_HALTED] = "reason",
    [EVENT_POOL_ASKED] = "reason",
    [EVENT_POOL_PAUSED] = "count",
    [EVENT_POOL_SCALED] = "count total reason",
    [EVENT_POOL_SCHEDULED] = "seconds reason",
    [EVENT_POOL_MISSED] = "reason",
    [EVENT_POOL_ENDED] = "count total succeeded allowed_failures skipped current left reason unrecorded omitted",
    [EVENT_POOL_FAILURE] =
        (OF_TASK " code signal seconds attempt count reason tasks command output"),
    [EVENT_POOL_SUMMARY] = "count total succeeded allowed_failures skipped current left reason command message",
    [EVENT_WORKER_LAUNCHER] = (OF_WORKER " message"),
    [EVENT_WORKER_STARTED] = (OF_WORKER " machine job"),
    [EVENT_WORKER_OUTPUT] = (OF_WORKER " line"),
    [EVENT_WORKER_LOST] = (OF_WORKER " reason"),
    [EVENT_WORKER_ENDED] = (OF_WORKER " reason"),
    [EVENT_TASK_UNDONE] = (OF_TASK " reason"),
    [EVENT_TASK_CURRENT] = (OF_TASK " reason"),
    [EVENT_TASK_FILE] = (OF_TASK " attempt reason"),
    [EVENT_TASK_STARTED] = (OF_TASK " attempt uses"),
    [EVENT_TASK_OUTPUT] = (OF_TASK " attempt stream output"),
    [EVENT_TASK_TIMEOUT] = (OF_TASK " seconds attempt"),
    [EVENT_TASK_RETRYING] = (OF_TASK " seconds" OF_SPAN " attempt total memory cpu_seconds reason"),
    [EVENT_TASK_ENDED] = (OF_TASK " code signal seconds" OF_SPAN " attempt output_bytes memory cpu_seconds reason command"),
    [EVENT_TASK_SKIPPED] = (OF_TASK " attempt reason"),
    [EVENT_TASK_STOPPED] = (OF_TASK " seconds" OF_SPAN " attempt memory cpu_seconds reason"),
    [EVENT_TASK_PLANNED] = (OF_TASK " attempt message"),
    [EVENT_QUEUE_DECLARED] = "capacity",
    [EVENT_QUEUE_PUT] = "number producer message",
    [EVENT_QUEUE_GET] = "number consumer message",
    [EVENT_QUEUE_SAMPLE] = "count put taken",
    [EVENT_QUEUE_CLOSED] = "count reason",
    [EVENT_QUEUE_RESTORED] = "count",
    [EVENT_QUEUE_HALF] = "reason",
    [EVENT_QUEUE_UNSURE] = "count reason",
    [EVENT_QUEUE_KEPT] = "count",
    [EVENT_QUEUE_UNREADABLE] = "reason",
    [EVENT_QUEUE_DAMAGED] = "reason",
    [EVENT_QUEUE_KEYLESS] = "reason",
    [EVENT_QUEUE_STATS] = "seconds count put taken",
    [EVENT_QUEUE_DEAD_LETTER] = "attempt reason message",
    [EVENT_THREAD_DECLARED] = "depends_on puts takes replicas daemon allow_failure",
    [EVENT_THREAD_OUTPUT] = "line unfinished",
    [EVENT_THREAD_TIMEOUT] = "seconds",
    [EVENT_THREAD_ASKED] = "reason",
    [EVENT_THREAD_ENDED] = "reason unrecorded omitted",
    [EVENT_THREAD_SKIPPED] = "reason",
    [EVENT_THREAD_PLANNED] = "message",
};

static const char *const object_fields[] = {
    [EVENT_OF_RUN] = NULL,      [EVENT_OF_PROCESS] = "process", [EVENT_OF_POOL] = "pool",
    [EVENT_OF_QUEUE] = "queue", [EVENT_OF_THREAD] = "thread",
};

static const struct field_help {
    const char *name;
    const char *help;
} table[] = {
    {"task", "The task's number in its pool, from 0."},
    {"worker", "The worker's number in its pool, from 1."},
    {"pid", "The process that it is about; of the run, parrun's own."},
    {"item", "The task's item, as templates show it; its first 200 bytes; absent where it is the "
             "task's number."},
    {"cell",
     "Of a task of a matrix: the values of its lists, such as linux, gcc; its first 200 bytes."},
    {"code", "The exit status."},
    {"signal", "The name of the signal, such as KILL."},
    {"seconds", "How long a task took, the limit that passed, the wait that comes, or of a sample "
                "the time since it was measured before."},
    {"began", "When this try of the task began, on the clock of at."},
    {"finished", "When it ended; the event itself may come later, as where output is ordered."},
    {"all_seconds", "How long all tries of the task took together, without the waits between them; "
                    "absent for one try."},
    {"attempt",
     "Which try of the task it is, or which restart of the process, from 1; of a message that is"
     " given up, how often it was tried."},
    {"count", "How many: workers, replicas, tasks that run, failed tasks, tasks that failed in one "
              "way, messages that were left, tasks that were done before, "
              "bytes that were lost; "
              "absent for none."},
    {"total", "Of how many, or how many there were: the tasks that were done or looked at, or the "
              "tries that a task, the restarts "
              "that a process has; absent where there is no limit."},
    {"succeeded", "How many tasks have succeeded."},
    {"allowed_failures", "How many of the failed tasks allow_failure lets pass; absent for none."},
    {"skipped", "How many tasks were taken, or begun, and not run to their ends."},
    {"current", "How many tasks were not run, as the files that they create are up to date; absent for none."},
    {"left", "How many tasks were not looked at; absent where nobody knows."},
    {"leaked",
     "How many processes were left behind when all that was declared had ended, and had to be "
     "ended; reason names them."},
    {"put", "How many messages were put into the queue."},
    {"taken",
     "How many of them went to consumers; with delivery: broadcast, to all of these together."},
    {"output_bytes", "How many bytes the task has written; absent for none."},
    {"memory", "How many bytes of memory the task's command held at most; of a sample, how many "
               "the processes hold together; "
               "absent where it is not known."},
    {"cpu_seconds", "The processor time that the task's command, or the process in this life, has "
                    "used, with its children; absent where it is not known."},
    {"number", "The message's number in its queue, from 1, in the order in which they were put; "
               "absent where an earlier run has left it."},
    {"producer",
     "The process, pool or thread that has put the message; absent where it came from elsewhere."},
    {"consumer", "The process, pool or thread that got the message."},
    {"reason", "Why, in words; of a Lua error with its traceback."},
    {"stream", "Which stream a line came from: stdout or stderr; of a task, where its standard "
               "error is kept apart."},
    {"uses", "What it was given of the scenario's resources, such as gpu=0,2 memory=8G."},
    {"tasks", "The tasks that failed in this way, where these are several, as a person reads them: "
              "1 (a), 3 and 17 more;"
              " the other fields are of the first that did."},
    {"command",
     "What the task ran; what runs it alone, or what is left of the pool; as a line for a shell."},
    {"line", "A line of output, without its newline."},
    {"message", "A message of a queue as text, what would be run, or a line of who starts a worker elsewhere."},
    {"output",
     "Bytes that a task wrote, with their newlines; of pool.failure the last 5 lines, and no "
     "more than 1000 bytes."},
    {"unfinished", "True where the line did not end with a newline."},
    {"version", "The version of the record: two numbers. The second grows where something is "
                "added, the first where a reader has to know of it."},
    {"parrun", "The version of parrun."},
    {"host", "The name of the machine."},
    {"machine", "The name of the machine that the worker runs on, where that is not the run's own."},
    {"job", "The job of a batch system that the worker belongs to, there; absent where it is none."},
    {"scenario", "The name of the scenario."},
    {"file", "Its file, as it was given."},
    {"log", "The settings of the log that shape the story: an object."},
    {"depends_on", "What it waits for: a list of objects with name and until, which is started, "
                   "ready, completed or succeeded."},
    {"puts", "The queues that it puts into: a list."},
    {"takes", "The queues that it takes from: a list."},
    {"replicas", "How many of it there are, where there are several: NAME.1, NAME.2 and so on in "
                 "the other events."},
    {"daemon", "True where the run ends without it."},
    {"hook", "Of a hook: finally or on_failure."},
    {"of", "Of a hook: the process, pool or thread that it follows; absent where it follows the run."},
    {"workers", "How many workers the pool may have."},
    {"allow_failure", "True where its failure is none of the run's."},
    {"capacity", "How many messages the queue holds."},
    {"unrecorded",
     "In a record: how many bytes of its output are left out, as record_output says."},
    {"omitted", "In a record: how many events are, as they held nothing else."},
};

static const char *const flags[] = {"wrong",    "named",   "producer", "consumer", "processes",
                                    "threads", "signaled", "reasoned", "told",     "alike",    "again",    "elsewhere"};

const char *event_flag(size_t number)
{
    return number < countof(flags) ? flags[number] : NULL;
}

const char *event_fields(enum event_kind kind)
{
    return fields[kind] ? fields[kind] : "";
}

const char *event_object_field(enum event_kind kind)
{
    return object_fields[event_row(kind)->object];
}

const char *event_field(size_t number)
{
    return number < countof(table) ? table[number].name : NULL;
}

const char *event_field_help(size_t number)
{
    return table[number].help;
}
