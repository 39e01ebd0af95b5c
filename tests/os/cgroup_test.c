/* What a cgroup is told of its limits, in a directory that looks like one. */
#include "../harness/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/cgroup.h"

static char *path_of(const char *directory, const char *file)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", directory, file);
    return path;
}

static void make(const char *directory, const char *file)
{
    int fd = open(path_of(directory, file), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void check_says(const char *directory, const char *file, const char *want)
{
    char text[64] = "";
    FILE *opened = fopen(path_of(directory, file), "re");
    assert_non_null(opened);
    text[fread(text, 1, sizeof(text) - 1, opened)] = 0;
    fclose(opened);
    assert_string_equal(text, want);
    unlink(path_of(directory, file));
}

static const struct {
    struct cgroup_limits limits;
    const char *memory;
    const char *swap;
    const char *cpu;
} rows[] = {
    {{.memory = 1 << 20}, "1048576", "0", ""},
    {{.cpu_share = 1500}, "", "", "150000 100000"},
    {{.cpu_share = 1}, "", "", "1000 100000"}, /* the kernel takes no less */
    {{.memory = 4096, .cpu_share = 64000}, "4096", "0", "6400000 100000"},
    {{0}, "", "", ""},
};

static void test_limits(void **state)
{
    static const char *const files[] = {"memory.max", "memory.swap.max", "memory.oom.group",
                                        "cpu.max"};
    char directory[] = "/tmp/parrun-cgroup-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(directory));
    for (size_t i = 0; i < countof(rows); i++) {
        for (size_t f = 0; f < countof(files); f++)
            make(directory, files[f]);
        assert_int_equal(cgroup_limit(directory, &rows[i].limits), 0);
        check_says(directory, "memory.max", rows[i].memory);
        check_says(directory, "memory.swap.max", rows[i].swap);
        check_says(directory, "memory.oom.group", rows[i].limits.memory ? "1" : "");
        check_says(directory, "cpu.max", rows[i].cpu);
    }
    assert_int_equal(cgroup_limit(directory, &rows[0].limits), -1); /* the files are gone */
    rmdir(directory);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_limits);
    return tests_run(&tests, "cgroup");
}
