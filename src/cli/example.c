/* Printing scenarios to start from. */
#include "cli/example.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/nearest.h"
#include "cli/runner/complain.h"

/* How the first line of each scenario begins. */
#define COMMENT "# Shows "

static void print_names(struct buf *out)
{
    for (const struct example *example = examples; example->name; example++) {
        const char *shows = example->text + strlen(COMMENT);
        buf_printf(out, "%-12s", example->name);
        buf_append(out, shows, strcspn(shows, "\n"));
        buf_char(out, '\n');
    }
}

int example_print(const char *name, struct buf *out, struct error *error)
{
    struct nearest nearest = {.wrong = name};
    if (!name) {
        print_names(out);
        return 0;
    }
    for (const struct example *example = examples; example->name; example++) {
        if (!strcmp(example->name, name)) {
            buf_text(out, example->text);
            return 0;
        }
        nearest_offer(&nearest, example->name);
    }
    return unknown_name("no example is called", &nearest, "parrun example", error);
}
