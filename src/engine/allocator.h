/*
 * Who gets what there is only so much of: units and amounts of resources, by claims that wait.
 *
 * A claim is granted whole or not at all. What has waited longest comes first; others may be granted before it while it
 * does not fit, but only so often as its patience says: then nothing begins that would use the same resources until it fits.
 * Claims that have no resource in common with it are never held up by it. Knows neither time nor loop: pure.
 */
#ifndef ENGINE_ALLOCATOR_H
#define ENGINE_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct allocator;
struct claim_class;

/* A unit can be shared in parts of this size. */
#define UNIT_PARTS INT64_C(10000)

/* A claim may be passed so often by others that use one of its resources. */
#define PATIENCE_USUAL 200

/* One resource: TOTAL units that are told apart, or an amount. */
struct allocator_resource {
    int64_t total;
    bool units;
};

/* Who makes claims. ROOM is how many more of its claims it could begin now: with none it does not wait, and is not
 * passed. allocator_next() takes one off; the owner keeps it up to date. */
struct applicant {
    size_t room;
    unsigned patience; /* of its claims */
};

enum claim_state {
    CLAIM_IDLE,
    CLAIM_WAITING,
    CLAIM_GRANTED,
};

/* A claim, in its owner's memory; begins as zero. Made anew by allocator_ask() after allocator_leave() it keeps its place
 * in the line. */
struct claim {
    struct claim *next; /* of its class, or of all that are granted */
    struct claim *before;
    struct claim_class *class;
    uint64_t order; /* when it first asked; 0: never */
    enum claim_state state;
    uint32_t *units; /* granted: the numbers of its units, from 0, in the order of the resources */
    void *owner;     /* the caller's */
};

/* COUNT resources, copied. */
struct allocator *allocator_new(const struct allocator_resource *resources, size_t count);

/* Frees it; no claim waits or is granted any more. NULL is accepted. */
void allocator_free(struct allocator *allocator);

/*
 * CLAIM, which is idle, waits for AMOUNTS: one for each resource, of units in parts of UNIT_PARTS: whole units, or less
 * than one. None is more than there is.
 */
void allocator_ask(struct allocator *allocator, struct claim *claim, struct applicant *applicant,
                   const int64_t *amounts);

/* Grants the next claim that can be met, and returns it; NULL where there is none. */
struct claim *allocator_next(struct allocator *allocator);

/* The granted CLAIM could not be begun after all: gives all back, and waits in its place. */
void allocator_again(struct allocator *allocator, struct claim *claim);

/* The claim does not wait any more, or gives back what it was granted; an idle one is left as it is. */
void allocator_leave(struct allocator *allocator, struct claim *claim);

/* What a claim that is not idle asks for, as allocator_ask() had it. */
const int64_t *claim_amounts(const struct claim *claim);
const struct applicant *claim_applicant(const struct claim *claim);

/* What is free of a resource; of units those of which no part is granted, in parts. */
int64_t allocator_free_amount(const struct allocator *allocator, size_t resource);

/* The units of RESOURCE that CLAIM was granted; their number at *COUNT. */
const uint32_t *claim_units(const struct allocator *allocator, const struct claim *claim, size_t resource,
                              size_t *count);

/* The first of those that are granted, and the one after CLAIM; NULL at their end. */
const struct claim *allocator_granted(const struct allocator *allocator);
const struct claim *allocator_granted_next(const struct claim *claim);

#endif
