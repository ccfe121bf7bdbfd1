/* The tables made of characters: terminal and Markdown. */
#include "figures.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

/* Names and messages come from plans, programs and results: shown, not obeyed. */
static void add_shown(fs_text *out, const char *text)
{
    fs_text_add_printable(out, text, strlen(text), false);
}

/* A name of at most 40 columns. */
static void add_short(fs_text *out, const char *name)
{
    fs_text shown;
    fs_text_init(&shown);
    add_shown(&shown, name);
    const char *text = fs_text_string(&shown);
    size_t used = 0, columns = 0;
    while (text[used] && columns < 40) {
        used++;
        while (((unsigned char)text[used] & 0xC0) == 0x80) used++;
        columns++;
    }
    fs_text_append(out, text, used);
    if (text[used]) fs_text_add(out, "…");
    out->failed = out->failed || shown.failed;
    fs_text_fini(&shown);
}

static void add_padded(fs_text *out, const char *text, size_t width, bool left)
{
    size_t used = flame_columns(text);
    int blanks = used < width ? (int)(width - used) : 0;
    fs_text_format(out, "%*s%s%*s", left ? 0 : blanks, "", text, left ? blanks : 0, "");
}

static void add_cell(fs_text *out, const char *text, size_t width, bool left)
{
    fs_text_add(out, "  ");
    add_padded(out, text, width, left);
}

static size_t widest(size_t width, const char *text)
{
    size_t columns = flame_columns(text);
    return columns > width ? columns : width;
}

