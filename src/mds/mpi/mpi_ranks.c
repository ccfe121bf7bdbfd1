#include "mdscale_mpi.h"

#include <limits.h>
#include <mpi.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What MPI says of the ranks. */
static struct {
    MPI_Comm communicator; /* our own, so that nothing else is mixed up with what we send */
    int *counts, *begin;   /* for each rank */
    bool initialised;
} mpi;

/* More bytes than an int counts go rank by rank, in pieces. */
static void broadcast(char *data, size_t bytes, int from)
{
    enum { PIECE = 1 << 30 };
    for (size_t at = 0; at < bytes; at += PIECE) {
        int piece = bytes - at < PIECE ? (int)(bytes - at) : PIECE;
        MPI_Bcast(data + at, piece, MPI_BYTE, from, mpi.communicator);
    }
}

static bool all_gather(void *data, const size_t *begin, void *context)
{
    const mds_ranks *ranks = context;
    unsigned count = ranks->count, owners = 0, owner = 0;
    for (unsigned r = 0; r < count; r++)
        if (begin[r] < begin[r + 1]) owners++, owner = r;
    if (owners == 0) return true;
    if (owners == 1) {
        broadcast((char *)data + begin[owner], begin[owner + 1] - begin[owner], (int)owner);
    } else if (begin[count] <= INT_MAX) {
        for (unsigned r = 0; r < count; r++) {
            mpi.begin[r] = (int)begin[r];
            mpi.counts[r] = (int)(begin[r + 1] - begin[r]);
        }
        MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, data, mpi.counts, mpi.begin, MPI_BYTE,
                       mpi.communicator);
    } else {
        for (unsigned r = 0; r < count; r++)
            broadcast((char *)data + begin[r], begin[r + 1] - begin[r], (int)r);
    }
    return true;
}

static bool add(uint64_t *numbers, size_t count, void *context)
{
    enum { PIECE = 1 << 27 };
    (void)context;
    for (size_t at = 0; at < count; at += PIECE)
        MPI_Allreduce(MPI_IN_PLACE, numbers + at, count - at < PIECE ? (int)(count - at) : PIECE,
                      MPI_UINT64_T, MPI_SUM, mpi.communicator);
    return true;
}

static mds_status fail(mds_error *error, mds_status code, const char *message)
{
    if (error) error->code = code;
    if (error) snprintf(error->message, sizeof error->message, "%s", message);
    return code;
}

mds_status mds_mpi_begin(mds_ranks *ranks, mds_error *error)
{
    int there, granted, rank, count, local;
    MPI_Comm machine;
    const size_t first = offsetof(mds_ranks, add); /* the size of the first version */
    if (!ranks || ranks->size < first)
        return fail(error, MDS_ARGUMENT, "the `size` in mds_ranks is not sizeof(mds_ranks)");
    if (mpi.counts) return fail(error, MDS_ARGUMENT, "mds_mpi_begin has been called before");
    MPI_Initialized(&there);
    if (!there && MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &granted) != MPI_SUCCESS)
        return fail(error, MDS_UNSUPPORTED, "MPI cannot be initialised");
    mpi.initialised = !there;
    MPI_Comm_dup(MPI_COMM_WORLD, &mpi.communicator);
    MPI_Comm_rank(mpi.communicator, &rank);
    MPI_Comm_size(mpi.communicator, &count);
    MPI_Comm_split_type(mpi.communicator, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &local);
    MPI_Comm_free(&machine);
    mpi.counts = calloc(2 * (size_t)count, sizeof *mpi.counts);
    if (!mpi.counts) return fail(error, MDS_MEMORY, "out of memory for the ranks");
    mpi.begin = mpi.counts + count;
    const mds_ranks filled = {.size = ranks->size,
                              .rank = (unsigned)rank,
                              .count = (unsigned)count,
                              .local = (unsigned)local,
                              .all_gather = all_gather,
                              .context = ranks,
                              .add = add};
    memcpy(ranks, &filled, ranks->size < sizeof filled ? ranks->size : sizeof filled);
    return MDS_OK;
}

void mds_mpi_end(void)
{
    if (!mpi.counts) return;
    free(mpi.counts);
    mpi.counts = mpi.begin = NULL;
    MPI_Comm_free(&mpi.communicator);
    if (mpi.initialised) MPI_Finalize();
}
