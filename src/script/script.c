/* One Lua state: its memory, its chunks, its calls. */
#include "script/script.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "script/state.h"

/* What one expression of a template may use up. */
#define EXPRESSION_MEMORY ((size_t)16 << 20)
#define EXPRESSION_INSTRUCTIONS 1000000

const char *const task_names[TASK_NAME_COUNT] = {"item", "index", "worker", "attempt"};

/* Enough for a state with its libraries and some more. Under ASan every block is one of its own, so
 * that it sees what is written beside one. */
#ifdef __SANITIZE_ADDRESS__
#define REGION_SIZE 0
#else
#define REGION_SIZE ((size_t)40 << 10)
#endif

static const struct script_host no_host;

/* The region's, or, where that has no room, the C library's. */
static void *take_block(struct script *script, size_t size)
{
    void *block = region_take(&script->region, size);
    if (!block)
        block = script->memory_open ? mem_realloc(NULL, size, 1) : malloc(size);
    return block;
}

static void give_block(struct script *script, void *block, size_t size)
{
    if (region_has(&script->region, block))
        region_give(&script->region, block, size);
    else
        free(block);
}

/* A block that stays where it is, or one elsewhere with the same content; NULL: no memory. */
static void *resize_block(struct script *script, void *block, size_t old, size_t size)
{
    if (!region_has(&script->region, block) && size > REGION_BLOCK_MOST)
        return script->memory_open ? mem_realloc(block, size, 1) : realloc(block, size);
    if (region_has(&script->region, block) && region_fits(old, size))
        return block;
    void *moved = take_block(script, size);
    if (!moved)
        return size <= old ? block : NULL; /* Lua relies on it that a block can shrink */
    memcpy(moved, block, old < size ? old : size);
    give_block(script, block, old);
    return moved;
}

static void *allocate(void *of_script, void *memory, size_t old_size, size_t size)
{
    struct script *script = of_script;
    size_t old = memory ? old_size : 0; /* else it is the type of a new object */
    if (!size) {
        if (memory)
            give_block(script, memory, old);
        script->memory_used -= old;
        return NULL;
    }
    size_t rest = script->memory_used - old;
    if (size > old && script->memory_limit && !script->memory_open &&
        (rest > script->memory_limit || size > script->memory_limit - rest))
        return NULL;
    void *block = memory ? resize_block(script, memory, old, size) : take_block(script, size);
    if (block)
        script->memory_used = rest + size;
    return block;
}

/* Makes the message of an error with its traceback: called where the error is raised. */
static int explain(lua_State *lua)
{
    static const char tail[] = "\n\t[C]: in ?";
    const size_t tail_length = sizeof(tail) - 1;
    size_t length;
    if (script_of(lua)->ending)
        return 1;
    const char *message = lua_tostring(lua, 1);
    if (!message && luaL_callmeta(lua, 1, "__tostring"))
        message = lua_tostring(lua, -1);
    if (!message)
        message = lua_pushfstring(lua, "(the error is a %s value)", luaL_typename(lua, 1));
    luaL_traceback(lua, lua, message, 1);
    const char *text = lua_tolstring(lua, -1, &length);
    size_t keep = length;
    while (keep >= tail_length && memcmp(text + keep - tail_length, tail, tail_length) == 0)
        keep -= tail_length;
    lua_pushlstring(lua, text, keep);
    return 1;
}

static void fill_slots(lua_State *lua, const struct script_options *options)
{
    lua_pushglobaltable(lua);
    if (options->vars.type == VALUE_TABLE)
        convert_push_value(lua, &options->vars);
    else
        lua_newtable(lua);
    lua_newtable(lua);
    lua_pushcfunction(lua, explain);
    for (int i = 0; i < TASK_NAME_COUNT; i++)
        lua_pushstring(lua, task_names[i]);
    assert(lua_gettop(lua) == SLOT_LAST);
}

static void set_globals(lua_State *lua, const struct script_options *options)
{
    lua_pushvalue(lua, SLOT_VARS);
    lua_setfield(lua, SLOT_GLOBALS, "vars");
    lua_pushstring(lua, options->name);
    lua_setfield(lua, SLOT_GLOBALS, "name");
    assert(lua_gettop(lua) == SLOT_LAST);
}

