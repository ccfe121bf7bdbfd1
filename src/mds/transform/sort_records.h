/*
 * sort_records.h - records with a key that is a number from 0 on, sorted in place.
 */
#ifndef MDS_SORT_RECORDS_H
#define MDS_SORT_RECORDS_H

#include <stddef.h>
#include <stdint.h>

typedef struct mds_record {
    double key; /* >= +0, not NaN */
    union {
        double weight;
        uint64_t pair;
    };
} mds_record;

/* The bits of a number from +0 on are in the order of the numbers. */
uint64_t mds_key_bits(double key);

/* Ascending by key; equal ones stay in no particular order. Radix exchange sort ("American flag": McIlroy,
 * Bostic, McIlroy, "Engineering radix sort", Computing Systems 6, 1993) on the bytes in which keys differ:
 * O(8 count), no memory. */
void mds_sort_records(mds_record *records, size_t count);

#endif
