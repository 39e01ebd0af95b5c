/* Lists of tasks. */
#include "../harness/unit.h"
#include "pool/task.h"

static struct task *new_task(uint64_t id)
{
    struct task *task = mem_calloc(1, sizeof(*task));
    task->id = id;
    return task;
}

static void add_all(struct task_list *list, uint64_t count)
{
    for (uint64_t id = 1; id <= count; id++)
        task_list_add(list, new_task(id));
}

/* LIST holds COUNT tasks with these ids in this order, and a last one that is right. */
static void assert_ids(struct task_list *list, const uint64_t *ids, size_t count)
{
    assert_int_equal(list->count, count);
    task_list_add(list, new_task(99));
    for (size_t i = 0; i < count; i++) {
        struct task *task = task_list_take(list);
        assert_true(task->id == ids[i]);
        task_free(task);
    }
    struct task *last = task_list_take(list);
    assert_true(last->id == 99);
    task_free(last);
    assert_null(task_list_take(list));
    assert_int_equal(list->count, 0);
    assert_null(list->last);
}

static void test_first_in_first_out(void **state)
{
    (void)state;
    struct task_list list = {0};
    assert_null(task_list_take(&list));
    add_all(&list, 3);
    task_list_add_first(&list, new_task(7));
    assert_ids(&list, (uint64_t[]){7, 1, 2, 3}, 4);
    task_list_add_first(&list, new_task(8));
    assert_ids(&list, (uint64_t[]){8}, 1);
}

/* What comes back from there is as new, whatever the last one was. */
static void test_memory_of_the_last_one(void **state)
{
    (void)state;
    struct task_list spare = {0};
    struct task *task = task_new(&spare);
    buf_text(&task->item, "an item");
    buf_text(&task->output.last, "what it said");
    task->end.text = mem_strdup("why it failed");
    task->index = task->terms.timeout = 7;
    task_put_back(&spare, task);
    task = task_new(&spare);
    assert_null(task->next);
    assert_int_equal(task->item.length, 0);
    assert_null(task->output.last.data);
    assert_null(task->end.text);
    assert_int_equal(task->index + task->terms.timeout, 0);
    task_put_back(&spare, task);
    task_list_release(&spare);
}

struct id_case {
    const char *name;
    uint64_t id;
    uint64_t left[3];
    size_t count;
};

static const struct id_case ids[] = {
    {"first", 1, {2, 3}, 2},
    {"middle", 2, {1, 3}, 2},
    {"last", 3, {1, 2}, 2},
    {"none", 4, {1, 2, 3}, 3},
};

static void test_take_id(void **state)
{
    const struct id_case *row = *state;
    struct task_list list = {0};
    add_all(&list, 3);
    struct task *task = task_list_take_id(&list, row->id);
    assert_int_equal(task != NULL, row->count == 2);
    assert_true(!task || task->id == row->id);
    task_free(task);
    assert_ids(&list, row->left, row->count);
}

static void test_free_takes_all(void **state)
{
    (void)state;
    struct task *task = new_task(1);
    struct error error = {0};
    buf_text(&task->item, "item");
    buf_text(&task->output.streams[0].line, "line");
    assert_int_equal(spool_put(&task->output.streams[0].output, "out", 3, &error), 0);
    task->end.text = mem_strdup("text");
    task_free(task);
    task_free(NULL);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_first_in_first_out);
    TEST_ROWS(&tests, test_take_id, ids);
    TEST(&tests, test_memory_of_the_last_one);
    TEST(&tests, test_free_takes_all);
    return tests_run(&tests, "task");
}
