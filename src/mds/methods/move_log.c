#include "move_log.h"

#include <string.h>

void mds_move_log_lay_out(mds_move_log *log, size_t entries, size_t p, mds_workspace *workspace)
{
    size_t capacity = 3 * entries + 1;
    *log = (mds_move_log){.p = p, .capacity = capacity};
    log->moved = mds_workspace_take(workspace, capacity, sizeof(size_t));
    log->from = mds_workspace_take(workspace, capacity, p * sizeof(double));
    log->to = mds_workspace_take(workspace, capacity, p * sizeof(double));
}

void mds_move_log_reserve(mds_move_log *log, size_t moves)
{
    if (log->used + moves <= log->capacity) return;
    size_t drop = (log->used + 1) / 2, kept = log->used - drop;
    memmove(log->moved, log->moved + drop, kept * sizeof *log->moved);
    for (size_t k = 0; k < log->p; k++) {
        double *from = log->from + k * log->capacity, *to = log->to + k * log->capacity;
        memmove(from, from + drop, kept * sizeof *from);
        memmove(to, to + drop, kept * sizeof *to);
    }
    log->first += drop;
    log->used = kept;
}

void mds_move_log_add(mds_move_log *log, size_t i, const double *x, size_t stride, size_t k, double value)
{
    size_t entry = log->used++;
    log->moved[entry] = i;
    for (size_t c = 0; c < log->p; c++) {
        log->from[c * log->capacity + entry] = x[c * stride + i];
        log->to[c * log->capacity + entry] = c == k ? value : x[c * stride + i];
    }
}
