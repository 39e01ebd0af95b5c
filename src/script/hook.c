/*
 * The end of a body that does not end by itself.
 *
 * A count hook looks at the interrupt flag and the clock. Once a call must end, `ending` is set and
 * stays set until the next call: from then on the hook fires at every instruction, and whatever can
 * catch an error (protect.c) raises it again, so that no code of the body runs on.
 */
#include "base/clock.h"
#include "base/unit.h"
#include "script/state.h"

/* Instructions from hook to hook: some 50 microseconds. */
#define HOOK_STEP 10000

static void count_hook(lua_State *lua, lua_Debug *where);

static void arm(lua_State *lua, int step)
{
    lua_sethook(lua, count_hook, LUA_MASKCOUNT, step);
}

int hook_end(lua_State *lua, int code, const char *why, int level)
{
    struct script *script = script_of(lua);
    if (!script->ending) {
        script->ending = code;
        error_set(&script->error, code, "%s", why);
        arm(lua, 1);
        arm(script->lua, 1);
        luaL_where(lua, level);
        lua_pushstring(lua, why);
        lua_concat(lua, 2);
        luaL_traceback(lua, lua, lua_tostring(lua, -1), 0);
        error_set(&script->error, code, "%s", lua_tostring(lua, -1));
    }
    lua_pushstring(lua, why);
    return lua_error(lua);
}

void hook_check(lua_State *lua)
{
    if (script_of(lua)->ending) {
        arm(lua, 1);
        lua_pushliteral(lua, "the body is ending");
        lua_error(lua);
    }
}

static void check_clock(lua_State *lua, struct script *script, int level)
{
    int64_t now = clock_monotonic();
    /* First, as that may tell of a pause, which does not count. */
    if (script->host->poll && now >= script->next_poll) {
        script->next_poll = now + NS_PER_MS;
        script->host->poll(script->host_arg);
        now = clock_monotonic();
    }
    if (script->deadline && now >= script->deadline)
        hook_end(lua, ERROR_TIMEOUT, "the time limit passed", level);
}

static void check_limits(lua_State *lua, struct script *script, int level)
{
    if (atomic_load_explicit(&script->interrupted, memory_order_acquire))
        hook_end(lua, ERROR_STOPPED, "the run is being stopped", level);
    if (script->deadline || script->host->poll)
        check_clock(lua, script, level);
}

static void count_instructions(lua_State *lua, struct script *script, int64_t more, int level)
{
    script->instructions += more;
    if (script->instruction_limit && script->instructions > script->instruction_limit)
        hook_end(lua, ERROR_FAILED, "it takes too many instructions", level);
}

static void count_hook(lua_State *lua, lua_Debug *where)
{
    struct script *script = script_of(lua);
    (void)where;
    hook_check(lua);
    if (lua_gethookcount(lua) != script->step)
        arm(lua, script->step); /* a coroutine that is left over from a call that was ended */
    count_instructions(lua, script, script->step, 0);
    check_limits(lua, script, 0);
}

void hook_poll(lua_State *lua)
{
    hook_check(lua);
    check_limits(lua, script_of(lua), 1);
}

void hook_spend(lua_State *lua, int64_t instructions)
{
    count_instructions(lua, script_of(lua), instructions, 1);
    hook_poll(lua);
}

void hook_set(struct script *script)
{
    script->step = HOOK_STEP;
    if (script->instruction_limit && script->instruction_limit < HOOK_STEP)
        script->step = (int)script->instruction_limit;
    arm(script->lua, script->step);
}

int hook_begin(struct script *script)
{
    if (script->ending || script->instruction_limit)
        arm(script->lua, script->step);
    script->ending = 0;
    script->instructions = 0;
    if (atomic_load_explicit(&script->interrupted, memory_order_acquire))
        return error_set(&script->error, ERROR_STOPPED, "the run is being stopped");
    if (script->deadline && clock_monotonic() >= script->deadline)
        return error_set(&script->error, ERROR_TIMEOUT, "the time limit passed");
    return 0;
}
