/* mdscale: multidimensional scaling. The table of subcommands. */
#include "kernels.h"
#include "mdscale_commands.h"
#include "mdscale_fit.h"
#include "mdscale_level.h"
#include "mdscale_ranks.h"
#include "mdscale_report.h"

#include <stdio.h>
#include <string.h>

static const command *const subcommands[] = {
    &mdscale_fit_command,       &mdscale_report_command, &mdscale_stress_command,
    &mdscale_distances_command, &mdscale_place_command,  &mdscale_compare_command,
    &mdscale_methods_command,   &mdscale_plan_command,   NULL,
};

static const command mdscale = {
    .name = "mdscale",
    .summary = "Multidimensional scaling: from dissimilarities to a map.",
    .description =
        "Given how different each two of n objects are, mdscale places n points in a few dimensions so that "
        "the "
        "distances between them follow the differences. How well they do is the stress: 0 is perfect; below "
        "0.05 is good, above 0.2 poor, by Kruskal's rule of thumb for stress-1.\n\n"
        "Input is CSV, TSV, PHYLIP, pairs, NPY or NPZ, gzipped or not: a square, triangular or condensed "
        "matrix of "
        "dissimilarities, or a table of features (one row an object), from which distances are computed. "
        "'-' stands for standard input or output.",
    .examples = "  mdscale fit cities.csv -o map.csv --plot map.svg\n"
                "  mdscale fit digits.csv --labels digit --plot digits.svg\n"
                "  mdscale report cities.csv -o report.html\n"
                "  mdscale distances table.csv --metric manhattan -o D.npy\n"
                "  mdscale stress D.npy map.csv",
    .subcommands = subcommands,
};

/* "scalar, avx2, avx512 (avx2 is chosen here)" */
static void name_instruction_sets(char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (mds_isa isa = MDS_ISA_SCALAR; mds_isa_name(isa) && used < size; isa++)
        if (mds_isa_compiled(isa))
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", mds_isa_name(isa));
    if (used < size) snprintf(text + used, size - used, " (%s is chosen here)", mds_isa_name(mds_isa_best()));
}

int main(int argc, char **argv)
{
    char instruction_sets[256];
    input_options_make();
    level_options_make();
    fit_options_make();
    place_options_make();
    plan_options_make();
    report_options_make();
    name_instruction_sets(instruction_sets, sizeof instruction_sets);
    int status = ranks_begin();
    if (status == COMMAND_OK && ranks_joined() && argc > 1 && argv[1][0] != '-' &&
        strcmp(argv[1], "fit") != 0) {
        fprintf(stderr, "mdscale: only mdscale fit runs on several processes; start %s without mpirun\n",
                argv[1]);
        status = COMMAND_USAGE;
    }
    if (status == COMMAND_OK) status = command_main(&mdscale, instruction_sets, argc, argv);
    return ranks_end(status);
}
