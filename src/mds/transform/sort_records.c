#include "sort_records.h"

#include <string.h>

enum { DIGITS = 256, FEW = 24 };

uint64_t mds_key_bits(double key)
{
    uint64_t bits;
    memcpy(&bits, &key, sizeof bits);
    return bits;
}

static void insert(mds_record *records, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        mds_record moved = records[i];
        size_t at = i;
        for (; at > 0 && moved.key < records[at - 1].key; at--) records[at] = records[at - 1];
        records[at] = moved;
    }
}

static size_t digit(const mds_record *record, int shift)
{
    return mds_key_bits(record->key) >> shift & (DIGITS - 1);
}

/* Where the byte with the highest bit in which keys differ begins; -1: all are equal. */
static int first_digit(const mds_record *records, size_t count)
{
    uint64_t first = mds_key_bits(records[0].key), differ = 0;
    for (size_t i = 1; i < count; i++) differ |= first ^ mds_key_bits(records[i].key);
    if (differ == 0) return -1;
    int highest = 63 - __builtin_clzll(differ);
    return highest < 8 ? 0 : highest - 7;
}

void mds_sort_records(mds_record *records, size_t count)
{
    if (count <= FEW) {
        insert(records, count);
        return;
    }
    int shift = first_digit(records, count);
    if (shift < 0) return;
    size_t next[DIGITS], end[DIGITS] = {0}, begin = 0;
    for (size_t i = 0; i < count; i++) end[digit(&records[i], shift)]++;
    for (size_t d = 0; d < DIGITS; d++) {
        next[d] = begin;
        end[d] = begin += end[d];
    }
    for (size_t d = 0; d < DIGITS; d++)
        while (next[d] < end[d]) {
            mds_record held = records[next[d]];
            for (size_t to = digit(&held, shift); to != d; to = digit(&held, shift)) {
                mds_record other = records[next[to]];
                records[next[to]++] = held;
                held = other;
            }
            records[next[d]++] = held;
        }
    if (shift == 0) return;
    for (size_t d = 0, from = 0; d < DIGITS; from = end[d++])
        if (end[d] - from > 1) mds_sort_records(records + from, end[d] - from);
}
