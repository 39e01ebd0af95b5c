/* A view without a terminal: lines of the protocol and keys go in, requests and a screen come out. */
#include "../harness/unit.h"

#include <locale.h>

#include "base/clock.h"
#include "base/unit.h"
#include "view/grid.h"
#include "view/model.h"
#include "view/paint.h"

#define HELLO "{\"hello\":1,\"run\":\"20260102T030405Z-9\",\"scenario\":\"shop\",\"file\":\"/shop.yaml\",\"pid\":9,\"since\":\"2026-01-02T03:04:05.6Z\"}"
#define PS "{\"id\":\"p\",\"ps\":{\"state\":\"running\"}}"
#define ROW(members) "{\"id\":\"s\",\"object\":{" members "}}"
#define DB ROW("\"name\":\"db\",\"declared\":\"db\",\"kind\":\"process\",\"state\":\"running\",\"status\":0,\"pid\":10,\"pids\":[10],\"restarts\":0,\"restarted\":0,\"doing\":\"runs for 3s\"")
#define WEB ROW("\"name\":\"web\",\"declared\":\"web\",\"kind\":\"process\",\"state\":\"waiting\",\"status\":6,\"restarts\":1,\"restarted\":2,\"doing\":\"waits for db\"")
#define WORK                                                                                                                   \
    ROW("\"name\":\"work\",\"declared\":\"work\",\"kind\":\"pool\",\"state\":\"running\",\"status\":0,\"restarts\":0,\"restarted\":0,\"workers\":4,\"busy\":3," \
        "\"succeeded\":24,\"failed\":1,\"skipped\":0,\"left\":75,\"progress\":\"25 of 100 (25%)\"")
#define END "{\"id\":\"s\",\"status\":6}"
#define EVENT(id, members) "{\"id\":\"" id "\",\"event\":{\"time\":\"2026-01-02T03:04:06.789012Z\",\"at\":1.0,\"seq\":7,\"run\":\"r\"," members "}}"
#define LINE(id, number, text)                                                                                                \
    "{\"id\":\"" id "\",\"line\":" number ",\"event\":{\"time\":\"2026-01-02T03:04:06.789012Z\",\"at\":1.0,\"seq\":8,\"event\":\"process.output\"," \
    "\"run\":\"r\",\"process\":\"db\",\"pid\":10,\"stream\":\"stdout\",\"line\":\"" text "\"}}"

static void take(struct view_model *model, const char *line)
{
    char *text = mem_strdup(line);
    model_take(model, text, strlen(text));
    free(text);
}

static void take_all(struct view_model *model, const char *const *lines)
{
    for (; *lines; lines++)
        take(model, *lines);
}

/* A view that has heard what the run is and has. */
static struct view_model *model_of_shop(bool owner)
{
    static const char *const lines[] = {HELLO, PS, DB, WEB, WORK, END, NULL};
    struct view_model *model = model_new(owner);
    model_connect(model);
    model_step(model, NS_PER_S);
    take_all(model, lines);
    model_step(model, NS_PER_S);
    buf_clear(&model->requests);
    return model;
}

static void press(struct view_model *model, const char *keys)
{
    for (; *keys; keys++)
        model_key(model, (unsigned char)*keys);
}

static void assert_requests(struct view_model *model, const char *text)
{
    assert_string_equal(buf_string(&model->requests), text);
    buf_clear(&model->requests);
}

/* The screen as text; to be freed. */
static char *screen_of(struct view_model *model, int rows, int columns)
{
    struct grid grid = {0};
    struct buf out = {0};
    paint(model, &grid, rows, columns);
    grid_print(&grid, &out);
    grid_release(&grid);
    return buf_take(&out);
}

static void assert_screen(struct view_model *model, int rows, int columns, const char *want)
{
    char *got = screen_of(model, rows, columns);
    if (strcmp(got, want) != 0)
        fail_msg("the screen is\n%sand not\n%s", got, want);
    free(got);
}

static bool shows(struct view_model *model, const char *text)
{
    char *screen = screen_of(model, 24, 80);
    bool there = strstr(screen, text) != NULL;
    free(screen);
    return there;
}

