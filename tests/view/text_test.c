/* What may stand on a screen: of whatever a child writes, and how wide it is. */
#include "../harness/unit.h"

#include <locale.h>

#include "view/grid.h"
#include "view/text.h"

struct text_case {
    const char *name;
    const char *bytes;
    const char *shown;
    int width;
};

static const struct text_case cases[] = {
    {"plain", "plain", "plain", 5},
    {"tab", "a\tb", "a       b", 9},
    {"a tab behind wide ones", "日本\tb", "日本    b", 9},
    {"cursor", "a\033[2Jb", "a^[[2Jb", 7},
    {"title", "\033]0;x\007y", "^[]0;x^Gy", 9},
    {"colour", "\033[31mred\033[0m", "red", 3},
    {"invalid", "a\xff" "b", "a\\xffb", 6},
    {"C1", "a\xc2\x9b" "2J", "a\\u009b2J", 9},
    {"combining", "e\xcc\x81x", "e\xcc\x81x", 2},
    {"combining alone", "\xcc\x81x", " \xcc\x81x", 2},
    {"more marks than a cell has room for", "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85x", "e\xcc\x81\xcc\x82\xcc\x83x", 2},
    {"cut", "a\xe6\x97", "a\\xe6\\x97", 9},
    {"empty", "", "", 0},
};

static struct cell *first_cell(struct grid *grid, const char *bytes, int width)
{
    struct buf text = {0};
    int column = 0;
    text_make_safe(&text, bytes, strlen(bytes), true, &column);
    grid_clear(grid, 1, width);
    grid_text(grid, 0, 0, width, STYLE_PLAIN, buf_string(&text));
    buf_release(&text);
    return grid_cell(grid, 0, 0);
}

static void test_text(void **state)
{
    const struct text_case *row = *state;
    struct grid grid = {0};
    struct buf text = {0}, out = {0}, want = {0};
    int column = 0;
    text_make_safe(&text, row->bytes, strlen(row->bytes), true, &column);
    assert_int_equal(text_width(buf_string(&text)), row->width);
    first_cell(&grid, row->bytes, 40);
    grid_print(&grid, &out);
    buf_printf(&want, "%s\n", row->shown);
    assert_string_equal(out.data, want.data);
    buf_release(&text);
    buf_release(&out);
    buf_release(&want);
    grid_release(&grid);
}

static void test_colors(void **state)
{
    static const struct {
        const char *bytes;
        struct style style;
    } rows[] = {
        {"\033[1;31mx", {1, COLOR_OWN, STYLE_BOLD}},        {"\033[97;44mx", {15, 4, 0}},
        {"\033[38;5;208mx", {208, COLOR_OWN, 0}},           {"\033[38;2;255;0;0mx", {196, COLOR_OWN, 0}},
        {"\033[1;31m\033[mx", {COLOR_OWN, COLOR_OWN, 0}},   {"\033[4;7;24mx", {COLOR_OWN, COLOR_OWN, STYLE_REVERSE}},
        {"\033[31;39;49mx", {COLOR_OWN, COLOR_OWN, 0}},     {"\033[;1mx", {COLOR_OWN, COLOR_OWN, STYLE_BOLD}},
        {"\033[99999999999999999999mx", {COLOR_OWN, COLOR_OWN, 0}},
    };
    struct grid grid = {0};
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        struct style style = first_cell(&grid, rows[i].bytes, 4)->style;
        assert_int_equal(style.foreground, rows[i].style.foreground);
        assert_int_equal(style.background, rows[i].style.background);
        assert_int_equal(style.flags, rows[i].style.flags);
    }
    grid_release(&grid);
}

/* What has no room ends in an ellipsis; half of a wide character is none. */
static void test_room(void **state)
{
    static const struct {
        int width;
        const char *text;
        const char *shown;
    } rows[] = {
        {4, "four", "four"}, {4, "fives", "fiv…"}, {3, "日本", "日…"}, {1, "日", "…"}, {4, "日本", "日本"}, {0, "x", ""},
    };
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        struct grid grid = {0};
        struct buf out = {0};
        grid_clear(&grid, 1, 10);
        grid_text(&grid, 0, 0, rows[i].width, STYLE_PLAIN, rows[i].text);
        grid_print(&grid, &out);
        assert_memory_equal(out.data, rows[i].shown, strlen(rows[i].shown));
        assert_int_equal(out.length, strlen(rows[i].shown) + 1);
        buf_release(&out);
        grid_release(&grid);
    }
}

/* Nothing is written outside of the grid. */
static void test_edges(void **state)
{
    struct grid grid = {0};
    (void)state;
    for (int rows = 1; rows < 4; rows++)
        for (int columns = 1; columns < 6; columns++) {
            grid_clear(&grid, rows, columns);
            for (int row = -2; row < rows + 2; row++)
                for (int column = -3; column < columns + 3; column++)
                    grid_text(&grid, row, column, 4, STYLE_PLAIN, "a日b本");
        }
    grid_release(&grid);
}

int main(void)
{
    struct tests tests = {0};
    setlocale(LC_CTYPE, "C.UTF-8");
    TEST_ROWS(&tests, test_text, cases);
    TEST(&tests, test_colors);
    TEST(&tests, test_room);
    TEST(&tests, test_edges);
    return tests_run(&tests, "text");
}
