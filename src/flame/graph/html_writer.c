#include "html_writer.h"

#include "graph.h"
#include "html_data.h"
#include "json_writer.h"
#include "text.h"

#include <string.h>

/* made from page/ at build */
extern const char flame_page_script[];
extern const size_t flame_page_script_length;
extern const char flame_page_style[];
extern const size_t flame_page_style_length;

void flame_html_policy(fs_output *output)
{
    /* nothing may be fetched, from anywhere; what the page saves goes through blob: */
    fs_output_string(output, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                             "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
                             "base-uri 'none'; form-action 'none'\">\n");
}

void flame_html_assets(fs_output *output)
{
    fs_output_string(output, "<style>\n");
    fs_output_write(output, flame_page_style, flame_page_style_length);
    fs_output_string(output, "</style>\n<script>\n(() => {\n'use strict';\n");
    fs_output_write(output, flame_page_script, flame_page_script_length);
    fs_output_string(output, "})();\n</script>\n");
}

static void write_meta(const flame_tree *tree, const flame_graph_options *options,
                       const flame_html_data *data, fs_json *json)
{
    fs_json_object(json);
    fs_json_key_string(json, "title", flame_graph_title(options));
    if (options->subtitle) {
        fs_json_key_string(json, "subtitle", options->subtitle);
    }
    if (options->notes) {
        fs_json_key_string(json, "notes", options->notes);
    }
    fs_json_key_string(json, "unit", options->count_name ? options->count_name : "samples");
    fs_json_key_integer(json, "nodes", flame_tree_nodes(tree));
    fs_json_key_integer(json, "names", flame_tree_names(tree));
    fs_json_key_integer(json, "textBytes", (int64_t)flame_html_data_text_bytes(data));
    fs_json_key_bool(json, "diff", flame_tree_is_diff(tree));
    fs_json_key_bool(json, "time", options->order == FLAME_ORDER_TIME);
    fs_json_key_bool(json, "inverted", options->inverted);
    fs_json_key_bool(json, "changeTotal", options->delta == FLAME_DELTA_TOTAL);
    fs_json_key_bool(json, "negate", options->negate);
    fs_json_key_number(json, "factor", options->factor);
    fs_json_key_number(json, "total", options->total);
    fs_json_end_object(json);
}

static bool good_id(const char *id)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    return id && *id && id[strspn(id, letters)] == '\0';
}

/* The element; `place` is NULL when it fills a page of its own. */
static fs_status write_element(const flame_tree *tree, const flame_graph_options *options,
                               const flame_html_place *place, fs_output *output, fs_error *error)
{
    flame_html_data *data = NULL;
    fs_text text;
    fs_json json;
    fs_text_init(&text);
    fs_json_init(&json, output, false);
    fs_status status = flame_html_data_create(tree, options, &data, error);
    if (status != FS_OK) goto cleanup;
    if (place) {
        fs_text_format(&text, "<div class=\"flamescale\" id=\"%s\" data-embedded style=\"height:%upx\"",
                       place->id, place->height ? place->height : 480);
        if (place->heading) {
            fs_text_add(&text, " data-heading=\"");
            fs_text_add_xml(&text, place->heading, strlen(place->heading));
            fs_text_char(&text, '"');
        }
        fs_text_char(&text, '>');
    } else {
        fs_text_add(&text, "<div class=\"flamescale\" id=\"flame\">");
    }
    if (text.failed) {
        status = fs_fail_memory(error, "writing a page", 0);
        goto cleanup;
    }
    fs_output_write(output, text.data, text.length);
    fs_output_string(output,
                     "\n<p class=\"flamescale-wait\">Opening the flame graph\u2026</p>\n"
                     "<noscript><p class=\"flamescale-wait\">This page draws with JavaScript, which is "
                     "turned off here.</p></noscript>\n"
                     "<script type=\"application/json\" class=\"flamescale-meta\">");
    write_meta(tree, options, data, &json);
    if (json.failed) {
        status = fs_fail_memory(error, "writing a page", 0);
        goto cleanup;
    }
    fs_output_string(output, "</script>\n<script type=\"text/plain\" class=\"flamescale-data\">");
    status = flame_html_data_write(data, output, error);
    fs_output_string(output, "</script>\n</div>\n");
cleanup:
    fs_json_fini(&json);
    fs_text_fini(&text);
    flame_html_data_destroy(data);
    return status;
}

fs_status flame_html_embed(const flame_tree *tree, const struct flame_graph_options *options,
                           const flame_html_place *place, fs_output *output, fs_error *error)
{
    if (!place || !good_id(place->id))
        return fs_fail(error, FS_ARGUMENT,
                       "the id of an embedded flame graph is made of letters, digits, '-' and '_'");
    return write_element(tree, options, place, output, error);
}

fs_status flame_write_html(const flame_tree *tree, const flame_graph_options *options, fs_output *output,
                           fs_error *error)
{
    flame_counts root = flame_tree_counts(tree, 0);
    if (!(root.total_after > 0) && !(root.total_before > 0))
        return fs_fail(error, FS_DATA, "there are no samples to draw");
    const char *title = flame_graph_title(options);
    fs_text head;
    fs_text_init(&head);
    fs_text_add(&head, "<title>");
    fs_text_add_xml(&head, title, strlen(title));
    fs_text_add(&head, "</title>\n");
    fs_status status = head.failed ? fs_fail_memory(error, "writing a page", 0) : FS_OK;
    if (status != FS_OK) goto cleanup;
    fs_output_string(output, "<!DOCTYPE html>\n<html lang=\"en\" class=\"flamescale-page\">\n<head>\n"
                             "<meta charset=\"utf-8\">\n");
    flame_html_policy(output);
    fs_output_string(output, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                             "<meta name=\"color-scheme\" content=\"light dark\">\n"
                             "<meta name=\"generator\" content=\"flamescale " FLAMESCALE_VERSION "\">\n");
    fs_output_write(output, head.data, head.length);
    flame_html_assets(output);
    fs_output_string(output, "</head>\n<body>\n");
    status = write_element(tree, options, NULL, output, error);
    fs_output_string(output, "</body>\n</html>\n");
cleanup:
    fs_text_fini(&head);
    return status;
}

static fs_status write_html(const flame_tree *tree, const flame_output_settings *settings, fs_output *output,
                            fs_error *error)
{
    return flame_write_html(tree, settings->picture, output, error);
}

const flame_output_format flame_writer_html = {
    .endings = {".html", ".htm"},
    .write = write_html,
};
