/* The output of one object. */
#include "view/output_pane.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/regex.h"
#include "event/event.h"
#include "view/text.h"

/* A longer line goes on in another. */
#define LINE_MOST ((size_t)64 << 10)

struct output_line {
    char *text;
    size_t length;
    bool gap; /* it tells of lines that are not there */
};

/* Line number N is lines[N % OUTPUT_LINES]. */
struct output_pane {
    struct output_line lines[OUTPUT_LINES];
    uint64_t first; /* number of the oldest */
    uint64_t next;  /* and of the next one to come */
    size_t bytes;
    uint64_t count;
    bool unfinished; /* the last line goes on */
    int column;      /* at which */
    bool scrolled;   /* the last row of the pane is: */
    uint64_t bottom; /* the line, */
    int bottom_row;  /* and the row of it */
    bool any_found;  /* a search has led to what is shown: */
    uint64_t found;  /* to this line */
    int height;      /* of the pane, as it was painted last */
    int width;
};

struct output_pane *pane_new(void)
{
    struct output_pane *output = mem_calloc(1, sizeof(*output));
    output->width = output->height = 1;
    return output;
}

static struct output_line *line_at(struct output_pane *output, uint64_t number)
{
    return &output->lines[number % OUTPUT_LINES];
}

static void drop_first(struct output_pane *output)
{
    struct output_line *line = line_at(output, output->first++);
    output->bytes -= line->length;
    free(line->text);
    *line = (struct output_line){0};
    if (output->bottom < output->first) {
        output->bottom = output->first;
        output->bottom_row = 0;
    }
}

void pane_clear(struct output_pane *output)
{
    while (output->first < output->next)
        drop_first(output);
    output->scrolled = output->unfinished = output->any_found = false;
    output->count = 0;
}

void pane_free(struct output_pane *output)
{
    if (output)
        pane_clear(output);
    free(output);
}

static void add_line(struct output_pane *output, struct buf *text, bool gap)
{
    while (output->next - output->first >= OUTPUT_LINES ||
           (output->first < output->next && output->bytes + text->length > OUTPUT_BYTES))
        drop_first(output);
    size_t length = text->length;
    *line_at(output, output->next++) = (struct output_line){buf_take(text), length, gap};
    output->bytes += length;
}

/* Takes the last line out, to be put back longer. */
static void take_last(struct output_pane *output, struct buf *text)
{
    struct output_line *line = line_at(output, --output->next);
    buf_append(text, line->text ? line->text : "", line->length);
    output->bytes -= line->length;
    free(line->text);
    *line = (struct output_line){0};
}

/* One line, or the part of one. */
static void take_piece(struct output_pane *output, const char *bytes, size_t length)
{
    struct buf text = {0};
    bool goes_on = output->unfinished && output->first < output->next &&
                   line_at(output, output->next - 1)->length < LINE_MOST;
    if (goes_on)
        take_last(output, &text);
    else
        output->column = 0;
    text_make_safe(&text, bytes, length, true, &output->column);
    add_line(output, &text, false);
}

