/* CSV: what is a row, what is none, and that it makes no difference how the bytes come. */
#include "base/csv.h"

#include "../harness/unit.h"

/* Rows as [field|field], one behind the other; or what is wrong, and in which line. */
static const struct row_case {
    const char *name;
    const char *text;
    const char *rows;
    const char *wrong;
    int line;
} cases[] = {
    {"nothing", "", "", NULL, 0},
    {"one field", "a", "[a]", NULL, 0},
    {"two rows", "a,b\nc,d\n", "[a|b][c|d]", NULL, 0},
    {"no line end", "a,b\nc,d", "[a|b][c|d]", NULL, 0},
    {"CRLF", "a,b\r\nc,d\r\n", "[a|b][c|d]", NULL, 0},
    {"CR at the end", "a,b\r", "[a|b]", NULL, 0},
    {"empty fields", ",\n,,\n", "[|][||]", NULL, 0},
    {"blanks stay", " a , b\n", "[ a | b]", NULL, 0},
    {"empty lines", "\na\n\r\n\nb\n\n", "[a][b]", NULL, 0},
    {"empty in quotes", "\"\"\na\n", "[][a]", NULL, 0},
    {"comma in quotes", "\"a,b\",c\n", "[a,b|c]", NULL, 0},
    {"quote in quotes", "\"a\"\"b\",\"\"\"\"\n", "[a\"b|\"]", NULL, 0},
    {"newline in quotes", "\"a\nb\",\"c\r\nd\"\ne,f\n", "[a\nb|c\r\nd][e|f]", NULL, 0},
    {"quotes at the end", "a,\"b\"", "[a|b]", NULL, 0},
    {"quote never closed", "a\n\"b\nc\n", "[a]", "a quote is never closed", 2},
    {"quote in the middle", "a\nb\nc\"d\"\n", "[a][b]", "inside a field", 3},
    {"a line end in quotes counts", "\"a\nb\",c\nd\"e\"\n", "[a\nb|c]", "inside a field", 3},
    {"text behind quotes", "\"a\nb\"c\n", "", "behind the closing quote", 1},
    {"lone CR", "a\rb\n", "", "carriage return", 1},
    {"CR behind quotes", "\"a\"\rb\n", "", "carriage return", 1},
};

static void put_row(const struct csv *csv, struct buf *out)
{
    for (size_t i = 0; i < csv->count; i++) {
        size_t length;
        const char *field = csv_field(csv, i, &length);
        buf_text(out, i ? "|" : "[");
        buf_append(out, field, length);
    }
    buf_char(out, ']');
}

/* Reads TEXT in pieces of SIZE bytes. */
static enum csv_result read_all(struct csv *csv, const char *text, size_t size, struct buf *out,
                                struct error *error)
{
    size_t left = strlen(text);
    enum csv_result result = CSV_MORE;
    while (left && result != CSV_WRONG) {
        size_t taken, piece = left < size ? left : size;
        result = csv_take(csv, text, piece, &taken, error);
        if (result == CSV_ROW)
            put_row(csv, out);
        text += taken;
        left -= taken;
    }
    if (result != CSV_WRONG && (result = csv_end(csv, error)) == CSV_ROW)
        put_row(csv, out);
    return result;
}

static void test_rows(void **state)
{
    const struct row_case *row = *state;
    for (size_t size = 1; size < 20; size++) {
        struct csv csv = {0};
        struct buf out = {0};
        struct error error = {0};
        enum csv_result result = read_all(&csv, row->text, size, &out, &error);
        assert_int_equal(result == CSV_WRONG, row->wrong != NULL);
        assert_buf(&out, row->rows);
        if (row->wrong) {
            assert_error(&error, ERROR_FAILED, row->wrong);
            assert_int_equal(csv.row, row->line);
        }
        csv_release(&csv);
    }
}

/* What is put is what is read, whatever stands between the fields. */
static void test_put(void **state)
{
    static const char *const fields[] = {"", "a", ",", "\t", "\"", "a\"b", "a\nb", "\r", " a ", "\"\""};
    static const char separators[] = {',', '\t', ';'};
    (void)state;
    for (size_t s = 0; s < countof(separators); s++) {
        struct csv csv = {.separator = separators[s]};
        struct buf row = {0};
        struct error error = {0};
        size_t taken;
        for (size_t i = 0; i < countof(fields); i++) {
            if (i)
                buf_char(&row, separators[s]);
            csv_put(&row, fields[i], strlen(fields[i]), separators[s], i % 2 == 0);
        }
        assert_int_equal(memcmp(row.data, "\"\"", 2), 0);
        buf_char(&row, '\n');
        assert_int_equal(csv_take(&csv, row.data, row.length, &taken, &error), CSV_ROW);
        assert_int_equal(taken, row.length);
        assert_int_equal(csv.count, countof(fields));
        for (size_t i = 0; i < countof(fields); i++) {
            size_t length;
            const char *field = csv_field(&csv, i, &length);
            assert_int_equal(length, strlen(fields[i]));
            assert_memory_equal(field, fields[i], length);
        }
        csv_release(&csv);
        buf_release(&row);
    }
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_put);
    TEST_ROWS(&tests, test_rows, cases);
    return tests_run(&tests, "csv");
}
