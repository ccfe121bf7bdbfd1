#include "snapshot.h"

#include "file.h"
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 24, BLOCK = 256, PIECE_MOST = 1 << 20 };

void snapshot_fini(snapshot *self)
{
    for (size_t i = 0; i < self->count; i++) fs_free(self->pieces[i].bytes);
    fs_free(self->pieces);
    *self = (snapshot){0};
}

/* Keep the pieces ascending; one that is there already stays. */
static bool keep(snapshot *self, uint64_t address, const uint8_t *bytes, uint32_t length)
{
    size_t at = self->count;
    while (at > 0 && self->pieces[at - 1].address > address) at--;
    if (at > 0 && self->pieces[at - 1].address == address) return true;
    if (!FS_GROW(self->pieces, self->capacity, self->count + 1)) return false;
    uint8_t *copy = fs_alloc((size_t)length + 1, 1);
    if (!copy) return false;
    memcpy(copy, bytes, length);
    memmove(&self->pieces[at + 1], &self->pieces[at], (self->count - at) * sizeof *self->pieces);
    self->pieces[at] = (snapshot_piece){.address = address, .length = length, .bytes = copy};
    self->count++;
    return true;
}

bool snapshot_parse(snapshot *self, const uint8_t *bytes, size_t length)
{
    *self = (snapshot){0};
    if (length < HEAD || memcmp(bytes, "FLSN", 4) != 0) return false;
    self->minor = bytes[4];
    self->runtime = load_64(bytes + 8);
    self->code_type = load_64(bytes + 16);
    size_t at = HEAD;
    while (length - at >= 12) {
        uint64_t address = load_64(bytes + at);
        uint32_t size = load_32(bytes + at + 8);
        if (size > length - at - 12 || size > PIECE_MOST) break;
        if (!keep(self, address, bytes + at + 12, size)) {
            snapshot_fini(self);
            return false;
        }
        at += 12 + size;
    }
    self->disturbances = bytes + at;
    self->disturbance_count = (length - at) / 4;
    return true;
}

static void disturb(snapshot *self)
{
    size_t n = self->reads++;
    if (n >= self->disturbance_count || self->count == 0) return;
    const uint8_t *change = self->disturbances + 4 * n;
    snapshot_piece *piece = &self->pieces[change[0] % self->count];
    size_t offset = (size_t)(change[1] | change[2] << 8);
    if (piece->length) piece->bytes[offset % piece->length] += change[3];
}

/* Copy what overlaps from each piece; whole only when every byte was found. */
static bool copy_span(const snapshot *self, const flame_span *span)
{
    uint64_t at = span->address, left = span->length;
    uint8_t *out = span->bytes;
    if (at + left < at) return false;
    while (left) {
        size_t low = 0, high = self->count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (self->pieces[middle].address <= at)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == 0) return false;
        const snapshot_piece *piece = &self->pieces[low - 1];
        uint64_t into = at - piece->address;
        if (into >= piece->length) return false;
        uint64_t part = piece->length - into < left ? piece->length - into : left;
        memcpy(out, piece->bytes + into, (size_t)part);
        at += part;
        out += part;
        left -= part;
    }
    return true;
}

static size_t read_snapshot(void *context, const flame_span *spans, size_t count, int *reason)
{
    snapshot *self = context;
    disturb(self);
    for (size_t i = 0; i < count; i++) {
        if (copy_span(self, &spans[i])) continue;
        if (reason) *reason = EFAULT;
        return i;
    }
    return count;
}

flame_reader snapshot_reader(snapshot *self)
{
    return (flame_reader){.read = read_snapshot, .self = self};
}

static size_t read_and_keep(void *context, const flame_span *spans, size_t count, int *reason)
{
    snapshot *self = context;
    size_t done = self->source->read(self->source->self, spans, count, reason);
    for (size_t i = 0; i < done; i++) {
        uint64_t first = spans[i].address / BLOCK, last = (spans[i].address + spans[i].length - 1) / BLOCK;
        for (uint64_t block = first; block <= last && spans[i].length; block++) {
            uint8_t bytes[BLOCK];
            if (flame_read(self->source, block * BLOCK, bytes, BLOCK, NULL) == FS_OK &&
                !keep(self, block * BLOCK, bytes, BLOCK))
                return i;
        }
    }
    return done;
}

flame_reader snapshot_recorder(snapshot *self)
{
    return (flame_reader){.read = read_and_keep, .self = self};
}

fs_status snapshot_write(const snapshot *self, const char *path, fs_error *error)
{
    fs_output *output;
    uint8_t head[8] = {'F', 'L', 'S', 'N', (uint8_t)self->minor, 0, 0, 0};
    fs_status status = fs_output_open(path, &output, error);
    if (status != FS_OK) return status;
    fs_output_write(output, head, sizeof head);
    fs_output_write(output, &self->runtime, 8);
    fs_output_write(output, &self->code_type, 8);
    for (size_t i = 0; i < self->count; i++) {
        /* Blocks that touch become one piece. */
        size_t end = i + 1;
        uint32_t length = self->pieces[i].length;
        while (end < self->count && self->pieces[end].address == self->pieces[i].address + length &&
               length < PIECE_MOST / 2)
            length += self->pieces[end++].length;
        fs_output_write(output, &self->pieces[i].address, 8);
        fs_output_write(output, &length, 4);
        for (; i < end; i++) fs_output_write(output, self->pieces[i].bytes, self->pieces[i].length);
        i--;
    }
    return fs_output_commit(output, error);
}

fs_status snapshot_interpreter(snapshot *self, const flame_reader *reader,
                               const flame_interpreter_options *options, flame_interpreter **interpreter,
                               fs_error *error)
{
    python_runtime runtime = {.address = self->runtime, .code_type = self->code_type};
    uint64_t words[PYTHON_TABLE_WORDS];
    *interpreter = NULL;
    if (self->minor >= 13) {
        fs_status status = flame_read(reader, self->runtime, words, sizeof words, error);
        if (status == FS_OK) status = python_layout_from_table(words, &runtime.layout, error);
        if (status != FS_OK) return status;
    } else {
        const python_layout *layout = python_layout_fixed(self->minor);
        if (!layout) return fs_fail(error, FS_UNSUPPORTED, "3.%u", self->minor);
        runtime.layout = *layout;
    }
    return interpreter_attach(reader, NULL, options, &runtime, interpreter, error);
}
