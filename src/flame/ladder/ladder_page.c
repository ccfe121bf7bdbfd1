#include "ladder_page.h"

#include "figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void flame_page_raw(flame_page *page, const char *markup)
{
    fs_output_string(page->output, markup);
}

void flame_page_bytes(flame_page *page, const char *bytes, size_t length)
{
    fs_text_clear(&page->scratch);
    fs_text_add_xml(&page->scratch, bytes, length);
    fs_output_string(page->output, fs_text_string(&page->scratch));
}

void flame_page_text(flame_page *page, const char *text)
{
    flame_page_bytes(page, text, strlen(text));
}

void flame_page_format(flame_page *page, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fs_output_string(page->output, line);
}

void flame_page_share(flame_page *page, double part)
{
    flame_page_format(page, "<span class=\"share\"><i style=\"--part:%.1f%%\"></i>%.1f%%</span>", 100 * part,
                      100 * part);
}

static bool same_job(const flame_page *page, size_t a, size_t b)
{
    return strcmp(fs_text_string(&page->ladder->rungs[a].job), fs_text_string(&page->ladder->rungs[b].job)) ==
           0;
}

size_t flame_page_before(const flame_page *page, size_t index)
{
    for (size_t i = index; i-- > 0;)
        if (same_job(page, i, index)) return i;
    return SIZE_MAX;
}

static bool has_time(const flame_rung *rung)
{
    return rung->run_count > 0 && (rung->state == FLAME_RUNG_DONE || rung->state == FLAME_RUNG_WRONG);
}

/* ---- the top ---- */

/* The rung that gained the most over its first one. */
static const flame_rung *best_rung(const flame_page *page, const flame_rung **first)
{
    const flame_rung *best = NULL;
    for (size_t i = 0; i < page->ladder->rung_count; i++) {
        const flame_rung *rung = &page->ladder->rungs[i];
        if (!(rung->figures.over_first > (best ? best->figures.over_first : 1.005))) continue;
        best = rung;
        *first = &page->ladder->rungs[flame_ladder_first(page->ladder, i)];
    }
    return best;
}

static void write_headline(flame_page *page)
{
    const flame_rung *first = NULL, *best = best_rung(page, &first);
    if (!best) return;
    char times[FLAME_FIGURE_SIZE], from[FLAME_FIGURE_SIZE], to[FLAME_FIGURE_SIZE];
    flame_times_text(best->figures.over_first, times);
    flame_seconds_text(first->figures.time, from);
    flame_seconds_text(best->figures.time, to);
    flame_page_format(page, "<p class=\"headline\"><b>%s</b><span>faster: <em>", times);
    flame_page_text(page, fs_text_string(&best->name));
    flame_page_format(page, "</em> takes %s, <em>", to);
    flame_page_text(page, fs_text_string(&first->name));
    flame_page_format(page, "</em> %s</span></p>\n", from);
}

static void write_warnings(flame_page *page)
{
    size_t failed = 0, wrong = 0;
    for (size_t i = 0; i < page->ladder->rung_count; i++) {
        failed += page->ladder->rungs[i].state == FLAME_RUNG_FAILED;
        wrong += page->ladder->rungs[i].state == FLAME_RUNG_WRONG;
    }
    if (page->ladder->interrupted)
        flame_page_raw(page,
                       "<p class=\"warn\">This climb was interrupted: the figures are those of the runs that "
                       "were finished.</p>\n");
    if (failed)
        flame_page_format(page, "<p class=\"warn\">%zu of %zu rungs failed; each says below how.</p>\n",
                          failed, page->ladder->rung_count);
    if (wrong)
        flame_page_format(
            page,
            "<p class=\"warn\">%zu of %zu rungs gave another answer than the first; they have no "
            "speed-up.</p>\n",
            wrong, page->ladder->rung_count);
}

void flame_page_top(flame_page *page)
{
    const flame_ladder *ladder = page->ladder;
    flame_page_raw(page, "<header class=\"top\">\n<h1>");
    flame_page_text(page, fs_text_string(&ladder->title));
    flame_page_raw(page,
                   "</h1>\n<button class=\"theme\" type=\"button\" aria-label=\"Colours\">☾</button>\n");
    if (ladder->note.length) {
        flame_page_raw(page, "<p class=\"lead\">");
        flame_page_text(page, fs_text_string(&ladder->note));
        flame_page_raw(page, "</p>\n");
    }
    write_headline(page);
    write_warnings(page);
    flame_page_raw(page, "<nav aria-label=\"Parts of this page\"><a href=\"#figures\">Figures</a>");
    for (size_t i = 0; i < ladder->rung_count; i++) {
        flame_page_format(page, "<a href=\"#rung-%s\">", fs_text_string(&ladder->rungs[i].slug));
        flame_page_text(page, fs_text_string(&ladder->rungs[i].name));
        flame_page_raw(page, "</a>");
    }
    flame_page_raw(page, "<a href=\"#machine\">Machine</a></nav>\n</header>\n<main>\n");
}

