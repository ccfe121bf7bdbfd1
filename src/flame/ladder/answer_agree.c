/* Whether two answers are the same. */
#include "answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool in_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
           ((unsigned char)c & 0x80);
}

/* Length of the decimal number that begins at `s` (0: none). `whole`: it has no point and no exponent. */
static size_t number_length(const char *s, bool *whole)
{
    size_t i = s[0] == '-' || s[0] == '+';
    size_t digits = strspn(s + i, "0123456789");
    size_t n = i + digits;
    *whole = true;
    if (s[n] == '.') {
        size_t after = strspn(s + n + 1, "0123456789");
        if (digits + after == 0) return 0;
        n += 1 + after;
        *whole = false;
    } else if (digits == 0) {
        return 0;
    }
    if (s[n] == 'e' || s[n] == 'E') {
        size_t sign = s[n + 1] == '-' || s[n + 1] == '+';
        size_t power = strspn(s + n + 1 + sign, "0123456789");
        if (power > 0) {
            n += 1 + sign + power;
            *whole = false;
        }
    }
    return in_word(s[n]) ? 0 : n;
}

typedef struct cursor {
    const char *text, *end, *at;
    size_t line;
} cursor;

static bool is_blank(const cursor *c)
{
    return *c->at == ' ' || *c->at == '\t' || (*c->at == '\r' && c->at[1] == '\n');
}

static size_t skip_blanks(cursor *c)
{
    const char *from = c->at;
    while (c->at < c->end && is_blank(c)) c->at++;
    return (size_t)(c->at - from);
}

static size_t number_here(const cursor *c, bool *whole)
{
    if (c->at > c->text && in_word(c->at[-1])) return 0;
    return number_length(c->at, whole);
}

static bool numbers_agree(const flame_answer_rule *rule, const cursor *a, size_t a_length, bool a_whole,
                          const cursor *b, size_t b_length, bool b_whole)
{
    if (a_length == b_length && memcmp(a->at, b->at, a_length) == 0) return true;
    double x = strtod(a->at, NULL), y = strtod(b->at, NULL);
    if (rule->whole_exact && a_whole && b_whole) {
        /* Equal as written, but for a plus sign and leading zeros. */
        const char *p = a->at + (a->at[0] == '+'), *q = b->at + (b->at[0] == '+');
        return x == y && (fabs(x) < 9e15 || strncmp(p, q, a_length) == 0);
    }
    if (x == y) return true;
    double most = fmax(fabs(x), fabs(y));
    if (isinf(most)) return false; /* a tolerance of it holds everything */
    return fabs(x - y) <= fmax(rule->absolute, rule->tolerance * most);
}

static size_t word_length(const cursor *c)
{
    size_t n = 0, room = (size_t)(c->end - c->at);
    while (n < room && n < 40 && c->at[n] != '\n' && c->at[n] != ' ' && c->at[n] != ',') n++;
    return n;
}

/* What follows a better number may still be wrong: then that alone is told. */
static flame_agreement part(const cursor *a, const cursor *b, fs_text *why)
{
    fs_text_clear(why);
    fs_text_format(why, "%.*s where the first has %.*s", b->at < b->end ? (int)word_length(b) : 3,
                   b->at < b->end ? b->at : "end", a->at < a->end ? (int)word_length(a) : 3,
                   a->at < a->end ? a->at : "end");
    if (a->line > 1) fs_text_format(why, " (line %zu)", a->line);
    return FLAME_ANSWER_WRONG;
}

/* Whether the number at b is a better one than that at a. */
static bool is_better(const flame_answer_rule *rule, const cursor *a, const cursor *b, fs_text *why)
{
    if (rule->better == FLAME_BETTER_NONE) return false;
    bool lower = rule->better == FLAME_BETTER_LOWER;
    double x = strtod(a->at, NULL), y = strtod(b->at, NULL);
    if (!(lower ? y < x : y > x)) return false;
    char first[40], other[40];
    int digits = (int)fmin(15, fmax(6, ceil(log10(fmax(fabs(x), fabs(y)))))); /* whole numbers as such */
    do { /* as few digits as tell them apart */
        snprintf(first, sizeof first, "%.*g", digits, x);
        snprintf(other, sizeof other, "%.*g", digits, y);
    } while (strcmp(first, other) == 0 && ++digits < 18);
    fs_text_format(why, "%s%s%s%s: %s, the first rung's %s", why->length ? "; " : "",
                   lower ? "lower" : "higher", rule->key_count ? " " : "",
                   rule->key_count ? rule->keys[0] : "", other, first);
    return true;
}

flame_agreement flame_answer_agree(const flame_answer_rule *rule, const flame_answer *first,
                                   const flame_answer *other, fs_text *why)
{
    cursor a = {.text = first->text, .end = first->text + first->length, .at = first->text, .line = 1};
    cursor b = {.text = other->text, .end = other->text + other->length, .at = other->text, .line = 1};
    bool better = false;
    while (a.at < a.end && b.at < b.end) {
        size_t blanks_a = skip_blanks(&a), blanks_b = skip_blanks(&b);
        bool line_end = a.at >= a.end || b.at >= b.end || *a.at == '\n' || *b.at == '\n';
        if ((blanks_a > 0) != (blanks_b > 0) && !line_end) return part(&a, &b, why);
        if (a.at >= a.end || b.at >= b.end) break;
        bool a_whole = false, b_whole = false;
        size_t n = number_here(&a, &a_whole), m = number_here(&b, &b_whole);
        if (n > 0 && m > 0) {
            bool same = numbers_agree(rule, &a, n, a_whole, &b, m, b_whole);
            if (!same && !is_better(rule, &a, &b, why)) return part(&a, &b, why);
            better = better || !same;
            a.at += n;
            b.at += m;
            continue;
        }
        if (*a.at != *b.at) return part(&a, &b, why);
        if (*a.at == '\n') a.line++;
        a.at++;
        b.at++;
    }
    while (a.at < a.end && (is_blank(&a) || *a.at == '\n')) a.at++;
    while (b.at < b.end && (is_blank(&b) || *b.at == '\n')) b.at++;
    if (a.at < a.end || b.at < b.end) return part(&a, &b, why);
    return better ? FLAME_ANSWER_BETTER : FLAME_ANSWER_SAME;
}