static void test_screen(void **state)
{
    struct view_model *model = model_of_shop(false);
    (void)state;
    take(model, LINE("o1", "1", "up"));
    take(model, LINE("o1", "2", "a line that is longer than the pane is wide goes on"));
    take(model, EVENT("w", "\"event\":\"process.exited\",\"wrong\":true,\"process\":\"web\",\"pid\":3,\"code\":3"));
    assert_screen(model, 14, 80,
                  "shop  running  up 2/3  tasks 25/100  failed 1                 20260102T030405Z-9\n"
                  "NAME      STATE      RE   CPU    MEM│─ db ──────────────────────────────────────\n"
                  "db        running                   │up\n"
                  "web       waiting     3             │a line that is longer than the pane is wide\n"
                  "work 3/4  running                   │ goes on\n"
                  " 25 of 100 (25%)                    │\n"
                  "                                    │\n"
                  "                                    │\n"
                  "                                    │\n"
                  "                                    │\n"
                  "                                    │\n"
                  "─ what went wrong last ─────────────────────────────────────────────────────────\n"
                  "03:04:06 Process web exited with code 3.\n"
                  "r restart  s stop  S start  p pause  x explain  Enter output  ? help  q leave\n");
    model_free(model);
}

/* Whatever the size is, nothing is written elsewhere. */
static void test_sizes(void **state)
{
    struct view_model *model = model_of_shop(true);
    (void)state;
    take(model, LINE("o1", "1", "日本語 \\u001b[31mred\\u0007 e\\u0301"));
    take(model, EVENT("w", "\"event\":\"process.exited\",\"wrong\":true,\"process\":\"web\",\"pid\":3,\"code\":3"));
    for (const char *keys = " \r\rx?/a\r\033fw\r"; *keys; keys++) {
        model_key(model, (unsigned char)*keys);
        for (int rows = 1; rows < 30; rows += rows < 12 ? 1 : 5)
            for (int columns = 1; columns < 130; columns += columns < 50 ? 1 : 13)
                free(screen_of(model, rows, columns));
    }
    assert_screen(model, 2, 20, "too small; q leaves\n\n");
    model_free(model);
}

static void test_words(void **state)
{
    struct view_model *model = model_of_shop(false);
    (void)state;
    press(model, "r");
    assert_requests(model, "{\"id\":\"a\",\"restart\":[\"db\"],\"no_wait\":true}\n");
    press(model, "j");
    press(model, "s");
    assert_requests(model, "{\"id\":\"a\",\"stop\":[\"web\"],\"no_wait\":true}\n");
    press(model, "jj+");
    assert_requests(model, "{\"id\":\"a\",\"scale\":{\"work\":\"+1\"}}\n");
    press(model, "-p");
    assert_requests(model, "{\"id\":\"a\",\"scale\":{\"work\":\"-1\"}}\n{\"id\":\"a\",\"pause\":[\"work\"]}\n");
    take(model, "{\"id\":\"a\",\"object\":{\"name\":\"work\",\"declared\":\"work\",\"kind\":\"pool\",\"state\":\"running\",\"text\":\"is paused; 3 tasks run\"}}");
    take(model, "{\"id\":\"a\",\"status\":0}");
    assert_true(shows(model, "work is paused; 3 tasks run"));
    take_all(model, (const char *const[]){ROW("\"name\":\"web.1\",\"declared\":\"web\",\"kind\":\"process\",\"state\":\"running\""), WORK, END, NULL});
    press(model, "k+");
    assert_requests(model, "{\"id\":\"a\",\"scale\":{\"web\":\"+1\"}}\n");
    press(model, "S");
    take(model, "{\"id\":\"a\",\"status\":7,\"error\":\"web would wait in vain\"}");
    assert_true(shows(model, "web would wait in vain"));
    model_free(model);
}

