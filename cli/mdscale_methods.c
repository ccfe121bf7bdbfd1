/* mdscale methods: the library's table of methods, for people. */
#include "command.h"
#include "mdscale.h"
#include "mdscale_commands.h"

#include <stdio.h>
#include <string.h>

/* The words whose bits are set: "squared, huber". */
static void list_words(unsigned mask, const char *(*name)(int), char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; name(i) && used < room; i++)
        if (mask >> i & 1)
            used += (size_t)snprintf(out + used, room - used, "%s%s", used ? ", " : "", name(i));
}

static const char *loss_name(int i)
{
    return mds_loss_name((mds_loss)i);
}

static const char *level_name(int i)
{
    return mds_level_name((mds_level)i);
}

static const char *start_name(int i)
{
    return i == MDS_START_DEFAULT ? "" : mds_start_name((mds_start)i);
}

static void print_table(void)
{
    const mds_method_info *info;
    printf("%-16s%-9s%-9s%-27s%-8s%s\n", "method", "weights", "missing", "losses", "levels", "what it is");
    for (size_t i = 0; (info = mds_method_at(i)); i++) {
        char losses[100];
        list_words(info->losses, loss_name, losses, sizeof losses);
        printf("%-16s%-9s%-9s%-27s%-8s%s\n", info->name, info->abilities & MDS_ABILITY_WEIGHTS ? "yes" : "no",
               info->abilities & MDS_ABILITY_MISSING ? "yes" : "no", losses,
               info->levels == 1u << MDS_LEVEL_RATIO ? "ratio" : "all", info->title);
    }
    printf("\n`mdscale methods NAME` tells more of one; `mdscale fit --method NAME` uses it.\n");
}

static void print_line(const char *head, const char *text)
{
    printf("%-13s", head);
    command_wrap(text, 13, 13);
}

static void print_method(const mds_method_info *info)
{
    char text[400];
    const mds_option_info *option;
    printf("%s:", info->name);
    command_wrap(info->title, 0, (int)strlen(info->name) + 1);
    printf("\n");
    command_wrap(info->summary, 0, 0);
    printf("\n");
    if (info->cost) print_line("cost", info->cost);
    list_words(info->losses, loss_name, text, sizeof text);
    print_line("losses", text);
    list_words(info->levels, level_name, text, sizeof text);
    print_line("levels", text);
    snprintf(text, sizeof text, "%s; %s", info->abilities & MDS_ABILITY_WEIGHTS ? "weights" : "no weights",
             info->abilities & MDS_ABILITY_MISSING ? "missing dissimilarities are left out"
                                                   : "no missing dissimilarities");
    print_line("pairs", text);
    list_words(info->starts & ~(1u << MDS_START_DEFAULT), start_name, text + 2, sizeof text - 2);
    size_t skip = strspn(text + 2, ", ");
    memmove(text, text + 2 + skip, strlen(text + 2 + skip) + 1);
    print_line("starts", text);
    if (info->iterations) {
        snprintf(text, sizeof text, "at most %llu %ss", (unsigned long long)info->iterations,
                 info->iteration);
        print_line("iterations", text);
    }
    print_line("converged", info->stop_help);
    if (info->tolerance > 0) {
        snprintf(text, sizeof text, "%s Default: %g.", info->tolerance_help, info->tolerance);
        print_line("tolerance", text);
    } else if (info->tolerance_help) {
        print_line("tolerance", info->tolerance_help);
    }
    for (size_t i = 0; (option = mds_method_option(info, i)); i++) {
        char name[40];
        snprintf(name, sizeof name, "%s", option->name);
        for (char *c = name; *c; c++)
            if (*c == '_') *c = '-';
        if (i == 0) printf("\n");
        printf("  --%s %s\n      ", name, option->placeholder ? option->placeholder : "");
        command_wrap(option->help, 6, 6);
    }
}

static int run(int count, char **arguments)
{
    if (count == 0) {
        print_table();
        return COMMAND_OK;
    }
    const mds_method_info *info = mds_method_find(arguments[0]);
    if (!info) return command_usage("there is no method '%s'; `mdscale methods` lists them", arguments[0]);
    print_method(info);
    return COMMAND_OK;
}

const command mdscale_methods_command = {
    .name = "methods",
    .summary = "List the methods of fitting, or tell more of one.",
    .arguments = "[NAME]",
    .description = "What each method is for, which losses it minimises, at which scale levels, whether it "
                   "takes weights and missing "
                   "dissimilarities, what it costs, and its options.",
    .examples = "  mdscale methods\n"
                "  mdscale methods pattern",
    .least = 0,
    .most = 1,
    .run = run,
};
