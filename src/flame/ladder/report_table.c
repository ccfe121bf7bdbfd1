/* The tables made of characters: terminal and Markdown. */
#include "figures.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 8, CELL = 96 };

static const char *const headings[COLUMNS] = {"rung",     "time", "spread", "× first",
                                              "× before", "CPU",  "memory", "answer"};

typedef struct row {
    char cells[COLUMNS][CELL];
} row;

/* Names and messages come from plans, programs and results: shown, not obeyed. */
static void add_shown(fs_text *out, const char *text)
{
    fs_text_add_printable(out, text, strlen(text), false);
}

static void cut_to(char *out, const char *text, size_t most)
{
    size_t used = 0, columns = 0;
    while (text[used] && columns < most && used + 5 < CELL) {
        size_t n = 1;
        while (((unsigned char)text[used + n] & 0xC0) == 0x80) n++;
        memcpy(out + used, text + used, n);
        used += n;
        columns++;
    }
    out[used] = '\0';
    if (text[used]) strcat(out, "…");
}

static void fill_row(const flame_ladder *ladder, const flame_rung *rung, row *r)
{
    const flame_figures *f = &rung->figures;
    for (int i = 0; i < COLUMNS; i++) strcpy(r->cells[i], "–");
    fs_text name;
    fs_text_init(&name);
    add_shown(&name, fs_text_string(&rung->name));
    cut_to(r->cells[0], fs_text_string(&name), 40);
    fs_text_fini(&name);
    strcpy(r->cells[7], flame_answer_text(ladder, rung));
    if (rung->run_count == 0 || rung->state == FLAME_RUNG_FAILED || rung->state == FLAME_RUNG_WAITING) return;
    flame_seconds_text(f->time, r->cells[1]);
    flame_spread_text(rung, r->cells[2]);
    flame_times_text(f->over_first, r->cells[3]);
    flame_times_text(f->over_previous, r->cells[4]);
    flame_seconds_text(f->cpu, r->cells[5]);
    flame_bytes_text(f->peak_memory, r->cells[6]);
}

static bool new_job(const flame_ladder *ladder, size_t i)
{
    const char *job = fs_text_string(&ladder->rungs[i].job);
    if (i == 0) return job[0] != '\0';
    return strcmp(job, fs_text_string(&ladder->rungs[i - 1].job)) != 0;
}

static void add_cell(fs_text *out, const char *text, size_t width, bool left)
{
    size_t used = flame_columns(text);
    if (left) fs_text_add(out, text);
    for (; used < width; used++) fs_text_char(out, ' ');
    if (!left) fs_text_add(out, text);
}

static const char *state_colour(const flame_rung *rung)
{
    switch (rung->state) {
    case FLAME_RUNG_DONE:
        return "\x1b[32m";
    case FLAME_RUNG_WRONG:
    case FLAME_RUNG_FAILED:
        return "\x1b[31m";
    case FLAME_RUNG_WAITING:
        break;
    }
    return "\x1b[2m";
}

/* Lines of text, each behind `indent`. */
static void add_indented(fs_text *out, const char *text, const char *indent)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        fs_text_add(out, indent);
        fs_text_add_printable(out, text, n, true);
        fs_text_char(out, '\n');
        text += n + (text[n] == '\n');
    }
}

/* Rungs that have no flame graph for one reason share its line. */
static void add_no_profile(const flame_ladder *ladder, size_t index, fs_text *out)
{
    const char *reason = fs_text_string(&ladder->rungs[index].no_profile);
    size_t count = 0, last = index;
    for (size_t i = 0; i < ladder->rung_count; i++) {
        if (strcmp(fs_text_string(&ladder->rungs[i].no_profile), reason) != 0) continue;
        if (i < index) return;
        last = i;
    }
    fs_text_char(out, '\n');
    for (size_t i = index; i <= last; i++) {
        if (strcmp(fs_text_string(&ladder->rungs[i].no_profile), reason) != 0) continue;
        if (count++) fs_text_add(out, i == last ? " and " : "; ");
        add_shown(out, fs_text_string(&ladder->rungs[i].name));
    }
    fs_text_format(out, " %s no flame graph:\n", count > 1 ? "have" : "has");
    add_indented(out, reason, "  ");
}

static void add_problems(const flame_ladder *ladder, fs_text *out)
{
    for (size_t i = 0; i < ladder->rung_count; i++) {
        const flame_rung *rung = &ladder->rungs[i];
        if (rung->problem.length) {
            fs_text_char(out, '\n');
            add_shown(out, fs_text_string(&rung->name));
            fs_text_format(out, " %s:\n", rung->state == FLAME_RUNG_FAILED ? "failed" : "is wrong");
            add_indented(out, fs_text_string(&rung->problem), "  ");
            if (rung->errors.length) add_indented(out, fs_text_string(&rung->errors), "  | ");
        }
        if (rung->no_profile.length) add_no_profile(ladder, i, out);
    }
}