/* By flame_rung_state. */
static const char *const state_colours[] = {"\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[31m"};

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
        add_shown(out, ladder->rungs[i].name);
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
            add_shown(out, rung->name);
            fs_text_format(out, " %s:\n", rung->state == FLAME_RUNG_FAILED ? "failed" : "is wrong");
            add_indented(out, fs_text_string(&rung->problem), "  ");
            if (rung->errors.length) add_indented(out, fs_text_string(&rung->errors), "  | ");
        }
        if (rung->better.length) {
            fs_text_char(out, '\n');
            add_shown(out, rung->name);
            fs_text_add(out, " gives another answer, ");
            add_shown(out, fs_text_string(&rung->better));
            fs_text_add(out, ".\n");
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
    const char *plain = colour ? "\x1b[0m" : "", *bold = colour ? "\x1b[1m" : "",
               *dim = colour ? "\x1b[2m" : "";
    flame_cell(*rows)[FLAME_COLUMNS] = fs_alloc_0(ladder->rung_count, sizeof *rows);
    if (!rows) return fs_fail_memory(error, "making a table", 0);
    fs_text name;
    fs_text_init(&name);
    size_t widths[FLAME_COLUMNS];
    for (int c = 0; c < FLAME_COLUMNS; c++) widths[c] = flame_columns(flame_headings[c]);
    for (size_t i = 0; i < ladder->rung_count; i++) {
        flame_rung_cells(ladder, &ladder->rungs[i], rows[i]);
        fs_text_clear(&name);
        add_short(&name, ladder->rungs[i].name);
        widths[0] = widest(widths[0], fs_text_string(&name));
        for (int c = 1; c < FLAME_COLUMN_ANSWER; c++) widths[c] = widest(widths[c], rows[i][c].text);
    }
    fs_text_add(out, bold);
    add_shown(out, ladder->title);
    fs_text_format(out, "%s\n\n%s", plain, dim);
    for (int c = 0; c < FLAME_COLUMN_ANSWER; c++) add_cell(out, flame_headings[c], widths[c], c == 0);
    fs_text_format(out, "  %s%s\n", flame_headings[FLAME_COLUMN_ANSWER], plain);
    for (size_t i = 0; i < ladder->rung_count; i++) {
        const flame_rung *rung = &ladder->rungs[i];
        if (flame_begins_job(ladder, i)) {
            fs_text_add(out, i ? "\n  " : "  ");
            add_shown(out, rung->job);
            fs_text_char(out, '\n');
        }
        fs_text_clear(&name);
        add_short(&name, rung->name);
        add_cell(out, fs_text_string(&name), widths[0], true);
        for (int c = 1; c < FLAME_COLUMN_ANSWER; c++) add_cell(out, rows[i][c].text, widths[c], false);
        fs_text_format(out, "  %s%s%s\n", colour ? state_colours[rung->state] : "",
                       rows[i][FLAME_COLUMN_ANSWER].text, plain);
    }
    add_problems(ladder, out);
    if (mixed_times(ladder))
        fs_text_add(out,
                    "\nSome rungs print their own seconds and others do not (theirs is the whole process).\n"
                    "\"time\": \"wall\" in the plan measures all alike.\n");
    bool failed = out->failed || name.failed;
    fs_text_fini(&name);
    fs_free(rows);
    return failed ? fs_fail_memory(error, "making a table", 0) : FS_OK;
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

static void add_machine(const flame_machine *m, fs_text *out)
{
    char memory[FLAME_FIGURE_SIZE];
    flame_bytes_text(m->memory, memory);
    add_escaped(out, m->cpu);
    fs_text_format(out, ", %d cores, %s, ", m->cores, memory);
    add_escaped(out, m->system);
    fs_text_add(out, ", ");
    add_escaped(out, m->kernel);
    for (size_t i = 0; i < m->version_count; i++) {
        fs_text_add(out, ", ");
        add_escaped(out, m->versions[i].line);
    }
    fs_text_add(out, ".\n");
}

fs_status flame_report_markdown(const flame_ladder *ladder, fs_text *out, fs_error *error)
{
    for (size_t i = 0; i < ladder->rung_count; i++) {
        const flame_rung *rung = &ladder->rungs[i];
        if (i == 0 || flame_begins_job(ladder, i)) {
            fs_text_add(out, i ? "\n**" : "**");
            add_escaped(out, ladder->title);
            if (rung->job[0]) fs_text_add(out, ": ");
            add_escaped(out, rung->job);
            fs_text_add(out, "**\n\n|");
            for (int c = 0; c < FLAME_COLUMNS; c++) fs_text_format(out, " %s |", flame_headings[c]);
            fs_text_add(out, "\n|---|---:|---:|---:|---:|---:|---:|:---:|\n");
        }
        flame_cell cells[FLAME_COLUMNS];
        flame_rung_cells(ladder, rung, cells);
        fs_text_add(out, "| ");
        add_escaped(out, rung->name);
        for (int c = 1; c < FLAME_COLUMNS; c++) fs_text_format(out, " | %s", cells[c].text);
        fs_text_add(out, " |\n");
    }
    for (size_t i = 0; i < ladder->rung_count; i++) {
        const flame_rung *rung = &ladder->rungs[i];
        if (!rung->better.length) continue;
        fs_text_char(out, '\n');
        add_escaped(out, rung->name);
        fs_text_add(out, " gives another answer, ");
        add_escaped(out, fs_text_string(&rung->better));
        fs_text_add(out, ".\n");
    }
    fs_text_add(out, "\nMedian of the runs; spread: half the distance between the quartiles. ");
    add_machine(&ladder->machine, out);
    return out->failed ? fs_fail_memory(error, "making a table", 0) : FS_OK;
}

/* ---- against an earlier climb ---- */

static const char *const verdict_words[] = {[FLAME_SAME] = "same",
                                            [FLAME_FASTER] = "faster",
                                            [FLAME_SLOWER] = "SLOWER",
                                            [FLAME_BROKEN] = "BROKEN",
                                            [FLAME_NEW] = "new",
                                            [FLAME_MISSING] = "not measured",
                                            [FLAME_KEPT] = "not measured again"};

static void add_verdict(const flame_rung *before, const flame_rung *now, size_t width, flame_verdict verdict,
                        double change, bool colour, fs_text *out)
{
    char old[FLAME_FIGURE_SIZE] = "–", new[FLAME_FIGURE_SIZE] = "–", by[FLAME_FIGURE_SIZE] = "";
    if (before && before->run_count) flame_seconds_text(before->figures.time, old);
    if (now->run_count) flame_seconds_text(now->figures.time, new);
    if (change > 0) snprintf(by, sizeof by, "%+.1f%%", 100 * (change - 1));
    bool bad = verdict == FLAME_SLOWER || verdict == FLAME_BROKEN;
    fs_text_add(out, "  ");
    add_shown(out, now->name);
    fs_text_format(out, "%*s", (int)(width - flame_columns(now->name)), "");
    add_cell(out, old, 8, false);
    fs_text_add(out, " -> ");
    add_padded(out, new, 8, false);
    add_cell(out, by, 8, false);
    fs_text_format(out, "  %s%s%s", colour && bad ? "\x1b[31m" : "", verdict_words[verdict],
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
    for (size_t i = 0; i < now->rung_count; i++) width = widest(width, now->rungs[i].name);
    fs_text_add(out, "Against the climb of ");
    add_shown(out, before->started);
    fs_text_add(out, ":\n\n");
    for (size_t i = 0; i < now->rung_count; i++) {
        const flame_rung *rung = &now->rungs[i];
        const flame_rung *old = flame_ladder_rung(before, rung->name);
        double change = 0;
        flame_verdict verdict = old ? flame_rung_compare(old, rung, margin, &change) : FLAME_NEW;
        check->compared += verdict != FLAME_NEW && verdict != FLAME_MISSING && verdict != FLAME_KEPT;
        check->worse += verdict == FLAME_SLOWER || verdict == FLAME_BROKEN;
        add_verdict(old, rung, width, verdict, change, colour, out);
    }
    if (strcmp(before->machine.cpu, now->machine.cpu) != 0 || before->machine.cores != now->machine.cores) {
        fs_text_add(out, "\nThe earlier climb was on another machine (");
        add_shown(out, before->machine.cpu);
        fs_text_format(out, ", %d cores): the times may differ for that alone.\n", before->machine.cores);
    }
    if (before->quick != now->quick)
        fs_text_add(out, "\nOne of the two climbs was --quick: the jobs may differ.\n");
    return out->failed ? fs_fail_memory(error, "comparing two climbs", 0) : FS_OK;
}
