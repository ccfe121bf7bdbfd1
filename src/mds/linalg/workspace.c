#include "workspace.h"

#include "memory.h"

#include <stdint.h>

void *mds_workspace_take(mds_workspace *workspace, size_t count, size_t size)
{
    size_t bytes;
    if (!fs_size_mul(count, size, &bytes) || bytes > PTRDIFF_MAX / 4 || workspace->bytes > PTRDIFF_MAX / 4) {
        workspace->too_large = true;
        return NULL;
    }
    bytes = (bytes + 63) / 64 * 64 + 64;
    workspace->bytes += bytes;
    if (!workspace->next) return NULL;
    void *taken = workspace->next;
    workspace->next += bytes;
    return taken;
}
