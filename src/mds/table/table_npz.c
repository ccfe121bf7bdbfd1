/*
 * NPZ files: a ZIP archive of NPY files, of which there must be one. Source: the ZIP file format (APPNOTE),
 * local file headers; NumPy's savez writes members stored, savez_compressed deflated.
 */
#include "npy.h"
#include "table_formats.h"
#include "table_npy.h"

#include <stdio.h>
#include <string.h>

enum { HEADER = 30, MEMBER_NAME = 64 };

static const char local_header[4] = {'P', 'K', 3, 4};
static const char old_excel[8] = {(char)0xD0, (char)0xCF, 0x11, (char)0xE0,
                                  (char)0xA1, (char)0xB1, 0x1A, (char)0xE1};

static fs_status looks_like(mds_byte_source *source, mds_table *table, bool *yes, fs_error *error)
{
    (void)table;
    const char *bytes = source->bytes + source->start;
    size_t length = source->end - source->start;
    if (length >= sizeof old_excel && memcmp(bytes, old_excel, sizeof old_excel) == 0)
        return fs_fail(error, FS_UNSUPPORTED, "%s is an Excel workbook; save the sheet as CSV",
                       fs_input_name(source->input));
    *yes = length >= sizeof local_header && memcmp(bytes, local_header, sizeof local_header) == 0;
    return FS_OK;
}

static size_t number(const unsigned char *bytes, size_t count)
{
    size_t value = 0;
    while (count-- > 0) value = value << 8 | bytes[count];
    return value;
}

/* Bring `need` bytes into the window. */
static fs_status need_bytes(mds_byte_source *source, size_t need, fs_error *error)
{
    while (!source->at_end && source->end - source->start < need) {
        fs_status status = mds_byte_source_fill(source, error);
        if (status) return status;
    }
    if (source->end - source->start >= need) return FS_OK;
    return fs_fail(error, FS_FORMAT, "%s: the ZIP archive ends too soon (a truncated file?)",
                   fs_input_name(source->input));
}

static bool ends_in_npy(const char *name, size_t length)
{
    return length > 4 && memcmp(name + length - 4, ".npy", 4) == 0;
}

/* Past the member's header; *deflated tells how it is packed. */
static fs_status read_member_header(mds_byte_source *source, bool *deflated, char name[MEMBER_NAME],
                                    fs_error *error)
{
    const char *file = fs_input_name(source->input);
    fs_status status = need_bytes(source, HEADER, error);
    if (status) return status;
    const unsigned char *header = (const unsigned char *)source->bytes + source->start;
    size_t flags = number(header + 6, 2), method = number(header + 8, 2);
    size_t name_length = number(header + 26, 2), extra = number(header + 28, 2);
    status = need_bytes(source, HEADER + name_length + extra, error);
    if (status) return status;
    const char *member = source->bytes + source->start + HEADER;
    snprintf(name, MEMBER_NAME, "%.*s", (int)(name_length < 60 ? name_length : 60), member);
    if (!ends_in_npy(member, name_length)) {
        bool excel = strncmp(name, "[Content_Types]", 15) == 0 || strncmp(name, "xl/", 3) == 0 ||
                     strncmp(name, "_rels/", 6) == 0 || strncmp(name, "docProps/", 9) == 0;
        return fs_fail(error, FS_UNSUPPORTED,
                       excel ? "%s is an Excel workbook; save the sheet as CSV"
                             : "%s is a ZIP archive that does not begin with a NumPy array; unpack it first",
                       file);
    }
    if (flags & 1) return fs_fail(error, FS_UNSUPPORTED, "%s is an encrypted ZIP archive", file);
    if (method != 0 && method != 8)
        return fs_fail(error, FS_UNSUPPORTED,
                       "%s: the ZIP archive is packed by method %zu; NumPy stores or deflates", file, method);
    *deflated = method == 8;
    source->start += HEADER + name_length + extra;
    return FS_OK;
}

/* Whether another member's header lies in the first bytes behind a member and its data descriptor. */
static bool member_follows(const char *bytes, size_t length, size_t *at)
{
    for (*at = 0; *at + sizeof local_header <= length && *at <= 24; ++*at)
        if (memcmp(bytes + *at, local_header, sizeof local_header) == 0) return true;
    return false;
}

static fs_status check_alone(mds_byte_source *source, const char *name, fs_error *error)
{
    size_t length = 0, at;
    const char *rest = NULL;
    if (source->decoder) {
        size_t before;
        do { /* the stream's end, which lets the bytes behind it be seen */
            before = source->end - source->start;
            fs_status status = source->at_end ? FS_OK : mds_byte_source_fill(source, error);
            if (status) return status;
        } while (!source->at_end && source->end - source->start == before);
        rest = mds_byte_decoder_rest(source->decoder, &length);
    } else {
        while (!source->at_end && source->end - source->start < HEADER) {
            fs_status status = mds_byte_source_fill(source, error);
            if (status) return status;
        }
        rest = source->bytes + source->start;
        length = source->end - source->start;
    }
    if (!member_follows(rest, length, &at)) return FS_OK;
    return fs_fail(error, FS_UNSUPPORTED,
                   "%s holds several arrays, of which %s is the first; save the one that is meant with "
                   "numpy.save",
                   fs_input_name(source->input), name);
}

static fs_status read_npz(mds_byte_source *source, mds_table *table, fs_error *error)
{
    bool deflated = false;
    char name[MEMBER_NAME], form[sizeof table->form];
    fs_status status = read_member_header(source, &deflated, name, error);
    if (status == FS_OK && deflated) status = mds_byte_source_decode(source, MDS_DECODE_DEFLATE, error);
    while (status == FS_OK && !source->at_end && source->end - source->start < MDS_TABLE_MAGIC)
        status = mds_byte_source_fill(source, error);
    if (status) return status;
    if (!fs_npy_begins(source->bytes + source->start, source->end - source->start))
        return fs_fail(error, FS_FORMAT, "%s: %s is not a NumPy array", fs_input_name(source->input), name);
    status = mds_table_read_npy(source, table, false, error);
    if (status == FS_OK) status = check_alone(source, name, error);
    snprintf(form, sizeof form, "NPZ%.40s", table->form + 3);
    memcpy(table->form, form, sizeof form);
    return status;
}

const mds_table_format mds_table_npz = {.looks_like = looks_like, .read = read_npz};
