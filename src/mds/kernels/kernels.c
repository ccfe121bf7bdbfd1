#include "kernels.h"

#include "kernels_tables.h"

const mds_kernels *mds_kernels_for(mds_isa isa)
{
    if (isa == MDS_ISA_AUTO || isa == MDS_ISA_SCALAR) return &mds_kernels_scalar;
    return NULL;
}
