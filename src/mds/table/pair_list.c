#include "pair_list.h"

#include "csv_dialect.h"
#include "label_match.h"
#include "number_parse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void mds_pair_list_fini(mds_pair_list *list)
{
    fs_free(list->pairs);
    fs_free(list->names);
    fs_map_fini(&list->map);
    *list = (mds_pair_list){0};
}

/* ---- objects ---- */

static bool named_so(const mds_pair_list *list, uint32_t object, const char *text, size_t length)
{
    return object < list->name_count && list->names[object].length == length &&
           memcmp(list->names[object].text, text, length) == 0;
}

typedef struct key {
    const char *text;
    size_t length;
} key;

static bool has_key(const void *items, uint32_t item, const void *wanted)
{
    const key *k = wanted;
    return named_so(items, item, k->text, k->length);
}

uint32_t mds_pair_object(mds_pair_list *list, unsigned side, const char *text, size_t length, bool doubled,
                         fs_arena *arena)
{
    uint32_t near = list->last[side];
    if (named_so(list, near, text, length)) return near;
    if (named_so(list, near + 1, text, length)) return list->last[side] = near + 1;
    uint64_t hash = mds_label_hash(text, length);
    const key wanted = {text, length};
    uint32_t found = fs_map_find(&list->map, hash, has_key, list, &wanted);
    if (found == FS_MAP_NONE) {
        char *copy = fs_arena_strndup(arena, text, length);
        if (!copy || list->name_count >= FS_MAP_NONE - 1 ||
            !FS_GROW(list->names, list->name_capacity, list->name_count + 1))
            return UINT32_MAX;
        found = (uint32_t)list->name_count;
        list->names[found] = (struct mds_pair_name){copy, length, doubled};
        list->name_count++;
        if (!fs_map_add(&list->map, hash, found)) return UINT32_MAX;
    }
    return list->last[side] = found;
}

fs_status mds_pair_add(mds_pair_list *list, uint32_t from, uint32_t to, double value, fs_error *error)
{
    if (!FS_GROW(list->pairs, list->capacity, list->count + 1))
        return fs_fail_memory(error, "reading pairs", list->count * sizeof *list->pairs);
    list->pairs[list->count++] = (mds_table_pair){from, to, value};
    return FS_OK;
}

bool mds_pair_list_numbered(const mds_pair_list *list)
{
    for (size_t k = 0; k < list->name_count; k++) {
        const char *text = list->names[k].text;
        size_t length = list->names[k].length;
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 15 || (digits > 1 && text[0] == '0')) return false;
        if (digits != length && strcmp(text + digits, ".0") != 0) return false; /* pandas' whole floats */
    }
    return list->name_count > 0;
}

bool mds_pair_list_numeric(const mds_pair_list *list)
{
    for (size_t k = 0; k < list->name_count; k++) {
        double value;
        const struct mds_pair_name *name = &list->names[k];
        char padded[64 + MDS_NUMBER_PADDING] = "";
        if (name->length > 60) return false;
        memcpy(padded, name->text, name->length);
        if (mds_field_value(padded, name->length, '.', &value) == MDS_KIND_TEXT) return false;
    }
    return true;
}

/* ---- facts ---- */

typedef struct keyed {
    uint64_t pair; /* the lesser object, the greater */
    double value;
} keyed;

static int by_pair(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    return x->pair < y->pair ? -1 : x->pair > y->pair;
}

static bool agree(double a, double b)
{
    return isnan(a) || isnan(b) || fabs(a - b) <= 1e-5 * fmax(fabs(a), fabs(b));
}

static double number_of(const mds_pair_list *list, bool numbered, uint32_t object)
{
    return numbered ? strtod(list->names[object].text, NULL) : object;
}

/* Down or along a matrix: the slower side never falls, the other rises while it stands. */
static bool in_order(const mds_pair_list *list, bool by_columns)
{
    bool numbered = mds_pair_list_numbered(list);
    for (size_t k = 1; k < list->count; k++) {
        const mds_table_pair *p = &list->pairs[k - 1], *q = &list->pairs[k];
        double slow[2] = {number_of(list, numbered, by_columns ? p->to : p->from),
                          number_of(list, numbered, by_columns ? q->to : q->from)};
        double fast[2] = {number_of(list, numbered, by_columns ? p->from : p->to),
                          number_of(list, numbered, by_columns ? q->from : q->to)};
        if (slow[1] < slow[0] || (slow[1] == slow[0] && fast[1] <= fast[0])) return false;
    }
    return true;
}

