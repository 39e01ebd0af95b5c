/* Texts in XML: whatever bytes there are, what comes out is well-formed. */
#include "../harness/unit.h"
#include "record/xml.h"

static const struct xml_case {
    const char *name;
    const char *bytes;
    const char *text;
} cases[] = {
    {"plain", "a b\n\tc", "a b\n\tc"},
    {"marks", "<a b=\"c\">&'", "&lt;a b=&quot;c&quot;&gt;&amp;'"},
    {"controls", "\1\b\v\r\x1F ", "\\x01\\x08\\x0b\\x0d\\x1f "},
    {"colours", "\x1B[1;31mred\x1B[0m\x1B[m", "red"},
    {"no-colours", "\x1B[1K\x1B[31", "\\x1b[1K\\x1b[31"},
    {"characters", "\xC3\xA9\xEF\xBF\xBD\xF0\x9F\x98\x80", "\xC3\xA9\xEF\xBF\xBD\xF0\x9F\x98\x80"},
    {"no-utf8", "\xC3\xFF", "\\xc3\\xff"},
    {"no-character-of-xml", "\xEF\xBF\xBE\xEF\xBF\xBF\xEE\xBF\xBE", "\\xef\\xbf\\xbe\\xef\\xbf\\xbf\xEE\xBF\xBE"},
};

static void test_text(void **state)
{
    const struct xml_case *row = *state;
    struct buf out = {0};
    xml_text(&out, row->bytes, strlen(row->bytes));
    assert_buf(&out, row->text);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_text, cases);
    return tests_run(&tests, "xml");
}
