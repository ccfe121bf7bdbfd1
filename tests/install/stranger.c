/* The example at the top of mdscale.h, as somebody else's program; C and C++. */
#include <mdscale.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    const double delta[] = {0, 3, 4, 3, 0, 5, 4, 5, 0};
    mds_problem problem;
    memset(&problem, 0, sizeof problem);
    problem.size = sizeof problem;
    problem.n = 3;
    problem.delta = delta;
    problem.ld = 3;
    mds_pattern_options pattern;
    memset(&pattern, 0, sizeof pattern);
    pattern.size = sizeof pattern;
    pattern.smallest_radius = 1e-9;
    mds_fit_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.method = "pattern";
    options.method_options = &pattern;
    double map[3 * 2];
    mds_result result;
    memset(&result, 0, sizeof result);
    result.size = sizeof result;
    mds_error error;
    if (mds_fit(&problem, 2, &options, map, 2, &result, &error) != MDS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    /* 3, 4, 5 is a triangle: the map must hold all three sides. */
    return fabs(hypot(map[0] - map[4], map[1] - map[5]) - 4) < 1e-3 && result.loss < 1e-6 ? 0 : 1;
}
