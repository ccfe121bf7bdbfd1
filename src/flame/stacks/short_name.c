#include "short_name.h"

#include "symbol_name.h"

#include <string.h>

typedef struct part {
    const char *at;
    size_t length;
} part;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_word(char c)
{
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '$' || (unsigned char)c >= 0x80;
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool has(part name, const char *text)
{
    return name.length && memmem(name.at, name.length, text, strlen(text)) != NULL;
}

static bool begins(part name, const char *text)
{
    size_t n = strlen(text);
    return name.length >= n && memcmp(name.at, text, n) == 0;
}

/* ---- what compilers append ---- */

/* .isra.0, .constprop.1, .cold, .llvm.123 */
static part without_clone(part name)
{
    static const char *const marks[] = {".isra.", ".constprop.", ".part.", ".llvm.", ".lto_priv.", NULL};
    const char *clone = memmem(name.at, name.length, " [clone", 7);
    if (clone) name.length = (size_t)(clone - name.at);
    if (name.length > 5 && memcmp(name.at + name.length - 5, ".cold", 5) == 0) name.length -= 5;
    for (size_t i = 0; marks[i];) {
        const char *mark = memmem(name.at, name.length, marks[i], strlen(marks[i]));
        const char *end = mark ? mark + strlen(marks[i]) : NULL;
        while (end && end < name.at + name.length && is_digit(*end)) end++;
        bool last = mark && mark > name.at && end == name.at + name.length;
        if (last) name.length = (size_t)(mark - name.at);
        i = last ? 0 : i + 1; /* they pile up */
    }
    return name;
}

/* Rust's ::h0123456789abcdef */
static part without_hash(part name)
{
    enum { HASH = 19 };
    if (name.length <= HASH || memcmp(name.at + name.length - HASH, "::h", 3) != 0) return name;
    for (size_t i = name.length - 16; i < name.length; i++)
        if (!is_hex(name.at[i])) return name;
    name.length -= HASH;
    return name;
}

/* ---- C++ and Rust ---- */

/* Where the bracket at `at` closes; the end when it does not. */
static size_t closing(part name, size_t at)
{
    int level = 0;
    for (size_t i = at; i < name.length; i++) {
        bool arrow = i > 0 && (name.at[i - 1] == '-' || name.at[i - 1] == '=');
        if (name.at[i] == '<') level++;
        if (name.at[i] == '>' && !arrow && --level == 0) return i;
    }
    return name.length;
}

/* <A as B>::f is A::f: what the type is, without what it implements. False when it is no such name. */
static bool take_implementation(part name, part *type, part *rest)
{
    if (!begins(name, "<")) return false;
    size_t end = closing(name, 0);
    if (end + 2 >= name.length || name.at[end + 1] != ':') return false;
    *type = (part){.at = name.at + 1, .length = end - 1};
    *rest = (part){.at = name.at + end + 1, .length = name.length - end - 1};
    int level = 0;
    for (size_t i = 0; i + 4 < type->length; i++) {
        level += type->at[i] == '<';
        level -= type->at[i] == '>' && i > 0 && type->at[i - 1] != '-';
        if (level == 0 && memcmp(type->at + i, " as ", 4) == 0) type->length = i;
    }
    return true;
}

/* Without template arguments; `operator<` keeps its sign. */
static void add_plain(part name, fs_text *out)
{
    for (size_t i = 0; i < name.length; i++) {
        bool operator_ends = i >= 8 && memcmp(name.at + i - 8, "operator", 8) == 0;
        bool spaced = i > 1 && name.at[i - 1] == ' ' && strchr("<>=()", name.at[i - 2]); /* operator< <int> */
        bool opens = name.at[i] == '<' && i > 0 && !operator_ends &&
                     (spaced || is_word(name.at[i - 1]) || name.at[i - 1] == ':');
        if (operator_ends && name.at[i] == '<') { /* operator<, operator<<, operator<=, and then <int> */
            while (i < name.length && strchr("<=>", name.at[i]) && name.at[i])
                fs_text_char(out, name.at[i++]);
            i--;
            continue;
        }
        size_t end = opens ? closing(name, i) : name.length;
        if (!opens || end == name.length) {
            fs_text_char(out, name.at[i]);
            continue;
        }
        if (out->length >= 2 && memcmp(out->data + out->length - 2, "::", 2) == 0)
            out->length -= 2; /* Vec::<T> */
        i = end;
    }
}

/* The last two parts of a path; closures and the like do not count. */
static void keep_last_parts(fs_text *out, size_t from)
{
    int wanted = 2;
    size_t at = out->length, end = at;
    int level = 0;
    while (at >= from + 2 && wanted > 0) {
        at--;
        level += out->data[at] == ')' || out->data[at] == '}';
        level -= out->data[at] == '(' || out->data[at] == '{';
        if (level > 0 || out->data[at] != ':' || out->data[at - 1] != ':') continue;
        if (out->data[at + 1] != '{' && at + 1 < end) wanted--;
        end = at - 1;
        if (wanted == 0) {
            memmove(out->data + from, out->data + at + 1, out->length - at - 1);
            out->length -= at + 1 - from;
            return;
        }
        at--;
    }
}

/* void f, static int f: what stands before the last blank, unless it belongs to an operator. */
static void drop_return_type(fs_text *out, size_t from)
{
    const char *sign = memmem(out->data + from, out->length - from, "operator", 8);
    size_t end = sign ? (size_t)(sign - out->data) : out->length, at = end;
    int level = 0;
    while (at > from) {
        at--;
        level += out->data[at] == ')' || out->data[at] == '}';
        level -= out->data[at] == '(' || out->data[at] == '{';
        if (level > 0 || out->data[at] != ' ') continue;
        memmove(out->data + from, out->data + at + 1, out->length - at - 1);
        out->length -= at + 1 - from;
        return;
    }
}

/* A return type that is worked out: decltype(auto) f, decltype (g(x)) f<T>(T). */
static part without_decltype(part name)
{
    size_t at = sizeof "decltype" - 1;
    if (!begins(name, "decltype")) return name;
    while (at < name.length && name.at[at] == ' ') at++;
    int level = 0;
    do {
        if (at >= name.length) return name;
        level += name.at[at] == '(';
        level -= name.at[at] == ')';
        at++;
    } while (level > 0);
    if (at + 1 >= name.length || name.at[at] != ' ') return name;
    return (part){.at = name.at + at + 1, .length = name.length - at - 1};
}

static void shorten_path(part name, fs_text *out)
{
    part type, rest;
    const part whole = name;
    name = without_hash(name);
    size_t from = out->length;
    if (take_implementation(name, &type, &rest)) {
        add_plain(type, out);
        add_plain(rest, out);
    } else {
        name = without_decltype(name);
        size_t end = flame_symbol_end(name.at, name.length);
        if (end > 0) name.length = end;
        add_plain(name, out);
    }
    if (out->failed || out->length == from) return;
    drop_return_type(out, from);
    keep_last_parts(out, from);
    while (out->length > from && out->data[out->length - 1] == ' ') out->length--;
    out->data[out->length] = '\0';
    if (out->length == from) fs_text_append(out, whole.at, whole.length); /* in no form that is known */
}

/* ---- Java and Go ---- */

/* Y$$Lambda$14/0x00000008000c2840.run is Y$$Lambda.run: the numbers are other ones in every run. */
static bool take_lambda(part name, part *before, part *after)
{
    const char *lambda = memmem(name.at, name.length, "$$Lambda", 8), *end = name.at + name.length;
    if (!lambda) return false;
    const char *at = lambda + 8;
    while (at < end && (is_digit(*at) || *at == '$')) at++;
    if (end - at > 3 && (*at == '/' || *at == '.' || *at == '+') && at[1] == '0' && at[2] == 'x') {
        at += 3;
        while (at < end && is_hex(*at)) at++;
    }
    *before = (part){.at = name.at, .length = (size_t)(lambda + 8 - name.at)};
    *after = (part){.at = at, .length = (size_t)(end - at)};
    return true;
}

/* Between class and method stand ';', ':' and '.' in many ways: one '.' */
static void add_method(part name, fs_text *out)
{
    for (size_t i = 0; i < name.length;) {
        size_t run = i;
        while (run < name.length && strchr(";:.", name.at[run]) && name.at[run]) run++;
        if (run == i)
            fs_text_char(out, name.at[i++]);
        else if (run < name.length)
            fs_text_char(out, '.');
        i = run > i ? run : i;
    }
}

/* a/b/C.m or a.b.C.m without a.b */
static part without_package(part name, bool class_alone)
{
    size_t stop = 0;
    while (stop < name.length && !strchr("([<", name.at[stop])) stop++;
    const char *slash = stop ? memrchr(name.at, '/', stop) : NULL;
    if (slash) {
        size_t skip = (size_t)(slash + 1 - name.at);
        return (part){.at = name.at + skip, .length = name.length - skip};
    }
    size_t at = 0;
    while (at < stop && is_lower(name.at[at])) { /* packages are written small, classes are not */
        size_t end = at;
        while (end < stop && is_word(name.at[end])) end++;
        if (end + 1 >= stop || name.at[end] != '.') return name;
        at = end + 1;
    }
    bool method = class_alone || (at < stop && memchr(name.at + at, '.', stop - at));
    if (at == 0 || at == stop || !is_upper(name.at[at]) || !method) return name;
    return (part){.at = name.at + at, .length = name.length - at};
}

/* Go's Map[go.shape.int].Get is Map.Get. */
static void add_without_shapes(part name, fs_text *out)
{
    for (size_t i = 0; i < name.length; i++) {
        bool opens = name.at[i] == '[' && i > 0 && is_word(name.at[i - 1]);
        const char *close = opens ? memrchr(name.at, ']', name.length) : NULL;
        if (close && close > name.at + i)
            i = (size_t)(close - name.at);
        else
            fs_text_char(out, name.at[i]);
    }
}

static void shorten_package(part name, fs_text *out)
{
    part before, after;
    bool descriptor = memchr(name.at, ';', name.length) || has(name, ":::") || has(name, ":.");
    if (!flame_symbol_is_go_method(name.at, name.length)) {
        const char *open = memchr(name.at, '(', name.length);
        if (open && open > name.at) name.length = (size_t)(open - name.at);
    }
    if (take_lambda(name, &before, &after)) {
        before = without_package(before, true);
        fs_text_append(out, before.at, before.length);
        add_method(after, out);
        return;
    }
    name = without_package(name, false);
    if (descriptor)
        add_method(name, out);
    else
        add_without_shapes(name, out);
}

/* ---- Node ---- */

/* LazyCompile:*run /home/x/index.js:10:5 is run index.js:10:5. */
static bool shorten_node(part name, fs_text *out)
{
    static const char *const prefixes[] = {"LazyCompile:", "Function:", "JS:", "Script:", "Eval:", NULL};
    bool prefixed = false;
    for (size_t i = 0; prefixes[i] && !prefixed; i++) {
        size_t n = strlen(prefixes[i]);
        prefixed = begins(name, prefixes[i]) && name.length > n;
        if (!prefixed) continue;
        name.at += n;
        name.length -= n;
    }
    const char *blank = memrchr(name.at, ' ', name.length), *end = name.at + name.length;
    bool placed = blank && is_digit(end[-1]) &&
                  (memchr(blank, '/', (size_t)(end - blank)) || memchr(blank, ':', (size_t)(end - blank)));
    if (!prefixed && !(placed && memchr(blank, '/', (size_t)(end - blank)))) return false;
    if (prefixed && strchr("*~^+", name.at[0])) name.at++;
    if (!placed) {
        if (name.at == end) fs_text_add(out, "(anonymous)");
        fs_text_append(out, name.at, (size_t)(end - name.at));
        return true;
    }
    const char *slash = memrchr(blank, '/', (size_t)(end - blank));
    if (blank == name.at) fs_text_add(out, "(anonymous)");
    fs_text_append(out, name.at, (size_t)(blank + 1 - name.at));
    fs_text_append(out, slash ? slash + 1 : blank + 1, (size_t)(end - (slash ? slash : blank) - 1));
    return true;
}

void flame_short_name(const char *name, size_t length, fs_text *out)
{
    part whole = {.at = name, .length = length};
    if (length == 0 || name[0] == '[') { /* [libc.so.6], [unknown] */
        fs_text_append(out, name, length);
        return;
    }
    part plain = without_clone(whole);
    if (plain.length) whole = plain;
    if (shorten_node(whole, out)) return;
    bool descriptor = has(whole, ";::") || has(whole, ":::");
    if (!descriptor && (has(whole, "::") || whole.at[whole.length - 1] == ')' || has(whole, "operator")) &&
        !flame_symbol_is_go_method(whole.at, whole.length) && !(has(whole, "/") && !has(whole, "::")))
        shorten_path(whole, out);
    else
        shorten_package(whole, out);
}