/* ---- the table ---- */

static void cell(flame_page *page, const char *text, double value, const char *kind)
{
    if (value > 0)
        flame_page_format(page, "<td class=\"%s\" data-value=\"%.9g\">%s</td>", kind, value, text);
    else
        flame_page_format(page, "<td class=\"none\" data-value=\"\">%s</td>", text);
}

static void table_row(flame_page *page, const flame_rung *rung, size_t index)
{
    const flame_figures *f = &rung->figures;
    flame_page_format(page, "<tr><td data-value=\"%zu\"><a href=\"#rung-%s\">", index,
                      fs_text_string(&rung->slug));
    flame_page_text(page, fs_text_string(&rung->name));
    flame_page_raw(page, "</a>");
    if (rung->note.length) {
        flame_page_raw(page, "<small>");
        flame_page_text(page, fs_text_string(&rung->note));
        flame_page_raw(page, "</small>");
    }
    flame_page_raw(page, "</td>");
    char text[FLAME_FIGURE_SIZE] = "–";
    bool timed = has_time(rung);
    if (timed) flame_seconds_text(f->time, text);
    cell(page, text, timed ? f->time : 0, "");
    strcpy(text, "–");
    if (timed) flame_spread_text(rung, text);
    bool spread = timed && rung->run_count >= 3 && f->time > 0;
    cell(page, text, spread ? fmax(f->spread / f->time, 1e-9) : 0, "");
    flame_times_text(timed ? f->over_first : 0, text);
    cell(page, text, timed ? f->over_first : 0, "times");
    flame_times_text(timed ? f->over_previous : 0, text);
    cell(page, text, timed ? f->over_previous : 0, "");
    strcpy(text, "–");
    if (timed) flame_seconds_text(f->cpu, text);
    cell(page, text, timed ? f->cpu : 0, "");
    strcpy(text, "–");
    if (timed) flame_bytes_text(f->peak_memory, text);
    cell(page, text, timed ? (double)f->peak_memory : 0, "");
    const char *kind = rung->state == FLAME_RUNG_DONE      ? "good"
                       : rung->state == FLAME_RUNG_WAITING ? "none"
                                                           : "bad";
    flame_page_format(page, "<td class=\"text %s\" data-value=\"%d\">%s</td></tr>\n", kind, (int)rung->state,
                      flame_answer_text(page->ladder, rung));
}

void flame_page_table(flame_page *page)
{
    static const struct {
        const char *word, *help;
    } heads[] = {
        {"rung", ""},
        {"time", "Median of the runs"},
        {"spread", "Half the distance between the first and the third quartile, in percent of the median"},
        {"× first", "Times faster than the first rung"},
        {"× before", "Times faster than the rung before"},
        {"CPU", "Seconds of CPU time of the whole process, all its threads and children"},
        {"memory", "Peak resident memory"},
        {"answer", "✓: the answer of the first rung"}};
    flame_page_raw(page,
                   "<section id=\"figures\"><h2>Figures</h2>\n<div class=\"scroll\"><table class=\"figures\">"
                   "<thead><tr>");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        flame_page_format(page, "<th scope=\"col\"%s title=\"%s\"><button type=\"button\">%s</button></th>",
                          i == 7 ? " class=\"text\"" : "", heads[i].help, heads[i].word);
    flame_page_raw(page, "</tr></thead>\n");
    for (size_t i = 0; i < page->ladder->rung_count; i++) {
        const flame_rung *rung = &page->ladder->rungs[i];
        bool new_job = i == 0 || !same_job(page, i, i - 1);
        if (new_job) flame_page_raw(page, i ? "</tbody><tbody>\n" : "<tbody>\n");
        if (new_job && rung->job.length) {
            flame_page_raw(page, "<tr class=\"job\"><td colspan=\"8\">");
            flame_page_text(page, fs_text_string(&rung->job));
            flame_page_raw(page, "</td></tr>\n");
        }
        table_row(page, rung, i);
    }
    flame_page_raw(page, "</tbody></table></div>\n");
}

/* ---- the chart ---- */

typedef struct scale {
    double low, high; /* logarithms to base 10 */
} scale;

static double place(const scale *s, double seconds)
{
    double x = (log10(fmax(seconds, 1e-12)) - s->low) / (s->high - s->low);
    return 100 * fmin(1, fmax(0, x));
}

static bool find_scale(const flame_ladder *ladder, scale *s)
{
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < ladder->rung_count; i++) {
        const flame_rung *rung = &ladder->rungs[i];
        if (!has_time(rung) || !(rung->figures.least > 0)) continue;
        least = fmin(least, rung->figures.least);
        most = fmax(most, rung->figures.most);
    }
    if (!(most > 0)) return false;
    /* The shortest bar is still a bar; decades end the axis. */
    s->low = floor(log10(least) - 0.15);
    s->high = fmax(s->low + 1, ceil(log10(most) + 0.02));
    return true;
}