fs_status mds_pair_list_facts(const mds_pair_list *list, mds_pair_facts *facts, fs_error *error)
{
    keyed *all = fs_alloc(list->count, sizeof *all);
    bool *left = fs_alloc_0(list->name_count, sizeof *left);
    *facts = (mds_pair_facts){.once = true, .own_zero = true};
    if (!all || !left) {
        fs_free(all);
        fs_free(left);
        return fs_fail_memory(error, "looking at pairs", list->count * sizeof *all);
    }
    for (size_t k = 0; k < list->count; k++) {
        const mds_table_pair *p = &list->pairs[k];
        uint64_t low = p->from < p->to ? p->from : p->to, high = p->from < p->to ? p->to : p->from;
        all[k] = (keyed){low << 32 | high, p->value};
        left[p->from] = true;
        if (low == high && !(p->value == 0) && !isnan(p->value)) facts->own_zero = false;
    }
    for (size_t k = 0; k < list->count; k++) {
        const mds_table_pair *p = &list->pairs[k];
        facts->joined = facts->joined || (p->from != p->to && left[p->to]);
    }
    qsort(all, list->count, sizeof *all, by_pair);
    for (size_t k = 0; k < list->count; k++) {
        bool again = k && all[k].pair == all[k - 1].pair;
        if (again && !agree(all[k].value, all[k - 1].value)) facts->once = false;
        facts->different += !again && all[k].pair >> 32 != (all[k].pair & UINT32_MAX);
    }
    facts->ordered = in_order(list, false) || in_order(list, true);
    fs_free(all);
    fs_free(left);
    return FS_OK;
}

/* ---- the square ---- */

typedef struct numbered {
    double number;
    uint32_t object;
} numbered;

static int by_number(const void *a, const void *b)
{
    const numbered *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* place[object]: its row. */
static fs_status find_places(const mds_pair_list *list, uint32_t *place, fs_error *error)
{
    size_t n = list->name_count;
    for (size_t k = 0; k < n; k++) place[k] = (uint32_t)k;
    if (!mds_pair_list_numbered(list)) return FS_OK;
    numbered *order = fs_alloc(n, sizeof *order);
    if (!order) return fs_fail_memory(error, "ordering the objects", n * sizeof *order);
    for (size_t k = 0; k < n; k++) order[k] = (numbered){number_of(list, true, (uint32_t)k), (uint32_t)k};
    qsort(order, n, sizeof *order, by_number);
    for (size_t k = 0; k < n; k++) place[order[k].object] = (uint32_t)k;
    fs_free(order);
    return FS_OK;
}

static fs_status fill(const mds_pair_list *list, const uint32_t *place, const char *name, mds_table *table,
                      fs_error *error)
{
    size_t n = list->name_count;
    for (size_t k = 0; k < n * n; k++) table->values[k] = NAN;
    for (size_t k = 0; k < list->count; k++) {
        const mds_table_pair *p = &list->pairs[k];
        double *value = &table->values[place[p->from] * n + place[p->to]];
        if (!isnan(*value) && !isnan(p->value) && *value != p->value) {
            char one[MDS_EXCERPT_SIZE], other[MDS_EXCERPT_SIZE];
            const struct mds_pair_name *a = &list->names[p->from], *b = &list->names[p->to];
            return fs_fail(error, FS_DATA, "%s: the pair of %s and %s is given twice, as %g and as %g", name,
                           mds_excerpt(a->text, a->length, one), mds_excerpt(b->text, b->length, other),
                           *value, p->value);
        }
        if (isnan(*value)) *value = p->value;
    }
    table->missing = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double *a = &table->values[i * n + j], *b = &table->values[j * n + i];
            if (isnan(*a)) *a = *b;
            if (isnan(*b)) *b = *a;
            if (i != j) table->missing += isnan(*a) != 0;
        }
    return FS_OK;
}

/* The names as labels, each at its place. */
static fs_status give_labels(const mds_pair_list *list, const uint32_t *place, mds_table *table,
                             fs_error *error)
{
    size_t n = list->name_count;
    table->labels = fs_alloc(n, sizeof *table->labels);
    if (!table->labels) return fs_fail_memory(error, "reading labels", n * sizeof *table->labels);
    for (size_t k = 0; k < n; k++) {
        const struct mds_pair_name *from = &list->names[k];
        char *label = mds_field_name(from->text, from->length, from->doubled, &table->names_arena);
        if (!label) return fs_fail_memory(error, "reading labels", 0);
        table->labels[place[k]] = label;
    }
    table->label_count = table->rows = table->columns = n;
    return FS_OK;
}

fs_status mds_pair_list_square(const mds_pair_list *list, const char *name, mds_table *table, fs_error *error)
{
    size_t n = list->name_count, total;
    fs_status status = FS_OK;
    uint32_t *place = fs_alloc(n, sizeof *place);
    if (fs_size_mul(n, n, &total)) table->values = fs_alloc(total, sizeof *table->values);
    if (!place || !table->values) status = fs_fail_memory(error, "making a square of pairs", total);
    if (status == FS_OK) status = find_places(list, place, error);
    if (status == FS_OK) status = give_labels(list, place, table, error);
    if (status == FS_OK) {
        table->count = table->capacity = total;
        table->layout = MDS_LAYOUT_RECTANGLE;
        status = fill(list, place, name, table, error);
    }
    fs_free(place);
    return status;
}

/* ---- a list that stays one ---- */

static uint32_t lesser(const mds_table_pair *p)
{
    return p->from < p->to ? p->from : p->to;
}

static uint32_t greater(const mds_table_pair *p)
{
    return p->from < p->to ? p->to : p->from;
}

