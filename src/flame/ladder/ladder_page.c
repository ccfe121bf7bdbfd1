#include "ladder_page.h"

#include "figures.h"
#include "html_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Made from page/ at build. */
extern const char flame_ladder_style[];
extern const size_t flame_ladder_style_length;
extern const char flame_ladder_script[];
extern const size_t flame_ladder_script_length;

const char *flame_page_bytes(flame_page *page, const char *bytes, size_t length)
{
    fs_text_clear(&page->scratch);
    if (!fs_text_add_xml(&page->scratch, bytes, length)) page->failed = true;
    return fs_text_string(&page->scratch);
}

const char *flame_page_text(flame_page *page, const char *text)
{
    const char *escaped = flame_page_bytes(page, text, strlen(text));
    const char *copy = fs_arena_strndup(&page->arena, escaped, page->scratch.length);
    if (!copy) page->failed = true;
    return copy ? copy : "";
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
    fs_output_format(page->output,
                     "<p class=\"headline\"><b>%s</b><span>faster: <em>%s</em> takes %s, <em>%s</em> "
                     "%s</span></p>\n",
                     times, flame_page_text(page, best->name), to, flame_page_text(page, first->name), from);
}

static void write_warnings(flame_page *page)
{
    size_t failed = 0, wrong = 0, count = page->ladder->rung_count;
    for (size_t i = 0; i < count; i++) {
        failed += page->ladder->rungs[i].state == FLAME_RUNG_FAILED;
        wrong += page->ladder->rungs[i].state == FLAME_RUNG_WRONG;
    }
    if (page->ladder->interrupted)
        fs_output_string(page->output, "<p class=\"warn\">This climb was interrupted: the figures are those "
                                       "of the runs that were finished.</p>\n");
    if (failed)
        fs_output_format(page->output,
                         "<p class=\"warn\">%zu of %zu rungs failed; each says below how.</p>\n", failed,
                         count);
    if (wrong)
        fs_output_format(
            page->output,
            "<p class=\"warn\">%zu of %zu rungs gave another answer than the first; they have no "
            "speed-up.</p>\n",
            wrong, count);
}

static void write_top(flame_page *page)
{
    const flame_ladder *ladder = page->ladder;
    fs_output *out = page->output;
    fs_output_format(out,
                     "<header class=\"top\">\n<h1>%s</h1>\n<button class=\"theme\" type=\"button\" "
                     "aria-label=\"Colours\">☾</button>\n",
                     flame_page_text(page, ladder->title));
    if (ladder->note[0])
        fs_output_format(out, "<p class=\"lead\">%s</p>\n", flame_page_text(page, ladder->note));
    write_headline(page);
    write_warnings(page);
    fs_output_string(out, "<nav aria-label=\"Parts of this page\"><a href=\"#figures\">Figures</a>");
    for (size_t i = 0; i < ladder->rung_count; i++)
        fs_output_format(out, "<a href=\"#rung-%s\">%s</a>", ladder->rungs[i].slug,
                         flame_page_text(page, ladder->rungs[i].name));
    fs_output_string(out, "<a href=\"#machine\">Machine</a></nav>\n</header>\n<main>\n");
}

/* ---- the table ---- */

static void table_row(flame_page *page, size_t index)
{
    const flame_rung *rung = &page->ladder->rungs[index];
    fs_output *out = page->output;
    fs_output_format(out, "<tr><td data-value=\"%zu\"><a href=\"#rung-%s\">%s</a>", index, rung->slug,
                     flame_page_text(page, rung->name));
    if (rung->note[0]) fs_output_format(out, "<small>%s</small>", flame_page_text(page, rung->note));
    fs_output_string(out, "</td>");
    flame_cell cells[FLAME_COLUMNS];
    flame_rung_cells(page->ladder, rung, cells);
    for (int c = 1; c < FLAME_COLUMN_ANSWER; c++) {
        if (cells[c].value > 0)
            fs_output_format(out, "<td class=\"%s\" data-value=\"%.9g\">%s</td>",
                             c == FLAME_COLUMN_TIMES ? "times" : "", cells[c].value, cells[c].text);
        else
            fs_output_format(out, "<td class=\"none\" data-value=\"\">%s</td>", cells[c].text);
    }
    const char *kind = rung->state == FLAME_RUNG_DONE      ? "good"
                       : rung->state == FLAME_RUNG_WAITING ? "none"
                                                           : "bad";
    fs_output_format(out, "<td class=\"text %s\" data-value=\"%d\">%s</td></tr>\n", kind, (int)rung->state,
                     cells[FLAME_COLUMN_ANSWER].text);
}

