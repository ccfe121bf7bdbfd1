/* The commands of a plan, and the values that are filled into them. */
#include "plan_reader.h"

#include "words.h"

#include <string.h>

const char *flame_plan_fill(flame_plan_reader *reader, const flame_pairs_list *values, const char *text)
{
    if (!text || reader->fields.status != FS_OK) return text;
    return flame_fields_keep(&reader->fields, flame_words_fill(text, values->names, values->values,
                                                               values->count, reader->fields.arena));
}

static const char **split_command(flame_fields *fields, const cJSON *node)
{
    char **words = NULL;
    size_t count;
    fs_error why;
    fs_status status = flame_words_split(node->valuestring, fields->arena, &words, &count, &why);
    if (status == FS_UNSUPPORTED)
        flame_fields_fail(fields, node,
                          "this command needs a shell: %s. Write \"shell\": true beside it to run it "
                          "with /bin/sh -c, or put quotes around what is meant as it stands",
                          why.message);
    else if (status == FS_FORMAT)
        flame_fields_fail(fields, node, "this command cannot be split into words: %s", why.message);
    else if (status != FS_OK)
        flame_fields_memory(fields);
    return (const char **)words;
}

static void list_command(flame_fields *fields, const cJSON *node, const char **words)
{
    for (const cJSON *item = node->child; item; item = item->next) {
        if (!cJSON_IsString(item))
            flame_fields_fail(fields, item, "a word of a command is a string, not %s", flame_json_kind(item));
        *words++ = item->valuestring;
    }
    if (!node->child)
        flame_fields_fail(fields, node, "this command has no words");
    else if (cJSON_IsString(node->child) && node->child->valuestring[0] == '\0')
        flame_fields_fail(fields, node, "this command's first word is empty");
}

const char **flame_plan_command(flame_plan_reader *reader, const cJSON *node, bool shell,
                                const flame_pairs_list *values)
{
    flame_fields *fields = &reader->fields;
    const char **words = flame_fields_alloc(fields, (size_t)cJSON_GetArraySize(node) + 4, sizeof *words);
    if (!words) return NULL;
    if (shell && !cJSON_IsString(node)) {
        flame_fields_fail(fields, node, "with \"shell\": true the command is one string, not %s",
                          flame_json_kind(node));
    } else if (shell) {
        words[0] = "/bin/sh";
        words[1] = "-c";
        words[2] = node->valuestring;
    } else if (cJSON_IsString(node)) {
        words = split_command(fields, node);
    } else if (cJSON_IsArray(node)) {
        list_command(fields, node, words);
    } else {
        flame_fields_fail(fields, node, "a command is a string or a list of words, not %s",
                          flame_json_kind(node));
    }
    for (size_t i = 0; fields->status == FS_OK && words[i]; i++)
        words[i] = flame_plan_fill(reader, values, words[i]);
    return fields->status == FS_OK ? words : NULL;
}
