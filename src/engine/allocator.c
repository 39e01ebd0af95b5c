/* Claims in classes: those of one applicant that ask for the same differ by their age alone. */
#include "engine/allocator.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct resource {
    int64_t total;
    int64_t free;   /* of units: those that are free whole, in parts */
    int64_t *units; /* free parts of each; NULL: it is an amount */
};

struct claim_class {
    struct claim_class *next; /* of all, or of those that have a claim which waits, the oldest first */
    struct claim_class *next_waiting;
    struct applicant *applicant;
    struct claim *first; /* that wait, the oldest first */
    struct claim *last;
    size_t claims;  /* that wait or are granted */
    unsigned passed;  /* how often others came before its first claim, which waited longer */
    int64_t amounts[];
};

struct allocator {
    struct resource *resources;
    size_t count;
    bool *reserved; /* scratch: resources that nobody but those who wait for them may take */
    struct claim_class *classes;
    struct claim_class *waiting;
    struct claim *granted;
    uint64_t next_order;
};

struct allocator *allocator_new(const struct allocator_resource *resources, size_t count)
{
    struct allocator *allocator = mem_calloc(1, sizeof(*allocator));
    allocator->count = count;
    allocator->resources = mem_calloc(count, sizeof(*allocator->resources));
    allocator->reserved = mem_calloc(count, sizeof(*allocator->reserved));
    for (size_t i = 0; i < count; i++) {
        struct resource *resource = &allocator->resources[i];
        resource->total = resource->free = resources[i].total * (resources[i].units ? UNIT_PARTS : 1);
        if (resources[i].units)
            resource->units = mem_calloc((size_t)resources[i].total, sizeof(*resource->units));
        for (int64_t unit = 0; resources[i].units && unit < resources[i].total; unit++)
            resource->units[unit] = UNIT_PARTS;
    }
    return allocator;
}

void allocator_free(struct allocator *allocator)
{
    if (!allocator)
        return;
    for (size_t i = 0; i < allocator->count; i++)
        free(allocator->resources[i].units);
    free(allocator->resources);
    free(allocator->reserved);
    free(allocator);
}

static size_t unit_count(int64_t parts)
{
    return parts < UNIT_PARTS ? parts > 0 : (size_t)(parts / UNIT_PARTS);
}

/* The unit with the least that is free, and enough; -1 where there is none. A whole one is broken into last. */
static int64_t find_share(const struct resource *resource, int64_t parts)
{
    int64_t best = -1;
    for (int64_t unit = 0; unit < resource->total / UNIT_PARTS; unit++)
        if (resource->units[unit] >= parts && (best < 0 || resource->units[unit] < resource->units[best]))
            best = unit;
    return best;
}

static bool fits(const struct allocator *allocator, const struct claim_class *class)
{
    for (size_t i = 0; i < allocator->count; i++) {
        const struct resource *resource = &allocator->resources[i];
        int64_t amount = class->amounts[i];
        bool share = resource->units && amount < UNIT_PARTS;
        if (amount > resource->free && !(share && find_share(resource, amount) >= 0))
            return false;
    }
    return true;
}

static bool have_in_common(const struct allocator *allocator, const struct claim_class *one,
                           const struct claim_class *other)
{
    for (size_t i = 0; i < allocator->count; i++)
        if (one->amounts[i] && other->amounts[i])
            return true;
    return false;
}

/* Takes PARTS, or less than a unit, of a resource; the numbers of the units go to UNITS. */
static void take_units(struct resource *resource, int64_t parts, uint32_t *units)
{
    if (parts < UNIT_PARTS) {
        int64_t unit = find_share(resource, parts);
        resource->free -= resource->units[unit] == UNIT_PARTS ? UNIT_PARTS : 0;
        resource->units[unit] -= parts;
        *units = (uint32_t)unit;
        return;
    }
    resource->free -= parts;
    for (uint32_t unit = 0; parts; unit++) {
        if (resource->units[unit] < UNIT_PARTS)
            continue;
        resource->units[unit] = 0;
        *units++ = unit;
        parts -= UNIT_PARTS;
    }
}

static void grant(struct allocator *allocator, struct claim *claim)
{
    const int64_t *amounts = claim->class->amounts;
    size_t count = 0;
    for (size_t i = 0; i < allocator->count; i++)
        count += allocator->resources[i].units ? unit_count(amounts[i]) : 0;
    claim->units = mem_calloc(count, sizeof(*claim->units));
    count = 0;
    for (size_t i = 0; i < allocator->count; i++) {
        struct resource *resource = &allocator->resources[i];
        if (resource->units && amounts[i])
            take_units(resource, amounts[i], claim->units + count);
        else if (!resource->units)
            resource->free -= amounts[i];
        count += resource->units ? unit_count(amounts[i]) : 0;
    }
    claim->state = CLAIM_GRANTED;
    claim->before = NULL;
    claim->next = allocator->granted;
    if (claim->next)
        claim->next->before = claim;
    allocator->granted = claim;
}

static void give_back(struct allocator *allocator, struct claim *claim)
{
    const int64_t *amounts = claim->class->amounts;
    const uint32_t *unit = claim->units;
    for (size_t i = 0; i < allocator->count; i++) {
        struct resource *resource = &allocator->resources[i];
        if (!resource->units) {
            resource->free += amounts[i];
            continue;
        }
        int64_t parts = amounts[i] < UNIT_PARTS ? amounts[i] : UNIT_PARTS;
        for (size_t left = unit_count(amounts[i]); left; left--, unit++) {
            resource->units[*unit] += parts;
            resource->free += resource->units[*unit] == UNIT_PARTS ? UNIT_PARTS : 0;
        }
    }
    free(claim->units);
    claim->units = NULL;
    if (claim->before)
        claim->before->next = claim->next;
    else
        allocator->granted = claim->next;
    if (claim->next)
        claim->next->before = claim->before;
}

