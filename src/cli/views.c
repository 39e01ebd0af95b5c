/* What is made of the events of a run besides a log. */
#include "cli/views.h"

#include <stdlib.h>

#include "base/mem.h"
#include "record/junit.h"
#include "record/summary.h"
#include "record/timeline.h"
#include "report/report.h"

/* One of them. */
struct view {
    struct junit *junit;
    struct timeline *timeline;
    struct report *report;
    struct summary *summary;
};

struct view *view_new(enum view_kind kind, struct output *output)
{
    struct view *view = mem_calloc(1, sizeof(*view));
    if (kind == VIEW_JUNIT)
        view->junit = junit_new(output);
    else if (kind == VIEW_TRACE)
        view->timeline = timeline_new(output);
    else if (kind == VIEW_REPORT)
        view->report = report_new(output);
    else
        view->summary = summary_new(output);
    return view;
}

void view_free(struct view *view)
{
    if (!view)
        return;
    junit_free(view->junit);
    timeline_free(view->timeline);
    report_free(view->report);
    summary_free(view->summary);
    free(view);
}

struct bus_reader view_reader(const struct view *view)
{
    return view->junit      ? junit_reader(view->junit)
           : view->timeline ? timeline_reader(view->timeline)
           : view->report   ? report_reader(view->report)
                            : summary_reader(view->summary);
}

void view_finish(struct view *view)
{
    if (view->junit)
        junit_finish(view->junit);
    else if (view->timeline)
        timeline_finish(view->timeline);
    else if (view->report)
        report_finish(view->report);
    else
        summary_finish(view->summary);
}

int view_status(const struct view *view)
{
    return view->summary ? summary_status(view->summary) : -1;
}
