/*
 * Who gets what there is only so much of: units and amounts of resources, by requests that wait.
 *
 * A request is granted whole or not at all. What has waited longest comes first; others may be granted before it while it
 * does not fit, but only so often as its patience says: then nothing begins that would use the same resources until it fits.
 * Requests that have no resource in common with it are never held up by it. Knows neither time nor loop: pure.
 */
#ifndef ENGINE_ALLOCATOR_H
#define ENGINE_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct allocator;
struct request_class;

/* A unit can be shared in parts of this size. */
#define UNIT_PARTS INT64_C(10000)

/* A request may be passed so often by others that use one of its resources. */
#define PATIENCE_USUAL 200

/* One resource: TOTAL units that are told apart, or an amount. */
struct allocator_resource {
    int64_t total;
    bool units;
};

/* Who makes requests. ROOM is how many more of its requests it could begin now: with none it does not wait, and is not
 * passed. allocator_next() takes one off; the owner keeps it up to date. */
struct applicant {
    size_t room;
    unsigned patience; /* of its requests */
};

enum request_state {
    REQUEST_IDLE,
    REQUEST_WAITING,
    REQUEST_GRANTED,
};

/* A request, in its owner's memory; begins as zero. Made anew by allocator_ask() after allocator_leave() it keeps its place
 * in the line. */
struct request {
    struct request *next; /* of its class, or of all that are granted */
    struct request *before;
    struct request_class *class;
    uint64_t order; /* when it first asked; 0: never */
    enum request_state state;
    uint32_t *units; /* granted: the numbers of its units, from 0, in the order of the resources */
    void *owner;     /* the caller's */
};

/* COUNT resources, copied. */
struct allocator *allocator_new(const struct allocator_resource *resources, size_t count);

/* Frees it; no request waits or is granted any more. NULL is accepted. */
void allocator_free(struct allocator *allocator);

/*
 * REQUEST, which is idle, waits for AMOUNTS: one for each resource, of units in parts of UNIT_PARTS: whole units, or less
 * than one. None is more than there is.
 */
void allocator_ask(struct allocator *allocator, struct request *request, struct applicant *applicant,
                   const int64_t *amounts);

/* Grants the next request that can be met, and returns it; NULL where there is none. */
struct request *allocator_next(struct allocator *allocator);

/* The granted REQUEST could not be begun after all: gives all back, and waits in its place. */
void allocator_again(struct allocator *allocator, struct request *request);

/* The request does not wait any more, or gives back what it was granted; an idle one is left as it is. */
void allocator_leave(struct allocator *allocator, struct request *request);

/* What a request that is not idle asks for, as allocator_ask() had it. */
const int64_t *request_amounts(const struct request *request);
const struct applicant *request_applicant(const struct request *request);

/* What is free of a resource; of units those of which no part is granted, in parts. */
int64_t allocator_free_amount(const struct allocator *allocator, size_t resource);

/* The units of RESOURCE that REQUEST was granted; their number at *COUNT. */
const uint32_t *request_units(const struct allocator *allocator, const struct request *request, size_t resource,
                              size_t *count);

/* The first of those that are granted, and the one after REQUEST; NULL at their end. */
const struct request *allocator_granted(const struct allocator *allocator);
const struct request *allocator_granted_next(const struct request *request);

#endif
