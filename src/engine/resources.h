/* A run's resources: who waits for them, who has them, and the turn of those who begin. */
#ifndef ENGINE_RESOURCES_H
#define ENGINE_RESOURCES_H

#include <stdbool.h>

#include "engine/allocator.h"

struct buf;
struct error;
struct loop;
struct object_spec;
struct resources;
struct run;
struct scenario;
struct script;

/* A process, or a pool for its tasks. BEGIN(ARG, CLAIM) is called when CLAIM is granted; false where it cannot be begun
 * after all: then it waits again, with no room until resources_look() is told of some. */
struct claimant {
    struct applicant applicant;
    const char *name; /* the object's */
    const struct object_spec *spec;
    bool daemon;
    bool (*begin)(void *arg, struct claim *claim);
    void *arg;
};

/* NULL where the scenario has no resources and nothing in it runs alone. */
struct resources *resources_new(struct loop *loop, const struct scenario *scenario);

/* NULL is accepted. */
void resources_free(struct resources *resources);

/* True where nothing of them is granted to anybody, as when all has ended; NULL is accepted. */
bool resources_are_free(const struct resources *resources);

/* The claimant for an object; its room is the caller's to fill in. */
struct claimant resources_claimant(const char *name, const struct object_spec *spec, bool daemon,
                                   bool (*begin)(void *arg, struct claim *claim), void *arg);

/* True where it must ask before anything of it begins. RESOURCES may be NULL. */
bool resources_concern(const struct resources *resources, const struct claimant *claimant);

/*
 * CLAIM, which is idle, waits for what its claimant uses; SCRIPT knows what the templates name, NULL: they name nothing.
 * 0, or a negative code with ERROR filled where that is no amount, or more than there is. BEGIN is never called from here.
 */
int resources_ask(struct resources *resources, struct claimant *claimant, struct claim *claim, struct script *script,
                  struct error *error);

/* The claim does not wait any more, or what it was granted is free again; nothing for an idle one. */
void resources_leave(struct resources *resources, struct claim *claim);

/* A claimant has more room: those that can be begun are, soon. */
void resources_look(struct resources *resources);

/* Appends what CLAIM was granted as an encoded table: names of units with commas between them, or an amount. */
void resources_put_granted(const struct resources *resources, const struct claim *claim, struct buf *out);

/* The same for a person: "gpu=0,2 memory=8G"; nothing where it was granted nothing that has a name. */
void resources_print_granted(const struct resources *resources, const struct claim *claim, struct buf *out);

/* Appends what a claim that waits needs, and who has it: "waits for 2 of gpu: 1 free, the rest is with train". */
void resources_print_wait(const struct resources *resources, const struct claim *claim, struct buf *out);

/* What the process NAME was granted; NULL: nothing. RESOURCES may be NULL. */
const struct claim *resources_granted(const struct resources *resources, const char *name);

#endif
