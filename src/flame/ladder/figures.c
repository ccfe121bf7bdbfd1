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

void flame_spread_text(const flame_rung *rung, char out[FLAME_FIGURE_SIZE])
{
    const flame_figures *f = &rung->figures;
    if (rung->run_count < 3 || !(f->time > 0)) {
        snprintf(out, FLAME_FIGURE_SIZE, "–");
        return;
    }
    double percent = 100 * f->spread / f->time;
    snprintf(out, FLAME_FIGURE_SIZE, "±%.*f%%", percent < 9.95 ? 1 : 0, percent);
}

const char *flame_answer_text(const flame_ladder *ladder, const flame_rung *rung)
{
    switch (rung->state) {
    case FLAME_RUNG_DONE:
        return ladder->compares ? "✓" : "–";
    case FLAME_RUNG_WRONG:
        return "✗ wrong";
    case FLAME_RUNG_FAILED:
        return "failed";
    case FLAME_RUNG_WAITING:
        break;
    }
    return "–";
}

size_t flame_columns(const char *text)
{
    size_t n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}