struct script *script_new(const struct script_options *options)
{
    struct script *script = mem_calloc(1, sizeof(*script));
    script->host = options->host ? options->host : &no_host;
    script->host_arg = options->host_arg;
    script->shared = options->shared;
    script->pid = options->pid;
    script->memory_limit = options->memory_limit;
    script->instruction_limit = options->instruction_limit;
    script->memory_open = true;
    region_init(&script->region, REGION_SIZE);
    script->lua = lua_newstate(allocate, script);
    *(struct script **)lua_getextraspace(script->lua) = script;
    lua_gc(script->lua, LUA_GCSTOP); /* hardly anything of what follows is garbage */
    luaL_checkstack(script->lua, 2 * LUA_MINSTACK, NULL);
    fill_slots(script->lua, options);
    libraries_open(script->lua, options);
    set_globals(script->lua, options);
    hook_set(script);
    lua_gc(script->lua, LUA_GCRESTART);
    script->memory_open = false;
    return script;
}

static int name_use(lua_State *lua)
{
    lua_pushliteral(lua, "uses.");
    lua_pushvalue(lua, 2);
    lua_concat(lua, 2);
    return 1;
}

/* Where a command is told of beforehand, nobody knows yet what it will be given. */
static void set_unknown_uses(lua_State *lua)
{
    lua_newtable(lua);
    lua_newtable(lua);
    lua_pushcfunction(lua, name_use);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    lua_setfield(lua, SLOT_GLOBALS, "uses");
}

struct script *script_new_expressions(const char *name, const struct value *vars)
{
    struct script_options options = {
        .name = name,
        .vars = *vars,
        .environment = (const char *const *)environ,
        .pid = getpid(),
        .pure = true,
        .memory_limit = EXPRESSION_MEMORY,
        .instruction_limit = EXPRESSION_INSTRUCTIONS,
    };
    struct script *script = script_new(&options);
    script->memory_open = true;
    set_unknown_uses(script->lua);
    script->memory_open = false;
    return script;
}

void script_free(struct script *script)
{
    if (!script)
        return;
    lua_close(script->lua);
    region_release(&script->region);
    buf_release(&script->input);
    buf_release(&script->output);
    buf_release(&script->digits);
    buf_release(&script->result.out);
    buf_release(&script->result.err);
    error_release(&script->error);
    free(script);
}

/* A chunk behind so many empty lines that its own lines have the numbers of the file it is in. */
struct padded {
    size_t newlines;
    const char *text;
    size_t length;
};

static const char *read_padded(lua_State *lua, void *of_padded, size_t *size)
{
    static const char newlines[] =
        "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n";
    struct padded *padded = of_padded;
    const char *text = padded->text;
    (void)lua;
    if (padded->newlines) {
        *size = padded->newlines < sizeof(newlines) - 1 ? padded->newlines : sizeof(newlines) - 1;
        padded->newlines -= *size;
        return newlines;
    }
    *size = padded->length;
    padded->length = 0;
    return text;
}

/* Leaves the function on the stack, or fills ERROR and leaves nothing. */
static int load(lua_State *lua, const char *text, size_t length, const char *file, unsigned line,
                struct error *error)
{
    struct padded padded = {line ? line - 1 : 0, text, length};
    struct buf name = {0};
    buf_printf(&name, "@%s", file);
    int status = lua_load(lua, read_padded, &padded, name.data, "t");
    buf_release(&name);
    if (status == LUA_OK)
        return 0;
    error_set(error, ERROR_FAILED, "%s", lua_tostring(lua, -1));
    lua_pop(lua, 1);
    return ERROR_FAILED;
}

int script_load(struct script *script, const char *text, size_t length, const char *file,
                unsigned line, int *body, struct error *error)
{
    int code = load(script->lua, text, length, file, line, error);
    if (code)
        return code;
    script->memory_open = true;
    *body = luaL_ref(script->lua, LUA_REGISTRYINDEX);
    script->memory_open = false;
    assert(lua_gettop(script->lua) == SLOT_LAST);
    return 0;
}

static void *allocate_plainly(void *unused, void *memory, size_t old_size, size_t size)
{
    (void)unused;
    (void)old_size;
    if (size)
        return mem_realloc(memory, size, 1);
    free(memory);
    return NULL;
}

lua_State *compiler_state(struct script_compiler *compiler)
{
    if (!compiler->lua)
        compiler->lua = lua_newstate(allocate_plainly, NULL);
    lua_settop(compiler->lua, 0);
    return compiler->lua;
}

void script_compiler_release(struct script_compiler *compiler)
{
    if (compiler->lua)
        lua_close(compiler->lua);
    *compiler = (struct script_compiler){0};
}

