#include "text.h"

#include "memory.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fs_text_init(fs_text *text)
{
    *text = (fs_text){0};
}

void fs_text_fini(fs_text *text)
{
    fs_free(text->data);
    *text = (fs_text){0};
}

void fs_text_clear(fs_text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->data) text->data[0] = '\0';
}

bool fs_text_reserve(fs_text *text, size_t extra)
{
    size_t need;
    if (text->failed) return false;
    if (!fs_size_add(text->length, extra, &need) || !fs_size_add(need, 1, &need) ||
        !FS_GROW(text->data, text->capacity, need)) {
        text->failed = true;
        return false;
    }
    return true;
}

bool fs_text_format(fs_text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool added = fs_text_format_v(text, format, args);
    va_end(args);
    return added;
}

bool fs_text_format_v(fs_text *text, const char *format, va_list args)
{
    if (text->failed) return false;
    va_list again;
    va_copy(again, args);
    size_t room = text->data ? text->capacity - text->length : 0;
    int n = vsnprintf(room ? text->data + text->length : NULL, room, format, args);
    bool fits = n >= 0 && ((size_t)n < room || fs_text_reserve(text, (size_t)n));
    if (fits && (size_t)n >= room) vsnprintf(text->data + text->length, (size_t)n + 1, format, again);
    if (fits) text->length += (size_t)n;
    if (!fits && room) text->data[text->length] = '\0'; /* as it was */
    va_end(again);
    return fits;
}

/* Digits of a whole number; returns how many. */
static size_t format_whole(uint64_t value, char out[20])
{
    char digits[20];
    size_t n = 0;
    do digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    for (size_t i = 0; i < n; i++) out[i] = digits[n - 1 - i];
    return n;
}

bool fs_text_whole(fs_text *text, uint64_t value)
{
    char digits[20];
    return fs_text_append(text, digits, format_whole(value, digits));
}

bool fs_text_fixed(fs_text *text, double value, unsigned decimals)
{
    static const double powers[] = {1, 10, 100};
    double scaled = decimals < 3 ? value * powers[decimals] : -1, whole = floor(scaled),
           part = scaled - whole;
    /* Too near to a half for the product, which is rounded itself, or not small: leave it to printf. */
    if (!(value > 0 && scaled >= 0 && scaled < 1e9 && fabs(part - 0.5) > 1e-4))
        return fs_text_format(text, "%.*f", (int)decimals, value);
    uint64_t number = (uint64_t)whole + (part > 0.5), power = (uint64_t)powers[decimals];
    char out[24];
    size_t n = format_whole(number / power, out);
    if (decimals) out[n++] = '.';
    for (power /= 10; power > 0; power /= 10) out[n++] = (char)('0' + number / power % 10);
    return fs_text_append(text, out, n);
}

const char *fs_text_string(const fs_text *text)
{
    return text->data ? text->data : "";
}

size_t fs_number_format(double value, char *out)
{
    if (isnan(value)) return (size_t)snprintf(out, FS_NUMBER_SIZE, "nan");
    if (isinf(value)) return (size_t)snprintf(out, FS_NUMBER_SIZE, value < 0 ? "-inf" : "inf");
    if (value > 0 && value < 1e15 && value == floor(value)) { /* most numbers are whole */
        size_t length = format_whole((uint64_t)value, out);
        out[length] = '\0';
        return length;
    }
    /* Next come those of two decimals: what a hundredth of a whole number rounds to reads back as itself. */
    double hundreds = rint(value * 100);
    if (value >= 1 && hundreds < 1e13 && hundreds / 100 == value) {
        uint64_t whole = (uint64_t)hundreds / 100, part = (uint64_t)hundreds % 100;
        size_t length = format_whole(whole, out);
        out[length++] = '.';
        out[length++] = (char)('0' + part / 10);
        if (part % 10) out[length++] = (char)('0' + part % 10);
        out[length] = '\0';
        return length;
    }
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(out, FS_NUMBER_SIZE, "%.*g", digits, value);
        /* printf and strtod follow the same locale, so the test holds before the comma is replaced. */
        if (strtod(out, NULL) == value) break;
    }
    for (char *c = out; *c; c++)
        if (*c == ',') *c = '.';
    return (size_t)n;
}

size_t fs_number_grouped(uint64_t value, char *out)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return used;
}

static const char size_units[] = "KMGT";

char *fs_size_format(uint64_t bytes, char *out)
{
    int unit = 0;
    while (bytes && bytes % 1024 == 0 && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    size_t used = fs_number_grouped(bytes, out);
    if (unit)
        snprintf(out + used, FS_SIZE_SIZE - used, " %ciB", size_units[unit - 1]);
    else
        snprintf(out + used, FS_SIZE_SIZE - used, " byte%s", bytes == 1 ? "" : "s");
    return out;
}

bool fs_size_parse(const char *text, uint64_t *bytes)
{
    if (text[0] < '0' || text[0] > '9') return false; /* strtoull takes blanks and signs */
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno) return false;
    const char *unit = *end ? strchr(size_units, *end >= 'a' && *end <= 'z' ? *end - 32 : *end) : NULL;
    if (unit) {
        end++;
        for (const char *at = size_units; at <= unit; at++)
            if (__builtin_mul_overflow(value, 1024ULL, &value)) return false;
        if (*end == 'i') end++;
    }
    if (*end == 'B' && (unit || value)) end++;
    *bytes = value;
    return *end == '\0';
}

