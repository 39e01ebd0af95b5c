/*
 * The one table of events: names, levels, help and the story's sentences.
 *
 * The most particular sentence of a kind stands first.
 */
#include "event/event.h"

static const struct event_row rows[EVENT_KINDS] = {
    [EVENT_RUN_OPENED] =
        {"run.opened", EVENT_OF_RUN, EVENT_LEVEL_DETAIL,
         "The first of all: which run this is, where, and what shapes its log.", {{0, ""}}},
    [EVENT_RUN_STARTED] =
        {"run.started", EVENT_OF_RUN, EVENT_LEVEL_STORY, "The scenario is valid and begins.",
         {{EVENT_PROCESSES | EVENT_THREADS,
           "Parent process {pid}.\nthread MainThread is running..."},
          {EVENT_PROCESSES, "Parent process {pid}."},
          {EVENT_THREADS, "thread MainThread is running..."}}},
    [EVENT_RUN_PAUSED] =
        {"run.paused", EVENT_OF_RUN, EVENT_LEVEL_DETAIL,
         "Everything is stopped, as by Ctrl-Z, until it is continued; timeouts do not count that time.",
         {{0, "Everything is stopped until it is continued (fg)."}}},
    [EVENT_RUN_CONTINUED] =
        {"run.continued", EVENT_OF_RUN, EVENT_LEVEL_DETAIL, "Everything goes on.",
         {{0, "Everything goes on after {seconds} seconds."}}},
    [EVENT_RUN_DRAINING] =
        {"run.draining", EVENT_OF_RUN, EVENT_LEVEL_STORY,
         "parrun stop --drain: no more tasks are begun, and the run is stopped when those that run have ended.",
         {{0, "Draining: no more tasks are begun; still running: {running}."}}},
    [EVENT_RUN_STOPPING] =
        {"run.stopping", EVENT_OF_RUN, EVENT_LEVEL_STORY,
         "Everything that runs is being ended before its time: by the signal that is given, else for the reason.",
         {{0, "Stopping: {reason}."}}},
    [EVENT_RUN_STATUS] =
        {"run.status", EVENT_OF_RUN, EVENT_LEVEL_ALWAYS,
         "The answer to SIGUSR1: what runs, and what waits for what.",
         {{0, "{text}"}}},
    [EVENT_RUN_STALLED] =
        {"run.stalled", EVENT_OF_RUN, EVENT_LEVEL_STORY,
         "A deadlock: who waits for whom, so that none of them can ever go on; the run is stopped.",
         {{0, "{text}"}}},
    [EVENT_RUN_IDLE] =
        {"run.idle", EVENT_OF_RUN, EVENT_LEVEL_STORY,
         "Something waits, and nothing has gone on for 5 seconds: who waits for what, once; or commands seem to "
         "wait for each other, by queues alone, and nothing of them has run for 5 seconds, which is told with -q "
         "too; the run goes on, as they might do anything next.",
         {{0, "{text}"}}},
    [EVENT_RUN_UNWRITTEN] =
        {"run.unwritten", EVENT_OF_RUN, EVENT_LEVEL_STORY,
         "A log, job log or record could not be written, for the first time. It goes on with whole lines as soon as "
         "there is room; what it lacks is counted at the end, and the exit status is 3.",
         {{0, "{reason}."}}},
    [EVENT_RUN_FAILED] =
        {"run.failed", EVENT_OF_RUN, EVENT_LEVEL_STORY,
         "At the end, of each object that failed by itself, in this order: how, its last lines, how "
         "to run it alone, and what was skipped or stopped because of it.",
         {{0, "{text}"}}},
    [EVENT_RUN_LEFT] =
        {"run.left", EVENT_OF_RUN, EVENT_LEVEL_STORY,
         "At the end, where any object was stopped by hand and not started again: which.",
         {{0, "Stopped by hand and not started again: {reason}."}}},
    [EVENT_RUN_ENDED] =
        {"run.ended", EVENT_OF_RUN, EVENT_LEVEL_STORY, "Nothing runs any more.",
         {{EVENT_REASONED | EVENT_THREADS, "leaked: {reason}; ended now\nthread MainThread ended."},
          {EVENT_REASONED, "leaked: {reason}; ended now"},
          {EVENT_THREADS, "thread MainThread ended."},
          {0, ""}}},
    [EVENT_PROCESS_DECLARED] =
        {"process.declared", EVENT_OF_PROCESS, EVENT_LEVEL_DETAIL,
         "The scenario has this process: what it waits for, and its queues; told before anything starts.", {{0, ""}}},
    [EVENT_PROCESS_STARTING] =
        {"process.starting", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The process is about to be started.",
         {{EVENT_NAMED, "Process {name} will start."}, {0, "Process will start."}}},
    [EVENT_PROCESS_WAITING] =
        {"process.waiting", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The system refused to start the process, or somebody else has its port (conflict: wait): it is tried again soon; "
         "or what it uses is not free.",
         {{EVENT_REASONED, "Process {name} {reason}."},
          {0, "Process {name} is tried again {when}: {reason.}"}}},
    [EVENT_PROCESS_CURRENT] =
        {"process.current", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The process is not started, as the file that it creates is there and newer than what newer_than names: it counts "
         "as one that has succeeded.",
         {{0, "Process {name} is up to date: {reason}."}}},
    [EVENT_PROCESS_FILE] =
        {"process.file", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "What somebody should know of the file that the process creates, or of its pidfile.",
         {{0, "Process {name}: {reason}."}}},
    [EVENT_PROCESS_STARTED] =
        {"process.started", EVENT_OF_PROCESS, EVENT_LEVEL_STORY, "The process runs.",
         {{EVENT_PRODUCER | EVENT_CONSUMER, "Process {name} to read and write: {pid}"},
          {EVENT_PRODUCER | EVENT_ALIKE, "Process {name} to write: {pid}"},
          {EVENT_CONSUMER | EVENT_ALIKE, "Process {name} to read: {pid}"},
          {EVENT_PRODUCER, "Process to write: {pid}"},
          {EVENT_CONSUMER, "Process to read: {pid}"},
          {0, "Run child process {name} ({pid})..."}}},
    [EVENT_PROCESS_BACKGROUND] =
        {"process.background", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The program of a process with forking has left another in the background, which is the process from now on.",
         {{0, "Process {name} runs in the background ({pid}), {reason}."}}},
    [EVENT_PROCESS_LIMITED] =
        {"process.limited", EVENT_OF_PROCESS, EVENT_LEVEL_DETAIL,
         "How its limits on memory and cpu are enforced.",
         {{0, "Process {name} may use {reason}."}}},
    [EVENT_PROCESS_ANSWERED] =
        {"process.answered", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "What its ready looks at answered before the process was started, and conflict: accept takes it.",
         {{0, "Process {name}: {reason} answers already, before it has started; something else has it."}}},
    [EVENT_PROCESS_READY] =
        {"process.ready", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The process can be used by those that depend on it, as its ready says.",
         {{0, "Process {name} is ready after {seconds} seconds."}}},
    [EVENT_PROCESS_SAMPLE] =
        {"process.sample", EVENT_OF_PROCESS, EVENT_LEVEL_SAMPLE,
         "What the process and all of its session, or of its cgroup, have used and hold.", {{0, ""}}},
    [EVENT_PROCESS_OUTPUT] =
        {"process.output", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "A line that the process wrote to stdout or stderr.", {{0, NULL}}},
    [EVENT_PROCESS_UNWRITTEN] =
        {"process.unwritten", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "Output that parrun writes to a file for the process could not be written.",
         {{0, "Process {name}: {reason}."}}},
    [EVENT_PROCESS_EXITED] =
        {"process.exited", EVENT_OF_PROCESS, EVENT_LEVEL_DETAIL,
         "The process is gone; its exit code or signal, or why it could not start.",
         {{EVENT_REASONED, "Process {name} failed{allowed}: {reason.}"},
          {EVENT_SIGNALED, "Process {name} was ended by signal {signal}{allowed}."},
          {0, "Process {name} exited with code {code}{allowed}."}}},
    [EVENT_PROCESS_RESTARTING] =
        {"process.restarting", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The process has ended and is started again, as restart says.",
         {{EVENT_TOLD, "Process {name} is started again {when} ({attempt} of {total})."},
          {EVENT_REASONED,
           "Process {name} failed, restarting {when} ({attempt} of {total}): {reason.}"},
          {EVENT_SIGNALED,
           "Process {name} was ended by signal {signal}, restarting {when} ({attempt} of "
           "{total})."},
          {0, "Process {name} exited with code {code}, restarting {when} ({attempt} of {total})."}}},
    [EVENT_PROCESS_SCHEDULED] =
        {"process.scheduled", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "Nothing of the process runs until its schedule starts it: when; in the story before its first run alone.",
         {{EVENT_TOLD, ""}, {0, "Process {name} {reason}."}}},
    [EVENT_PROCESS_MISSED] =
        {"process.missed", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "Times of its schedule at which the process was not started, and why; or why they are planned anew.",
         {{0, "Process {name} {reason}."}}},
    [EVENT_PROCESS_UNHEALTHY] =
        {"process.unhealthy", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The process failed its health check and is being ended.",
         {{0, "Process {name} is unhealthy: {reason.}"}}},
    [EVENT_PROCESS_TIMEOUT] =
        {"process.timeout", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The process ran longer than its timeout, or was not ready in time, and is being ended.",
         {{EVENT_REASONED, "Process {name} was not ready within {limit}{allowed}: {reason.}"},
          {0, "Process {name} timed out after {limit}{allowed}."}}},
    [EVENT_PROCESS_ASKED] =
        {"process.asked", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "A word from outside is done to the process: stop, start, restart or signal; or its schedule stops it for the next run.",
         {{0, "Process {name} {reason}."}}},
    [EVENT_PROCESS_CHANGED] =
        {"process.changed", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "Files that the process watches have changed: how many, the first of them, and what follows.",
         {{0, "Process {name} {reason}."}}},
    [EVENT_PROCESS_WATCH] =
        {"process.watch", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "What somebody should know of the files that the process watches.",
         {{0, "Process {name}: {reason}."}}},
    [EVENT_PROCESS_SCALED] =
        {"process.scaled", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "parrun scale: the process has another number of replicas.",
         {{0, "Process {name} is scaled from {total} to {count}."}}},
    [EVENT_PROCESS_STOPPING] =
        {"process.stopping", EVENT_OF_PROCESS, EVENT_LEVEL_DETAIL,
         "The process was sent its stop signal, or the command that stops it was started.",
         {{0, "Process {name} is being stopped."}}},
    [EVENT_PROCESS_STOP_FAILED] =
        {"process.stop_failed", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The command that stops the process has failed; it is sent its stop signal instead.",
         {{0, "Process {name} is sent signal {signal}, as its stop command failed: {reason.}"}}},
    [EVENT_PROCESS_TERMINATED] =
        {"process.terminated", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The process ended because parrun stopped it.",
         {{EVENT_SIGNALED, "Process {name} killed: it did not end within {limit}."},
          {0, "Process {name} terminated."}}},
    [EVENT_PROCESS_STOPPED] =
        {"process.stopped", EVENT_OF_PROCESS, EVENT_LEVEL_DETAIL,
         "Nothing of the process is left, as a word from outside has stopped it; it may be started again.",
         {{0, "Process {name} is stopped."}}},
    [EVENT_PROCESS_ENDED] =
        {"process.ended", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "Nothing of the process is left: exit status taken, output read to its end.",
         {{EVENT_TOLD, ""}, {EVENT_NAMED, "Process {name} end."}, {0, "Process end."}}},
    [EVENT_PROCESS_SKIPPED] =
        {"process.skipped", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "The process was not started, and why.",
         {{0, "Process {name} skipped: {reason}."}}},
    [EVENT_PROCESS_PLANNED] =
        {"process.planned", EVENT_OF_PROCESS, EVENT_LEVEL_STORY,
         "What would be run (parrun plan).",
         {{EVENT_REASONED, "# process {name}: {reason}\n{text}"}, {0, "# process {name}\n{text}"}}},
    [EVENT_POOL_DECLARED] =
        {"pool.declared", EVENT_OF_POOL, EVENT_LEVEL_DETAIL,
         "The scenario has this pool: what it waits for, and its queues; told before anything starts.", {{0, ""}}},
    [EVENT_POOL_STARTED] =
        {"pool.started", EVENT_OF_POOL, EVENT_LEVEL_DETAIL, "The pool's workers are being started.",
         {{EVENT_REASONED, "Pool {name} starts {reason}."}, {0, "Pool {name} starts {workers}."}}},
    [EVENT_POOL_LIMITED] =
        {"pool.limited", EVENT_OF_POOL, EVENT_LEVEL_DETAIL,
         "How the limits on memory and cpu of its tasks or workers are enforced.",
         {{0, "Pool {name}: {reason}."}}},
    [EVENT_POOL_RESUMED] =
        {"pool.resumed", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "How many tasks are not run again (--resume, --retry-failed).",
         {{0, "Pool {name}: {reason.}"}}},
    [EVENT_POOL_CURRENT] =
        {"pool.current", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "How many tasks were not run, as the files that they create are up to date.",
         {{0, "Pool {name}: {reason}."}}},
    [EVENT_POOL_SAMPLE] =
        {"pool.sample", EVENT_OF_POOL, EVENT_LEVEL_SAMPLE,
         "How many workers are busy, and how many there are.", {{0, ""}}},
    [EVENT_POOL_OUTPUT] =
        {"pool.output", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "A line that the source of the tasks wrote: a command's message, what a chunk printed.",
         {{0, NULL}}},
    [EVENT_POOL_CARRIAGE_RETURN] =
        {"pool.carriage_return", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "The first line of its tasks ends in CR LF, as DOS and Windows write: the CR is part of the item.",
         {{0, "Pool {name}: {reason}."}}},
    [EVENT_POOL_WAITING] =
        {"pool.waiting", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "No more tasks will be added: the pool waits for those it has.",
         {{EVENT_NAMED, "Waiting for all subprocesses of pool {name} done..."},
          {0, "Waiting for all subprocesses done..."}}},
    [EVENT_POOL_THROTTLED] =
        {"pool.throttled", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "No task is begun until there is memory or load to spare; told once a minute at most.",
         {{0, "Pool {name} waits: {reason}."}}},
    [EVENT_POOL_PENDING] =
        {"pool.pending", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "Slurm has not started workers that were asked for, and what it says of that; told once a minute at most.",
         {{0, "Pool {name} waits for Slurm: {reason}."}}},
    [EVENT_POOL_HALTED] =
        {"pool.halted", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "No more tasks are begun, as halt says.",
         {{0, "Pool {name} halted: {reason}."}}},
    [EVENT_POOL_ASKED] =
        {"pool.asked", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "A word from outside is done to the pool: stop, start or restart.",
         {{0, "Pool {name} {reason}."}}},
    [EVENT_POOL_PAUSED] =
        {"pool.paused", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "parrun pause: no more tasks are begun; so many still run.",
         {{0, "Pool {name} is paused; still running: {running}."}}},
    [EVENT_POOL_CONTINUED] =
        {"pool.continued", EVENT_OF_POOL, EVENT_LEVEL_STORY, "parrun resume: tasks are begun again.",
         {{0, "Pool {name} goes on."}}},
    [EVENT_POOL_SCALED] =
        {"pool.scaled", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "parrun scale: the pool is to have another number of workers; with 0 of them it does nothing, and keeps the run from ending.",
         {{EVENT_REASONED, "Pool {name} is scaled from {total} to {workers}: {reason}."},
          {0, "Pool {name} is scaled from {total} to {workers}."}}},
    [EVENT_POOL_STOPPED] =
        {"pool.stopped", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "The pool's workers have ended, as a word from outside has stopped it; what was not done is done when it is "
         "started again.",
         {{0, "Pool {name} is stopped."}}},
    [EVENT_POOL_SCHEDULED] =
        {"pool.scheduled", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "Nothing of the pool runs until its schedule starts it: when; in the story before its first run alone.",
         {{EVENT_TOLD, ""}, {0, "Pool {name} {reason}."}}},
    [EVENT_POOL_MISSED] =
        {"pool.missed", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "Times of its schedule at which the pool was not started, and why; or why they are planned anew.",
         {{0, "Pool {name} {reason}."}}},
    [EVENT_POOL_ENDED] =
        {"pool.ended", EVENT_OF_POOL, EVENT_LEVEL_STORY, "All tasks and workers have ended.",
         {{EVENT_REASONED, "Pool {name} ended: {reason.}"},
          {EVENT_NAMED, "All subprocesses of pool {name} done."},
          {0, "All subprocesses done."}}},
    [EVENT_POOL_FAILURE] =
        {"pool.failure", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "At the end of the run, of the tasks that failed: how, their last lines, and how to run one alone; those that "
         "failed in the same way are one, with the same exit and the same last lines but for numbers and their items; "
         "of a pool the first 5 ways are told.",
         {{EVENT_NAMED | EVENT_ALIKE, "Failed tasks {tasks} of pool {name}: {reason.}{lines}{alone}"},
          {EVENT_ALIKE, "Failed tasks {tasks}: {reason.}{lines}{alone}"},
          {EVENT_NAMED, "Failed task {task}{item} of pool {name}: {reason.}{lines}{alone}"},
          {0, "Failed task {task}{item}: {reason.}{lines}{alone}"}}},
    [EVENT_POOL_SUMMARY] =
        {"pool.summary", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "At the end of the run, of a pool that failed or was stopped: what became of its tasks, and "
         "how to run what is left.",
         {{0, "Pool {name}: {text}.{rest}"}}},
    [EVENT_POOL_SKIPPED] =
        {"pool.skipped", EVENT_OF_POOL, EVENT_LEVEL_STORY, "The pool was not started, and why.",
         {{0, "Pool {name} skipped: {reason}."}}},
    [EVENT_WORKER_LAUNCHER] =
        {"worker.launcher", EVENT_OF_POOL, EVENT_LEVEL_DETAIL,
         "A line of the command that starts workers elsewhere, or of the host that greets it, before they answer.",
         {{0, "Worker {worker} of pool {name} is being started: {text}"}}},
    [EVENT_WORKER_STARTED] =
        {"worker.started", EVENT_OF_POOL, EVENT_LEVEL_DETAIL, "A worker is ready for tasks.",
         {{EVENT_ELSEWHERE, "Worker {worker} of pool {name} is ready on {machine} ({pid})."},
          {0, "Worker {worker} of pool {name} is ready ({pid})."}}},
    [EVENT_WORKER_OUTPUT] =
        {"worker.output", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "A line that a worker wrote past its tasks: from setup, or a library's own message.",
         {{0, NULL}}},
    [EVENT_WORKER_LOST] =
        {"worker.lost", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "A worker died, with the task that it was running.",
         {{0, "Worker {worker} of pool {name} was lost: {reason.}"}}},
    [EVENT_WORKER_ENDED] =
        {"worker.ended", EVENT_OF_POOL, EVENT_LEVEL_DETAIL, "A worker has ended.",
         {{EVENT_REASONED, "Worker {worker} of pool {name} ended ({pid}): {reason.}"},
          {0, "Worker {worker} of pool {name} ended ({pid})."}}},
    [EVENT_TASK_UNDONE] =
        {"task.undone", EVENT_OF_POOL, EVENT_LEVEL_DETAIL,
         "The task is to run, as no earlier run that counts has done it as it is now (--resume, --retry-failed): "
         "what has changed, or that it failed; without a reason the journal has nothing of it.",
         {{EVENT_REASONED | EVENT_NAMED, "Task {task}{item} of pool {name} runs again: {reason.}"},
          {EVENT_REASONED, "Task {task}{item} runs again: {reason.}"},
          {EVENT_NAMED, "Task {task}{item} of pool {name} is new."},
          {0, "Task {task}{item} is new."}}},
    [EVENT_TASK_CURRENT] =
        {"task.current", EVENT_OF_POOL, EVENT_LEVEL_DETAIL,
         "The task is not run, as the file that it creates is there and newer than what newer_than names.",
         {{EVENT_NAMED, "Task {task}{item} of pool {name} is up to date: {reason}."},
          {0, "Task {task}{item} is up to date: {reason}."}}},
    [EVENT_TASK_FILE] =
        {"task.file", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "What somebody should know of the file that the task creates.",
         {{EVENT_NAMED, "Task {task}{item} of pool {name}: {reason}."}, {0, "Task {task}{item}: {reason}."}}},
    [EVENT_TASK_STARTED] =
        {"task.started", EVENT_OF_POOL, EVENT_LEVEL_STORY, "A worker begins the task.",
         {{EVENT_NAMED, "Run task {task}{item} of pool {name} ({pid})..."},
          {0, "Run task {task}{item} ({pid})..."}}},
    [EVENT_TASK_OUTPUT] =
        {"task.output", EVENT_OF_POOL, EVENT_LEVEL_STORY, "Bytes that the task wrote.",
         {{0, NULL}}},
    [EVENT_TASK_TIMEOUT] =
        {"task.timeout", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "The task ran longer than its timeout and was ended.",
         {{EVENT_NAMED, "Task {task}{item} of pool {name} timed out after {limit}{allowed}."},
          {0, "Task {task}{item} timed out after {limit}{allowed}."}}},
    [EVENT_TASK_RETRYING] =
        {"task.retrying", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "The task has failed and is tried again.",
         {{EVENT_NAMED, "Task {task}{item} of pool {name} is tried again {when} (attempt {attempt} of "
                        "{total}): {reason.}"},
          {0, "Task {task}{item} is tried again {when} (attempt {attempt} of {total}): {reason.}"}}},
    [EVENT_TASK_ENDED] =
        {"task.ended", EVENT_OF_POOL, EVENT_LEVEL_STORY, "The task is done, or has failed.",
         {{EVENT_TOLD, ""},
          {EVENT_WRONG | EVENT_NAMED, "Task {task}{item} of pool {name} failed{allowed}: {reason.}"},
          {EVENT_WRONG, "Task {task}{item} failed{allowed}: {reason.}"},
          {EVENT_NAMED, "Task {task}{item} of pool {name} runs {seconds} seconds."},
          {0, "Task {task}{item} runs {seconds} seconds."}}},
    [EVENT_TASK_SKIPPED] =
        {"task.skipped", EVENT_OF_POOL, EVENT_LEVEL_DETAIL,
         "The task was not run, or not tried again, because the run was stopped.",
         {{EVENT_NAMED, "Task {task}{item} of pool {name} skipped: {reason}."},
          {0, "Task {task}{item} skipped: {reason}."}}},
    [EVENT_TASK_STOPPED] =
        {"task.stopped", EVENT_OF_POOL, EVENT_LEVEL_STORY,
         "The task had begun and was ended before its time, because the run or its pool was stopped, or the pool halted; "
         "where a word has stopped the pool, it is begun anew.",
         {{EVENT_NAMED, "Task {task}{item} of pool {name} was ended: {reason}."},
          {0, "Task {task}{item} was ended: {reason}."}}},
    [EVENT_TASK_PLANNED] =
        {"task.planned", EVENT_OF_POOL, EVENT_LEVEL_STORY, "What would be run (parrun plan).",
         {{EVENT_REASONED, "# pool {name}: {reason}"},
          {0, "# task {task}{item} of pool {name}\n{text}"}}},
    [EVENT_QUEUE_DECLARED] =
        {"queue.declared", EVENT_OF_QUEUE, EVENT_LEVEL_DETAIL,
         "The scenario has this queue; told before anything starts.", {{0, ""}}},
    [EVENT_QUEUE_OPENED] =
        {"queue.opened", EVENT_OF_QUEUE, EVENT_LEVEL_DETAIL, "The queue takes messages.",
         {{0, "Queue {name} opened."}}},
    [EVENT_QUEUE_RESTORED] =
        {"queue.restored", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "A durable queue holds what an earlier run has left in its file, or what parrun queue has put there.",
         {{0, "Queue {name} goes on with {messages} of an earlier run."}}},
    [EVENT_QUEUE_PUT] =
        {"queue.put", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "A message entered the queue (trace: true).",
         {{EVENT_NAMED, "Put {text} to queue {name}..."}, {0, "Put {text} to queue..."}}},
    [EVENT_QUEUE_GET] =
        {"queue.get", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "A message went to a consumer (trace: true).",
         {{EVENT_NAMED, "Get {text} from queue {name}."}, {0, "Get {text} from queue."}}},
    [EVENT_QUEUE_SAMPLE] =
        {"queue.sample", EVENT_OF_QUEUE, EVENT_LEVEL_SAMPLE,
         "How many messages wait in the queue, and what went through it so far.", {{0, ""}}},
    [EVENT_QUEUE_FULL] =
        {"queue.full", EVENT_OF_QUEUE, EVENT_LEVEL_DETAIL,
         "The queue holds its capacity: producers wait.",
         {{0, "Queue {name} is full."}}},
    [EVENT_QUEUE_CLOSED] =
        {"queue.closed", EVENT_OF_QUEUE, EVENT_LEVEL_DETAIL,
         "Nothing more will be put: consumers see its end after the last message.",
         {{EVENT_WRONG, "Queue {name} ended with {messages} that nobody took."},
          {EVENT_REASONED, "Queue {name} closed: {reason}."},
          {0, "Queue {name} closed."}}},
    [EVENT_QUEUE_DEAD_LETTER] =
        {"queue.dead_letter", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "A message was tried in vain and is given up: to dead_letter, where there is one.",
         {{EVENT_REASONED, "Queue {name} gives up a message after {attempts}: {reason.}"},
          {0, "Queue {name} puts a message aside after {attempts}: {reason.}"}}},
    [EVENT_QUEUE_UNREADABLE] =
        {"queue.unreadable", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "What a durable queue's file holds cannot be read; it stays there.",
         {{0, "Queue {name} cannot be read to its end: {reason.}"}}},
    [EVENT_QUEUE_DAMAGED] =
        {"queue.damaged", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "A durable queue's file is not as it was written: a message does not fit its sum and is set aside, or "
         "there are fewer, more or other messages than were put. The run ends with status 3.",
         {{0, "Queue {name}: its file is damaged: {reason}."}}},
    [EVENT_QUEUE_KEYLESS] =
        {"queue.keyless", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "The key of a message of an ordered queue could not be worked out: it shares one with all others of which that "
         "is so. The first one of a queue is told.",
         {{0, "Queue {name}: the key of a message cannot be worked out: {reason}."}}},
    [EVENT_QUEUE_HALF] =
        {"queue.half", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "A process that writes into the queue has failed or was ended, and its last message has no end: half of it may be "
         "missing, so that it is not put.",
         {{0, "Queue {name}: half a message is not put: {reason.}"}}},
    [EVENT_QUEUE_UNSURE] =
        {"queue.unsure", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "A process that reads the queue has failed: so many messages that it had read last, as far as a "
         "program reads at once, may not be done and are lost then; at the end once more, without a reason, how "
         "many these are in all: the run has failed by that, unless leftover is drop.",
         {{EVENT_REASONED, "Queue {name}: up to {messages} may be lost: {reason.}"},
          {0, "Queue {name}: up to {messages} may be lost, in all."}}},
    [EVENT_QUEUE_KEPT] =
        {"queue.kept", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "At the end, of a durable queue: what is in its file for the next run.",
         {{0, "Queue {name} keeps {messages} for the next run."}}},
    [EVENT_QUEUE_DROPPED] =
        {"queue.dropped", EVENT_OF_QUEUE, EVENT_LEVEL_STORY,
         "At the end, of a queue with leftover: drop: what nobody took.",
         {{0, "Queue {name} drops {messages} that nobody took."}}},
    [EVENT_QUEUE_STATS] =
        {"queue.stats", EVENT_OF_QUEUE, EVENT_LEVEL_DETAIL,
         "What went through the queue so far, what waits in it, and how long a message has waited on "
         "average; at the end of the run, and as often as log.stats says.",
         {{0, "Queue {name}: {put} put, {taken} taken, {count} waiting; {seconds} seconds in it on "
              "average."}}},
    [EVENT_THREAD_DECLARED] =
        {"thread.declared", EVENT_OF_THREAD, EVENT_LEVEL_DETAIL,
         "The scenario has this thread: what it waits for, and its queues; told before anything starts.", {{0, ""}}},
    [EVENT_THREAD_STARTED] =
        {"thread.started", EVENT_OF_THREAD, EVENT_LEVEL_STORY, "The thread runs.",
         {{0, "thread {name} is running..."}}},
    [EVENT_THREAD_OUTPUT] =
        {"thread.output", EVENT_OF_THREAD, EVENT_LEVEL_STORY, "A line that the thread printed.",
         {{0, NULL}}},
    [EVENT_THREAD_TIMEOUT] =
        {"thread.timeout", EVENT_OF_THREAD, EVENT_LEVEL_STORY,
         "The thread ran longer than its timeout and is being ended.",
         {{0, "thread {name} timed out after {limit}{allowed}."}}},
    [EVENT_THREAD_ASKED] =
        {"thread.asked", EVENT_OF_THREAD, EVENT_LEVEL_STORY,
         "A word from outside is done to the thread: stop, start or restart.",
         {{0, "thread {name} {reason}."}}},
    [EVENT_THREAD_STOPPED] =
        {"thread.stopped", EVENT_OF_THREAD, EVENT_LEVEL_STORY,
         "The thread has ended, as a word from outside has stopped it; it may be started again.",
         {{0, "thread {name} is stopped."}}},
    [EVENT_THREAD_ENDED] =
        {"thread.ended", EVENT_OF_THREAD, EVENT_LEVEL_STORY,
         "The thread has returned, failed or was stopped.",
         {{EVENT_TOLD, ""},
          {EVENT_REASONED, "thread {name} failed{allowed}: {reason.}"},
          {EVENT_SIGNALED, "thread {name} terminated."},
          {0, "thread {name} ended."}}},
    [EVENT_THREAD_SKIPPED] =
        {"thread.skipped", EVENT_OF_THREAD, EVENT_LEVEL_STORY,
         "The thread was not started, and why.",
         {{0, "thread {name} skipped: {reason}."}}},
    [EVENT_THREAD_PLANNED] =
        {"thread.planned", EVENT_OF_THREAD, EVENT_LEVEL_STORY, "What would be run (parrun plan).",
         {{0, "# thread {name}\n{text}"}}},
};

const struct event_row *event_row(enum event_kind kind)
{
    return &rows[kind];
}

const char *event_sentence(const struct event *event)
{
    const struct event_sentence *sentences = rows[event->kind].sentences;
    for (size_t i = 0; i < EVENT_SENTENCES && sentences[i].text; i++)
        if ((event->flags & sentences[i].flags) == sentences[i].flags)
            return sentences[i].text;
    return NULL;
}
