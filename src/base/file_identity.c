#include "file_identity.h"

#include "hash_map.h"

#include <sys/stat.h>

uint64_t fs_file_identity(const char *path)
{
    struct stat is;
    if (stat(path, &is) != 0 || !S_ISREG(is.st_mode)) return 0;
    const uint64_t facts[] = {(uint64_t)is.st_ino, (uint64_t)is.st_size, (uint64_t)is.st_mtim.tv_sec,
                              (uint64_t)is.st_mtim.tv_nsec};
    return fs_hash_bytes(1, facts, sizeof facts) | 1;
}
