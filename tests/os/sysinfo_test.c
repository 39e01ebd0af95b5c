/* What the machine has to spare: read from files, which may be anything. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "os/sysinfo.h"

static double pressure_of(const char *text)
{
    char path[] = "/tmp/parrun-spare-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    double share = spare_pressure(path);
    unlink(path);
    return share;
}

static void pressure(void **state)
{
    (void)state;
    assert_true(pressure_of("some avg10=12.50 avg60=1.00 avg300=0.00 total=1\nfull avg10=99.00 ") ==
                12.5);
    assert_true(pressure_of("some avg10=0.00 avg60=1.00") == 0);
}

static void pressure_that_is_not_known(void **state)
{
    (void)state;
    assert_true(pressure_of("") < 0);
    assert_true(pressure_of("full avg10=3.00 avg60=1.00") < 0);
    assert_true(pressure_of("some avg10=") < 0);
    assert_true(pressure_of("some avg10=x ") < 0);
    assert_true(spare_pressure("/no/such/file") < 0);
}

static void memory_and_load(void **state)
{
    (void)state;
    int64_t total = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    assert_in_range(spare_memory_total(), total - total / 100, total + total / 100);
    assert_in_range(spare_memory(), 1, total);
    assert_true(spare_load() >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pressure),
        cmocka_unit_test(pressure_that_is_not_known),
        cmocka_unit_test(memory_and_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