static void write_ticks(flame_page *page, const scale *s)
{
    for (double d = s->low; d <= s->high + 0.5; d++)
        flame_page_format(page, "<i class=\"tick\" style=\"left:%.2f%%\"></i>",
                          100 * (d - s->low) / (s->high - s->low));
}

static void decade_text(double exponent, char out[FLAME_FIGURE_SIZE])
{
    static const char *const units[] = {"ns", "µs", "ms", "s"};
    int power = (int)lround(exponent), unit = 3;
    while (power < 0 && unit > 0) {
        power += 3;
        unit--;
    }
    char number[FS_NUMBER_SIZE];
    fs_number_grouped((uint64_t)llround(pow(10, fmax(power, 0))), number);
    snprintf(out, FLAME_FIGURE_SIZE, "%s %s", number, units[unit]);
}

static void chart_row(flame_page *page, const flame_rung *rung, const scale *s)
{
    const flame_figures *f = &rung->figures;
    char text[FLAME_FIGURE_SIZE];
    flame_seconds_text(f->time, text);
    flame_page_format(page, "<div class=\"row%s\"><div class=\"name\">",
                      rung->state == FLAME_RUNG_WRONG ? " wrong" : "");
    flame_page_text(page, fs_text_string(&rung->name));
    flame_page_raw(page, "</div><div class=\"track\">");
    write_ticks(page, s);
    flame_page_format(page, "<div class=\"bar\" style=\"width:%.2f%%\"></div>", place(s, f->time));
    if (rung->run_count >= 3)
        flame_page_format(page, "<div class=\"span\" style=\"left:%.2f%%;width:%.2f%%\"></div>",
                          place(s, f->low), place(s, f->high) - place(s, f->low));
    size_t step = rung->run_count > 60 ? rung->run_count / 60 : 1;
    for (size_t i = 0; i < rung->run_count; i += step)
        flame_page_format(page, "<i class=\"dot\" style=\"left:%.2f%%\"></i>", place(s, rung->runs[i].time));
    flame_page_format(page, "</div><div class=\"value\">%s</div></div>\n", text);
}

void flame_page_chart(flame_page *page)
{
    const flame_ladder *ladder = page->ladder;
    scale s;
    if (!find_scale(ladder, &s)) {
        flame_page_raw(page, "<p class=\"small\">No rung was measured.</p></section>\n");
        return;
    }
    flame_page_raw(
        page, "<div class=\"chart\" role=\"img\" aria-label=\"Time of each rung on a logarithmic axis\">\n");
    const char *job = "";
    for (size_t i = 0; i < ladder->rung_count; i++) {
        const flame_rung *rung = &ladder->rungs[i];
        if (!has_time(rung)) continue;
        if (strcmp(job, fs_text_string(&rung->job)) != 0) {
            job = fs_text_string(&rung->job);
            flame_page_raw(page, "<div class=\"jobname\">");
            flame_page_text(page, job);
            flame_page_raw(page, "</div>");
        }
        chart_row(page, rung, &s);
    }
    flame_page_raw(page, "<div></div><div class=\"axis\">");
    double decades = s.high - s.low, step = decades > 6 ? 2 : 1;
    for (double d = s.low; d <= s.high + 0.5; d += step) {
        char text[FLAME_FIGURE_SIZE];
        decade_text(d, text);
        flame_page_format(page, "<span%s style=\"left:%.2f%%\">%s</span>",
                          d > s.high - 0.5 ? " class=\"last\"" : "", 100 * (d - s.low) / decades, text);
    }
    flame_page_raw(page,
                   "</div><div></div>\n</div>\n<p class=\"small\">Seconds on a logarithmic axis. Bar: the "
                   "median; dots: the runs; line: their middle half.</p></section>\n");
}

/* ---- the machine ---- */

static void term(flame_page *page, const char *name, const char *value)
{
    if (!value[0]) return;
    flame_page_raw(page, "<dt>");
    flame_page_text(page, name);
    flame_page_raw(page, "</dt><dd>");
    flame_page_text(page, value);
    flame_page_raw(page, "</dd>\n");
}

void flame_page_machine(flame_page *page)
{
    const flame_machine *m = &page->ladder->machine;
    char text[FLAME_FIGURE_SIZE];
    flame_page_raw(page, "<section id=\"machine\"><h2>Machine</h2>\n<dl>\n");
    term(page, "CPU", fs_text_string(&m->cpu));
    snprintf(text, sizeof text, "%d", m->cores);
    term(page, "Cores", text);
    flame_bytes_text(m->memory, text);
    term(page, "Memory", text);
    term(page, "System", fs_text_string(&m->system));
    term(page, "Kernel", fs_text_string(&m->kernel));
    for (size_t i = 0; i < m->version_count; i++)
        term(page, fs_text_string(&m->versions[i].command), fs_text_string(&m->versions[i].line));
    term(page, "flame", FLAMESCALE_VERSION);
    term(page, "Climbed", fs_text_string(&page->ladder->started));
    if (page->ladder->quick) term(page, "Form", "quick");
    flame_page_raw(page, "</dl></section>\n");
}
