/* The terminal, by curses. */
#include "view/screen.h"

/* The variant for wide characters. */
#define NCURSES_WIDECHAR 1
#include <ncurses.h>
#include <term.h>
#undef columns /* a capability of terminals, to <term.h> */

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/mem_exit.h"
#include "log/terminal_text.h"
#include "view/grid.h"
#include "view/model.h"

/* A key may send an escape and more: what comes so many ms later is no part of it. */
#define ESCAPE_TIME 25

#define ROWS_UNKNOWN 24
#define COLUMNS_UNKNOWN 80

/* As many as a cell of curses has room for. */
_Static_assert(CELL_CHARACTERS < CCHARW_MAX, "a cell of curses has room for all");

/* What ends the program while the terminal is taken. */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

/* What restores the terminal, ready for a handler of signals. */
static struct {
    volatile sig_atomic_t taken;
    struct termios modes;
    char text[256];
    size_t length;
} restore;

static SCREEN *screen;

static void add_capability(const char *name)
{
    char *text = tigetstr(name);
    size_t length = text && text != (char *)-1 ? strlen(text) : 0;
    if (length && restore.length + length <= sizeof(restore.text)) {
        memcpy(restore.text + restore.length, text, length);
        restore.length += length;
    }
}

/* Safe in a handler of signals. */
static void restore_now(void)
{
    if (!restore.taken)
        return;
    restore.taken = false;
    ssize_t written = write(STDOUT_FILENO, restore.text, restore.length);
    (void)written; /* nothing is left to be done about it */
    tcsetattr(STDIN_FILENO, TCSANOW, &restore.modes);
}

static void on_crash(int signal_number)
{
    restore_now();
    raise(signal_number); /* in its default way now */
}

/* But for those that somebody else looks after, as sanitizers do. */
static void catch_crashes(void)
{
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND | SA_NODEFER}, old;
    for (size_t i = 0; i < countof(crashes); i++)
        if (!sigaction(crashes[i], NULL, &old) && old.sa_handler == SIG_DFL)
            sigaction(crashes[i], &action, NULL);
}

/* Text is UTF-8, as everywhere in parrun, whatever the locale says. */
static void set_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static void set_up(void)
{
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_TIME);
    leaveok(stdscr, FALSE);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
}

/* newterm(3) ends the program where it does not know the terminal; setupterm(3) tells. */
int screen_check(struct error *error)
{
    const char *kind = getenv("TERM");
    int result = 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(error, ERROR_FAILED, "a view needs a terminal as standard input and standard output");
    if (!terminal_is_able())
        return error_set(error, ERROR_FAILED, "a view needs a terminal that can move its cursor, and TERM is '%s'; parrun status and "
                         "parrun logs -f print text", kind ? kind : "");
    if (setupterm(kind, STDOUT_FILENO, &result) == ERR)
        return error_set(error, ERROR_FAILED, "no terminal is known that TERM calls '%s'", kind);
    bool able = cursor_address && clear_screen;
    del_curterm(cur_term);
    return able ? 0 : error_set(error, ERROR_FAILED, "a view needs a terminal that can move its cursor, and TERM is '%s'", kind);
}

int screen_open(struct error *error)
{
    if (screen_check(error))
        return error->code;
    set_locale();
    if (tcgetattr(STDIN_FILENO, &restore.modes))
        return error_system(error, errno, "cannot read the modes of the terminal");
    restore.length = 0;
    catch_crashes();
    mem_before_exit(restore_now);
    screen = newterm(NULL, stdout, stdin);
    if (!screen)
        return error_set(error, ERROR_FAILED, "cannot take the terminal");
    add_capability("sgr0");
    add_capability("rmkx");
    add_capability("cnorm");
    add_capability("rmcup");
    restore.taken = true;
    set_up();
    return 0;
}

void screen_close(void)
{
    if (!screen)
        return;
    endwin();
    restore_now();
    delscreen(screen);
    screen = NULL;
}

