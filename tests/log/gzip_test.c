/* Compressing a file: it is whole or not there, and what it was made of stays until it is. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../harness/unit.h"
#include "log/gzip.h"

static char directory[32], path[40], packed[48], part[56];

static void make(const char *text)
{
    strcpy(directory, "/tmp/gzip.XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/f", directory);
    snprintf(packed, sizeof(packed), "%s.gz", path);
    snprintf(part, sizeof(part), "%s.part", packed);
    int fd = open(path, O_WRONLY | O_CREAT, 0640);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, 0640), 0);
    close(fd);
}

static void clean(void)
{
    unlink(path);
    unlink(packed);
    assert_int_equal(rmdir(directory), 0);
}

static void check_packed(const char *text)
{
    char bytes[64] = "";
    struct stat status;
    gzFile file = gzopen(packed, "rb");
    assert_non_null(file);
    assert_int_equal(gzread(file, bytes, sizeof(bytes) - 1), strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
    assert_string_equal(bytes, text);
    assert_int_equal(stat(packed, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(part, F_OK), -1);
}

static void test_file(void **state)
{
    (void)state;
    make("text");
    assert_int_equal(gzip_file(path), 0);
    check_packed("text");
    clean();
}

/* A run that was killed while it compressed has left the beginning. */
static void test_left_over(void **state)
{
    (void)state;
    make("text");
    int fd = open(part, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "torn", 4), 4);
    close(fd);
    assert_int_equal(gzip_file(path), 0);
    check_packed("text");
    clean();
}

static void test_what_fails(void **state)
{
    (void)state;
    char inside[64];
    make("text");
    snprintf(inside, sizeof(inside), "%s/d", packed);
    assert_int_equal(mkdir(packed, 0700) || mkdir(inside, 0700), 0);
    assert_int_equal(gzip_file(path), -EISDIR);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(access(part, F_OK), -1);
    rmdir(inside);
    rmdir(packed);
    unlink(path);
    assert_int_equal(gzip_file(path), -ENOENT);
    assert_int_equal(access(packed, F_OK), -1);
    clean();
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_file);
    TEST(&tests, test_left_over);
    TEST(&tests, test_what_fails);
    return tests_run(&tests, "gzip");
}
