#include "html_data.h"

#include "frame_name.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- numbers and bytes -> zlib -> base64 -> output ---- */

enum { RAW = 1 << 15, PACKED = 3 << 13 };

typedef struct packer {
    z_stream zlib;
    bool ready; /* deflateInit succeeded */
    fs_output *output;
    size_t raw_used;
    size_t packed_kept; /* 0..2 bytes that did not fill a group of three */
    unsigned char raw[RAW];
    unsigned char packed[PACKED + 3];
    char text[(PACKED / 3 + 1) * 4];
} packer;

/* Through our own allocator, so that the tests can make it fail. */
static void *zlib_alloc(void *context, unsigned count, unsigned size)
{
    (void)context;
    return fs_alloc(count, size);
}

static void zlib_free(void *context, void *memory)
{
    (void)context;
    fs_free(memory);
}

static void write_base64(packer *pack, size_t length, bool last)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t whole = length - length % 3, used = 0;
    for (size_t i = 0; i < whole; i += 3) {
        uint32_t group =
            (uint32_t)pack->packed[i] << 16 | (uint32_t)pack->packed[i + 1] << 8 | pack->packed[i + 2];
        pack->text[used++] = digits[group >> 18];
        pack->text[used++] = digits[group >> 12 & 63];
        pack->text[used++] = digits[group >> 6 & 63];
        pack->text[used++] = digits[group & 63];
    }
    pack->packed_kept = length - whole;
    if (last && pack->packed_kept) {
        uint32_t group = (uint32_t)pack->packed[whole] << 16;
        if (pack->packed_kept == 2) group |= (uint32_t)pack->packed[whole + 1] << 8;
        pack->text[used++] = digits[group >> 18];
        pack->text[used++] = digits[group >> 12 & 63];
        pack->text[used++] = pack->packed_kept == 2 ? digits[group >> 6 & 63] : '=';
        pack->text[used++] = '=';
    }
    memmove(pack->packed, pack->packed + whole, pack->packed_kept);
    fs_output_write(pack->output, pack->text, used);
}

static void squeeze(packer *pack, bool last)
{
    pack->zlib.next_in = pack->raw;
    pack->zlib.avail_in = (uInt)pack->raw_used;
    int result;
    do {
        pack->zlib.next_out = pack->packed + pack->packed_kept;
        pack->zlib.avail_out = PACKED;
        /* cannot fail: the stream is valid and there is room to write to */
        result = deflate(&pack->zlib, last ? Z_FINISH : Z_NO_FLUSH);
        write_base64(pack, pack->packed_kept + PACKED - pack->zlib.avail_out, last && result == Z_STREAM_END);
    } while (last ? result == Z_OK : pack->zlib.avail_out == 0);
    pack->raw_used = 0;
}

static void put_byte(packer *pack, unsigned byte)
{
    if (pack->raw_used == RAW) squeeze(pack, false);
    pack->raw[pack->raw_used++] = (unsigned char)byte;
}

static void put_bytes(packer *pack, const char *bytes, size_t length)
{
    while (length > 0) {
        if (pack->raw_used == RAW) squeeze(pack, false);
        size_t piece = RAW - pack->raw_used;
        if (piece > length) piece = length;
        memcpy(pack->raw + pack->raw_used, bytes, piece);
        pack->raw_used += piece;
        bytes += piece;
        length -= piece;
    }
}

static void put_number(packer *pack, uint64_t value)
{
    while (value > 127) {
        put_byte(pack, (unsigned)(value & 127) | 128);
        value >>= 7;
    }
    put_byte(pack, (unsigned)value);
}

static void put_double(packer *pack, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 64; i += 8) put_byte(pack, (unsigned)(bits >> i & 255));
}

/* ---- the data ---- */

typedef struct name_part {
    uint32_t id; /* in the tree */
    uint32_t function, file, line;
    uint8_t form;
    flame_colour colour;
} name_part;

struct flame_html_data {
    const flame_tree *tree;
    uint32_t names, nodes;
    name_part *parts;    /* names in byte order */
    uint32_t *rank;      /* of a name of the tree: its place in that order */
    uint32_t *order;     /* nodes in preorder */
    uint32_t *child;     /* first child in the order of the page */
    uint32_t *sibling;   /* next sibling in it */
    flame_tree *strings; /* only its names are used: functions and files, once each */
    size_t text_bytes;
};

typedef struct sorted_name {
    const flame_name *name;
    uint32_t id;
} sorted_name;