void pane_take(struct output_pane *output, const struct event *event)
{
    const char *at = event->output.bytes ? event->output.bytes : "", *end = at + event->output.length;
    output->count++;
    for (const char *newline; (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1) {
        take_piece(output, at, (size_t)(newline - at));
        output->unfinished = false;
    }
    if (at < end || !event->output.length)
        take_piece(output, at, (size_t)(end - at));
    output->unfinished = event->output.unfinished;
}

void pane_take_gap(struct output_pane *output, int64_t count)
{
    struct buf text = {0};
    buf_printf(&text, "(%" PRId64 " lines went by)", count);
    output->unfinished = false;
    output->count += (uint64_t)count;
    add_line(output, &text, true);
}

int pane_height(const struct output_pane *output)
{
    return output->height;
}

uint64_t pane_count(const struct output_pane *output)
{
    return output->count;
}

static struct text_walk walk_of(const struct output_line *line)
{
    struct style style = STYLE_PLAIN;
    if (line->gap)
        style.flags = STYLE_DIM;
    return text_walk(line->text ? line->text : "", line->length, style);
}

/* The next cell of a line, and at which *ROW and *COLUMN of the pane it stands, where *USED columns of the row are taken. */
static bool next_cell(const struct output_pane *output, struct text_walk *walk, struct cell *cell, int *row, int *used)
{
    if (!text_next(walk, cell))
        return false;
    if (*used && *used + cell->width > output->width) {
        ++*row;
        *used = 0;
    }
    return true;
}

/* Rows that a line takes. */
static int row_count(struct output_pane *output, uint64_t number)
{
    struct text_walk walk = walk_of(line_at(output, number));
    struct cell cell;
    int row = 0, used = 0;
    while (next_cell(output, &walk, &cell, &row, &used))
        used += cell.width;
    return row + 1;
}

/* The number of the line and its row at the bottom of the pane. */
static void bottom_of(struct output_pane *output, uint64_t *number, int *row)
{
    *number = output->next - 1;
    *row = output->first < output->next ? row_count(output, *number) - 1 : 0;
    if (!output->scrolled || output->bottom >= *number + 1)
        return;
    *number = output->bottom;
    int last = row_count(output, *number) - 1;
    *row = output->bottom_row < last ? output->bottom_row : last;
}

/* Moves back by one row: false at the beginning. */
static bool step_back(struct output_pane *output, uint64_t *number, int *row)
{
    if (*row > 0) {
        --*row;
        return true;
    }
    if (*number <= output->first)
        return false;
    *row = row_count(output, --*number) - 1;
    return true;
}

static bool step_on(struct output_pane *output, uint64_t *number, int *row)
{
    if (*row + 1 < row_count(output, *number)) {
        ++*row;
        return true;
    }
    if (*number + 1 >= output->next)
        return false;
    ++*number;
    *row = 0;
    return true;
}

/* Without its colours. */
static void plain_text(const struct output_line *line, struct buf *out)
{
    const char *at = line->text ? line->text : "", *end = at + line->length;
    for (const char *stop; at < end; at = stop) {
        const char *escape = memchr(at, '\033', (size_t)(end - at));
        buf_append(out, at, (size_t)((escape ? escape : end) - at));
        stop = escape ? memchr(escape, 'm', (size_t)(end - escape)) : NULL;
        stop = stop ? stop + 1 : end;
    }
}

/* What is searched for in a line, as a walk goes over its plain text. */
struct matches {
    struct regex *search;
    struct buf plain;
    struct text_walk walk;
    bool any;     /* the next match is: */
    size_t from;
    size_t until;
};

static void find_next(struct matches *matches)
{
    size_t at = 0, size = 0, rest = matches->plain.length - matches->until;
    matches->any = matches->search && rest &&
                   regex_find(matches->search, matches->plain.data + matches->until, rest, &at, &size) == 1;
    matches->from = matches->until + at;
    matches->until = matches->from + size;
}

/* Whether the next cell is of a match. */
static bool is_match(struct matches *matches)
{
    struct cell cell;
    size_t at = (size_t)(matches->walk.at - buf_string(&matches->plain));
    text_next(&matches->walk, &cell);
    while (matches->any && at >= matches->until)
        find_next(matches);
    return matches->any && at >= matches->from;
}

/* Paints of line NUMBER the rows from FIRST on, at most HEIGHT of them; how many there were. */
static int paint_line(struct output_pane *output, struct grid *grid, int at, int column, int height, uint64_t number, int first,
                      struct regex *search)
{
    const struct output_line *line = line_at(output, number);
    struct text_walk walk = walk_of(line);
    struct matches matches = {.search = search};
    struct cell cell;
    int row = 0, used = 0;
    plain_text(line, &matches.plain);
    matches.walk = text_walk(buf_string(&matches.plain), matches.plain.length, STYLE_PLAIN);
    find_next(&matches);
    for (; next_cell(output, &walk, &cell, &row, &used) && row < first + height; used += cell.width) {
        if (is_match(&matches))
            cell.style.flags ^= STYLE_REVERSE;
        if (row >= first)
            grid_put(grid, at + row - first, column + used, column + output->width, &cell);
    }
    buf_release(&matches.plain);
    return row + 1 - first;
}

/* The number of the line and its row at the top of the pane, of which the bottom comes in. */
static void top_of(struct output_pane *output, uint64_t *number, int *row)
{
    for (int count = 1; count < output->height && step_back(output, number, row); count++)
        continue;
}

void pane_paint(struct output_pane *output, struct grid *grid, int row, int column, int height, int width, struct regex *search)
{
    uint64_t number;
    int line_row;
    output->height = height;
    output->width = width > 0 ? width : 1;
    if (output->first == output->next || height < 1)
        return;
    bottom_of(output, &number, &line_row);
    top_of(output, &number, &line_row);
    for (int painted = 0; painted < height && number < output->next; number++, line_row = 0)
        painted += paint_line(output, grid, row + painted, column, height - painted, number, line_row, search);
}

/* What is at the bottom from now on; the end where nothing is below it. */
static void show(struct output_pane *output, uint64_t number, int row)
{
    output->bottom = number;
    output->bottom_row = row;
    output->scrolled = number + 1 < output->next || row + 1 < row_count(output, number);
}

/* The pane is full where there are enough lines. */
static void show_full(struct output_pane *output, uint64_t number, int row)
{
    uint64_t top = number;
    int top_row = row, rows = 1;
    while (rows < output->height && step_back(output, &top, &top_row))
        rows++;
    while (rows < output->height && step_on(output, &number, &row))
        rows++;
    show(output, number, row);
}

void pane_scroll(struct output_pane *output, int rows)
{
    uint64_t number;
    int row;
    output->any_found = false;
    if (output->first == output->next)
        return;
    bottom_of(output, &number, &row);
    for (; rows < 0 && step_back(output, &number, &row); rows++)
        continue;
    for (; rows > 0 && step_on(output, &number, &row); rows--)
        continue;
    show_full(output, number, row);
}

void pane_scroll_to(struct output_pane *output, bool end)
{
    output->scrolled = output->any_found = false;
    if (!end && output->first < output->next)
        show_full(output, output->first, 0);
}

bool pane_is_scrolled(const struct output_pane *output, uint64_t *below)
{
    *below = output->scrolled ? output->next - 1 - output->bottom : 0;
    return output->scrolled;
}

bool pane_find(struct output_pane *output, struct regex *search, bool back)
{
    uint64_t number;
    int row;
    if (output->first == output->next)
        return false;
    bottom_of(output, &number, &row);
    if (output->any_found)
        number = output->found + !back;
    else if (back)
        number++; /* of those that are shown, the last or the first may be it */
    else
        top_of(output, &number, &row);
    if (number < output->first)
        number = output->first;
    while (back ? number > output->first : number < output->next) {
        uint64_t line = back ? --number : number++;
        struct buf plain = {0};
        plain_text(line_at(output, line), &plain);
        bool found = regex_match(search, buf_string(&plain), plain.length) == 1;
        buf_release(&plain);
        if (found) {
            show_full(output, line, row_count(output, line) - 1);
            output->any_found = true;
            output->found = line;
            return true;
        }
    }
    return false;
}
