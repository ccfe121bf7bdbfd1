#include "chrome_events.h"

#include <stdlib.h>

void flame_trace_player_fini(flame_trace_player *player)
{
    fs_free(player->stack);
    fs_free(player->open);
}

static int compare(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_time(const void *left, const void *right)
{
    const flame_trace_event *a = left, *b = right;
    if (a->track != b->track) return a->track < b->track ? -1 : 1;
    int order = compare(a->at.value, b->at.value);
    if (!order) order = compare(a->at.rest, b->at.rest);
    if (!order) order = (a->phase == 'X') - (b->phase == 'X');
    if (!order && a->phase == 'X') order = compare(b->lasts.value, a->lasts.value);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

void flame_trace_events_sort(flame_trace_event *events, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (by_time(&events[i - 1], &events[i]) <= 0) continue;
        qsort(events, count, sizeof *events, by_time);
        return;
    }
}

/* Differences of decimal fractions, rounded to what was meant: 0.7 - 0.3 is 0.4. */
static flame_exact passed(flame_exact from, flame_exact to)
{
    flame_exact difference = flame_exact_add(to, flame_exact_minus(from));
    double meant = difference.value * 1e6, magnitude = to.value < 0 ? -to.value : to.value;
    if (!(meant < 9e15) || meant < 0) return difference;
    meant = (double)(int64_t)(meant + 0.5) / 1e6;
    double off = meant - difference.value - difference.rest;
    return off <= 0x1p-50 * magnitude && off >= -0x1p-50 * magnitude ? flame_exact_of(meant) : difference;
}

/* Let time pass at the innermost frame. While nothing is open nothing is counted, but in the order of time it
 * takes its time. */
static void pass_to(flame_trace_player *player, flame_exact to)
{
    flame_exact time = passed(player->clock, to);
    if (!(time.value > 0)) return;
    uint32_t node = player->depth ? player->stack[player->depth - 1].node : player->base;
    if ((player->depth || player->in->options->in_time) && flame_exact_in_range(time))
        flame_read_count(player->in, node, time);
    player->clock = to;
}

static bool is_later(flame_exact a, flame_exact b)
{
    return a.value > b.value || (a.value == b.value && a.rest > b.rest);
}

/* Up to a time, over the ends of what ends by itself. */
static void advance(flame_trace_player *player, flame_exact to)
{
    while (player->depth && player->stack[player->depth - 1].complete &&
           !is_later(player->stack[player->depth - 1].end, to)) {
        pass_to(player, player->stack[player->depth - 1].end);
        player->depth--;
    }
    pass_to(player, to);
}

/* One more, or one less, that an end of that name could be meant for. */
static bool note_open(flame_trace_player *player, uint32_t name)
{
    if (!FS_GROW(player->open, player->open_capacity, (size_t)name + 1)) return false;
    while (player->open_count <= name) player->open[player->open_count++] = 0;
    player->open[name]++;
    player->open_all++;
    return true;
}

static void pop(flame_trace_player *player)
{
    const flame_trace_frame *frame = &player->stack[--player->depth];
    if (frame->complete) return;
    player->open[frame->name]--;
    player->open_all--;
}

static fs_status begin(flame_trace_player *player, const flame_trace_event *event, fs_error *error)
{
    uint32_t node = player->depth ? player->stack[player->depth - 1].node : player->base;
    bool complete = event->phase == 'X';
    fs_status status = flame_read_child(player->in, node, event->frame, &node, error);
    if (status) return status;
    if (!FS_GROW(player->stack, player->capacity, player->depth + 1) ||
        (!complete && !note_open(player, event->name)))
        return fs_fail_memory(error, "reading a Chrome trace", 0);
    player->stack[player->depth++] = (flame_trace_frame){.node = node,
                                                         .name = event->name,
                                                         .complete = complete,
                                                         .end = flame_exact_add(event->at, event->lasts)};
    return FS_OK;
}

static void skip(flame_trace_player *player, const flame_trace_event *event)
{
    flame_report_skip(player->in->report, event->order, "", 0, "it ends what was not begun");
}

/* The innermost frame of that name ends, and what is open in it too. An end without a name is the last's. */
static void end(flame_trace_player *player, const flame_trace_event *event)
{
    bool named = flame_tree_name_of(player->in->tree, event->name)->length > 0;
    bool begun =
        named ? event->name < player->open_count && player->open[event->name] > 0 : player->open_all > 0;
    if (!begun) {
        if (player->missed) skip(player, event);
        if (!player->missed) player->missed = event;
        return;
    }
    for (bool found = false; !found;) {
        const flame_trace_frame *top = &player->stack[player->depth - 1];
        found = !top->complete && (!named || top->name == event->name);
        pop(player);
    }
}

/* What lasts for no time may have its end written before its begin. */
static bool has_ended(flame_trace_player *player, const flame_trace_event *event)
{
    const flame_trace_event *missed = player->missed;
    if (!missed || missed->name != event->name || missed->at.value != event->at.value ||
        missed->at.rest != event->at.rest)
        return false;
    player->missed = NULL;
    return true;
}

static void forget_missed(flame_trace_player *player)
{
    if (player->missed) skip(player, player->missed);
    player->missed = NULL;
}

fs_status flame_trace_play(flame_trace_player *player, uint32_t base, const flame_trace_event *events,
                           size_t count, fs_error *error)
{
    fs_status status = FS_OK;
    player->base = base;
    player->clock = events[0].at;
    for (size_t i = 0; i < count && !status; i++) {
        if (player->missed && is_later(events[i].at, player->missed->at)) forget_missed(player);
        advance(player, events[i].at);
        if (events[i].phase == 'E')
            end(player, &events[i]);
        else if (events[i].phase == 'B' ? !has_ended(player, &events[i]) : events[i].lasts.value > 0)
            status = begin(player, &events[i], error);
    }
    forget_missed(player);
    while (player->depth) { /* what is open yet ends now */
        if (player->stack[player->depth - 1].complete) pass_to(player, player->stack[player->depth - 1].end);
        pop(player);
    }
    return status;
}
