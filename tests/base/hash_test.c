/* SipHash-2-4-128 against its authors' vectors. */
#include "../harness/unit.h"
#include "base/hash.h"

struct vector {
    const char *name;
    size_t size; /* of the bytes 0, 1, 2 ... */
    unsigned char expected[HASH_SIZE];
};

static const struct vector vectors[] = {
    {"empty",
     0,
     {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02,
      0x93}},
    {"one",
     1,
     {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc,
      0x45}},
    {"seven",
     7,
     {0xa1, 0xf1, 0xeb, 0xbe, 0xd8, 0xdb, 0xc1, 0x53, 0xc0, 0xb8, 0x4a, 0xa6, 0x1f, 0xf0, 0x82,
      0x39}},
    {"eight",
     8,
     {0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97,
      0xb4}},
    {"fifteen",
     15,
     {0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11, 0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3,
      0xd9}},
};

static const unsigned char key_bytes[HASH_SIZE] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                   8, 9, 10, 11, 12, 13, 14, 15};

static void test_vector(void **state)
{
    const struct vector *row = *state;
    struct hash key = hash_read(key_bytes);
    unsigned char bytes[HASH_SIZE];
    struct hash hash = hash_bytes(&key, key_bytes, row->size);
    hash_write(&hash, bytes);
    assert_memory_equal(bytes, row->expected, HASH_SIZE);
    assert_int_equal(hash_low(&key, key_bytes, row->size), hash.low);
}

/* Each bit of each length counts. */
static void test_every_byte_counts(void **state)
{
    (void)state;
    char bytes[64] = {0};
    struct hash key = {1, 2};
    for (size_t size = 1; size <= sizeof(bytes); size++) {
        struct hash before = hash_bytes(&key, bytes, size);
        struct hash shorter = hash_bytes(&key, bytes, size - 1);
        assert_false(hash_equal(&before, &shorter));
        bytes[size - 1] ^= 1;
        struct hash after = hash_bytes(&key, bytes, size);
        assert_false(hash_equal(&before, &after));
    }
}

static void test_bytes_and_back(void **state)
{
    (void)state;
    unsigned char bytes[HASH_SIZE];
    struct hash hash = hash_read(key_bytes);
    hash_write(&hash, bytes);
    assert_memory_equal(bytes, key_bytes, HASH_SIZE);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_vector, vectors);
    TEST(&tests, test_every_byte_counts);
    TEST(&tests, test_bytes_and_back);
    return tests_run(&tests, "hash");
}
