#include "python_string.h"

#include "gather.h"
#include "memory.h"
#include "text.h"

#include <string.h>

/* Characters: of a longer name the beginning is shown, and longer ones than the second are none. */
enum { LENGTH_MOST = 1 << 16, LENGTH_SANE = 1 << 30, HEADER_MOST = 272 };

static bool add_code_point(fs_text *text, uint32_t c)
{
    char out[4];
    return fs_text_append(text, out, fs_utf8_encode(c ? c : 0xFFFD, out));
}

fs_status python_string_beginning(const flame_reader *reader, const python_layout *layout, uint64_t address,
                                  uint32_t most, python_string *string, fs_error *error)
{
    uint8_t header[HEADER_MOST];
    *string = (python_string){0};
    if (layout->text.ascii > HEADER_MOST) return fs_fail(error, FS_INTERNAL, "a string header too large");
    fs_status status = flame_read(reader, address, header, layout->text.state + 4, error);
    if (status != FS_OK) return status;
    uint64_t length = load_64(header + layout->text.length);
    uint32_t state = load_32(header + layout->text.state);
    /* kind : 3, compact : 1, ascii : 1, in every version from 3.8 to 3.15 */
    state >>= layout->text.kind;
    unsigned kind = state & 7;
    bool compact = state >> 3 & 1, ascii = state >> 4 & 1;
    if ((kind != 1 && kind != 2 && kind != 4) || length > LENGTH_SANE)
        return fs_fail(error, FS_FORMAT, "no string at 0x%llx", (unsigned long long)address);

    bool cut = length > most;
    if (cut) length = most;
    fs_text text;
    fs_text_init(&text);
    uint64_t data = address + (ascii ? layout->text.ascii : layout->text.compact);
    if (!compact) {
        /* Made by the old interface of two steps: the characters are elsewhere. */
        uint8_t pointer[8];
        status = flame_read(reader, address + layout->text.compact, pointer, sizeof pointer, error);
        if (status != FS_OK) goto cleanup;
        data = load_64(pointer);
    }
    uint32_t size = (uint32_t)length * kind, lead = 0;
    /* A compact string is one piece with its length; of another, the characters alone are kept. */
    if (compact) lead = (uint32_t)(data - address) - layout->text.length;
    string->raw_address = data - lead;
    string->raw_length = lead + size;
    string->raw = fs_alloc((size_t)string->raw_length + 1, 1);
    if (!string->raw) {
        status = fs_fail_memory(error, "reading a name", string->raw_length);
        goto cleanup;
    }
    if (compact) {
        string->skip[0] = 8;
        string->skip[1] = lead;
    }
    if (string->raw_length)
        status = flame_read(reader, string->raw_address, string->raw, string->raw_length, error);
    if (status != FS_OK) goto cleanup;
    const uint8_t *at = string->raw + lead;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t c = kind == 1   ? at[i]
                     : kind == 2 ? (uint32_t)(at[2 * i] | at[2 * i + 1] << 8)
                                 : load_32(at + 4 * (size_t)i);
        if (!add_code_point(&text, c)) break;
    }
    if (cut) fs_text_add(&text, "\xE2\x80\xA6"); /* ... */
    string->text = text.failed ? NULL : text.data ? text.data : fs_strdup("");
    if (!string->text) {
        status = fs_fail_memory(error, "reading a name", string->raw_length);
        goto cleanup;
    }
    text.data = NULL;
cleanup:
    fs_text_fini(&text);
    if (status != FS_OK) python_string_fini(string);
    return status;
}

fs_status python_string_read(const flame_reader *reader, const python_layout *layout, uint64_t address,
                             python_string *string, fs_error *error)
{
    return python_string_beginning(reader, layout, address, LENGTH_MOST, string, error);
}

void python_string_fini(python_string *string)
{
    fs_free(string->text);
    fs_free(string->raw);
    *string = (python_string){0};
}