/* Rungs that are timed in different ways are hard to compare: say so. */
static bool mixed_times(const flame_ladder *ladder)
{
    bool own = false, other = false;
    for (size_t i = 0; i < ladder->rung_count; i++) {
        if (ladder->rungs[i].run_count == 0) continue;
        own = own || ladder->rungs[i].source == FLAME_TIME_OWN;
        other = other || ladder->rungs[i].source != FLAME_TIME_OWN;
    }
    return own && other;
}

fs_status flame_report_table(const flame_ladder *ladder, bool colour, fs_text *out, fs_error *error)
{
    row *rows = fs_alloc_0(ladder->rung_count + 1, sizeof *rows);
    if (!rows) return fs_fail_memory(error, "making a table", 0);
    size_t widths[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) widths[c] = flame_columns(headings[c]);
    for (size_t i = 0; i < ladder->rung_count; i++) {
        fill_row(ladder, &ladder->rungs[i], &rows[i]);
        for (int c = 0; c < COLUMNS; c++) {
            size_t used = flame_columns(rows[i].cells[c]);
            if (used > widths[c]) widths[c] = used;
        }
    }
    if (colour) fs_text_add(out, "\x1b[1m");
    add_shown(out, fs_text_string(&ladder->title));
    fs_text_add(out, colour ? "\x1b[0m\n\n" : "\n\n");
    if (colour) fs_text_add(out, "\x1b[2m");
    for (int c = 0; c < COLUMNS; c++) {
        fs_text_add(out, "  ");
        add_cell(out, headings[c], c == COLUMNS - 1 ? 0 : widths[c], c == 0 || c == COLUMNS - 1);
    }
    fs_text_add(out, colour ? "\x1b[0m\n" : "\n");
    for (size_t i = 0; i < ladder->rung_count; i++) {
        if (new_job(ladder, i)) {
            fs_text_add(out, i ? "\n  " : "  ");
            add_shown(out, fs_text_string(&ladder->rungs[i].job));
            fs_text_char(out, '\n');
        }
        for (int c = 0; c < COLUMNS; c++) {
            fs_text_add(out, "  ");
            if (c == COLUMNS - 1 && colour) fs_text_add(out, state_colour(&ladder->rungs[i]));
            add_cell(out, rows[i].cells[c], c == COLUMNS - 1 ? 0 : widths[c], c == 0 || c == COLUMNS - 1);
            if (c == COLUMNS - 1 && colour) fs_text_add(out, "\x1b[0m");
        }
        fs_text_char(out, '\n');
    }
    add_problems(ladder, out);
    if (mixed_times(ladder))
        fs_text_add(out,
                    "\nSome rungs print their own seconds and others do not (theirs is the whole process).\n"
                    "\"time\": \"wall\" in the plan measures all alike.\n");
    fs_free(rows);
    return out->failed ? fs_fail_memory(error, "making a table", 0) : FS_OK;
}

/* ---- Markdown ---- */

/* What would end a cell or start markup is escaped. */
static void add_escaped(fs_text *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("|\\`*_<>[]", *text)) fs_text_char(out, '\\');
        fs_text_char(out, *text == '\n' ? ' ' : *text);
    }
}

fs_status flame_report_markdown(const flame_ladder *ladder, fs_text *out, fs_error *error)
{
    for (size_t i = 0; i < ladder->rung_count; i++) {
        const flame_rung *rung = &ladder->rungs[i];
        if (i == 0 || new_job(ladder, i)) {
            if (i) fs_text_char(out, '\n');
            fs_text_add(out, "**");
            add_escaped(out, fs_text_string(&ladder->title));
            if (rung->job.length) fs_text_add(out, ": ");
            add_escaped(out, fs_text_string(&rung->job));
            fs_text_add(out, "**\n\n| rung | time | spread | × first | × before | CPU | memory | answer |\n"
                             "|---|---:|---:|---:|---:|---:|---:|:---:|\n");
        }
        row r;
        fill_row(ladder, rung, &r);
        for (int c = 0; c < COLUMNS; c++) {
            fs_text_add(out, c ? " | " : "| ");
            if (c == 0)
                add_escaped(out, fs_text_string(&rung->name));
            else
                fs_text_add(out, r.cells[c]);
        }
        fs_text_add(out, " |\n");
    }
    const flame_machine *m = &ladder->machine;
    char memory[FLAME_FIGURE_SIZE];
    flame_bytes_text(m->memory, memory);
    fs_text_add(out, "\nMedian of the runs; spread: half the distance between the quartiles. ");
    add_escaped(out, fs_text_string(&m->cpu));
    fs_text_format(out, ", %d cores, %s, ", m->cores, memory);
    add_escaped(out, fs_text_string(&m->system));
    fs_text_add(out, ", ");
    add_escaped(out, fs_text_string(&m->kernel));
    for (size_t i = 0; i < m->version_count; i++) {
        fs_text_add(out, ", ");
        add_escaped(out, fs_text_string(&m->versions[i].line));
    }
    fs_text_add(out, ".\n");
    return out->failed ? fs_fail_memory(error, "making a table", 0) : FS_OK;
}