int script_check(struct script_compiler *compiler, const char *text, size_t length, const char *file, unsigned line,
                 struct error *error)
{
    lua_State *lua = compiler_state(compiler);
    int code = load(lua, text, length, file, 1, error);
    if (code && line > 1) { /* only what is told has to know its line: to get there is a walk from the file's beginning */
        error_release(error);
        code = load(lua, text, length, file, line, error);
    }
    return code;
}

/* What the script has to say becomes the caller's error. */
static int hand_over(struct script *script, struct error *error)
{
    free(error->text);
    *error = script->error;
    script->error = (struct error){0};
    return error->code;
}

/* The error on the stack, or the reason why the call had to end. */
static int call_failed(struct script *script, struct error *error)
{
    lua_State *lua = script->lua;
    if (script->ending)
        return hand_over(script, error);
    const char *message = lua_tostring(lua, -1);
    return error_set(error, ERROR_FAILED, "%s", message ? message : "an error without a message");
}

int script_run(struct script *script, struct error *error)
{
    lua_State *lua = script->lua;
    int code = hook_begin(script);
    if (code)
        code = hand_over(script, error);
    else if (lua_pcall(lua, 0, 1, SLOT_HANDLER) != LUA_OK || script->ending)
        code = call_failed(script, error);
    if (code)
        lua_settop(lua, SLOT_LAST);
    return code;
}

int script_call(struct script *script, int body, struct buf *result, struct error *error)
{
    lua_State *lua = script->lua;
    assert(lua_gettop(lua) == SLOT_LAST);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, body);
    int code = script_run(script, error);
    if (!code && result)
        code = convert_encode(lua, -1, "a result", result, error);
    lua_settop(lua, SLOT_LAST);
    return code;
}

static void set_integer(lua_State *lua, int slot, int64_t integer)
{
    lua_pushvalue(lua, slot);
    lua_pushinteger(lua, integer);
    lua_rawset(lua, SLOT_GLOBALS);
}

void script_set_task(struct script *script, const struct value *item, int64_t index, int64_t worker,
                     int64_t attempt)
{
    lua_State *lua = script->lua;
    script->memory_open = true; /* nothing here may raise: there is no protected call around it */
    lua_pushvalue(lua, SLOT_ITEM);
    convert_push_value(lua, item);
    lua_rawset(lua, SLOT_GLOBALS);
    set_integer(lua, SLOT_INDEX, index);
    set_integer(lua, SLOT_WORKER, worker);
    set_integer(lua, SLOT_ATTEMPT, attempt);
    script->memory_open = false;
    assert(lua_gettop(lua) == SLOT_LAST);
}

void script_set_uses(struct script *script, const struct value *uses)
{
    script->memory_open = true; /* as in script_set_task() */
    convert_push_value(script->lua, uses);
    lua_setfield(script->lua, SLOT_GLOBALS, "uses");
    script->memory_open = false;
}

void script_set_output_tmp(struct script *script, const char *path)
{
    script->memory_open = true; /* as in script_set_task() */
    lua_pushstring(script->lua, path);
    lua_setfield(script->lua, SLOT_GLOBALS, "output_tmp");
    script->memory_open = false;
}

void script_set_index(struct script *script, int64_t index)
{
    script->memory_open = true; /* as in script_set_task() */
    set_integer(script->lua, SLOT_INDEX, index);
    script->memory_open = false;
}

void script_set_env(struct script *script, const char *entry)
{
    lua_State *lua = script->lua;
    const char *equals = strchrnul(entry, '=');
    script->memory_open = true; /* as in script_set_task() */
    lua_getfield(lua, SLOT_GLOBALS, "env");
    lua_pushlstring(lua, entry, (size_t)(equals - entry));
    lua_pushstring(lua, *equals ? equals + 1 : NULL);
    lua_rawset(lua, -3);
    lua_pop(lua, 1);
    script->memory_open = false;
}

void script_set_message(struct script *script, const struct value *message)
{
    lua_State *lua = script->lua;
    script->memory_open = true; /* as in script_set_task() */
    lua_pushliteral(lua, "message");
    convert_push_value(lua, message);
    lua_rawset(lua, SLOT_GLOBALS);
    script->memory_open = false;
    assert(lua_gettop(lua) == SLOT_LAST);
}

void script_set_deadline(struct script *script, int64_t deadline)
{
    script->deadline = deadline;
}

void script_interrupt(struct script *script)
{
    atomic_store_explicit(&script->interrupted, true, memory_order_release);
}
