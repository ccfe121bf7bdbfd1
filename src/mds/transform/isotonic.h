/*
 * isotonic.h - the rising numbers that are nearest to given ones.
 */
#ifndef MDS_ISOTONIC_H
#define MDS_ISOTONIC_H

#include "sort_records.h"

/* Replace the keys of `count` records by the rising numbers f with the least sum of weight (key - f)^2, and
 * return sum weight f^2. The weights are positive, and lost; `length` is room for as many numbers,
 * or NULL where all weights are 1. Adjacent
 * violators are pooled (Ayer, Brunk, Ewing, Reid, Silverman, Ann. Math. Statist. 26, 1955; Kruskal 1964).
 * O(count). */
double mds_isotonic(mds_record *records, uint32_t *length, size_t count);

#endif