/* Takes CLASS out of those that wait, and puts it back by the age of its first claim. */
static void place_class(struct allocator *allocator, struct claim_class *class)
{
    struct claim_class **place = &allocator->waiting;
    while (*place && *place != class)
        place = &(*place)->next_waiting;
    if (*place)
        *place = class->next_waiting;
    if (!class->first)
        return;
    place = &allocator->waiting;
    while (*place && (*place)->first->order < class->first->order)
        place = &(*place)->next_waiting;
    class->next_waiting = *place;
    *place = class;
}

/* Mostly the last; one that asks again is older than others. */
static void add_waiting(struct allocator *allocator, struct claim *claim)
{
    struct claim_class *class = claim->class;
    struct claim **place = &class->first;
    if (class->last && class->last->order < claim->order)
        place = &class->last->next;
    while (*place && (*place)->order < claim->order)
        place = &(*place)->next;
    claim->next = *place;
    *place = claim;
    if (!claim->next)
        class->last = claim;
    claim->state = CLAIM_WAITING;
    if (class->first == claim)
        place_class(allocator, class);
}

static void take_waiting(struct allocator *allocator, struct claim *claim)
{
    struct claim_class *class = claim->class;
    struct claim *before = NULL;
    for (struct claim *at = class->first; at != claim; at = at->next)
        before = at;
    if (before)
        before->next = claim->next;
    else
        class->first = claim->next;
    if (class->last == claim)
        class->last = before;
    if (before)
        return;
    class->passed = 0;
    place_class(allocator, class);
}

static struct claim_class *find_class(struct allocator *allocator, struct applicant *applicant, const int64_t *amounts)
{
    size_t size = allocator->count * sizeof(*amounts);
    struct claim_class *class = allocator->classes;
    while (class && (class->applicant != applicant || memcmp(class->amounts, amounts, size) != 0))
        class = class->next;
    if (class)
        return class;
    class = mem_calloc(1, sizeof(*class) + size);
    class->applicant = applicant;
    memcpy(class->amounts, amounts, size);
    class->next = allocator->classes;
    allocator->classes = class;
    return class;
}

static void leave_class(struct allocator *allocator, struct claim *claim)
{
    struct claim_class *class = claim->class;
    struct claim_class **place = &allocator->classes;
    claim->class = NULL;
    claim->state = CLAIM_IDLE;
    if (--class->claims)
        return;
    while (*place != class)
        place = &(*place)->next;
    *place = class->next;
    free(class);
}

void allocator_ask(struct allocator *allocator, struct claim *claim, struct applicant *applicant,
                   const int64_t *amounts)
{
    claim->class = find_class(allocator, applicant, amounts);
    claim->class->claims++;
    if (!claim->order)
        claim->order = ++allocator->next_order;
    add_waiting(allocator, claim);
}

void allocator_again(struct allocator *allocator, struct claim *claim)
{
    give_back(allocator, claim);
    add_waiting(allocator, claim);
}

void allocator_leave(struct allocator *allocator, struct claim *claim)
{
    if (claim->state == CLAIM_IDLE)
        return;
    if (claim->state == CLAIM_WAITING)
        take_waiting(allocator, claim);
    else
        give_back(allocator, claim);
    leave_class(allocator, claim);
}

/* True where CLASS would take what one that has waited long enough waits for. */
static bool is_reserved(const struct allocator *allocator, const struct claim_class *class)
{
    for (size_t i = 0; i < allocator->count; i++)
        if (class->amounts[i] && allocator->reserved[i])
            return true;
    return false;
}

static void reserve(struct allocator *allocator, const struct claim_class *class)
{
    for (size_t i = 0; class->passed >= class->applicant->patience && i < allocator->count; i++)
        allocator->reserved[i] = allocator->reserved[i] || class->amounts[i];
}

/* CLASS comes before those that wait longer and use the same. */
static void count_passed(struct allocator *allocator, const struct claim_class *class)
{
    for (struct claim_class *older = allocator->waiting; older != class; older = older->next_waiting)
        older->passed += older->applicant->room && have_in_common(allocator, older, class);
}

struct claim *allocator_next(struct allocator *allocator)
{
    memset(allocator->reserved, 0, allocator->count * sizeof(*allocator->reserved));
    for (struct claim_class *class = allocator->waiting; class; class = class->next_waiting) {
        if (!class->applicant->room)
            continue;
        if (is_reserved(allocator, class) || !fits(allocator, class)) {
            reserve(allocator, class);
            continue;
        }
        struct claim *claim = class->first;
        count_passed(allocator, class);
        take_waiting(allocator, claim);
        grant(allocator, claim);
        class->applicant->room--;
        return claim;
    }
    return NULL;
}

const int64_t *claim_amounts(const struct claim *claim)
{
    return claim->class->amounts;
}

const struct applicant *claim_applicant(const struct claim *claim)
{
    return claim->class->applicant;
}

int64_t allocator_free_amount(const struct allocator *allocator, size_t resource)
{
    return allocator->resources[resource].free;
}

const uint32_t *claim_units(const struct allocator *allocator, const struct claim *claim, size_t resource,
                              size_t *count)
{
    const uint32_t *units = claim->units;
    for (size_t i = 0; i < resource; i++)
        units += allocator->resources[i].units ? unit_count(claim->class->amounts[i]) : 0;
    *count = allocator->resources[resource].units ? unit_count(claim->class->amounts[resource]) : 0;
    return units;
}

const struct claim *allocator_granted(const struct allocator *allocator)
{
    return allocator->granted;
}

const struct claim *allocator_granted_next(const struct claim *claim)
{
    return claim->next;
}
