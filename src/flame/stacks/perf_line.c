#include "perf_line.h"

#include "count_text.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t digits_at(const char *text, size_t at, size_t end)
{
    size_t start = at;
    while (at < end && is_digit(text[at])) at++;
    return at - start;
}

static bool next_word(const char *line, size_t from, size_t length, perf_word *word)
{
    while (from < length && is_space(line[from])) from++;
    size_t end = from;
    while (end < length && !is_space(line[end])) end++;
    *word = (perf_word){.at = from, .length = end - from};
    return end > from;
}

/* ---- frames ---- */

/* Where the module's opening bracket stands in text that ends in ')'; `length` when it opens none. */
static size_t module_open(const char *line, size_t from, size_t length)
{
    size_t open = length;
    int level = 0;
    do {
        open--;
        level += line[open] == ')';
        level -= line[open] == '(';
    } while (open > from && level > 0);
    return level == 0 && open > 0 && (open == from || is_space(line[open - 1])) ? open : length;
}

bool perf_split_frame(const char *line, size_t length, bool addresses, perf_frame *frame)
{
    size_t at = 0;
    while (at < length && is_space(line[at])) at++;
    while (length > at && is_space(line[length - 1])) length--;
    size_t start = at;
    *frame = (perf_frame){0};
    if (addresses) {
        while (at < length && is_hex(line[at])) at++;
        if (at == start || at - start > 16 || (at < length && !is_space(line[at]))) return false;
        frame->address = line + start;
        frame->address_length = at - start;
        while (at < length && is_space(line[at])) at++;
    }
    size_t end = length;
    if (end > at && line[end - 1] == ')') {
        size_t open = module_open(line, at, end);
        if (open < end) {
            frame->module = line + open + 1;
            frame->module_length = end - 1 - (open + 1);
            end = open;
        }
    }
    while (end > at && is_space(line[end - 1])) end--;
    frame->symbol = line + at;
    frame->symbol_length = end - at;
    return end > at || frame->module_length > 0 || frame->address_length >= 4 ||
           start >= 8; /* as perf pads one */
}

bool perf_split_only_frame(const char *line, size_t length, perf_frame *frame)
{
    perf_word word = {0};
    bool loaded = memmem(line, length, "|OP ", 4) != NULL; /* "7f12 |OP LOAD|LVL L1 hit|LCK No 401a f (/a)" */
    size_t at;
    do {
        at = word.at + word.length;
        bool good = perf_split_frame(line + at, length - at, true, frame) && frame->module &&
                    frame->address_length >= 4;
        if (good && !(loaded && at == 0)) return true;
    } while (loaded && next_word(line, at, length, &word));
    return false;
}

bool perf_split_source(const char *line, size_t length, const char **file, size_t *file_length, int *number)
{
    size_t at = 0;
    while (at < length && is_space(line[at])) at++;
    while (length > at && is_space(line[length - 1])) length--;
    size_t digits = length;
    *number = 0;
    while (digits > at && length - digits < 9 && is_digit(line[digits - 1])) digits--;
    for (size_t i = digits; i < length; i++) *number = *number * 10 + (line[i] - '0');
    if (digits == length || digits < at + 2 || line[digits - 1] != ':') return false;
    *file = line + at;
    *file_length = digits - 1 - at;
    return true;
}

static bool ends_with(const char *text, size_t length, const char *ending)
{
    size_t n = strlen(ending);
    return length >= n && memcmp(text + length - n, ending, n) == 0;
}

static bool begins_with(const char *text, size_t length, const char *start)
{
    size_t n = strlen(start);
    return length >= n && memcmp(text, start, n) == 0;
}

