/*
 * sample_order.h - a call tree as samples, one after the other: for formats that list them.
 */
#ifndef FLAME_SAMPLE_ORDER_H
#define FLAME_SAMPLE_ORDER_H

#include "stack_writer.h"

/* `weight` samples end at `node`; node 0: of no frame. */
typedef void (*flame_on_sample)(void *context, uint32_t node, double weight);

/* In the order of time where the tree has one, else each node's own samples at once. O(nodes). */
void flame_each_sample(const flame_tree *tree, flame_on_sample on_sample, void *context);

/* What one count of the profile is in microseconds; 0 when it is no time. */
double flame_profile_microseconds(const flame_profile *profile);

#endif