/* ---- against an earlier climb ---- */

static const char *verdict_words(flame_verdict verdict)
{
    switch (verdict) {
    case FLAME_SAME:
        return "same";
    case FLAME_FASTER:
        return "faster";
    case FLAME_SLOWER:
        return "SLOWER";
    case FLAME_BROKEN:
        return "BROKEN";
    case FLAME_NEW:
        return "new";
    case FLAME_MISSING:
        return "not measured";
    case FLAME_KEPT:
        return "not measured again";
    }
    return "";
}

static void check_line(const flame_rung *before, const flame_rung *now, const char *name, size_t width,
                       flame_verdict verdict, double change, bool colour, fs_text *out)
{
    char old[FLAME_FIGURE_SIZE] = "–", new[FLAME_FIGURE_SIZE] = "–", by[FLAME_FIGURE_SIZE] = "";
    if (before && before->run_count) flame_seconds_text(before->figures.time, old);
    if (now && now->run_count) flame_seconds_text(now->figures.time, new);
    if (change > 0) snprintf(by, sizeof by, "%+.1f%%", 100 * (change - 1));
    bool bad = verdict == FLAME_SLOWER || verdict == FLAME_BROKEN;
    fs_text_add(out, "  ");
    size_t begin = out->length;
    add_shown(out, name);
    for (size_t used = flame_columns(fs_text_string(out) + begin); used < width; used++)
        fs_text_char(out, ' ');
    fs_text_add(out, "  ");
    add_cell(out, old, 8, false);
    fs_text_add(out, " -> ");
    add_cell(out, new, 8, false);
    fs_text_add(out, "  ");
    add_cell(out, by, 8, false);
    fs_text_format(out, "  %s%s%s", colour && bad ? "\x1b[31m" : "", verdict_words(verdict),
                   colour && bad ? "\x1b[0m" : "");
    if (verdict == FLAME_BROKEN) {
        fs_text_add(out, ": ");
        add_shown(out, fs_text_string(&now->problem));
    }
    fs_text_char(out, '\n');
}

fs_status flame_report_check(const flame_ladder *before, const flame_ladder *now, double margin, bool colour,
                             fs_text *out, flame_check *check, fs_error *error)
{
    *check = (flame_check){0};
    size_t width = 4;
    for (size_t i = 0; i < now->rung_count; i++)
        width = (size_t)fmax((double)width, (double)flame_columns(fs_text_string(&now->rungs[i].name)));
    fs_text_add(out, "Against the climb of ");
    add_shown(out, fs_text_string(&before->started));
    fs_text_add(out, ":\n\n");
    for (size_t i = 0; i < now->rung_count; i++) {
        const flame_rung *rung = &now->rungs[i];
        const flame_rung *old = flame_ladder_rung(before, fs_text_string(&rung->name));
        double change = 0;
        flame_verdict verdict = old ? flame_rung_compare(old, rung, margin, &change) : FLAME_NEW;
        check->compared += verdict != FLAME_NEW && verdict != FLAME_MISSING && verdict != FLAME_KEPT;
        check->worse += verdict == FLAME_SLOWER || verdict == FLAME_BROKEN;
        check_line(old, rung, fs_text_string(&rung->name), width, verdict, change, colour, out);
    }
    if (strcmp(fs_text_string(&before->machine.cpu), fs_text_string(&now->machine.cpu)) != 0 ||
        before->machine.cores != now->machine.cores) {
        fs_text_add(out, "\nThe earlier climb was on another machine (");
        add_shown(out, fs_text_string(&before->machine.cpu));
        fs_text_format(out, ", %d cores): the times may differ for that alone.\n", before->machine.cores);
    }
    if (before->quick != now->quick)
        fs_text_add(out, "\nOne of the two climbs was --quick: the jobs may differ.\n");
    return out->failed ? fs_fail_memory(error, "comparing two climbs", 0) : FS_OK;
}