/* Of pairs with the same lesser object: by the other, then those whose lesser comes first. */
static int by_greater(const void *a, const void *b)
{
    const mds_table_pair *x = a, *y = b;
    uint32_t one = greater(x), other = greater(y);
    if (one != other) return one < other ? -1 : 1;
    return (x->from > x->to) - (y->from > y->to);
}

/* The pairs that count, with places for objects, into `to`, by their lesser object, which begins at
 * begin[it]; begin has n + 2 numbers, 0 at first. */
static fs_status deal_pairs(const mds_pair_list *list, const uint32_t *place, const char *name,
                            mds_table_pair *to, size_t *begin, fs_error *error)
{
    size_t n = list->name_count;
    for (size_t k = 0; k < list->count; k++) {
        mds_table_pair *p = &list->pairs[k];
        const struct mds_pair_name *from = &list->names[p->from];
        if (p->from == p->to && !isnan(p->value) && p->value != 0) {
            char shown[MDS_EXCERPT_SIZE];
            return fs_fail(
                error, FS_DATA,
                "%s: the pair of %s and itself is %g, but an object's dissimilarity to itself is 0", name,
                mds_excerpt(from->text, from->length, shown), p->value);
        }
        *p = (mds_table_pair){place[p->from], place[p->to], p->value};
        if (p->from != p->to && !isnan(p->value)) begin[lesser(p) + 2]++;
    }
    for (size_t i = 2; i < n + 2; i++) begin[i] += begin[i - 1];
    for (size_t k = 0; k < list->count; k++) {
        const mds_table_pair *p = &list->pairs[k];
        if (p->from != p->to && !isnan(p->value)) to[begin[lesser(p) + 1]++] = *p;
    }
    return FS_OK;
}

static fs_status fail_different(const mds_table *table, const char *name, const mds_table_pair *a,
                                const mds_table_pair *b, fs_error *error)
{
    const char *one = table->labels[a->from], *other = table->labels[a->to];
    if (a->from == b->from)
        return fs_fail(error, FS_DATA, "%s: the pair of %.60s and %.60s is given twice, as %g and as %g",
                       name, one, other, a->value, b->value);
    return fs_fail(
        error, FS_DATA,
        "%s: the pair of %.60s and %.60s is given both ways, as %g from the first to the second and "
        "as %g back",
        name, one, other, a->value, b->value);
}

/* Each pair once: pairs[0 ... *count - 1], of which those that belong together stand together. */
static fs_status merge_pairs(mds_table *table, const char *name, bool means, fs_error *error)
{
    static const double rounding = 1e-6;
    size_t kept = 0;
    mds_table_pair *pairs = table->pairs;
    for (size_t k = 0, next; k < table->pair_count; k = next) {
        mds_table_pair first = pairs[k];
        double back = NAN;
        for (next = k + 1; next < table->pair_count && lesser(&pairs[next]) == lesser(&first) &&
                           greater(&pairs[next]) == greater(&first);
             next++) {
            const mds_table_pair *other = &pairs[next];
            bool turned = other->from != first.from;
            double apart = fabs(other->value - first.value),
                   size = fmax(fabs(other->value), fabs(first.value));
            if (turned && isnan(back) && (means || apart <= rounding * size)) back = other->value;
            if (other->value == (turned ? back : first.value)) continue;
            if (turned && isnan(back)) table->hint = MDS_HINT_MEANS;
            return fail_different(table, name, turned && !isnan(back) ? &pairs[next - 1] : &first, other,
                                  error);
        }
        double value =
            isnan(back) || back == first.value ? first.value : first.value + (back - first.value) / 2;
        pairs[kept++] = (mds_table_pair){lesser(&first), greater(&first), value};
    }
    table->pair_count = kept;
    return FS_OK;
}

fs_status mds_pair_list_keep(mds_pair_list *list, const char *name, bool means, mds_table *table,
                             fs_error *error)
{
    size_t n = list->name_count;
    uint32_t *place = fs_alloc(n, sizeof *place);
    size_t *begin = fs_alloc_0(n + 2, sizeof *begin);
    table->pairs = fs_alloc(list->count, sizeof *table->pairs);
    fs_status status = FS_OK;
    if (!place || !begin || !table->pairs)
        status = fs_fail_memory(error, "ordering pairs", list->count * sizeof *table->pairs);
    if (status == FS_OK) status = find_places(list, place, error);
    if (status == FS_OK) status = give_labels(list, place, table, error);
    if (status == FS_OK) status = deal_pairs(list, place, name, table->pairs, begin, error);
    if (status == FS_OK) {
        fs_free(list->pairs);
        list->pairs = NULL;
        list->count = list->capacity = 0;
        for (size_t i = 0; i < n; i++)
            qsort(table->pairs + begin[i], begin[i + 1] - begin[i], sizeof *table->pairs, by_greater);
        table->pair_count = begin[n];
        table->layout = MDS_LAYOUT_PAIRS;
        status = merge_pairs(table, name, means, error);
    }
    fs_free(place);
    fs_free(begin);
    return status;
}
