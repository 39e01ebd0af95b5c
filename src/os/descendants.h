/*
 * Everything that descends from this process, double-forked daemons included.
 *
 * This works because the process is a child subreaper (prctl(2)): whoever loses a parent below it
 * becomes its child, so nothing can leave the tree. Call it only where no other code of the process
 * waits for children.
 */
#ifndef OS_DESCENDANTS_H
#define OS_DESCENDANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;

/* False where there is no /proc, or that of another pid namespace, whose numbers are those of others. */
bool descendants_has_own_proc(void);

/* Makes this process adopt the orphans among its descendants. */
void descendants_adopt(void);

/* The parent of any process; 0 where there is none, or no such process. */
pid_t descendants_parent(pid_t pid);

/* A process, as /proc tells of it. */
struct descendant {
    pid_t pid;
    pid_t parent;
    pid_t session;
    uint64_t born; /* in ticks of the system's clock since it was started */
    bool ended;    /* nobody has taken its status yet */
    char name[16]; /* of its program */
};

/* Finds any process; false where there is none, or no /proc. */
bool descendants_find(pid_t pid, struct descendant *found);

/* Calls EACH(ARG, child) for every child of this process, adopted ones and those that have ended included. */
void descendants_children(void (*each)(void *arg, const struct descendant *child), void *arg);

/* Whether ENTRY, "NAME=VALUE", was in the environment with which the program of PID was started. It may have written over
 * that since. */
bool descendants_was_given(pid_t pid, const char *entry);

/* Whether NAME was there with another value. */
bool descendants_was_given_another(pid_t pid, const char *entry);

/* True where others of the process group that this process leads live, whoever's children they are; nobody can tell
 * without /proc. */
bool descendants_leads_others(void);

/* Sends SIGNAL to each of them; returns how many there are, zombies left out. */
size_t descendants_signal(int signal);

/* Appends those that live, and were not killed, as "sleep 4711, sh 4712", SHOWN of them at most; returns how many there are. With
 * ENTRY those alone whose environment had that "NAME=VALUE" when their programs were started. */
size_t descendants_name(struct buf *out, size_t shown, const char *entry);

/* Takes the ends of all that ends by itself within PATIENCE ns, or was killed already. SIGCHLD must be
 * blocked in this thread. */
void descendants_settle(int64_t patience);

/*
 * Ends all of them: SIGTERM and SIGCONT, after GRACE ns SIGKILL, until none is left. Returns how
 * many had to be signalled. SIGCHLD must be blocked in this thread. Gives up after 10 s on those
 * that the kernel does not let die.
 */
size_t descendants_end(int64_t grace);

/* Processes that were stopped, to be continued. */
struct descendants {
    pid_t *pids;
    size_t count;
    size_t capacity;
};

/* Stops all of them but those that are stopped already, with SIGSTOP, which none can be deaf to; adds
 * them to STOPPED. */
void descendants_stop(struct descendants *stopped);

/* Continues those that are still there; STOPPED is empty afterwards. */
void descendants_continue(struct descendants *stopped);

/* Calls EACH(ARG, pid) for every process of session SESSION, 0: of any, that descends from this process, zombies
 * left out. */
void descendants_in_session(pid_t session, void (*each)(void *arg, pid_t pid), void *arg);

/* Sends each of these SIGNAL, and SIGCONT behind it where it is not SIGKILL; how many got it. */
size_t descendants_signal_session(pid_t session, int signal);

/* Kills all of these. */
void descendants_kill_session(pid_t session);

#endif
