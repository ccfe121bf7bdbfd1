/*
 * The readers of stacks, one program for each format (FUZZ_FORMAT), and what the writers make of every tree
 * that comes out: JSON that parses, profiles that read back to the same sum.
 *
 * The last byte chooses the options.
 */
#include "difference.h"
#include "file.h"
#include "output_format.h"
#include "stack_reader.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static double total(const flame_tree *tree)
{
    return flame_tree_counts(tree, 0).total_after;
}

static void check_tree(const flame_tree *tree)
{
    double sum = 0;
    for (uint32_t i = 0; i < flame_tree_nodes(tree); i++) {
        const flame_node *node = flame_tree_node(tree, i);
        flame_counts counts = flame_tree_counts(tree, i);
        require(counts.self_after >= 0 && counts.self_before >= 0, "a count is negative or no number");
        require(i == 0 || node->parent < i, "a parent comes after its child");
        require(node->child == FLAME_NONE || flame_tree_node(tree, node->child)->parent == i,
                "a child has another parent");
        sum += counts.self_after;
    }
    require(fabs(sum - total(tree)) <= 1e-9 * sum, "the root's total is not the sum");
}

/* Whether all counts are whole: then the sum is exact, however large. */
static bool counts_are_whole(const flame_tree *tree)
{
    uint64_t whole;
    for (uint32_t i = 0; i < flame_tree_nodes(tree); i++)
        if (!flame_exact_is_u64(flame_tree_exact(tree, i, FLAME_SELF_AFTER), &whole)) return false;
    return true;
}

static void check_exact(const flame_tree *tree, const flame_tree *again)
{
    char first[FLAME_EXACT_SIZE], second[FLAME_EXACT_SIZE];
    if (!counts_are_whole(tree)) return;
    flame_exact_format(flame_tree_exact(tree, 0, FLAME_TOTAL_AFTER), first);
    flame_exact_format(flame_tree_exact(again, 0, FLAME_TOTAL_AFTER), second);
    require(strcmp(first, second) == 0, "whole counts are not what they were");
}

