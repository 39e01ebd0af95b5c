/* The quota of a cgroup, of either version, its own or that of one above. */
#include "os/cores.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "base/buf.h"

struct quota_case {
    const char *name;
    const char *cgroup; /* as /proc/self/cgroup has it */
    const char *root;   /* the cgroup that is mounted */
    const char *type;   /* of the mount, and its options */
    const char *file;   /* below the mount */
    const char *text;
    const char *file2; /* NULL: none */
    const char *text2;
    int64_t cores;
};

static const struct quota_case cases[] = {
    {"v2", "0::/a/b\n", "/", "cgroup2 cgroup rw", "a/b/cpu.max", "100000 100000\n", NULL, NULL, 1},
    {"v2-part", "0::/a/b\n", "/", "cgroup2 cgroup rw", "a/b/cpu.max", "150000 100000\n", NULL, NULL, 2},
    {"v2-less-than-one", "0::/a/b\n", "/", "cgroup2 cgroup rw", "a/b/cpu.max", "5000 100000\n", NULL, NULL, 1},
    {"v2-none", "0::/a/b\n", "/", "cgroup2 cgroup rw", "a/b/cpu.max", "max 100000\n", NULL, NULL, 0},
    {"v2-above", "0::/a/b\n", "/", "cgroup2 cgroup rw", "a/cpu.max", "300000 100000\n", "a/b/cpu.max", "max 100000\n", 3},
    {"v2-the-lowest", "0::/a/b\n", "/", "cgroup2 cgroup rw", "a/cpu.max", "200000 100000\n", "a/b/cpu.max", "400000 100000\n", 2},
    {"v2-of-a-namespace", "0::/\n", "/", "cgroup2 cgroup rw", "cpu.max", "200000 100000\n", NULL, NULL, 2},
    {"v2-of-a-container", "0::/docker/x\n", "/docker/x", "cgroup2 cgroup rw", "cpu.max", "200000 100000\n", NULL, NULL, 2},
    {"v1", "7:memory:/m\n4:cpu,cpuacct:/a/b\n0::/c\n", "/", "cgroup cgroup rw,cpu,cpuacct", "a/b/cpu.cfs_quota_us", "100000\n",
     "a/b/cpu.cfs_period_us", "50000\n", 2},
    {"v1-none", "4:cpu:/a/b\n", "/", "cgroup cgroup rw,cpu", "a/b/cpu.cfs_quota_us", "-1\n", "a/b/cpu.cfs_period_us", "50000\n", 0},
    {"v1-of-a-container", "4:cpu:/docker/x\n", "/docker/x", "cgroup cgroup rw,cpu", "cpu.cfs_quota_us", "300000\n",
     "cpu.cfs_period_us", "100000\n", 3},
    {"v1-cpuset-is-another", "4:cpuset:/a/b\n", "/", "cgroup cgroup rw,cpuset", "a/b/cpu.cfs_quota_us", "100000\n",
     "a/b/cpu.cfs_period_us", "50000\n", 0},
};

static void put(const char *directory, const char *name, const char *text)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", directory, name);
    FILE *file = fopen(buf_string(&path), "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    buf_release(&path);
}

static void test_quota(void **state)
{
    const struct quota_case *row = *state;
    char directory[] = "/tmp/parrun-cores-XXXXXX";
    struct buf text = {0}, cgroup = {0}, mounts = {0};
    assert_non_null(mkdtemp(directory));
    for (const char *const *part = (const char *const[]){"a", "a/b", NULL}; *part; part++) {
        buf_clear(&text);
        buf_printf(&text, "%s/%s", directory, *part);
        assert_int_equal(mkdir(buf_string(&text), 0700), 0);
    }
    put(directory, row->file, row->text);
    if (row->file2)
        put(directory, row->file2, row->text2);
    put(directory, "cgroup", row->cgroup);
    buf_clear(&text);
    buf_printf(&text, "1 0 0:1 / / rw - ext4 disk rw\n2 1 0:2 %s %s rw shared:1 - %s\n", row->root, directory, row->type);
    put(directory, "mounts", buf_string(&text));
    buf_printf(&cgroup, "%s/cgroup", directory);
    buf_printf(&mounts, "%s/mounts", directory);
    assert_int_equal(cores_of_quota(buf_string(&cgroup), buf_string(&mounts)), row->cores);
    buf_clear(&text);
    buf_printf(&text, "rm -r %s", directory);
    assert_int_equal(system(buf_string(&text)), 0);
    buf_release(&text);
    buf_release(&cgroup);
    buf_release(&mounts);
}

static void test_nothing_to_read(void **state)
{
    (void)state;
    assert_int_equal(cores_of_quota("/nonexistent", "/nonexistent"), 0);
    assert_true(cores_usable() >= 1);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_quota, cases);
    TEST(&tests, test_nothing_to_read);
    return tests_run(&tests, "cores");
}
