/* A worker over real pipes: the bodies, and how tasks end. */
#include "fixture.h"

struct body_case {
    const char *name;
    enum worker_body body;
    const char *words[4]; /* the command, or the Lua text */
    enum outcome outcome;
    int64_t number;
    const char *output;
    const char *text; /* a part of the result's */
};

static const struct body_case bodies[] = {
    {"run", WORKER_RUN, {"echo hello"}, OUTCOME_DONE, 0, "hello\n", ""},
    {"run-item", WORKER_RUN, {"echo item ${{ item }}"}, OUTCOME_DONE, 0, "item 5\n", ""},
    {"run-both-streams", WORKER_RUN, {"echo a; echo b >&2"}, OUTCOME_DONE, 0, "a\nb\n", ""},
    {"run-no-output", WORKER_RUN, {":"}, OUTCOME_DONE, 0, "", ""},
    {"run-code", WORKER_RUN, {"printf x; exit 7"}, OUTCOME_EXITED, 7, "x", ""},
    {"run-signal", WORKER_RUN, {"kill -KILL $$"}, OUTCOME_SIGNALED, SIGKILL, "", ""},
    {"run-stdin-is-empty", WORKER_RUN, {"cat; echo end"}, OUTCOME_DONE, 0, "end\n", ""},
    {"run-expression-fails", WORKER_RUN, {"echo ${{ item.x.y }}"}, OUTCOME_FAILED, 0, "", "item"},
    {"exec", WORKER_EXEC, {"/bin/echo", "a  b", "${{ item }}"}, OUTCOME_DONE, 0, "a  b 5\n", ""},
    {"exec-in-path", WORKER_EXEC, {"true"}, OUTCOME_DONE, 0, "", ""},
    {"exec-missing",
     WORKER_EXEC,
     {"/no/such/program"},
     OUTCOME_FAILED,
     0,
     "",
     "'/no/such/program' does not exist"},
    {"lua", WORKER_LUA, {"print('from lua', item)"}, OUTCOME_DONE, 0, "from lua\t5\n", ""},
    {"lua-error", WORKER_LUA, {"\nerror('broken')"}, OUTCOME_FAILED, 0, "", "test.lua:2: broken"},
    {"lua-runs-a-command",
     WORKER_LUA,
     {"local r = parrun.run({'sh', '-c', 'echo out; exit 3'}); print(r.code, r.out)"},
     OUTCOME_DONE,
     0,
     "3\tout\n\n",
     ""},
};

static struct worker_config config_for(const struct body_case *row)
{
    if (row->body == WORKER_LUA)
        return lua_config(row->words[0]);
    struct worker_config config = config_of(row->body);
    for (size_t i = 0; row->words[i]; i++)
        config_texts_add(&config.command, row->words[i]);
    return config;
}

static void test_body(void **state)
{
    const struct body_case *row = *state;
    struct worker_config config = config_for(row);
    struct peer peer = peer_ready(&config);
    for (uint64_t id = 10; id < 12; id++) {
        struct buf output = {0};
        peer_task(&peer, id, 5);
        struct ending ending = peer_ending(&peer, id, &output);
        assert_int_equal(ending.outcome, row->outcome);
        assert_true(ending.number == row->number);
        if (!strstr(buf_string(&ending.text), row->text))
            fail_msg("'%s' is not in '%s'", row->text, buf_string(&ending.text));
        assert_buf(&output, row->output);
        buf_release(&ending.text);
    }
    peer_finish(&peer, 0);
}

static void test_result_of_a_lua_body(void **state)
{
    (void)state;
    struct worker_config config = lua_config("return item * 2");
    struct peer peer = peer_ready(&config);
    struct buf output = {0}, expected = {0};
    value_encode_integer(&expected, 42);
    peer_task(&peer, 1, 21);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_DONE);
    assert_int_equal(ending.text.length, expected.length);
    assert_memory_equal(ending.text.data, expected.data, expected.length);
    buf_release(&ending.text);
    buf_release(&expected);
    peer_finish(&peer, 0);
}

static void test_setup_fails(void **state)
{
    (void)state;
    struct worker_config config = lua_config("return 1");
    config.setup = chunk_copy("error('no setup')", 17, "setup.lua", 4);
    struct peer peer = peer_start();
    struct buf frames = {0};
    struct frame frame;
    config_write(&frames, &config);
    config_release(&config);
    peer_send(&peer, &frames);
    frame = peer_expect(&peer, FRAME_REFUSED);
    char *reason = frame_read_text(&frame);
    assert_non_null(strstr(reason, "setup.lua:4: no setup"));
    free(reason);
    assert_int_equal(peer_end(&peer), 1);
}

