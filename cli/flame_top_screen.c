#include "flame_top.h"

#include "cells.h"
#include "text.h"
#include "tree.h"

#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#undef lines /* term.h's macros for a terminal's capabilities */

enum { BAR_ROWS = 6, HEAD_ROWS = 3, COLOURS = 6, PAIR_HEAD = COLOURS + 1, PAIR_NOTE };

static bool active;
static SCREEN *screen;
static struct termios before;
static char restore_text[128]; /* leaves the alternate screen and shows the cursor */
static size_t restore_length;

/* ---- giving the terminal back ---- */

/* In a signal handler ncurses may not be called: the two things that it would do are done by hand. */
static void on_crash(int number)
{
    if (active) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
        ssize_t ignored = write(STDOUT_FILENO, restore_text, restore_length);
        (void)ignored;
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void remember_restore(void)
{
    const char *const wanted[] = {"sgr0", "cnorm", "rmcup"};
    restore_length = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const char *text = tigetstr(wanted[i]);
        if (!text || (intptr_t)text == -1) continue;
        size_t length = strlen(text);
        if (restore_length + length > sizeof restore_text) continue;
        memcpy(restore_text + restore_length, text, length);
        restore_length += length;
    }
}

bool top_screen_begin(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};
    setlocale(LC_CTYPE, "");
    if (tcgetattr(STDIN_FILENO, &before) != 0) return false;
    int found;
    if (setupterm(NULL, STDOUT_FILENO, &found) != OK) return false; /* newterm would leak what it made */
    del_curterm(cur_term);
    screen = newterm(NULL, stdout, stdin);
    if (!screen) return false;
    active = true;
    remember_restore();
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], on_crash);
    atexit(top_screen_end);
    cbreak();
    noecho();
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    curs_set(0);
    if (has_colors() && !(getenv("NO_COLOR") && getenv("NO_COLOR")[0])) {
        static const short warm[COLOURS] = {COLOR_RED, COLOR_YELLOW, COLOR_MAGENTA,
                                            COLOR_RED, COLOR_YELLOW, COLOR_MAGENTA};
        static const short finer[COLOURS] = {203, 215, 209, 221, 173, 179};
        start_color();
        for (int i = 0; i < COLOURS; i++)
            init_pair((short)(i + 1), COLOR_BLACK, COLORS >= 256 ? finer[i] : warm[i]);
        init_pair(PAIR_HEAD, COLOR_BLACK, COLOR_WHITE);
        init_pair(PAIR_NOTE, COLOR_YELLOW, COLOR_BLACK);
    }
    return true;
}