static void check_output(const flame_tree *tree, flame_output_form form)
{
    static int memory = -1; /* a file of its own in a folder would take longer than all else */
    char path[64];
    if (memory < 0) memory = memfd_create("fuzz_stacks", 0);
    require(memory >= 0 && ftruncate(memory, 0) == 0 && lseek(memory, 0, SEEK_SET) == 0, "memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    flame_profile profile = {.title = "fuzz", .threads = flame_tree_nodes(tree) % 2};
    fs_output *output;
    fs_error error;
    if (fs_output_open(path, &output, &error)) return;
    fs_status status = flame_write(tree, form, &(flame_output_settings){.profile = &profile}, output, &error);
    if (form == FLAME_OUTPUT_PPROF && status == FS_DATA &&
        fmax(total(tree), flame_tree_counts(tree, 0).total_before) > 9.2e18) { /* its counts have a sign */
        fs_output_discard(output);
        return;
    }
    if (status) fprintf(stderr, "%s\n", error.message);
    require(status == FS_OK, "a writer failed");
    require(fs_output_commit(output, &error) == FS_OK, "the output could not be written");
    char *bytes;
    size_t length;
    status = fs_file_read(path, 0, &bytes, &length, &error);
    if (form == FLAME_OUTPUT_FOLDED && status == FS_FORMAT)
        return; /* a first name begins as gzip data does */
    if (status) fprintf(stderr, "%s\n", error.message);
    require(status == FS_OK, "the output cannot be read");
    if (form != FLAME_OUTPUT_FOLDED && form != FLAME_OUTPUT_PPROF) {
        cJSON *root = cJSON_ParseWithLength(bytes, length);
        require(root != NULL, "the JSON does not parse");
        cJSON_Delete(root);
    }
    bool gaps_only = flame_tree_counts(tree, 0).self_after == total(tree);
    /* A first name may begin with the bytes of a byte-order mark, or as a recording of perf; then the text
     * does. */
    bool marked = form == FLAME_OUTPUT_FOLDED && length > 0 &&
                  ((unsigned char)bytes[0] >= 0xEF || strncmp(bytes, "PERFILE2", 8) == 0);
    /* What is named "(idle)" is no stack in a .cpuprofile. */
    bool told = form == FLAME_OUTPUT_CHROME || form == FLAME_OUTPUT_CPUPROFILE;
    /* More than a count can be when it is read. */
    bool beyond = total(tree) >= 0x1p64;
    if (!told && total(tree) >= 1 && !beyond && !gaps_only && !marked) {
        flame_tree *again;
        flame_report report;
        flame_read_options options;
        flame_read_options_default(&options);
        options.format = form == FLAME_OUTPUT_FOLDED    ? FLAME_FOLDED
                         : form == FLAME_OUTPUT_PPROF   ? FLAME_PPROF
                         : form == FLAME_OUTPUT_FIREFOX ? FLAME_FIREFOX
                                                        : FLAME_SPEEDSCOPE;
        if (form == FLAME_OUTPUT_FOLDED)
            options.pairs = flame_tree_is_diff(tree) ? FLAME_PAIRS_YES : FLAME_PAIRS_NO;
        require(flame_tree_create(&again, &error) == FS_OK, "memory");
        status = flame_stacks_read_memory(bytes, length, "again", &options, again, &report, &error);
        flame_tree_finish(again);
        if (status) fprintf(stderr, "%s\n", error.message);
        require(status == FS_OK, "what was written cannot be read");
        double slack = form == FLAME_OUTPUT_PPROF ? 1 + 1e-9 * total(tree) : 1e-6 * total(tree);
        /* In time, samples of no frame are a gap. */
        double gaps =
            form == FLAME_OUTPUT_FIREFOX || (form == FLAME_OUTPUT_SPEEDSCOPE && flame_tree_in_time(tree))
                ? flame_tree_counts(tree, 0).self_after
                : 0;
        double expected = total(tree) - gaps;
        require(fabs(total(again) - expected) <= slack, "the sum is another after writing and reading");
        if (form != FLAME_OUTPUT_FIREFOX && gaps == 0) check_exact(tree, again);
        flame_tree_destroy(again);
    }
    fs_free(bytes);
}

static flame_output_form form_of(unsigned choice, bool in_time)
{
    flame_output_form form = (flame_output_form)(FLAME_OUTPUT_FOLDED +
                                                 choice % (FLAME_OUTPUT_LAST_FILE - FLAME_OUTPUT_FOLDED + 1));
    return form == FLAME_OUTPUT_CHROME && !in_time ? FLAME_OUTPUT_FOLDED : form;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    unsigned choice = size ? data[size - 1] : 0;
    flame_read_options options;
    flame_read_options_default(&options);
    options.format = FUZZ_FORMAT;
    options.in_time = choice & 1;
    options.lines = options.perf.inlined = options.perf.jit = choice & 2;
    options.pairs = (flame_pairs)(choice >> 2 & 1);
    options.perf.kernel = options.perf.tid = choice & 8;
    options.perf.addrs = options.perf.every_event = choice & 16;
    options.perf.context = options.before = choice & 32;
    options.perf.no_command = options.names.shorten = choice & 64;
    options.names.demangle = choice & 128;
    flame_tree *tree;
    flame_report report;
    fs_error error;
    if (flame_tree_create(&tree, &error)) return 0;
    fs_status status =
        flame_stacks_read_memory((const char *)data, size, "fuzz", &options, tree, &report, &error);
    if (!status) {
        flame_tree_finish(tree);
        check_tree(tree);
        check_output(tree, form_of(choice, options.in_time));
        flame_function_change *changes;
        size_t count;
        if (flame_tree_changes(tree, &changes, &count, &error) == FS_OK) fs_free(changes);
        /* Finding the format out must stand any bytes too. */
        flame_tree *other;
        if (flame_tree_create(&other, &error) == FS_OK) {
            options.format = FLAME_FORMAT_AUTO;
            status =
                flame_stacks_read_memory((const char *)data, size, "fuzz", &options, other, NULL, &error);
            flame_tree_destroy(other);
        }
    } else {
        require(error.message[0] != '\0', "an error without words");
    }
    flame_tree_destroy(tree);
    return 0;
}
