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
    mds_pattern_options options = mds_pattern_defaults();
    options.smallest_radius = 1e-9;
    double map[3 * 2];
    mds_result result;
    mds_error error;
    if (mds_pattern_search(&problem, 2, &options, map, 2, &result, &error) != MDS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    /* 3, 4, 5 is a triangle: the map must hold all three sides. */
    return fabs(hypot(map[0] - map[4], map[1] - map[5]) - 4) < 1e-3 && result.stress < 1e-6 ? 0 : 1;
}
