#include "flame_tree_output.h"

#include "flame_input.h"
#include "pprof_copy.h"

int flame_tree_convert(int count, char **inputs, const char *path, flame_output_form form,
                       const flame_profile *profile)
{
    static const char *const standard = "-";
    int result = count ? command_check_outputs((const char *const *)inputs, (size_t)count, &path, 1)
                       : command_check_outputs(&standard, 1, &path, 1);
    if (result != COMMAND_OK) return result;
    fs_error error;
    flame_tree *tree = NULL;
    fs_output *output = NULL;
    flame_profile described = profile ? *profile : (flame_profile){0};
    flame_report report;
    fs_text content = {0}; /* of a pprof profile that comes out as pprof */
    fs_status status = fs_output_open(path, &output, &error);
    if (!status) status = flame_tree_create(&tree, &error);
    if (status) {
        result = command_fail(&error);
        goto cleanup;
    }
    bool keep = form == FLAME_OUTPUT_PPROF && count <= 1 && described.period == 0;
    flame_input.content = keep ? &content : NULL;
    result = flame_input_read(count, inputs, tree, &report);
    flame_input.content = NULL;
    if (result != COMMAND_OK) goto cleanup;
    if (form == FLAME_OUTPUT_PPROF && !content.length) {
        flame_input_warn_scaled(tree);
        if (count > 1 && report.format == FLAME_PPROF)
            command_complain(
                "several profiles are added up: of their sample types one is kept (--sample-type)");
    }
    if (!flame_output_format_of(form)->exact) flame_input_warn_rounded(tree);
    if (!described.unit && report.unit[0]) described.unit = report.unit;
    status = flame_input_check(tree, &error);
    if (!status && flame_output_holds_one(form)) flame_input_warn_single(tree);
    if (!status && content.length)
        status = flame_pprof_copy(content.data, content.length,
                                  &(flame_pprof_changes){.title = described.title,
                                                         .sample_type = flame_input.sample_type,
                                                         .names = &flame_input.names},
                                  output, &error);
    else if (!status)
        status = flame_write(tree, form, &(flame_output_settings){.profile = &described}, output, &error);
    if (!status) {
        status = fs_output_commit(output, &error);
        output = NULL;
    }
    if (status) result = command_fail(&error);
cleanup:
    fs_text_fini(&content);
    fs_output_discard(output);
    flame_tree_destroy(tree);
    return result;
}
