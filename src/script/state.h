/*
 * Private to this room: what stands behind a struct script, and the one place that includes Lua.
 *
 * A function that takes a lua_State and says "raises" may leave by a Lua error, so it owns no
 * memory at that moment: what a host call needs lives in the struct script instead and is reused.
 */
#ifndef SCRIPT_STATE_H
#define SCRIPT_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/error.h"
#include "script/allocator.h"
#include "script/script.h"

/* The compiler's state, with nothing on its stack. */
lua_State *compiler_state(struct script_compiler *compiler);

/* What always lies at the bottom of the main Lua thread's stack, so that a call looks up nothing.
 */
enum slot {
    SLOT_GLOBALS = 1, /* the table of globals */
    SLOT_VARS,        /* the table vars */
    SLOT_CACHE,       /* expressions that were compiled, by their text */
    SLOT_HANDLER,     /* the function that makes a message out of an error */
    SLOT_ITEM,        /* the names of a task's globals, as strings; in the order of TASK_NAMES */
    SLOT_INDEX,
    SLOT_WORKER,
    SLOT_ATTEMPT,
    SLOT_LAST = SLOT_ATTEMPT,
};

#define TASK_NAME_COUNT 4
extern const char *const task_names[TASK_NAME_COUNT];

struct script {
    lua_State *lua;
    const struct script_host *host; /* never NULL: one without functions where there is none */
    void *host_arg;
    struct shared *shared;
    int64_t pid;

    struct region region;
    size_t memory_limit;
    size_t memory_used;
    bool memory_open; /* the limit does not hold: no Lua error may be raised now */

    atomic_bool interrupted;
    int64_t deadline;
    int64_t next_poll;
    int64_t instruction_limit;
    int64_t instructions; /* of this call so far, counted in steps of the hook */
    int step;             /* instructions from hook to hook */
    int ending;           /* the code with which the call must end; 0: it may go on */

    struct buf input;            /* what a host call reads */
    struct buf output;           /* what a host call has written */
    struct error error;          /* of a host call, or why the call is ending */
    struct script_result result; /* of host->run */
    struct buf digits;           /* of convert_text() */
};

/* The script that a Lua thread belongs to. */
static inline struct script *script_of(lua_State *lua)
{
    return *(struct script **)lua_getextraspace(lua);
}

/* script.c: calls the function on top of the stack and leaves one result, or fills ERROR. */
int script_run(struct script *script, struct error *error);

/* hook.c: limits of time and instructions, and the end of a body. */

/* Sets the hook on the main Lua thread; others inherit it. */
void hook_set(struct script *script);

/* A call begins. 0, or the code with which it ends before it has begun. */
int hook_begin(struct script *script);

/* Ends the running call with CODE and the text that says why; raises. LEVEL is where it stands. */
int hook_end(lua_State *lua, int code, const char *why, int level);

/* For a function that has caught an error: raises again where the call is ending. */
void hook_check(lua_State *lua);

/* Looks at the limits as the hook does, from a library function that takes long; raises. */
void hook_poll(lua_State *lua);

/* The same after so many INSTRUCTIONS, or what took as long as they do. */
void hook_spend(lua_State *lua, int64_t instructions);

/* convert.c: values between Lua and their encoded form. */

/*
 * Appends the value at INDEX, encoded, the keys of tables in order. 0, or ERROR_FAILED where it
 * holds what cannot cross: "a function cannot be WHAT". Never raises.
 */
int convert_encode(lua_State *lua, int index, const char *what, struct buf *out,
                   struct error *error);

/* Pushes the one value that the bytes are; raises where they are none. */
void convert_push(lua_State *lua, const char *encoded, size_t length);

/* The same with what convert_push_null() pushes for each null. */
void convert_push_nulls(lua_State *lua, const char *encoded, size_t length);

/* Pushes the null of JSON, which a table can hold; in what crosses it is nil. */
void convert_push_null(lua_State *lua);
bool convert_is_null(lua_State *lua, int index);

/* A longer text is not decoded at once. */
#define JSON_MOST ((size_t)256 << 20)

/* Pushes a value; raises where memory is short. */
void convert_push_value(lua_State *lua, const struct value *value);

/* Pushes the value at INDEX as text, as luaL_tolstring() does but a number with all of its digits; may raise. Its
 * length is at *LENGTH, which may be NULL. */
const char *convert_text(lua_State *lua, int index, size_t *length);

/* Encodes the value at INDEX into script->input; raises "FUNCTION: a function cannot be WHAT". */
void convert_input(lua_State *lua, int index, const char *function, const char *what);

/* What host calls come to. */

/* Raises for a CODE that a host call returned, with script->error, naming the Lua FUNCTION. */
int host_failed(lua_State *lua, int code, const char *function);

/* Raises "FUNCTION is not available here". */
int host_missing(lua_State *lua, const char *function);

/* A timeout in seconds at INDEX: -1 for nil or infinity; raises for what is no time. */
double argument_timeout(lua_State *lua, int index);

/* The libraries: each of these gets the globals at SLOT_GLOBALS and may raise. */

/* libraries.c: opens what the options allow and takes away what a body must not have. */
void libraries_open(lua_State *lua, const struct script_options *options);

/* protect.c: pcall, xpcall, load and coroutines that cannot catch the end of the body. */
void protect_install(lua_State *lua);

/* pattern.c: string.find, match, gmatch and gsub, whose steps count as instructions. */
void pattern_install(lua_State *lua);

/* bound.c: tostring, and library functions that could run for ever in one call, bounded. */
void bound_install(lua_State *lua);

/* output.c: print, io.write and io.stdout through host->output. */
void output_install(lua_State *lua);

/* module.c: the table parrun, left on the stack. queue.c, shared_table.c, json_table.c and csv_table.c: parts of it. */
void module_push(lua_State *lua, const char *name);
void queue_push_constructor(lua_State *lua);
void shared_table_push(lua_State *lua);
void json_table_push(lua_State *lua);
void csv_table_push(lua_State *lua);

/* command.c: parrun.run. */
int command_run(lua_State *lua);

/* pure.c: what expressions may use. */
void pure_install(lua_State *lua);

#endif
