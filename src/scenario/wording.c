/* What a value of a key is, its range and its choices told. */
#include "scenario/wording.h"

#include "base/buf.h"
#include "scenario/schema.h"
#include "scenario/types.h"

static void put_range(struct buf *out, const struct key *key)
{
    if (key->least == key->most && key->most)
        buf_printf(out, "%lld", (long long)key->least);
    else if (key->least || key->most)
        buf_printf(out, "a whole number from %lld to %lld", (long long)key->least,
                   (long long)key->most);
    else
        buf_text(out, "a whole number");
}

void wording_choices(struct buf *out, const struct choice *choices)
{
    for (size_t i = 0; choices[i].name; i++) {
        const char *joint = i == 0 ? "" : choices[i + 1].name ? ", " : " or ";
        buf_printf(out, "%s%s", joint, choices[i].name);
    }
}

void wording_append(struct buf *out, const struct key *key)
{
    if (key->type == &type_integer)
        put_range(out, key);
    else if (key->type == &type_choice || key->type == &type_flag)
        wording_choices(out, key->choices);
    else if (key->type == &type_number && key->least)
        buf_printf(out, "a number of at least %lld", (long long)key->least);
    else
        buf_text(out, key->type->wording);
}