static void write_table(flame_page *page)
{
    static const char *const help[FLAME_COLUMNS] = {
        "",
        "Median of the runs",
        "Half the distance between the first and the third quartile, in percent of the median",
        "Times faster than the first rung",
        "Times faster than the rung before",
        "Seconds of CPU time of the whole process, all its threads and children",
        "Peak resident memory",
        "✓: the answer of the first rung"};
    const flame_ladder *ladder = page->ladder;
    fs_output *out = page->output;
    fs_output_string(out, "<section id=\"figures\"><h2>Figures</h2>\n<div class=\"scroll\"><table "
                          "class=\"figures\"><thead><tr>");
    for (size_t i = 0; i < FLAME_COLUMNS; i++)
        fs_output_format(out, "<th scope=\"col\"%s title=\"%s\"><button type=\"button\">%s</button></th>",
                         i == FLAME_COLUMN_ANSWER ? " class=\"text\"" : "", help[i], flame_headings[i]);
    fs_output_string(out, "</tr></thead>\n");
    for (size_t i = 0; i < ladder->rung_count; i++) {
        if (i == 0)
            fs_output_string(out, "<tbody>\n");
        else if (flame_begins_job(ladder, i))
            fs_output_string(out, "</tbody><tbody>\n");
        if (flame_begins_job(ladder, i) && ladder->rungs[i].job[0])
            fs_output_format(out, "<tr class=\"job\"><td colspan=\"8\">%s</td></tr>\n",
                             flame_page_text(page, ladder->rungs[i].job));
        table_row(page, i);
    }
    fs_output_string(out, "</tbody></table></div>\n");
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
        if (!flame_rung_timed(rung) || !(rung->figures.least > 0)) continue;
        least = fmin(least, rung->figures.least);
        most = fmax(most, rung->figures.most);
    }
    if (!(most > 0)) return false;
    /* The shortest bar is still a bar; decades end the axis. */
    s->low = floor(log10(least) - 0.15);
    s->high = fmax(s->low + 1, ceil(log10(most) + 0.02));
    return true;
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
    fs_output *out = page->output;
    char text[FLAME_FIGURE_SIZE];
    flame_seconds_text(f->time, text);
    fs_output_format(out, "<div class=\"row%s\"><div class=\"name\">%s</div><div class=\"track\">",
                     rung->state == FLAME_RUNG_WRONG ? " wrong" : "", flame_page_text(page, rung->name));
    for (double d = s->low; d <= s->high + 0.5; d++)
        fs_output_format(out, "<i class=\"tick\" style=\"left:%.2f%%\"></i>",
                         100 * (d - s->low) / (s->high - s->low));
    fs_output_format(out, "<div class=\"bar\" style=\"width:%.2f%%\"></div>", place(s, f->time));
    if (rung->run_count >= 3)
        fs_output_format(out, "<div class=\"span\" style=\"left:%.2f%%;width:%.2f%%\"></div>",
                         place(s, f->low), place(s, f->high) - place(s, f->low));
    size_t step = rung->run_count > 60 ? rung->run_count / 60 : 1;
    for (size_t i = 0; i < rung->run_count; i += step)
        fs_output_format(out, "<i class=\"dot\" style=\"left:%.2f%%\"></i>", place(s, rung->runs[i].time));
    fs_output_format(out, "</div><div class=\"value\">%s</div></div>\n", text);
}