/* One output at a time is asked for; what still comes of the last one is passed over. */
static void test_output_of_another(void **state)
{
    struct view_model *model = model_of_shop(false);
    (void)state;
    take(model, LINE("o1", "1", "of db"));
    press(model, "j");
    model_step(model, NS_PER_S);
    assert_requests(model, "{\"id\":\"c\",\"cancel\":\"o1\"}\n"
                           "{\"id\":\"o2\",\"logs\":[\"web\"],\"last\":1000,\"follow\":true,\"gaps\":true}\n");
    take(model, LINE("o1", "2", "late of db"));
    assert_true(shows(model, "(no output)"));
    take(model, "{\"id\":\"o2\",\"gap\":12,\"object\":\"web\"}");
    take(model, LINE("o2", "13", "of web"));
    assert_true(shows(model, "│(12 lines went by)") && shows(model, "│of web") && !shows(model, "of db"));
    model_free(model);
}

static void add_lines(struct view_model *model, int first, int last)
{
    for (int i = first; i <= last; i++) {
        struct buf line = {0};
        buf_printf(&line, LINE("o1", "%d", "line number %d"), i, i);
        take(model, line.data);
        buf_release(&line);
    }
}

static void test_scrolling(void **state)
{
    struct view_model *model = model_of_shop(false);
    (void)state;
    add_lines(model, 1, 100);
    assert_true(shows(model, "line number 100") && !shows(model, "line number 60"));
    model_key(model, VIEW_KEY_PAGE_UP);
    assert_true(shows(model, "line number 80") && !shows(model, "line number 100"));
    add_lines(model, 101, 200);
    assert_true(shows(model, "line number 80") && shows(model, "lines below"));
    model_key(model, VIEW_KEY_END);
    assert_true(shows(model, "line number 200") && !shows(model, "lines below"));
    model_key(model, VIEW_KEY_HOME);
    assert_true(shows(model, "│line number 1 ") || shows(model, "│line number 1\n"));
    model_key(model, VIEW_KEY_END);
    press(model, "/number 150?$\r"); /* from the end it goes up, */
    assert_true(shows(model, "line number 150") && !shows(model, "line number 151\n"));
    press(model, "n");
    assert_true(shows(model, "line number 15\n"));
    press(model, "n");
    assert_true(shows(model, "No further match above."));
    press(model, "N");
    assert_true(shows(model, "line number 150") && !shows(model, "line number 151\n"));
    model_key(model, VIEW_KEY_HOME);
    press(model, "/number (1|90)$\r"); /* and down from elsewhere, from the first line that is shown on */
    assert_true(shows(model, "line number 1\n"));
    press(model, "n");
    assert_true(shows(model, "line number 90\n") && !shows(model, "line number 91\n"));
    press(model, "n");
    assert_true(shows(model, "No further match below."));
    press(model, "N");
    assert_true(shows(model, "line number 1\n"));
    press(model, "/(\r");
    assert_true(shows(model, "(: "));
    model_free(model);
}

/* 200,000 lines are read and the last of them kept. */
static void test_much_output(void **state)
{
    struct view_model *model = model_of_shop(false);
    (void)state;
    add_lines(model, 1, 20000);
    model_key(model, VIEW_KEY_PAGE_UP);
    add_lines(model, 20001, 40000);
    assert_true(shows(model, "lines below"));
    model_key(model, VIEW_KEY_HOME);
    assert_true(shows(model, "line number 35001"));
    model_free(model);
}

static void test_many_objects(void **state)
{
    struct view_model *model = model_new(false);
    (void)state;
    model_connect(model);
    take(model, HELLO);
    for (int answer = 0; answer < 2; answer++) {
        for (int i = 0; i < 1000; i++) {
            struct buf row = {0};
            buf_printf(&row, ROW("\"name\":\"p%d\",\"kind\":\"process\",\"state\":\"running\",\"status\":0,\"restarts\":0"), i + answer);
            take(model, row.data);
            buf_release(&row);
        }
        take(model, END);
        if (!answer)
            press(model, "fp500\r");
    }
    assert_int_equal(model->objects.count, 1000);
    assert_string_equal(model_chosen(model)->name, "p500"); /* though p0 is no more */
    assert_true(shows(model, "p500 "));
    press(model, "]]]");
    assert_true(shows(model, "p550 "));
    for (int i = 0; i < 100; i++)
        press(model, "]");
    assert_true(shows(model, "p1000 "));
    for (int i = 0; i < 100; i++)
        press(model, "[");
    assert_true(shows(model, "p1 ") && !shows(model, "p30 "));
    model_free(model);
}

