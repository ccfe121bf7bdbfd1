#include "page_reader.h"

#include "memory.h"

#include <string.h>

enum { PAGE = 4096 };

typedef struct page_kept {
    uint64_t number; /* of the page */
    uint64_t round;  /* in which it was read; 0: never */
    bool asked;      /* for, in this round */
    uint8_t bytes[PAGE];
} page_kept;

/* The page's bytes; NULL: not all of it can be read. */
static const uint8_t *keep_page(page_reader *self, uint64_t number)
{
    const uint32_t place = (uint32_t)(number % PAGE_READER_PAGES);
    page_kept *page = &self->pages[place];
    if (!page->asked) self->asked[self->asked_count++] = place;
    page->asked = true;
    if (page->number == number && page->round == self->round) return page->bytes;
    page->round = 0;
    if (flame_read(self->source, number * PAGE, page->bytes, PAGE, NULL) != FS_OK) return NULL;
    page->number = number;
    page->round = self->round;
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

void page_reader_renew(page_reader *self)
{
    flame_span spans[PAGE_READER_PAGES];
    page_kept *pages[PAGE_READER_PAGES];
    size_t count = 0;
    for (size_t i = 0; i < self->asked_count; i++) {
        page_kept *page = &self->pages[self->asked[i]];
        page->asked = false;
        if (page->round != self->round) continue;
        pages[count] = page;
        spans[count++] = (flame_span){.address = page->number * PAGE, .bytes = page->bytes, .length = PAGE};
    }
    self->asked_count = 0;
    self->round++;
    const size_t read = count ? self->source->read(self->source->self, spans, count, NULL) : 0;
    for (size_t i = 0; i < count && i < read; i++) pages[i]->round = self->round;
}

fs_status page_reader_init(page_reader *self, const flame_reader *source, fs_error *error)
{
    *self = (page_reader){.reader = {.read = read_pages, .self = self}, .source = source, .round = 1};
    self->pages = fs_alloc_0(PAGE_READER_PAGES, sizeof *self->pages);
    return self->pages ? FS_OK
                       : fs_fail_memory(error, "reading memory", PAGE_READER_PAGES * sizeof *self->pages);
}

void page_reader_fini(page_reader *self)
{
    fs_free(self->pages);
    self->pages = NULL;
}
