/* Requests that steer objects of the run: each is answered when what it has asked for has come, or with "no_wait" at once. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/object.h"
#include "engine/steer.h"
#include "serve/call.h"
#include "serve/requests.h"

static void await(struct call *call, const struct steer_answer *answer)
{
    struct object **objects = mem_calloc(answer->count, sizeof(struct object *));
    for (size_t i = 0; i < answer->count; i++)
        objects[i] = answer->lines[i].object;
    call_await(call, objects, answer->count, answer->until);
    free(objects);
}

/* A line for each object; true where nothing is to be done for any of them. */
static bool send_lines(struct call *call, const struct steer_answer *answer)
{
    bool already = true;
    for (size_t i = 0; i < answer->count; i++) {
        const struct steer_line *line = &answer->lines[i];
        struct buf *out = call_line(call, "object");
        buf_text(out, "{\"name\":");
        call_quote(call, out, line->object->name);
        buf_printf(out, ",\"kind\":\"%s\",\"state\":\"%s\",\"text\":", line->object->kind->word,
                   steer_state(line->object));
        call_quote(call, out, line->text);
        if (line->already)
            buf_text(out, ",\"already\":true");
        buf_char(out, '}');
        call_send(call);
        already = already && line->already;
    }
    return already;
}

static void serve(struct call *call, struct steer_request *request)
{
    struct steer_answer answer;
    struct error error = {0};
    bool at_once = request->word == STEER_SIGNAL || request->word == STEER_PAUSE || request->word == STEER_RESUME;
    bool waits = !at_once && !call_flag(call, "no_wait");
    request->now = call_flag(call, "now");
    request->with_deps = call_flag(call, "with_deps");
    request->no_deps = call_flag(call, "no_deps");
    if (!request->names) {
        request->names = (const char *const *)call->patterns;
        request->name_count = call->pattern_count;
    }
    int result = steer(call->run, request, &answer, &error);
    if (result)
        call_end(call, result != ERROR_STOPPED             ? CALL_WRONG
                       : request->word == STEER_SIGNAL ? CALL_DOWN
                                                           : CALL_FAILED,
                 "%s", error.text);
    else if (send_lines(call, &answer))
        call_end(call, CALL_DOWN, NULL);
    else if (waits)
        await(call, &answer);
    else
        call_end(call, CALL_DONE, NULL);
    steer_release(&answer);
    error_release(&error);
}

void serve_stop_objects(struct call *call)
{
    serve(call, &(struct steer_request){.word = STEER_STOP});
}

void serve_start(struct call *call)
{
    serve(call, &(struct steer_request){.word = STEER_START});
}

void serve_restart(struct call *call)
{
    serve(call, &(struct steer_request){.word = STEER_RESTART});
}

void serve_pause(struct call *call)
{
    serve(call, &(struct steer_request){.word = STEER_PAUSE});
}

void serve_resume(struct call *call)
{
    serve(call, &(struct steer_request){.word = STEER_RESUME});
}

void serve_signal(struct call *call)
{
    const char *name = call_text(call, "send");
    struct error error = {0};
    int number;
    if (!name)
        call_end(call, CALL_WRONG, "\"send\" says which signal, such as \"HUP\"");
    else if (signal_parse(name, &number, &error))
        call_end(call, CALL_WRONG, "%s", error.text);
    else
        serve(call, &(struct steer_request){.word = STEER_SIGNAL, .signal = number});
    error_release(&error);
}

void serve_scale(struct call *call)
{
    struct steer_request request = {.word = STEER_SCALE, .name_count = call->pattern_count};
    char **names = mem_calloc(call->pattern_count + 1, sizeof(*names));
    for (size_t i = 0; i < call->pattern_count; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s=%s", call->patterns[i], call->texts[i]);
        names[i] = buf_take(&name);
    }
    request.names = (const char *const *)names;
    serve(call, &request);
    for (size_t i = 0; i < request.name_count; i++)
        free(names[i]);
    free(names);
}

/* The size of a terminal, which no larger one is. */
#define TERMINAL_MOST 10000

static int size_of(const struct call *call, const char *name)
{
    double size = call_number(call, name, 0);
    return size < TERMINAL_MOST ? (int)size : TERMINAL_MOST;
}

void serve_type(struct call *call)
{
    const char *text = call_text(call, "text");
    struct error error = {0};
    for (size_t i = 0; i < call->object_count && !error.code; i++) {
        struct object *object = call->objects[i];
        if (!object->kind->type)
            error_set(&error, ERROR_FAILED, "%s is a %s, and only processes have terminals", object->name, object->kind->word);
        else
            object->kind->type(object, text ? text : "", text ? strlen(text) : 0, size_of(call, "rows"), size_of(call, "columns"), &error);
    }
    call_end(call, !error.code ? CALL_DONE : error.code == ERROR_FAILED ? CALL_WRONG : CALL_FAILED, error.code ? "%s" : NULL, error.text);
    error_release(&error);
}