static int by_bytes(const void *left, const void *right)
{
    const sorted_name *a = left, *b = right;
    uint32_t shorter = a->name->length < b->name->length ? a->name->length : b->name->length;
    int order = memcmp(a->name->text, b->name->text, shorter);
    if (order) return order;
    if (a->name->length != b->name->length) return a->name->length < b->name->length ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* Number of a string, which counts towards text_bytes when it is new. */
static fs_status string_number(flame_html_data *data, const char *text, size_t length, uint32_t *number,
                               fs_error *error)
{
    uint32_t before = flame_tree_names(data->strings);
    fs_status status = flame_tree_name(data->strings, text, length, false, number, error);
    if (status == FS_OK && *number == before) data->text_bytes += length + 1;
    return status;
}

static fs_status take_names_apart(flame_html_data *data, const flame_graph_options *options, fs_error *error)
{
    fs_status status = FS_OK;
    sorted_name *sorted = fs_alloc(data->names, sizeof *sorted);
    if (!sorted) return fs_fail_memory(error, "sorting names", 0);
    for (uint32_t i = 0; i < data->names; i++)
        sorted[i] = (sorted_name){.name = flame_tree_name_of(data->tree, i), .id = i};
    qsort(sorted, data->names, sizeof *sorted, by_bytes);
    for (uint32_t i = 0; i < data->names; i++) {
        const flame_name *name = sorted[i].name;
        name_part *part = &data->parts[i];
        flame_frame_parts frame = flame_frame_parse(name->text, name->length);
        data->rank[sorted[i].id] = i;
        part->id = sorted[i].id;
        part->form = frame.file == NULL ? 0 : frame.file < frame.function ? 1 : 2;
        part->line = frame.line > 0 ? (uint32_t)frame.line : 0;
        status = string_number(data, frame.function, frame.function_length, &part->function, error);
        if (status != FS_OK) goto cleanup;
        part->file = 0;
        if (frame.file) {
            status = string_number(data, frame.file, frame.file_length, &part->file, error);
            if (status != FS_OK) goto cleanup;
            part->file++;
        }
        part->colour = flame_palette_colour(options->palette, options->variation, options->seed, name);
        if (options->colours) {
            status = flame_colour_map_get(options->colours, name, part->colour, &part->colour, error);
            if (status != FS_OK) goto cleanup;
        }
    }
cleanup:
    fs_free(sorted);
    return status;
}

/* The nodes into data->order, sorted by the rank of their names: a counting sort. */
static fs_status sort_nodes(flame_html_data *data, fs_error *error)
{
    uint32_t *start = fs_alloc_0((size_t)data->names + 1, sizeof *start);
    if (!start) return fs_fail_memory(error, "sorting frames", 0);
    for (uint32_t i = 1; i < data->nodes; i++) start[data->rank[flame_tree_node(data->tree, i)->name] + 1]++;
    for (uint32_t r = 0; r < data->names; r++) start[r + 1] += start[r];
    for (uint32_t i = 1; i < data->nodes; i++)
        data->order[start[data->rank[flame_tree_node(data->tree, i)->name]]++] = i;
    fs_free(start);
    return FS_OK;
}

/* Lists of children in the order of the page. */
static fs_status link_children(flame_html_data *data, bool in_time, fs_error *error)
{
    if (in_time) {
        for (uint32_t i = 0; i < data->nodes; i++) {
            data->child[i] = flame_tree_node(data->tree, i)->child;
            data->sibling[i] = flame_tree_node(data->tree, i)->sibling;
        }
        return FS_OK;
    }
    fs_status status = sort_nodes(data, error);
    if (status != FS_OK) return status;
    for (uint32_t i = 0; i < data->nodes; i++) data->child[i] = data->sibling[i] = FLAME_NONE;
    /* from the last, each before those that are there already */
    for (uint32_t k = data->nodes - 1; k > 0; k--) {
        uint32_t i = data->order[k - 1], parent = flame_tree_node(data->tree, i)->parent;
        data->sibling[i] = data->child[parent];
        data->child[parent] = i;
    }
    return FS_OK;
}

static void walk_in_order(flame_html_data *data)
{
    uint32_t node = 0;
    for (uint32_t k = 0; k < data->nodes; k++) {
        data->order[k] = node;
        if (data->child[node] != FLAME_NONE) {
            node = data->child[node];
            continue;
        }
        while (node != 0 && data->sibling[node] == FLAME_NONE)
            node = flame_tree_node(data->tree, node)->parent;
        if (node != 0) node = data->sibling[node];
    }
}

fs_status flame_html_data_create(const flame_tree *tree, const flame_graph_options *options,
                                 flame_html_data **result, fs_error *error)
{
    *result = NULL;
    flame_html_data *data = fs_alloc_0(1, sizeof *data);
    if (!data) return fs_fail_memory(error, "preparing a page", sizeof *data);
    fs_status status;
    data->tree = tree;
    data->names = flame_tree_names(tree);
    data->nodes = flame_tree_nodes(tree);
    data->parts = fs_alloc(data->names, sizeof *data->parts);
    data->rank = fs_alloc(data->names, sizeof *data->rank);
    data->order = fs_alloc(data->nodes, sizeof *data->order);
    data->child = fs_alloc(data->nodes, sizeof *data->child);
    data->sibling = fs_alloc(data->nodes, sizeof *data->sibling);
    if (!data->parts || !data->rank || !data->order || !data->child || !data->sibling) {
        status = fs_fail_memory(error, "preparing a page", (size_t)data->nodes * 3 * sizeof(uint32_t));
        goto cleanup;
    }
    status = flame_tree_create(&data->strings, error);
    if (status == FS_OK) status = take_names_apart(data, options, error);
    if (status == FS_OK) status = link_children(data, options->order == FLAME_ORDER_TIME, error);
    if (status != FS_OK) goto cleanup;
    walk_in_order(data);
    *result = data;
    data = NULL;
cleanup:
    flame_html_data_destroy(data);
    return status;
}

void flame_html_data_destroy(flame_html_data *data)
{
    if (!data) return;
    fs_free(data->parts);
    fs_free(data->rank);
    fs_free(data->order);
    fs_free(data->child);
    fs_free(data->sibling);
    flame_tree_destroy(data->strings);
    fs_free(data);
}

size_t flame_html_data_text_bytes(const flame_html_data *data)
{
    return data->text_bytes;
}

static double own_count(const flame_html_data *data, uint32_t k, bool before)
{
    flame_counts counts = flame_tree_counts(data->tree, data->order[k]);
    return before ? counts.self_before : counts.self_after;
}

static void put_counts(packer *pack, const flame_html_data *data, bool before)
{
    static const double exact = 9007199254740992.0; /* 2^53 */
    bool whole = true;
    for (uint32_t k = 0; k < data->nodes && whole; k++) {
        double count = own_count(data, k, before);
        whole = count >= 0 && count < exact && count == floor(count);
    }
    put_byte(pack, whole ? 0 : 1);
    for (uint32_t k = 0; k < data->nodes; k++) {
        double count = own_count(data, k, before);
        if (whole)
            put_number(pack, (uint64_t)count);
        else
            put_double(pack, count);
    }
}

static void put_names(packer *pack, const flame_html_data *data)
{
    for (uint32_t i = 0; i < flame_tree_names(data->strings); i++) {
        const flame_name *text = flame_tree_name_of(data->strings, i);
        put_bytes(pack, text->text, text->length);
        put_byte(pack, 0);
    }
    const name_part *parts = data->parts;
    for (uint32_t i = 0; i < data->names; i++) put_byte(pack, parts[i].form);
    for (uint32_t i = 0; i < data->names; i++)
        put_byte(pack, flame_tree_name_of(data->tree, parts[i].id)->kind);
    for (uint32_t i = 0; i < data->names; i++) {
        put_byte(pack, parts[i].colour.red);
        put_byte(pack, parts[i].colour.green);
        put_byte(pack, parts[i].colour.blue);
    }
    for (uint32_t i = 0; i < data->names; i++) put_number(pack, parts[i].function);
    for (uint32_t i = 0; i < data->names; i++) put_number(pack, parts[i].file);
    for (uint32_t i = 0; i < data->names; i++) put_number(pack, parts[i].line);
}

static void put_frames(packer *pack, const flame_html_data *data)
{
    put_number(pack, 0);
    for (uint32_t k = 1; k < data->nodes; k++) {
        uint32_t parent = flame_tree_node(data->tree, data->order[k])->parent, rise = 0;
        for (uint32_t up = data->order[k - 1]; up != parent; rise++)
            up = flame_tree_node(data->tree, up)->parent;
        put_number(pack, rise);
    }
    put_number(pack, 0);
    for (uint32_t k = 1; k < data->nodes; k++)
        put_number(pack, data->rank[flame_tree_node(data->tree, data->order[k])->name]);
}

fs_status flame_html_data_write(const flame_html_data *data, fs_output *output, fs_error *error)
{
    packer *pack = fs_alloc_0(1, sizeof *pack);
    if (!pack) return fs_fail_memory(error, "writing a page", sizeof *pack);
    fs_status status = FS_OK;
    pack->output = output;
    pack->zlib.zalloc = zlib_alloc;
    pack->zlib.zfree = zlib_free;
    if (deflateInit(&pack->zlib, 6) != Z_OK) {
        status = fs_fail_memory(error, "compressing a page", 0);
        goto cleanup;
    }
    pack->ready = true;
    put_names(pack, data);
    put_frames(pack, data);
    put_counts(pack, data, false);
    if (flame_tree_is_diff(data->tree)) put_counts(pack, data, true);
    squeeze(pack, true);
cleanup:
    if (pack->ready) deflateEnd(&pack->zlib);
    fs_free(pack);
    return status;
}