static void test_large_output(void **state)
{
    (void)state;
    struct worker_config config = run_config("yes 0123456789 | head -c 20000000");
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    peer_task(&peer, 1, 0);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_DONE);
    assert_int_equal(output.length, 20000000);
    buf_release(&output);
    buf_release(&ending.text);
    peer_finish(&peer, 0);
}

/* Both go where one pipe is, in their order. */
static void test_output_and_errors(void **state)
{
    (void)state;
    struct worker_config config = run_config("echo one; echo two >&2; echo three");
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    peer_task(&peer, 1, 0);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_DONE);
    assert_buf(&output, "one\ntwo\nthree\n");
    buf_release(&ending.text);
    peer_finish(&peer, 0);
}

struct stop_case {
    const char *name;
    enum worker_body body;
    const char *text; /* prints a line, then never ends by itself */
    bool cancel;      /* or a timeout */
    enum outcome outcome;
};

#define FOR_EVER "echo on; while :; do sleep 1000; done"
#define DEAF "trap '' TERM; echo on; while :; do sleep 1000; done"

static const struct stop_case stops[] = {
    {"run-timeout", WORKER_RUN, FOR_EVER, false, OUTCOME_TIMEOUT},
    {"run-cancel", WORKER_RUN, FOR_EVER, true, OUTCOME_CANCELLED},
    {"deaf-timeout", WORKER_RUN, DEAF, false, OUTCOME_TIMEOUT},
    {"deaf-cancel", WORKER_RUN, DEAF, true, OUTCOME_CANCELLED},
    {"lua-timeout", WORKER_LUA, "print('on') while true do end", false, OUTCOME_TIMEOUT},
    {"lua-cancel", WORKER_LUA, "print('on') while true do end", true, OUTCOME_CANCELLED},
    {"lua-asleep-timeout", WORKER_LUA, "print('on') parrun.sleep(1000)", false, OUTCOME_TIMEOUT},
    {"lua-asleep-cancel", WORKER_LUA, "print('on') parrun.sleep(1000)", true, OUTCOME_CANCELLED},
    {"lua-command-cancel", WORKER_LUA,
     "print('on') parrun.run({'sh', '-c', 'while :; do sleep 1000; done'})", true,
     OUTCOME_CANCELLED},
};

static void test_stop(void **state)
{
    const struct stop_case *row = *state;
    struct worker_config config =
        row->body == WORKER_LUA ? lua_config(row->text) : run_config(row->text);
    config.stop.grace = 100 * NS_PER_MS;
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    peer.timeout = row->cancel ? 0 : 300 * NS_PER_MS;
    peer_task(&peer, 4, 0);
    struct frame frame = peer_expect(&peer, FRAME_OUTPUT);
    assert_true(frame_read_u64(&frame) == 4);
    assert_memory_equal(frame.at, "on\n", 3);
    peer_cancel(&peer, 3); /* of another task: ignored */
    if (row->cancel)
        peer_cancel(&peer, 4);
    struct ending ending = peer_ending(&peer, 4, &output);
    assert_int_equal(ending.outcome, row->outcome);
    buf_release(&output);
    buf_release(&ending.text);
    peer_finish(&peer, 0);
}

/* What its leader leaves is waited for, and killed at the end of the grace: nobody writes into the pipe then. */
static void test_the_group_of_a_stopped_command(void **state)
{
    (void)state;
    int ends[2];
    char text[200], byte;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    snprintf(text, sizeof(text), "(trap '' TERM; exec 5>/proc/%d/fd/%d; echo on; while :; do sleep 1000; done) & wait", getpid(), ends[1]);
    struct worker_config config = run_config(text);
    config.stop.grace = 100 * NS_PER_MS;
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    peer_task(&peer, 1, 0);
    peer_expect(&peer, FRAME_OUTPUT);
    peer_cancel(&peer, 1);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_CANCELLED);
    buf_release(&output);
    buf_release(&ending.text);
    peer_finish(&peer, 0);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}

/* A command that is stopped hears of the stop signal all the same: no grace would end it otherwise. */
static void test_a_stopped_command_is_continued(void **state)
{
    (void)state;
    struct worker_config config = run_config("echo $$; kill -STOP $$");
    config.stop.grace = 100000 * NS_PER_S;
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    char path[64], line[512] = "";
    peer_task(&peer, 1, 0);
    struct frame frame = peer_expect(&peer, FRAME_OUTPUT);
    frame_read_u64(&frame);
    snprintf(path, sizeof(path), "/proc/%d/stat", atoi(frame.at));
    while (!strstr(line, ") T ")) { /* it stops sooner or later */
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        assert_non_null(fgets(line, sizeof(line), file));
        fclose(file);
    }
    peer_cancel(&peer, 1);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_CANCELLED);
    buf_release(&output);
    buf_release(&ending.text);
    peer_finish(&peer, 0);
}