static const char REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* What stands for a character in the output (NULL: itself); `n` is 0 where the bytes are not UTF-8. `room`
 * has place for an escape. */
typedef const char *(replacement)(uint32_t code_point, size_t n, char room[8]);

/* Printable ASCII that stands for itself everywhere. */
static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '&' && c != '\'' && c != '<' && c != '>' && c != '\\';
}

/* Inlined into each of its callers, with the replacement in it. */
__attribute__((always_inline)) static inline bool add_replaced(fs_text *text, const char *bytes,
                                                               size_t length, replacement *instead_of)
{
    size_t plain = 0; /* start of the run not yet copied */
    for (size_t i = 0; i < length;) {
        if (is_plain(bytes[i])) {
            i++;
            continue;
        }
        uint32_t code_point = 0;
        char room[8];
        size_t n = fs_utf8_decode(bytes + i, length - i, &code_point);
        const char *instead = instead_of(code_point, n, room);
        if (n == 0) n = 1;
        if (instead) {
            fs_text_append(text, bytes + plain, i - plain);
            fs_text_add(text, instead);
            plain = i + n;
        }
        i += n;
    }
    return fs_text_append(text, bytes + plain, length - plain);
}

static const char *instead_in_xml(uint32_t c, size_t n, char room[8])
{
    (void)room;
    if (n == 0) return REPLACEMENT;
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        return c < 0x20 || c == 0xFFFE || c == 0xFFFF || fs_is_bidi_control(c) ? REPLACEMENT : NULL;
    }
}

bool fs_text_add_xml(fs_text *text, const char *bytes, size_t length)
{
    return add_replaced(text, bytes, length, instead_in_xml);
}

static const char *instead_in_json(uint32_t c, size_t n, char room[8])
{
    if (n == 0) return REPLACEMENT;
    if (c == '"') return "\\\"";
    if (c == '\\') return "\\\\";
    if (c == '\n') return "\\n";
    if (c == '\t') return "\\t";
    if (c == '\r') return "\\r";
    /* < and > so that "</script>" and "<!--" cannot appear; U+2028/9 end a line in old JavaScript */
    bool escaped = c < 0x20 || c == 0x7F || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029;
    if (!escaped) return NULL;
    snprintf(room, 8, "\\u%04x", (unsigned)c);
    return room;
}

bool fs_text_add_json(fs_text *text, const char *bytes, size_t length)
{
    return add_replaced(text, bytes, length, instead_in_json);
}

static const char *instead_of_invalid(uint32_t c, size_t n, char room[8])
{
    (void)c;
    (void)room;
    return n == 0 ? REPLACEMENT : NULL;
}

bool fs_text_add_utf8(fs_text *text, const char *bytes, size_t length)
{
    return add_replaced(text, bytes, length, instead_of_invalid);
}

static const char *instead_on_line(uint32_t c, size_t n, char room[8])
{
    (void)room;
    bool shown = n > 0 && c >= 0x20 && !(c >= 0x7F && c < 0xA0) && !fs_is_bidi_control(c);
    return shown ? NULL : REPLACEMENT;
}

static const char *instead_on_lines(uint32_t c, size_t n, char room[8])
{
    return n > 0 && (c == '\n' || c == '\t') ? NULL : instead_on_line(c, n, room);
}

bool fs_text_add_printable(fs_text *text, const char *bytes, size_t length, bool lines)
{
    return lines ? add_replaced(text, bytes, length, instead_on_lines)
                 : add_replaced(text, bytes, length, instead_on_line);
}

void fs_json_show_nulls(char *json, size_t length)
{
    char *end = json + length;
    for (char *at = json; end - at >= 6 && (at = memchr(at, '\\', (size_t)(end - at))) && end - at >= 6;) {
        if (memcmp(at, "\\u0000", 6) == 0) memcpy(at, "\\u2400", 6);
        at += 2; /* a backslash escapes what follows, another backslash too */
    }
}

/* Optimal string alignment distance (edits and swaps of neighbours), words up to 63 bytes. */
static size_t edit_distance(const char *a, const char *b)
{
    enum { MOST = 64 };
    size_t la = strlen(a), lb = strlen(b);
    if (la >= MOST || lb >= MOST) return MOST;
    size_t row[3][MOST];
    for (size_t j = 0; j <= lb; j++) row[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[la % 3][lb];
}

const char *fs_nearest(const char *word, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t length = strlen(word);
    size_t least = length <= 3 ? 2 : length / 2 + 1; /* no suggestion when half of it or more is wrong */
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, words[i]);
        if (length >= 3 && strncmp(word, words[i], length) == 0) distance = 1; /* an unfinished word */
        if (distance < least) {
            least = distance;
            best = words[i];
        }
    }
    return best;
}
