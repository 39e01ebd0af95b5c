/* What a run uses, from time to time. */
#include "cli/runner/samples.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/object.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/timer.h"
#include "os/usage.h"
#include "queue/queue.h"
#include "scenario/spec.h"

#define SAMPLE_TIME (500 * NS_PER_MS)

/* So many times as long as it takes to measure passes before it is done again. */
#define SAMPLE_REST 100

struct samples {
    struct run *run;
    struct timer *timer;
    struct usages usages;
};

static void on_time(void *arg)
{
    struct samples *samples = arg;
    struct run *run = samples->run;
    int64_t began = clock_monotonic();
    if (run->scenario->process_count)
        usages_read(&samples->usages);
    for (size_t i = 0; i < run->all.object_count; i++)
        if (run->all.objects[i]->kind->tell.sample)
            run->all.objects[i]->kind->tell.sample(run->all.objects[i], &samples->usages);
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        queue_sample(run->queue_set.list[i]);
    int64_t rest = (clock_monotonic() - began) * SAMPLE_REST;
    timer_start(samples->timer, rest > SAMPLE_TIME ? rest : SAMPLE_TIME);
}

struct samples *samples_new(struct run *run)
{
    bool wanted = bus_wants(run->bus, EVENT_PROCESS_SAMPLE, 0) || bus_wants(run->bus, EVENT_POOL_SAMPLE, 0) ||
                  bus_wants(run->bus, EVENT_QUEUE_SAMPLE, 0);
    if (run->plan.dry || !wanted || !run->scenario->log.samples)
        return NULL;
    struct samples *samples = mem_calloc(1, sizeof(*samples));
    samples->run = run;
    samples->timer = timer_new(run->loop, on_time, samples);
    timer_start(samples->timer, SAMPLE_TIME);
    return samples;
}

void samples_free(struct samples *samples)
{
    if (!samples)
        return;
    timer_free(samples->timer);
    usages_release(&samples->usages);
    free(samples);
}