static void test_revoke(void **state)
{
    (void)state;
    struct worker_config config = run_config("echo on; while :; do sleep 1000; done");
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    for (uint64_t id = 1; id <= 100; id++)
        peer_task(&peer, id, 0);
    peer_expect(&peer, FRAME_OUTPUT);
    peer_revoke(&peer, false);
    struct frame frame = peer_expect(&peer, FRAME_REVOKED);
    assert_int_equal(frame_read_u32(&frame), 99);
    for (uint64_t id = 2; id <= 100; id++)
        assert_true(frame_read_u64(&frame) == id);
    assert_int_equal(frame.left, 0);
    peer_cancel(&peer, 1);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_CANCELLED);
    buf_release(&ending.text);
    buf_release(&output);
    peer_revoke(&peer, false);
    frame = peer_expect(&peer, FRAME_REVOKED);
    assert_int_equal(frame_read_u32(&frame), 0);
    peer_finish(&peer, 0);
}

/* Tasks and REVOKE come in one piece, so that none has begun: one is kept to run, unless all are to go. */
static void revoke_what_has_not_begun(bool all)
{
    struct worker_config config = lua_config("return item");
    struct peer peer = peer_ready(&config);
    struct buf output = {0}, frames = {0}, value = {0};
    value_encode_integer(&value, 1);
    for (uint64_t id = 1; id <= 3; id++)
        frame_write_task(&frames, id, (int64_t)id, 1, 0, &(struct buf){0}, &(struct buf){0}, "", &value);
    put_revoke(&frames, all);
    peer_send(&peer, &frames);
    struct frame frame = peer_expect(&peer, FRAME_REVOKED);
    assert_int_equal(frame_read_u32(&frame), all ? 3 : 2);
    for (uint64_t id = all ? 1 : 2; id <= 3; id++)
        assert_true(frame_read_u64(&frame) == id);
    if (!all) {
        struct ending ending = peer_ending(&peer, 1, &output);
        assert_int_equal(ending.outcome, OUTCOME_DONE);
        buf_release(&ending.text);
    }
    buf_release(&output);
    buf_release(&value);
    peer_finish(&peer, 0);
}

static void test_revoke_keeps_one(void **state)
{
    (void)state;
    revoke_what_has_not_begun(false);
}

static void test_revoke_all(void **state)
{
    (void)state;
    revoke_what_has_not_begun(true);
}

static void test_finish_runs_what_waits(void **state)
{
    (void)state;
    struct worker_config config = lua_config("return item");
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    for (uint64_t id = 1; id <= 500; id++)
        peer_task(&peer, id, 1);
    peer_plain(&peer, FRAME_FINISH);
    for (uint64_t id = 1; id <= 500; id++) {
        struct ending ending = peer_ending(&peer, id, &output);
        assert_int_equal(ending.outcome, OUTCOME_DONE);
        buf_release(&ending.text);
    }
    struct frame frame;
    assert_false(peer_next(&peer, &frame));
    assert_int_equal(peer_end(&peer), 0);
}

/* A body of a process: a failure is the exit status. */
static void test_process_body_fails(void **state)
{
    (void)state;
    struct worker_config config = lua_config("error('no')");
    config.process = true;
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    peer_task(&peer, 1, 0);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_FAILED);
    buf_release(&ending.text);
    peer_finish(&peer, 1);
}

int main(void)
{
    struct tests tests = {0};
    signal(SIGPIPE, SIG_IGN);
    TEST_ROWS(&tests, test_body, bodies);
    TEST(&tests, test_result_of_a_lua_body);
    TEST(&tests, test_setup_fails);
    TEST(&tests, test_large_output);
    TEST_ROWS(&tests, test_stop, stops);
    TEST(&tests, test_the_group_of_a_stopped_command);
    TEST(&tests, test_output_and_errors);
    TEST(&tests, test_a_stopped_command_is_continued);
    TEST(&tests, test_revoke);
    TEST(&tests, test_revoke_keeps_one);
    TEST(&tests, test_revoke_all);
    TEST(&tests, test_finish_runs_what_waits);
    TEST(&tests, test_process_body_fails);
    return tests_run(&tests, "worker");
}
