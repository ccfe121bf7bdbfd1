/* The row of pattern search in the table of methods: what it takes and what it supports. */
#include "pattern.h"

#include "scale.h"

#include <float.h>
#include <math.h>

static const char *const orders[] = {"natural", "shuffled", NULL};

static const mds_option_info options[] = {
    MDS_OPTION(mds_pattern_options, radius, MDS_OPTION_LENGTH,
               "Length of the first moves. Default: a quarter of the largest dissimilarity.",
               .placeholder = "R", .least = 1e-300, .most = 1e300),
    MDS_OPTION(mds_pattern_options, shrink, MDS_OPTION_REAL,
               "The radius is multiplied by this when an epoch gains too little. Default: 0.5.",
               .placeholder = "F", .least = 1e-6, .most = 0.999999),
    MDS_OPTION(mds_pattern_options, smallest_radius, MDS_OPTION_LENGTH,
               "Stop when the radius falls below this. Default: 1e-4 of the start radius.",
               .placeholder = "R", .least = 1e-300, .most = 1e300),
    MDS_OPTION(mds_pattern_options, point_share, MDS_OPTION_REAL,
               "Share of the points tried in an epoch. Default: 1.", .placeholder = "S", .least = 1e-9,
               .most = 1),
    MDS_OPTION(mds_pattern_options, dimension_share, MDS_OPTION_REAL,
               "Share of the dimensions tried for a point. Default: 1.", .placeholder = "S", .least = 1e-9,
               .most = 1),
    MDS_OPTION(mds_pattern_options, order, MDS_OPTION_CHOICE,
               "The order in which points are tried. Default: natural.", .placeholder = "NAME",
               .choices = orders),
};

static const mds_option_info statistics[] = {
    MDS_STATISTIC(mds_pattern_statistics, moves, MDS_OPTION_COUNT, "How many times a point moved."),
    MDS_STATISTIC(mds_pattern_statistics, radius, MDS_OPTION_LENGTH, "The last radius used."),
};

static fs_status check(void *given, const mds_option_context *context, fs_error *error)
{
    mds_pattern_options *o = given;
    if (o->radius == 0) o->radius = context->length / 4;
    if (o->smallest_radius == 0) o->smallest_radius = o->radius * 1e-4;
    if (o->shrink == 0) o->shrink = 0.5;
    if (o->point_share == 0) o->point_share = 1;
    if (o->dimension_share == 0) o->dimension_share = 1;

    if (!(o->radius > 0 && o->radius <= DBL_MAX))
        return fs_fail(error, FS_ARGUMENT, "the start radius %g is not a positive number", o->radius);
    if (o->radius > ldexp(context->length, MDS_SPREAD_LENGTHS))
        return fs_fail(error, FS_ARGUMENT,
                       "the start radius %g is too large beside the largest dissimilarity, %g", o->radius,
                       context->length);
    if (!(o->smallest_radius > 0 && o->smallest_radius <= DBL_MAX))
        return fs_fail(error, FS_ARGUMENT, "the smallest radius %g is not a positive number",
                       o->smallest_radius);
    if (o->smallest_radius > o->radius)
        return fs_fail(error, FS_ARGUMENT, "the smallest radius %g is above the start radius %g",
                       o->smallest_radius, o->radius);
    if (!(o->shrink > 0 && o->shrink < 1))
        return fs_fail(error, FS_ARGUMENT, "the shrink factor %g is not between 0 and 1", o->shrink);
    if (!(o->point_share > 0 && o->point_share <= 1))
        return fs_fail(error, FS_ARGUMENT, "the share of points %g is not in (0, 1]", o->point_share);
    if (!(o->dimension_share > 0 && o->dimension_share <= 1))
        return fs_fail(error, FS_ARGUMENT, "the share of dimensions %g is not in (0, 1]", o->dimension_share);
    if (o->order != MDS_ORDER_NATURAL && o->order != MDS_ORDER_SHUFFLED)
        return fs_fail(error, FS_ARGUMENT, "%d is not an order of points", (int)o->order);
    return FS_OK;
}

_Static_assert(sizeof(mds_pattern_options) <= MDS_METHOD_STRUCT_SIZE, "options fit");
_Static_assert(sizeof(mds_pattern_statistics) <= MDS_METHOD_STRUCT_SIZE, "statistics fit");

const mds_method mds_pattern_method = {
    .info = {.size = sizeof(mds_method_info),
             .name = "pattern",
             .title = "pattern search",
             .summary =
                 "Moves one point at a time along the axes, by a radius that shrinks; no gradient is needed, "
                 "so any loss will do.",
             .abilities = MDS_ABILITY_WEIGHTS | MDS_ABILITY_MISSING,
             .losses = 1u << MDS_LOSS_SQUARED | 1u << MDS_LOSS_ABSOLUTE,
             .levels = MDS_EVERY_LEVEL,
             .starts = MDS_EVERY_START,
             .iteration = "epoch",
             .step = "radius",
             .iterations = 10000,
             .tolerance = 1e-4,
             .tolerance_help = "The radius shrinks when an epoch lowers the loss by less than this share.",
             .stop_help = "the radius fell below the smallest",
             .options_size = sizeof(mds_pattern_options),
             .statistics_size = sizeof(mds_pattern_statistics)},
    MDS_TABLE(options),
    MDS_TABLE(statistics),
    .usual = {40, 140},
    .any_start = true,
    .check = check,
    .useful_workers = mds_pattern_useful_workers,
    .measure = mds_pattern_measure,
    .solve = mds_pattern_solve,
};