static void write_chart(flame_page *page)
{
    const flame_ladder *ladder = page->ladder;
    fs_output *out = page->output;
    scale s;
    if (!find_scale(ladder, &s)) {
        fs_output_string(out, "<p class=\"small\">No rung was measured.</p></section>\n");
        return;
    }
    fs_output_string(
        out, "<div class=\"chart\" role=\"img\" aria-label=\"Time of each rung on a logarithmic axis\">\n");
    const char *job = "";
    for (size_t i = 0; i < ladder->rung_count; i++) {
        const flame_rung *rung = &ladder->rungs[i];
        if (!flame_rung_timed(rung)) continue;
        if (strcmp(job, rung->job) != 0)
            fs_output_format(out, "<div class=\"jobname\">%s</div>", flame_page_text(page, rung->job));
        job = rung->job;
        chart_row(page, rung, &s);
    }
    fs_output_string(out, "<div></div><div class=\"axis\">");
    double decades = s.high - s.low, step = decades > 6 ? 2 : 1;
    for (double d = s.low; d <= s.high + 0.5; d += step) {
        char text[FLAME_FIGURE_SIZE];
        decade_text(d, text);
        fs_output_format(out, "<span%s style=\"left:%.2f%%\">%s</span>",
                         d > s.high - 0.5 ? " class=\"last\"" : "", 100 * (d - s.low) / decades, text);
    }
    fs_output_string(out, "</div><div></div>\n</div>\n<p class=\"small\">Seconds on a logarithmic axis. Bar: "
                          "the median; dots: the runs; line: their middle half.</p></section>\n");
}

/* ---- the machine ---- */

static void write_term(flame_page *page, const char *name, const char *value)
{
    if (value[0])
        fs_output_format(page->output, "<dt>%s</dt><dd>%s</dd>\n", flame_page_text(page, name),
                         flame_page_text(page, value));
}

static void write_machine(flame_page *page)
{
    const flame_machine *m = &page->ladder->machine;
    char text[FLAME_FIGURE_SIZE];
    fs_output_string(page->output, "<section id=\"machine\"><h2>Machine</h2>\n<dl>\n");
    write_term(page, "CPU", m->cpu);
    snprintf(text, sizeof text, "%d", m->cores);
    write_term(page, "Cores", text);
    flame_bytes_text(m->memory, text);
    write_term(page, "Memory", text);
    write_term(page, "System", m->system);
    write_term(page, "Kernel", m->kernel);
    for (size_t i = 0; i < m->version_count; i++)
        write_term(page, m->versions[i].command, m->versions[i].line);
    write_term(page, "flame", FLAMESCALE_VERSION);
    write_term(page, "Climbed", page->ladder->started);
    if (page->ladder->quick) write_term(page, "Form", "quick");
    fs_output_string(page->output, "</dl></section>\n");
}

fs_status flame_page_write(flame_page *page, fs_error *error)
{
    fs_output *out = page->output;
    fs_output_string(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    flame_html_policy(out);
    fs_output_format(out,
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<title>%s</title>\n<style>\n",
                     flame_page_text(page, page->ladder->title));
    fs_output_write(out, flame_ladder_style, flame_ladder_style_length);
    fs_output_string(out, "</style>\n<script>\n");
    fs_output_write(out, flame_ladder_script, flame_ladder_script_length);
    fs_output_string(out, "</script>\n");
    flame_html_assets(out);
    fs_output_string(out, "</head>\n<body class=\"ladder\">\n");
    write_top(page);
    write_table(page);
    write_chart(page);
    fs_status status = FS_OK;
    for (size_t i = 0; i < page->ladder->rung_count && status == FS_OK; i++) {
        status = flame_page_difference(page, i, error);
        if (status == FS_OK) status = flame_page_rung(page, i, error);
    }
    write_machine(page);
    fs_output_string(out,
                     "</main>\n<footer>Made by flame ladder. Everything is in this one file; it asks the "
                     "network for nothing.</footer>\n</body>\n</html>\n");
    if (status == FS_OK && page->failed) status = fs_fail_memory(error, "writing a report", 0);
    return status;
}
