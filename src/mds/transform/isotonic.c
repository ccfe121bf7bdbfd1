#include "isotonic.h"

/* Blocks stand at the beginning of the array, with their means and weights; each is made of `length` records.
 */
static size_t pool(mds_record *records, uint32_t *length, size_t count)
{
    size_t blocks = 0;
    for (size_t i = 0; i < count; i++) {
        mds_record block = records[i];
        uint32_t size = 1;
        while (blocks > 0 && records[blocks - 1].key > block.key) {
            const mds_record *before = &records[--blocks];
            double weight = before->weight + block.weight;
            block.key += (before->key - block.key) * (before->weight / weight);
            block.weight = weight;
            if (length) size += length[blocks];
        }
        records[blocks] = block;
        if (length) length[blocks] = size;
        blocks++;
    }
    return blocks;
}

double mds_isotonic(mds_record *records, uint32_t *length, size_t count)
{
    size_t blocks = pool(records, length, count), at = count;
    double squares = 0;
    for (size_t b = 0; b < blocks; b++) squares += records[b].weight * records[b].key * records[b].key;
    for (size_t b = blocks; b-- > 0;) { /* from the end, where no block is that is still to come */
        double mean = records[b].key;
        uint32_t size = length ? length[b] : (uint32_t)records[b].weight;
        for (uint32_t k = size; k > 0; k--) records[--at].key = mean;
    }
    return squares;
}