void screen_leave(void)
{
    endwin();
    restore_now();
}

void screen_return(void)
{
    restore.taken = true;
    set_up();
    refresh();
}

void screen_size(int *rows, int *columns)
{
    struct winsize size = {0};
    bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col;
    *rows = known ? size.ws_row : ROWS_UNKNOWN;
    *columns = known ? size.ws_col : COLUMNS_UNKNOWN;
    if (*rows != LINES || *columns != COLS)
        resizeterm(*rows, *columns);
}

/* Of a terminal that has fewer colours, one of those that it has. */
static int color_of(int16_t color)
{
    if (color < COLORS)
        return color;
    return color < 16 && COLORS >= 8 ? color - 8 : COLOR_OWN;
}

static int pair_of(const struct style *style)
{
    if (!has_colors() || (style->foreground == COLOR_OWN && style->background == COLOR_OWN))
        return 0;
    int pair = alloc_pair(color_of(style->foreground), color_of(style->background));
    return pair > 0 ? pair : 0;
}

static void show_cell(int row, int column, const struct cell *cell)
{
    wchar_t text[CELL_CHARACTERS + 1] = {0};
    cchar_t shown;
    attr_t attributes = A_NORMAL;
    int pair = pair_of(&cell->style);
    for (size_t i = 0; i < CELL_CHARACTERS; i++)
        text[i] = (wchar_t)cell->characters[i];
    attributes |= cell->style.flags & STYLE_BOLD ? A_BOLD : 0;
    attributes |= cell->style.flags & STYLE_DIM ? A_DIM : 0;
    attributes |= cell->style.flags & STYLE_UNDERLINE ? A_UNDERLINE : 0;
    attributes |= cell->style.flags & STYLE_REVERSE ? A_REVERSE : 0;
    if (setcchar(&shown, text, attributes, (short)pair, &pair) == OK)
        mvadd_wch(row, column, &shown);
}

void screen_show(const struct grid *grid, bool anew)
{
    if (anew)
        clear();
    for (int row = 0; row < grid->rows && row < LINES; row++)
        for (int column = 0; column < grid->columns && column < COLS; column++) {
            const struct cell *cell = grid_cell(grid, row, column);
            if (cell->width)
                show_cell(row, column, cell);
        }
    curs_set(grid->cursor_row >= 0);
    if (grid->cursor_row >= 0)
        move(grid->cursor_row, grid->cursor_column);
    refresh();
}

static int64_t of_function_key(wint_t key)
{
    static const struct {
        wint_t curses;
        uint32_t key;
    } rows[] = {
        {KEY_UP, VIEW_KEY_UP},         {KEY_DOWN, VIEW_KEY_DOWN},   {KEY_LEFT, VIEW_KEY_LEFT},           {KEY_RIGHT, VIEW_KEY_RIGHT},
        {KEY_PPAGE, VIEW_KEY_PAGE_UP}, {KEY_NPAGE, VIEW_KEY_PAGE_DOWN}, {KEY_HOME, VIEW_KEY_HOME},       {KEY_END, VIEW_KEY_END},
        {KEY_ENTER, '\r'},             {KEY_BACKSPACE, VIEW_KEY_BACKSPACE},
    };
    for (size_t i = 0; i < countof(rows); i++)
        if (rows[i].curses == key)
            return rows[i].key;
    return VIEW_KEY_OTHER;
}

/* Input has come to its end, or nobody is there any more. */
static bool is_gone(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0 && input.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL);
}

int64_t screen_key(void)
{
    wint_t key;
    int kind = get_wch(&key);
    if (kind == KEY_CODE_YES)
        return key == KEY_RESIZE ? VIEW_KEY_OTHER : of_function_key(key);
    if (kind == ERR)
        return is_gone() ? -1 : 0;
    return key ? (int64_t)key : VIEW_KEY_OTHER;
}
