/*
 * The best maps known of the published sets and of the small ones in data/, found by brute force: the
 * quasi-Newton method from as many random starts as the argument says (10,000). Prints what published_sets.h
 * and test_auto.c record. Not a test: it takes a minute.
 */
#include "small_sets.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    unsigned starts = argc > 1 ? (unsigned)atoi(argv[1]) : 10000;
    for (size_t s = 0; s < small_sets_count(); s++) {
        small_set set;
        if (!small_set_load(s, &set)) return 1;
        mds_fit_options options = {.size = sizeof options,
                                   .method = "lbfgs",
                                   .start = MDS_START_RANDOM,
                                   .starts = starts,
                                   .tolerance = 1e-9,
                                   .threads = 1};
        mds_result result = {.size = sizeof result};
        mds_error error;
        double map[2 * SMALL_SET_MOST];
        if (mds_fit(&set.problem, 2, &options, map, 2, &result, &error) != MDS_OK) {
            fprintf(stderr, "%s: %s\n", set.name, error.message);
            return 1;
        }
        printf("%s %.10f in %u of %u starts\n", set.name, result.stress1, result.best_count, result.starts);
    }
    return 0;
}