/* What its terminal shows is shown, and keys are its own but for one. */
static void test_a_terminal(void **state)
{
    static const char *const rows[] = {
        ROW("\"name\":\"db\",\"declared\":\"db\",\"kind\":\"process\",\"state\":\"running\",\"status\":0,\"rows\":24,\"columns\":80"), WEB, END, NULL};
    static const char *const ended[] = {ROW("\"name\":\"db\",\"declared\":\"db\",\"kind\":\"process\",\"state\":\"done\",\"status\":0"), WEB, END, NULL};
    struct view_model *model = model_of_shop(false);
    (void)state;
    press(model, "t");
    assert_true(shows(model, "It has no terminal of its own"));
    take_all(model, rows);
    model_step(model, NS_PER_S);
    buf_clear(&model->requests);
    take(model, LINE("o2", "1", "over\\rO\\u001b[5Cthere"));
    assert_true(shows(model, "│Over  there"));
    press(model, "t");
    assert_requests(model, "{\"id\":\"t\",\"type\":[\"db\"],\"rows\":20,\"columns\":43,\"text\":\"\"}\n");
    press(model, "q\003");
    model_key(model, VIEW_KEY_UP);
    assert_requests(model, "{\"id\":\"t\",\"type\":[\"db\"],\"rows\":20,\"columns\":43,\"text\":\"q\"}\n"
                           "{\"id\":\"t\",\"type\":[\"db\"],\"rows\":20,\"columns\":43,\"text\":\"\\u0003\"}\n"
                           "{\"id\":\"t\",\"type\":[\"db\"],\"rows\":20,\"columns\":43,\"text\":\"\\u001b[A\"}\n");
    press(model, "\035j");
    assert_requests(model, "");
    assert_string_equal(model_chosen(model)->name, "web");
    press(model, "kt");
    take_all(model, ended); /* while somebody types */
    assert_true(shows(model, "keys are the view's again"));
    press(model, "j");
    assert_string_equal(model_chosen(model)->name, "web");
    press(model, "k");
    press(model, "t");
    press(model, "j");
    assert_string_equal(model_chosen(model)->name, "web");
    model_free(model);
}

/* What events tell is asked for once in a while; where nothing happens, never. */
static void test_when_it_asks(void **state)
{
    struct view_model *model = model_of_shop(false);
    static const char *const done[] = {ROW("\"name\":\"db\",\"declared\":\"db\",\"kind\":\"process\",\"state\":\"running\",\"status\":0"), END, NULL};
    (void)state;
    assert_true(model_step(model, NS_PER_S) > 0); /* tasks run */
    assert_true(model_step(model, 3 * NS_PER_S) < 0);
    assert_requests(model, "{\"id\":\"p\",\"ps\":[]}\n{\"id\":\"s\",\"status\":[]}\n");
    assert_true(model_step(model, 9 * NS_PER_S) < 0); /* it is not answered yet */
    take_all(model, done);
    assert_true(model_step(model, 9 * NS_PER_S) < 0);
    assert_requests(model, "");
    take(model, EVENT("e", "\"event\":\"process.ready\",\"process\":\"db\",\"pid\":3"));
    model_step(model, 10 * NS_PER_S);
    assert_requests(model, "{\"id\":\"p\",\"ps\":[]}\n{\"id\":\"s\",\"status\":[]}\n");
    take_all(model, done);
    take(model, EVENT("e", "\"event\":\"process.exited\",\"process\":\"db\",\"pid\":3,\"code\":0"));
    int64_t left = model_step(model, 10 * NS_PER_S + NS_PER_MS);
    assert_true(left > 0 && left < NS_PER_S);
    assert_requests(model, "");
    model_free(model);
}

