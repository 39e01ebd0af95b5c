/*
 * What a program is started with beyond its arguments, environment and streams: its priority, its
 * file mode mask, its limits, and whose rights it has.
 */
#ifndef OS_SPAWN_ATTRIBUTES_H
#define OS_SPAWN_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct error;

/* In the order in which they are set: rights are dropped last, as the others may need them. */
enum attribute {
    ATTRIBUTE_TERMINAL, /* a group of its own, which has the terminal at this descriptor; -1: no terminal */
    ATTRIBUTE_TTY, /* the terminal at this descriptor is that of its session */
    ATTRIBUTE_CGROUP,
    ATTRIBUTE_MEMORY, /* bytes: what the cgroup enforces; nothing is set */
    ATTRIBUTE_CPUS, /* thousandths of a processor: the same */
    ATTRIBUTE_UMASK,
    ATTRIBUTE_NICE,
    ATTRIBUTE_NOFILE, /* the limits as setrlimit(2) has them, both the soft and the hard one */
    ATTRIBUTE_NPROC,
    ATTRIBUTE_CORE,
    ATTRIBUTE_FSIZE,
    ATTRIBUTE_STACK,
    ATTRIBUTE_AS,
    ATTRIBUTE_CPU, /* s; a second more for whoever does not end at SIGXCPU */
    ATTRIBUTE_GROUPS,
    ATTRIBUTE_GID,
    ATTRIBUTE_UID,
    ATTRIBUTES,
    ATTRIBUTE_EXEC = ATTRIBUTES, /* not an attribute: what is done when all of them are set */
};

/* The value of a limit that is none. */
#define ATTRIBUTE_UNLIMITED INT64_MAX

/* All zero: nothing is changed. Whoever fills it in ends it with attributes_release(). */
struct attributes {
    unsigned given; /* bit A: attribute A is to be set */
    int64_t values[ATTRIBUTES];
    gid_t *groups; /* ATTRIBUTE_GROUPS: GROUP_COUNT of them, from malloc() */
    size_t group_count;
    char *cgroup; /* ATTRIBUTE_CGROUP: its directory, from malloc() */
};

void attributes_set(struct attributes *attributes, enum attribute attribute, int64_t value);
void attributes_set_cgroup(struct attributes *attributes, const char *path);
bool attributes_given(const struct attributes *attributes, enum attribute attribute);
void attributes_release(struct attributes *attributes);

/* FD is a pipe or a terminal that a program with these attributes is to have alone: it becomes its user's,
 * who may then open it by /dev/stdout and its like. Nothing where no user is set, or it is not permitted. */
void attributes_give(const struct attributes *attributes, int fd);

/* Leaves the limits as they are. */
void attributes_drop_limits(struct attributes *attributes);

/* As words, such as "nice=5 uid=33 groups=33,4"; attributes_parse() reads them back. A cgroup's
 * directory stands last, to the end of the text. */
void attributes_print(struct buf *out, const struct attributes *attributes);

/* False where TEXT is not what attributes_print() writes. ATTRIBUTES is to be released either way. */
bool attributes_parse(struct attributes *attributes, const char *text);

/*
 * Gives this process the attributes. 0, or an errno value with the attribute that could not be set
 * in *FAILED: then the process must end. Safe between vfork(2) and exec.
 */
int attributes_apply(const struct attributes *attributes, enum attribute *failed);

/* Says in ERROR what attributes_apply() could not do; returns -NUMBER. */
int attributes_explain(const struct attributes *attributes, enum attribute failed, int number,
                       struct error *error);

/* How a program ended. */
struct program_end {
    int signal;         /* 0: by itself, with CODE */
    int code;
    int64_t cpu;        /* ns that it used; -1: not known */
    bool out_of_memory; /* cgroup_met_limit() */
};

/* Says in TEXT which limit made it end so, where one did: false otherwise. */
bool attributes_blame(const struct attributes *attributes, const struct program_end *end,
                      struct buf *text);

#endif
