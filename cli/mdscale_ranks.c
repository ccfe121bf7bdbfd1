#include "mdscale_ranks.h"

#include "command.h"
#include "memory.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LIBRARY "libmdscale-mpi.so.0"

static mds_ranks ranks = {.size = sizeof ranks};
static void *library;
static int said = -1; /* what goes to standard error on the other ranks: a file in memory */

/* What launchers tell the processes that they start: Open MPI; MPICH's Hydra, Intel MPI and other PMI. */
static const struct {
    const char *count, *rank;
} launchers[] = {{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"}, {"PMI_SIZE", "PMI_RANK"}};

static unsigned started(unsigned *rank)
{
    for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++) {
        const char *count = getenv(launchers[i].count), *number = getenv(launchers[i].rank);
        *rank = number ? (unsigned)strtoul(number, NULL, 10) : 0;
        if (count) return (unsigned)strtoul(count, NULL, 10);
    }
    return 1;
}

/* Where the linker looks; and beside the program, as it was built or installed. */
static void *load(void)
{
    static const char *const folders[] = {"../" FLAMESCALE_LIBDIR, "../lib"};
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_GLOBAL);
    char program[4096], path[5000];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    for (size_t i = 0; i < 2 && !handle && length > 0; i++) {
        program[length] = '\0';
        char *slash = strrchr(program, '/');
        snprintf(path, sizeof path, "%.*s/%s/" LIBRARY, (int)(slash - program), program, folders[i]);
        handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    }
    return handle;
}

static int silence(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    said = memfd_create("said", MFD_CLOEXEC);
    fflush(stdout);
    bool done =
        nowhere >= 0 && said >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 && dup2(said, STDERR_FILENO) >= 0;
    if (nowhere >= 0) close(nowhere);
    return done ? COMMAND_OK : COMMAND_FAILED;
}

int ranks_begin(void)
{
    unsigned rank, count = started(&rank);
    if (count < 2) return COMMAND_OK;
    library = load();
    mds_status (*begin)(mds_ranks *, mds_error *) = NULL;
    if (library) *(void **)&begin = dlsym(library, "mds_mpi_begin");
    if (!begin) {
        if (rank == 0)
            fprintf(stderr,
                    "mdscale: %u of this were started, by mpirun, but it knows nothing of MPI (there is "
                    "no " LIBRARY
                    "): each would do the same work. Start it without mpirun, or install or build it "
                    "with MPI (-DFLAMESCALE_MPI=ON)\n",
                    count);
        return COMMAND_FAILED;
    }
    mds_error error;
    if (begin(&ranks, &error) != MDS_OK) {
        fprintf(stderr, "mdscale: %s\n", error.message);
        return COMMAND_FAILED;
    }
    return ranks.rank == 0 ? COMMAND_OK : silence();
}

int ranks_end(int status)
{
    void (*end)(void) = NULL;
    if (library) *(void **)&end = dlsym(library, "mds_mpi_end");
    fflush(stdout);
    if (end) end();
    return ranks_first() ? status : COMMAND_OK;
}

const mds_ranks *ranks_joined(void)
{
    return ranks.count > 1 ? &ranks : NULL;
}

bool ranks_first(void)
{
    return ranks.rank == 0;
}

/* Room for `bytes` of every rank, of which this one's are filled with `own`, before they are gathered. */
static void *gather(const void *own, size_t bytes)
{
    char *all = fs_alloc_0(ranks.count, bytes);
    size_t *begin = fs_alloc(ranks.count + 1, sizeof *begin);
    if (!all || !begin) abort(); /* the others would wait for ever; mpirun ends them */
    for (unsigned r = 0; r <= ranks.count; r++) begin[r] = r * bytes;
    memcpy(all + begin[ranks.rank], own, bytes);
    (void)ranks.all_gather(all, begin, ranks.context);
    fs_free(begin);
    return all;
}

bool ranks_same(uint64_t word)
{
    if (!ranks_joined()) return false;
    uint64_t *all = gather(&word, sizeof word);
    bool same = word != 0;
    for (unsigned r = 0; r < ranks.count; r++) same = same && all[r] == word;
    fs_free(all);
    return same;
}

/* What a rank tells of itself. */
struct told {
    int status;
    char words[1000];
};

static struct told tell(int status)
{
    struct told own = {.status = status};
    if (said >= 0 && status) {
        ssize_t got = pread(said, own.words, sizeof own.words - 1, 0);
        own.words[got > 0 ? got : 0] = '\0';
        own.words[strcspn(own.words, "\n")] = '\0';
    }
    return own;
}

int ranks_agree(int status)
{
    if (!ranks_joined()) return status;
    const struct told own = tell(status);
    struct told *all = gather(&own, sizeof own);
    unsigned r = 0;
    while (r < ranks.count && all[r].status == COMMAND_OK) r++;
    if (r < ranks.count) {
        status = all[r].status;
        if (r > 0 && ranks.rank == 0) fprintf(stderr, "rank %u: %s\n", r, all[r].words);
    }
    fs_free(all);
    return status;
}