static void test_the_end(void **state)
{
    struct view_model *model = model_of_shop(true);
    (void)state;
    take(model, EVENT("e", "\"event\":\"process.exited\",\"wrong\":true,\"process\":\"db\",\"pid\":3,\"code\":3"));
    take(model, EVENT("e", "\"event\":\"process.ended\",\"process\":\"db\",\"pid\":3"));
    take(model, EVENT("e", "\"event\":\"process.skipped\",\"process\":\"web\",\"reason\":\"db failed\""));
    take(model, EVENT("e", "\"event\":\"pool.ended\",\"pool\":\"work\",\"count\":3,\"total\":100,\"succeeded\":97,\"skipped\":0,\"left\":0"));
    assert_true(shows(model, "up 0/3  tasks 100/100  failed 4") && shows(model, " 100 done, 3 failed"));
    press(model, "q");
    assert_true(shows(model, "Stop the run?") && model->wish == WISH_NONE);
    press(model, "\033q");
    assert_true(shows(model, "Stop the run?"));
    press(model, "y");
    assert_int_equal(model->wish, WISH_STOP);
    press(model, "\033");
    take(model, EVENT("e", "\"event\":\"run.ended\",\"pid\":9,\"code\":1,\"leaked\":0"));
    model_disconnect(model);
    assert_true(shows(model, "shop  ended") && shows(model, "db        failed") && shows(model, "web       skipped"));
    press(model, "r");
    assert_true(shows(model, "The run has ended."));
    assert_true(model_step(model, NS_PER_S) < 0);
    press(model, "q");
    assert_int_equal(model->wish, WISH_LEAVE);
    model_free(model);
}

/* Of more than the view keeps, the newest. */
static void test_many_messages(void **state)
{
    struct view_model *model = model_of_shop(true);
    (void)state;
    for (int i = 0; i < MESSAGES_MOST + 2; i++)
        take(model, EVENT("w", "\"event\":\"process.exited\",\"wrong\":true,\"process\":\"old\",\"pid\":3,\"code\":3"));
    take(model, EVENT("w", "\"event\":\"process.exited\",\"wrong\":true,\"process\":\"new\",\"pid\":3,\"code\":3"));
    assert_int_equal(model->notes.message_count, MESSAGES_MOST);
    assert_non_null(strstr(model->notes.messages[0].text, "old"));
    assert_non_null(strstr(model->notes.messages[MESSAGES_MOST - 1].text, "new"));
    model_free(model);
}

/* Whatever a run sends, as one of a later version may. */
static void test_strange_lines(void **state)
{
    static const char *const lines[] = {
        "", "no JSON", "[]", "7", "{}", "{\"id\":7}", "{\"id\":\"s\"}", "{\"id\":\"s\",\"object\":7}", "{\"id\":\"s\",\"object\":{}}",
        "{\"id\":\"p\",\"ps\":[]}", "{\"id\":\"o1\",\"line\":1,\"event\":{}}", "{\"id\":\"o1\",\"line\":1,\"event\":", ",\"event\":",
        "{\"id\":\"w\",\"event\":{\"event\":\"not.known\"}}", "{\"id\":\"e\",\"event\":{\"event\":\"run.ended\"}}", "{\"id\":\"a\",\"object\":[]}",
        "{\"id\":null,\"status\":1,\"error\":\"let go\"}", "{\"id\":\"o", "{\"id\":\"o1\",\"gap\":\"many\"}", NULL};
    struct view_model *model = model_of_shop(false);
    (void)state;
    take_all(model, lines);
    free(screen_of(model, 24, 80));
    model_free(model);
}

int main(void)
{
    struct tests tests = {0};
    setlocale(LC_CTYPE, "C.UTF-8");
    TEST(&tests, test_screen);
    TEST(&tests, test_sizes);
    TEST(&tests, test_words);
    TEST(&tests, test_output_of_another);
    TEST(&tests, test_scrolling);
    TEST(&tests, test_much_output);
    TEST(&tests, test_many_objects);
    TEST(&tests, test_a_terminal);
    TEST(&tests, test_when_it_asks);
    TEST(&tests, test_the_end);
    TEST(&tests, test_many_messages);
    TEST(&tests, test_strange_lines);
    return tests_run(&tests, "model");
}
