/* The scenario's resources and, where anything is to run alone, one more of which all others take a little. */
#include "engine/resources.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "scenario/spec.h"
#include "scenario/uses.h"
#include "template/template.h"
#include "value/value.h"

/* What runs alone takes all of it, each other one of it. */
#define ALONE_ALL (INT64_C(1) << 40)

/* So many of those that have what is waited for are named. */
#define HOLDERS_SHOWN 5

_Static_assert(USES_UNIT == UNIT_PARTS, "amounts are read in the parts that are handed out");

struct resources {
    struct loop *loop;
    const struct scenario *scenario;
    struct allocator *allocator;
    bool looking;
};

struct resources *resources_new(struct loop *loop, const struct scenario *scenario)
{
    struct allocator_resource list[RESOURCES_MOST + 1];
    size_t count = scenario->resource_count;
    if (!count && !scenario->alone)
        return NULL;
    struct resources *resources = mem_calloc(1, sizeof(*resources));
    resources->loop = loop;
    resources->scenario = scenario;
    for (size_t i = 0; i < count; i++)
        list[i] = (struct allocator_resource){scenario->resources[i].total, scenario->resources[i].units};
    if (scenario->alone)
        list[count++] = (struct allocator_resource){ALONE_ALL, false};
    resources->allocator = allocator_new(list, count);
    return resources;
}

void resources_free(struct resources *resources)
{
    if (!resources)
        return;
    allocator_free(resources->allocator);
    free(resources);
}

bool resources_are_free(const struct resources *resources)
{
    return !resources || !allocator_granted(resources->allocator);
}

struct claimant resources_claimant(const char *name, const struct object_spec *spec, bool daemon,
                                   bool (*begin)(void *arg, struct claim *claim), void *arg)
{
    return (struct claimant){
        .applicant = {.patience = spec->needs->alone ? 0 : PATIENCE_USUAL},
        .name = name,
        .spec = spec,
        .daemon = daemon,
        .begin = begin,
        .arg = arg,
    };
}

bool resources_concern(const struct resources *resources, const struct claimant *claimant)
{
    return resources && (claimant->spec->needs->uses_count || (resources->scenario->alone && !claimant->daemon));
}

static const struct claimant *claimant_of(const struct claim *claim)
{
    return (const struct claimant *)claim_applicant(claim); /* which is its first member */
}

static void begin_granted(void *arg)
{
    struct resources *resources = arg;
    struct claim *claim;
    resources->looking = false;
    while ((claim = allocator_next(resources->allocator))) {
        struct claimant *claimant = (struct claimant *)claimant_of(claim);
        if (claimant->begin(claimant->arg, claim))
            continue;
        claimant->applicant.room = 0;
        allocator_again(resources->allocator, claim);
    }
}

void resources_look(struct resources *resources)
{
    if (resources->looking)
        return;
    resources->looking = true;
    loop_defer(resources->loop, begin_granted, resources);
}

static int find_amounts(const struct resources *resources, const struct claimant *claimant, struct script *script,
                        int64_t *amounts, struct error *error)
{
    const struct scenario *scenario = resources->scenario;
    const struct object_spec *spec = claimant->spec;
    int result = 0;
    for (size_t i = 0; !result && i < spec->needs->uses_count; i++) {
        const struct use_spec *use = &spec->needs->uses[i];
        struct buf text = {0};
        result = template_render(use->amount, script, &text, error);
        if (!result)
            result = uses_amount(&scenario->resources[use->resource], buf_string(&text), &amounts[use->resource], error);
        buf_release(&text);
    }
    if (scenario->alone && !claimant->daemon)
        amounts[scenario->resource_count] = spec->needs->alone ? ALONE_ALL : 1;
    return result ? error_wrap(error, "uses") : 0;
}

int resources_ask(struct resources *resources, struct claimant *claimant, struct claim *claim, struct script *script,
                  struct error *error)
{
    int64_t amounts[RESOURCES_MOST + 1] = {0};
    int result = find_amounts(resources, claimant, script, amounts, error);
    if (result)
        return result;
    allocator_ask(resources->allocator, claim, &claimant->applicant, amounts);
    resources_look(resources);
    return 0;
}

