/* What tells one run from another. */
#include "serve/identity.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "engine/run.h"
#include "scenario/spec.h"

static void put_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "%s\"%s\":", name[0] == 'r' ? "" : ",", name);
    json_quote(out, text, strlen(text));
}

/* The path of the file, absolute; what is no file has the name that messages have for it. */
static void put_file(const struct scenario *scenario, struct buf *out)
{
    struct buf path = {0};
    const char *slash = strrchr(scenario->source.file, '/');
    if (scenario->source.file[0] != '<')
        buf_printf(&path, "%s/", scenario->source.directory);
    buf_text(&path, slash ? slash + 1 : scenario->source.file);
    put_member(out, "file", path.data);
    buf_release(&path);
}

void identity_print(const struct run *run, struct buf *out)
{
    const struct scenario *scenario = run->scenario;
    put_member(out, "run", run->identity.id);
    put_member(out, "scenario", scenario->name ? scenario->name : "");
    put_file(scenario, out);
    buf_printf(out, ",\"pid\":%ld,\"since\":\"", run->identity.pid);
    clock_print(out, run->identity.wall / 1000 * 1000);
    buf_char(out, '"');
    if (run->identity.log_file)
        put_member(out, "log", run->identity.log_file);
}