void top_screen_end(void)
{
    if (!active) return;
    active = false;
    endwin();
    delscreen(screen);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* ---- drawing ---- */

/* `text` from column `x` on, in at most `room` cells (cells.h), the rest of them blank. */
static void put(int y, int x, int room, const char *text, attr_t look)
{
    if (room <= 0) return;
    char cut[1024];
    size_t used = 0, length = strlen(text);
    int cells = 0;
    while (*text && cells < room && used + 8 < sizeof cut) {
        uint32_t point;
        size_t n = fs_utf8_decode(text, length, &point);
        const int wide = n ? (int)flame_cells_of(point) : 1;
        if (cells + wide > room) break;
        if (n == 0 || point < ' ' || (point >= 127 && point < 160) || fs_is_bidi_control(point)) {
            cut[used++] = '?'; /* in any locale */
            n = n ? n : 1;
        } else {
            memcpy(cut + used, text, n);
            used += n;
        }
        text += n;
        length -= n;
        cells += wide;
    }
    while (cells < room && used + 1 < sizeof cut) {
        cut[used++] = ' ';
        cells++;
    }
    cut[used] = '\0';
    attron(look);
    mvaddstr(y, x, cut);
    attroff(look);
}

static attr_t frame_look(const flame_name *name)
{
    if (!has_colors()) return A_REVERSE;
    uint32_t h = 2166136261u;
    for (uint32_t i = 0; i < name->length; i++) h = (h ^ (unsigned char)name->text[i]) * 16777619u;
    return (attr_t)COLOR_PAIR(1 + (h >> 8) % COLOURS);
}

/* "norm:12" of "slow.py:norm:12". */
static void short_name(const flame_name *name, char *out, size_t room)
{
    const char *last = memrchr(name->text, ':', name->length);
    const char *start = last ? memrchr(name->text, ':', (size_t)(last - name->text)) : NULL;
    snprintf(out, room, "%s", start ? start + 1 : name->text);
}

/* Down from `node` while one callee has nearly everything: where the picture becomes interesting. */
static uint32_t first_fork(const flame_tree *tree, fs_text *way)
{
    uint32_t at = 0;
    for (;;) {
        const flame_node *node = flame_tree_node(tree, at);
        uint32_t widest = FLAME_NONE;
        for (uint32_t c = node->child; c != FLAME_NONE; c = flame_tree_node(tree, c)->sibling)
            if (widest == FLAME_NONE ||
                flame_tree_counts(tree, c).total_after > flame_tree_counts(tree, widest).total_after)
                widest = c;
        if (widest == FLAME_NONE ||
            flame_tree_counts(tree, widest).total_after < 0.98 * flame_tree_counts(tree, at).total_after ||
            flame_tree_node(tree, widest)->child == FLAME_NONE)
            return at;
        char name[256];
        short_name(flame_tree_name_of(tree, flame_tree_node(tree, widest)->name), name, sizeof name);
        fs_text_format(way, "%s%s", way->length ? " > " : "", name);
        at = widest;
    }
}

static void draw_level(const flame_tree *tree, uint32_t parent, int y, int level, double left, double scale,
                       int width);

/* The callees of `parent`, each as wide as its share. Recursion no deeper than BAR_ROWS. */
static void draw_level(const flame_tree *tree, uint32_t parent, int y, int level, double left, double scale,
                       int width)
{
    if (level == BAR_ROWS) return;
    for (uint32_t c = flame_tree_node(tree, parent)->child; c != FLAME_NONE;
         c = flame_tree_node(tree, c)->sibling) {
        double right = left + flame_tree_counts(tree, c).total_after * scale;
        int from = (int)(left + 0.5), to = (int)(right + 0.5);
        if (to > width) to = width;
        if (to > from) {
            char name[256];
            const flame_name *full = flame_tree_name_of(tree, flame_tree_node(tree, c)->name);
            short_name(full, name, sizeof name);
            /* One cell of the background at the end keeps neighbours apart. */
            put(y + level, from, to - from > 1 ? to - from - 1 : 1, to - from > 3 ? name : "",
                frame_look(full));
            draw_level(tree, c, y, level + 1, left, scale, width);
        }
        left = right;
    }
}

static void draw_bar(const top_view *view, int y, int width)
{
    if (!view->tree || flame_tree_counts(view->tree, 0).total_after <= 0) {
        put(y, 0, width,
            view->at.ticks ? "nothing was at work in this interval" : "waiting for the program to start",
            A_DIM);
        return;
    }
    fs_text way;
    fs_text_init(&way);
    uint32_t top = first_fork(view->tree, &way);
    put(y, 0, width, way.length ? fs_text_string(&way) : "all", A_BOLD);
    fs_text_fini(&way);
    draw_level(view->tree, top, y + 1, 0, 0, width / flame_tree_counts(view->tree, top).total_after, width);
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? 100 * (double)part / (double)whole : 0;
}

/* The end of a path tells more than its beginning: what fits of it, whole code points. */
static const char *end_of(const char *path, int room)
{
    size_t length = strlen(path), most = room > 0 ? (size_t)room : 0;
    const char *start = length > most ? path + length - most : path;
    while ((*start & 0xC0) == 0x80) start++;
    return start;
}

static void draw_table(const top_view *view, int y, int height, int width)
{
    const flame_hot *hot = &view->hot;
    char line[1200];
    snprintf(line, sizeof line, "%7s %7s  %9s  %-30s %s", view->order == FLAME_HOT_SELF ? "SELF%*" : "SELF%",
             view->order == FLAME_HOT_TOTAL ? "TOTAL%*" : "TOTAL%", "SELF TIME", "FUNCTION",
             view->lines ? "LINE" : "FILE");
    put(y, 0, width, line, has_colors() ? (attr_t)COLOR_PAIR(PAIR_HEAD) : A_REVERSE);
    double second = view->at.rate > 0 ? 1 / view->at.rate : 0;
    for (int i = 1; i < height; i++) {
        size_t at = view->first + (size_t)i - 1;
        if (at >= hot->count) break;
        const flame_hot_row *row = &hot->rows[at];
        uint64_t whole = view->whole ? hot->samples : hot->recent;
        flame_hot_place place = flame_hot_place_of(view->recorder, row);
        char where[700];
        if (view->lines && place.line)
            snprintf(where, sizeof where, "%.600s:%u", place.file, (unsigned)place.line);
        else
            snprintf(where, sizeof where, "%.600s", place.file);
        snprintf(line, sizeof line, "%6.1f%% %6.1f%%  %8.2fs",
                 share(view->whole ? row->self : row->recent_self, whole),
                 share(view->whole ? row->total : row->recent_total, whole), (double)row->self * second);
        put(y + i, 0, 27, line, A_NORMAL);
        put(y + i, 28, width - 28 < 30 ? width - 28 : 30, place.function, A_BOLD);
        put(y + i, 59, width - 59, end_of(where, width - 59), A_NORMAL);
    }
}

static void draw_help(int y, int width)
{
    static const char *const keys[] = {
        "s  sort by self            t  sort by total",
        "l  functions or lines      c  last interval or since the beginning",
        "> <  next, previous thread a  all threads",
        "p or space  hold the view  r  begin again",
        "+ -  slower, faster        up down  scroll",
        "q  leave                   h or ?  these keys",
        "",
        "Self: the innermost frame. Total: anywhere on the stack.",
    };
    for (int i = 0; i < (int)(sizeof keys / sizeof *keys); i++) put(y + i, 0, width, keys[i], A_NORMAL);
}

void top_screen_draw(const top_view *view)
{
    int height, width;
    getmaxyx(stdscr, height, width);
    erase();
    char line[512];
    uint64_t missed = view->at.lost;
    for (int kind = 1; kind < FLAME_MISSED_KINDS; kind++) missed += view->at.missed[kind];
    snprintf(line, sizeof line, "flame top  %s", view->title ? view->title : "");
    put(0, 0, width, line, A_BOLD);
    const char *thread = view->only >= 0 ? flame_recorder_label(view->recorder, (size_t)view->only) : NULL;
    snprintf(line, sizeof line, "%s  %.0f s  %llu samples, %.2f%% missed  %s",
             thread ? thread : "all threads", view->at.seconds, (unsigned long long)view->at.taken,
             share(missed, view->at.taken + missed), view->whole ? "since the beginning" : "last interval");
    put(1, 0, width, line, A_NORMAL);
    put(2, 0, width, view->paused ? "held: press p to go on" : "h: keys  q: leave",
        view->paused ? (has_colors() ? (attr_t)COLOR_PAIR(PAIR_NOTE) : A_BOLD) : A_DIM);
    int y = HEAD_ROWS;
    if (view->help) {
        draw_help(y, width);
    } else {
        if (height > HEAD_ROWS + BAR_ROWS + 8) {
            draw_bar(view, y, width);
            y += BAR_ROWS + 2;
        }
        draw_table(view, y, height - y, width);
    }
    refresh();
}

/* ---- keys ---- */

static void next_thread(top_view *view, int step)
{
    size_t count = 0;
    while (flame_recorder_label(view->recorder, count)) count++;
    int64_t next = view->only + step;
    if (next >= (int64_t)count) next = -1;
    if (next < -1) next = (int64_t)count - 1;
    view->only = next;
    view->first = 0;
}

static top_wish one_key(top_view *view, int key, int page)
{
    switch (key) {
    case 'q':
    case 'Q':
        return TOP_QUIT;
    case 's':
        view->order = FLAME_HOT_SELF;
        return TOP_REMAKE;
    case 't':
        view->order = FLAME_HOT_TOTAL;
        return TOP_REMAKE;
    case 'l':
        view->lines = !view->lines;
        view->first = 0;
        return TOP_REMAKE;
    case 'c':
        view->whole = !view->whole;
        return TOP_REMAKE;
    case '>':
    case KEY_RIGHT:
        next_thread(view, 1);
        return TOP_REMAKE;
    case '<':
    case KEY_LEFT:
        next_thread(view, -1);
        return TOP_REMAKE;
    case 'a':
        view->only = -1;
        return TOP_REMAKE;
    case 'p':
    case ' ':
        view->paused = !view->paused;
        return TOP_REDRAW;
    case 'h':
    case '?':
        view->help = !view->help;
        return TOP_REDRAW;
    case 'r':
        return TOP_RESET;
    case '+':
        if (view->interval < 30) view->interval *= 2;
        return TOP_REDRAW;
    case '-':
        if (view->interval > 0.2) view->interval /= 2;
        return TOP_REDRAW;
    case KEY_DOWN:
        if (view->first + 1 < view->hot.count) view->first++;
        return TOP_REDRAW;
    case KEY_UP:
        if (view->first > 0) view->first--;
        return TOP_REDRAW;
    case KEY_NPAGE:
        if (view->first + (size_t)page < view->hot.count) view->first += (size_t)page;
        return TOP_REDRAW;
    case KEY_PPAGE:
        view->first = view->first > (size_t)page ? view->first - (size_t)page : 0;
        return TOP_REDRAW;
    case KEY_HOME:
        view->first = 0;
        return TOP_REDRAW;
    case KEY_RESIZE:
        return TOP_REDRAW;
    default:
        return TOP_NOTHING;
    }
}

top_wish top_screen_keys(top_view *view)
{
    top_wish most = TOP_NOTHING;
    for (int key = getch(); key != ERR; key = getch()) {
        if (view->help && key != 'q' && key != 'h' && key != '?' && key != KEY_RESIZE) view->help = false;
        top_wish wish = one_key(view, key, LINES > 20 ? LINES - 14 : 6);
        if (wish > most) most = wish;
    }
    return most;
}