bool perf_module_is_kernel(const perf_frame *frame)
{
    static const char *const user[] = {"[unknown", "[v",   "[heap",    "[stack",
                                       "[anon",    "[jit", "[uprobes", NULL};
    static const char *const endings[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz", ".ko.debug", NULL};
    const char *module = frame->module;
    size_t length = frame->module_length;
    if (length == 0) return false;
    if (module[0] == '[') {
        for (size_t i = 0; user[i]; i++)
            if (begins_with(module, length, user[i])) return false;
        return memmem(module, length, "unknown", 7) == NULL;
    }
    for (size_t i = 0; endings[i]; i++)
        if (ends_with(module, length, endings[i])) return true;
    const char *slash = memrchr(module, '/', length);
    size_t folder = slash ? (size_t)(slash + 1 - module) : 0;
    return begins_with(module + folder, length - folder, "vmlinux") ||
           begins_with(module, length, "/proc/kcore");
}

/* Maps that run-time compilers write (/tmp/perf-1234.map), and what `perf inject --jit` makes of their dumps
 * (jitted-1234-5.so). */
bool perf_module_is_jit(const perf_frame *frame)
{
    const char *module = frame->module;
    size_t length = frame->module_length;
    if (length == 0) return false;
    const char *slash = memrchr(module, '/', length);
    size_t folder = slash ? (size_t)(slash + 1 - module) : 0;
    const char *name = module + folder;
    size_t n = length - folder;
    return (slash && begins_with(name, n, "perf-") && ends_with(name, n, ".map")) ||
           (begins_with(name, n, "jitted-") && ends_with(name, n, ".so")) ||
           begins_with(module, length, "[jit]");
}

/* ---- the head of a sample ---- */

/* 4794564.109216: */
static bool is_time(const char *text, size_t length)
{
    size_t whole = digits_at(text, 0, length);
    if (whole == 0 || whole >= length || text[whole] != '.') return false;
    size_t part = digits_at(text, whole + 1, length);
    return part > 0 && whole + 1 + part + 1 == length && text[length - 1] == ':';
}

/* [003] */
static bool is_cpu(const char *text, size_t length)
{
    return length >= 3 && text[0] == '[' && digits_at(text, 1, length) + 2 == length &&
           text[length - 1] == ']';
}

static bool is_place(const char *line, perf_word word)
{
    return is_cpu(line + word.at, word.length) || is_time(line + word.at, word.length);
}

static bool is_event(const char *line, perf_word word)
{
    return word.length > 1 && line[word.at + word.length - 1] == ':' && !is_place(line, word);
}

static bool is_number(const char *line, perf_word word)
{
    return word.length > 0 && digits_at(line, word.at, word.at + word.length) == word.length;
}

/* perf writes periods ten characters wide, and processes, which have seven digits at most, narrower. */
static bool is_wide(const char *line, perf_word word)
{
    size_t blanks = 0;
    while (blanks < word.at && line[word.at - 1 - blanks] == ' ') blanks++;
    return blanks + word.length >= (blanks < word.at ? 11 : 10);
}

/* 1234 or 1234/1235; a process that has gone is -1. */
static bool take_process(const char *line, perf_word word, perf_header *header)
{
    size_t at = word.at, end = word.at + word.length;
    size_t minus = line[at] == '-', first = digits_at(line, at + minus, end);
    if (first == 0) return false;
    size_t slash = at + minus + first;
    header->pid = header->tid = (perf_word){0};
    if (slash == end) {
        header->tid = word;
        return true;
    }
    if (line[slash] != '/') return false;
    size_t second = slash + 1, less = second < end && line[second] == '-';
    size_t digits = digits_at(line, second + less, end);
    if (digits == 0 || second + less + digits != end) return false;
    header->pid = (perf_word){.at = at, .length = slash - at};
    header->tid = (perf_word){.at = second, .length = end - second};
    return true;
}

/* Where the process's name ends, which may hold spaces and numbers: before its number, or before the
 * processor or the time. What makes a number the process's is what follows it. */
static size_t find_process(const char *line, size_t length, perf_header *header)
{
    perf_header guess = {0};
    perf_word word, next;
    size_t first = length, after = length, guessed_comm = 0;
    bool guessed = false;
    for (size_t at = 0; next_word(line, at, length, &word); at = word.at + word.length) {
        size_t end = word.at + word.length, comm_end = word.at;
        if (first == length) first = word.at;
        while (comm_end > first && is_space(line[comm_end - 1])) comm_end--;
        perf_word comm = {.at = first, .length = comm_end > first ? comm_end - first : 0};
        bool period = is_number(line, word) && is_wide(line, word) && !next_word(line, end, length, &next);
        if ((is_place(line, word) || period) && !guessed) {
            header->comm = comm;
            return word.at;
        }
        if (!take_process(line, word, &guess)) continue;
        bool more = next_word(line, end, length, &next);
        bool sure = guess.pid.length > 0 || (more && is_place(line, next));
        if (!sure && guessed) continue;
        if (!sure && comm.length == 0 && !(more && is_event(line, next))) continue;
        header->comm = comm;
        header->pid = guess.pid;
        header->tid = guess.tid;
        if (sure) return end;
        guessed = true;
        after = end;
        guessed_comm = comm.length;
    }
    header->comm = (perf_word){.at = first, .length = guessed_comm};
    return after;
}

/* A number where a period may stand is one unless it is the address of a frame on the same line. */
static bool is_period(const char *line, perf_word word, size_t length)
{
    perf_word next;
    perf_frame frame;
    size_t end = word.at + word.length;
    if (!is_number(line, word)) return false;
    if (!next_word(line, end, length, &next) || is_event(line, next)) return true;
    return perf_split_frame(line + end, length - end, true, &frame) && frame.address_length >= 4;
}

/* perf pads an address in the line of a sample to sixteen characters behind a blank. `end` is where the
 * fields before it end; of several (-F addr,ip) the last is the frame's. */
static size_t find_padded_frame(const char *line, size_t length, size_t *end)
{
    size_t frame = 0;
    perf_word word, next;
    *end = length;
    for (size_t at = 0; next_word(line, at, length, &word); at = word.at + word.length) {
        size_t digits = 0, blanks = 0;
        while (digits < word.length && is_hex(line[word.at + digits])) digits++;
        while (blanks < word.at && line[word.at - 1 - blanks] == ' ') blanks++;
        if (digits < word.length || digits < 5 || digits > 16 || blanks == 0 || blanks + digits < 17)
            continue;
        bool more = next_word(line, word.at + word.length, length, &next);
        if (more ? is_event(line, next) : blanks == 1 && is_number(line, word)) continue; /* a period */
        if (frame == 0) *end = word.at;
        frame = word.at;
    }
    return frame;
}

/* A command, an event, or both: there is neither a number nor a time. Returns where the event begins. */
static size_t split_command(const char *line, size_t length, perf_word word, perf_header *header)
{
    size_t first = word.at, end = length, at = length;
    while (end > first && is_space(line[end - 1])) end--;
    header->comm = (perf_word){.at = first, .length = end - first};
    perf_word last = word;
    while (next_word(line, last.at + last.length, length, &word)) last = word;
    if (is_event(line, last)) {
        header->comm.length = last.at - first;
        at = last.at;
    }
    while (header->comm.length > 0 && is_space(line[first + header->comm.length - 1])) header->comm.length--;
    return at;
}

bool perf_split_header(const char *line, size_t length, perf_header *header)
{
    *header = (perf_header){0};
    perf_word word;
    if (!next_word(line, 0, length, &word)) return false;
    size_t first = word.at;
    header->frame = find_padded_frame(line, length, &length);
    if (header->frame && !next_word(line, 0, length, &word)) return header->bare = header->sure = true;
    size_t at = find_process(line, length, header);
    if (at == length && header->comm.length == 0) at = split_command(line, length, word, header);
    header->rest = at;
    /* Processor, letters of the mode, time; the letters only before one of the others. */
    for (int i = 0; i < 4 && next_word(line, at, length, &word); i++) {
        perf_word next;
        size_t end = word.at + word.length;
        bool place = is_place(line, word);
        if (!place && !(word.length <= 6 && !is_event(line, word) && !is_number(line, word) &&
                        next_word(line, end, length, &next) && is_place(line, next)))
            break;
        header->placed = header->placed || place;
        header->rest = at = end;
    }
    if (next_word(line, at, length, &word) && is_period(line, word, length)) {
        header->period_huge =
            flame_count_parse(line + word.at, word.length, &header->period) != FLAME_COUNT_OK;
        header->rest = at = word.at + word.length;
    }
    if (next_word(line, at, length, &word) && is_event(line, word)) {
        header->event = (perf_word){.at = word.at, .length = word.length - 1};
        header->rest = word.at + word.length;
    }
    header->sure = header->placed || header->pid.length > 0 || header->frame ||
                   (header->event.length > 0 && header->event.at > first);
    return true;
}

void perf_name_unit(const char *event, size_t length, char *unit, size_t room)
{
    for (size_t i = 0; i < 2; i++) {
        const char *clock = i ? "task-clock" : "cpu-clock";
        size_t n = strlen(clock);
        if (length >= n && memcmp(event, clock, n) == 0 && (length == n || event[n] == ':')) {
            memcpy(unit, "nanoseconds", sizeof "nanoseconds");
            return;
        }
    }
    size_t end =
        length; /* modifiers are letters after the last colon; a tracepoint has a longer name there */
    while (end > 0 && strchr("uhkGHpPSDIWeb", event[end - 1])) end--;
    if (end > 1 && event[end - 1] == ':' && length - end <= 5) length = end - 1;
    if (length == 0 || length >= room) return;
    memcpy(unit, event, length);
    unit[length] = '\0';
}
