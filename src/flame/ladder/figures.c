#include "figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Three digits: 1.23, 12.3, 123. */
static void three_digits(double value, char *out, size_t room)
{
    int after = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(out, room, "%.*f", after, value);
}

void flame_seconds_text(double seconds, char out[FLAME_FIGURE_SIZE])
{
    static const struct {
        double scale;
        const char *unit;
    } units[] = {{1, "s"}, {1e3, "ms"}, {1e6, "µs"}, {1e9, "ns"}};
    size_t u = 0;
    while (u < 3 && seconds * units[u].scale < 0.9995) u++;
    char number[24];
    three_digits(seconds * units[u].scale, number, sizeof number);
    snprintf(out, FLAME_FIGURE_SIZE, "%s %s", number, units[u].unit);
}

void flame_times_text(double times, char out[FLAME_FIGURE_SIZE])
{
    if (!(times > 0)) {
        snprintf(out, FLAME_FIGURE_SIZE, "–");
        return;
    }
    char number[FS_NUMBER_SIZE];
    if (times < 999.5)
        three_digits(times, number, sizeof number);
    else
        fs_number_grouped((uint64_t)llround(fmin(times, 1e18)), number);
    snprintf(out, FLAME_FIGURE_SIZE, "%s×", number);
}

void flame_bytes_text(uint64_t bytes, char out[FLAME_FIGURE_SIZE])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t u = 0;
    for (; u < 4 && value >= 999.5; u++) value /= 1000;
    char number[24];
    three_digits(value, number, sizeof number);
    snprintf(out, FLAME_FIGURE_SIZE, "%s %s", number, units[u]);
}

size_t flame_columns(const char *text)
{
    size_t n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* ---- the table ---- */

const char *const flame_headings[FLAME_COLUMNS] = {"rung",     "time", "spread", "× first",
                                                   "× before", "CPU",  "memory", "answer"};

bool flame_rung_timed(const flame_rung *rung)
{
    return rung->run_count > 0 && (rung->state == FLAME_RUNG_DONE || rung->state == FLAME_RUNG_WRONG);
}

bool flame_begins_job(const flame_ladder *ladder, size_t index)
{
    const flame_rung *rung = &ladder->rungs[index];
    return index == 0 ? rung->job[0] != '\0' : !flame_same_job(rung, rung - 1);
}

static const char *answer_text(const flame_ladder *ladder, const flame_rung *rung)
{
    switch (rung->state) {
    case FLAME_RUNG_DONE:
        if (rung->better.length) return "✓ better";
        return ladder->compares || rung->own_answer ? "✓" : "–";
    case FLAME_RUNG_WRONG:
        return "✗ wrong";
    case FLAME_RUNG_FAILED:
        return "failed";
    case FLAME_RUNG_WAITING:
        break;
    }
    return "–";
}

void flame_rung_cells(const flame_ladder *ladder, const flame_rung *rung, flame_cell cells[FLAME_COLUMNS])
{
    const flame_figures *f = &rung->figures;
    for (size_t i = 0; i < FLAME_COLUMNS; i++) cells[i] = (flame_cell){.text = "–"};
    snprintf(cells[FLAME_COLUMN_ANSWER].text, FLAME_FIGURE_SIZE, "%s", answer_text(ladder, rung));
    cells[FLAME_COLUMN_ANSWER].value = (double)rung->state;
    if (!flame_rung_timed(rung)) return;
    const double values[] = {0, f->time, 0, f->over_first, f->over_previous, f->cpu, (double)f->peak_memory};
    for (size_t i = 1; i < FLAME_COLUMN_ANSWER; i++) cells[i].value = values[i];
    flame_seconds_text(f->time, cells[1].text);
    if (rung->run_count >= 3 && f->time > 0) {
        double percent = 100 * f->spread / f->time;
        snprintf(cells[2].text, FLAME_FIGURE_SIZE, "±%.*f%%", percent < 9.95 ? 1 : 0, percent);
        cells[2].value = fmax(f->spread / f->time, 1e-9);
    }
    flame_times_text(f->over_first, cells[3].text);
    flame_times_text(f->over_previous, cells[4].text);
    flame_seconds_text(f->cpu, cells[5].text);
    flame_bytes_text(f->peak_memory, cells[6].text);
}
