#include "page_reader.h"

#include "memory.h"

#include <string.h>

enum { PAGE = 4096, PAGES = 128 };

typedef struct page_kept {
    uint64_t number; /* of the page, + 1; 0: none */
    uint8_t bytes[PAGE];
} page_kept;

/* The page's bytes; NULL: not all of it can be read. */
static const uint8_t *keep_page(page_reader *self, uint64_t number)
{
    page_kept *page = &self->pages[number % PAGES];
    if (page->number == number + 1) return page->bytes;
    page->number = 0;
    if (flame_read(self->source, number * PAGE, page->bytes, PAGE, NULL) != FS_OK) return NULL;
    page->number = number + 1;
    return page->bytes;
}

static bool copy(page_reader *self, const flame_span *span)
{
    uint8_t *out = span->bytes;
    for (size_t done = 0; done < span->length;) {
        const uint64_t address = span->address + done;
        const size_t into = (size_t)(address % PAGE), left = span->length - done;
        const size_t part = PAGE - into < left ? PAGE - into : left;
        const uint8_t *page = address < span->address ? NULL : keep_page(self, address / PAGE);
        if (!page) return false;
        memcpy(out + done, page + into, part);
        done += part;
    }
    return true;
}

static size_t read_pages(void *context, const flame_span *spans, size_t count, int *reason)
{
    page_reader *self = context;
    for (size_t i = 0; i < count; i++) /* Of a core file a part of a page may be all there is. */
        if (!copy(self, &spans[i]) && self->source->read(self->source->self, &spans[i], 1, reason) != 1)
            return i;
    return count;
}

fs_status page_reader_init(page_reader *self, const flame_reader *source, fs_error *error)
{
    *self = (page_reader){.reader = {.read = read_pages, .self = self}, .source = source};
    self->pages = fs_alloc_0(PAGES, sizeof *self->pages);
    return self->pages ? FS_OK : fs_fail_memory(error, "reading memory", PAGES * sizeof *self->pages);
}

void page_reader_fini(page_reader *self)
{
    fs_free(self->pages);
    self->pages = NULL;
}