void resources_leave(struct resources *resources, struct claim *claim)
{
    if (claim->state == CLAIM_IDLE)
        return;
    allocator_leave(resources->allocator, claim);
    resources_look(resources);
}

/* Of RESOURCE: its units' names, or the amount in bytes. */
static void put_text(const struct resources *resources, const struct claim *claim, size_t number, struct buf *text)
{
    const struct resource_spec *resource = &resources->scenario->resources[number];
    size_t count;
    const uint32_t *units = claim_units(resources->allocator, claim, number, &count);
    if (!resource->units)
        buf_number(text, claim_amounts(claim)[number]);
    for (size_t i = 0; i < count; i++) {
        buf_text(text, i ? "," : "");
        if (resource->names)
            buf_text(text, resource->names[units[i]]);
        else
            buf_number(text, units[i]);
    }
}

void resources_put_granted(const struct resources *resources, const struct claim *claim, struct buf *out)
{
    const struct object_spec *spec = claimant_of(claim)->spec;
    value_encode_table(out, spec->needs->uses_count);
    for (size_t i = 0; i < spec->needs->uses_count; i++) {
        const char *name = resources->scenario->resources[spec->needs->uses[i].resource].name;
        struct buf text = {0};
        put_text(resources, claim, spec->needs->uses[i].resource, &text);
        value_encode_string(out, name, strlen(name));
        value_encode_string(out, buf_string(&text), text.length);
        buf_release(&text);
    }
}

void resources_print_granted(const struct resources *resources, const struct claim *claim, struct buf *out)
{
    const struct object_spec *spec = claimant_of(claim)->spec;
    for (size_t i = 0; i < spec->needs->uses_count; i++) {
        const struct resource_spec *resource = &resources->scenario->resources[spec->needs->uses[i].resource];
        buf_printf(out, "%s%s=", i ? " " : "", resource->name);
        if (resource->units)
            put_text(resources, claim, spec->needs->uses[i].resource, out);
        else
            uses_print(resource, claim_amounts(claim)[spec->needs->uses[i].resource], out);
    }
}

/* Who has what of resource NUMBER, each object once. */
static void print_holders(const struct resources *resources, size_t number, const char *with, struct buf *out)
{
    const char *names[HOLDERS_SHOWN];
    size_t count = 0;
    for (const struct claim *at = allocator_granted(resources->allocator); at; at = allocator_granted_next(at)) {
        const char *name = claimant_of(at)->name;
        size_t i = 0;
        while (i < count && strcmp(names[i], name) != 0)
            i++;
        if (!claim_amounts(at)[number] || i < count || count == HOLDERS_SHOWN)
            continue;
        names[count++] = name;
        buf_printf(out, "%s%s", count == 1 ? with : ", ", name);
    }
}

void resources_print_wait(const struct resources *resources, const struct claim *claim, struct buf *out)
{
    const struct scenario *scenario = resources->scenario;
    const int64_t *amounts = claim_amounts(claim);
    size_t short_of = 0;
    while (short_of < scenario->resource_count &&
           amounts[short_of] <= allocator_free_amount(resources->allocator, short_of))
        short_of++;
    if (short_of < scenario->resource_count) {
        const struct resource_spec *resource = &scenario->resources[short_of];
        buf_text(out, "waits for ");
        uses_print(resource, amounts[short_of], out);
        buf_printf(out, " of %s: ", resource->name);
        uses_print(resource, allocator_free_amount(resources->allocator, short_of), out);
        buf_text(out, " free");
        print_holders(resources, short_of, ", the rest is with ", out);
    } else if (scenario->alone && amounts[scenario->resource_count]) {
        buf_text(out, claimant_of(claim)->spec->needs->alone ? "waits to run alone" : "waits while another runs alone or waits to");
        print_holders(resources, scenario->resource_count, ": now runs ", out);
    } else {
        buf_text(out, "waits for what has waited longer for the same resources");
    }
}

const struct claim *resources_granted(const struct resources *resources, const char *name)
{
    const struct claim *at = resources ? allocator_granted(resources->allocator) : NULL;
    while (at && strcmp(claimant_of(at)->name, name) != 0)
        at = allocator_granted_next(at);
    return at;
}
