/* libFuzzer's end: one program, the target named by PARRUN_FUZZ. `make fuzz` runs each. */
#include "targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct target *target;
    const char *name = getenv("PARRUN_FUZZ");
    for (size_t i = 0; !target && name && i < countof(targets); i++)
        if (!strcmp(targets[i].name, name))
            target = &targets[i];
    if (!target)
        abort();
    target->feed((const char *)bytes, size);
    return 0;
}
