/*
 * auto.h - the method that chooses: starts, descents and searches between them, so that the best map known is
 * found from every seed. mdscale.h and docs/choosing.md tell what it does.
 */
#ifndef MDS_AUTO_H
#define MDS_AUTO_H

#include "method.h"

extern const mds_method mds_auto_method;

#endif
