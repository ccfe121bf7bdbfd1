/*
 * plan_reader.h - what plan.c and plan_rung.c share while a plan is read.
 */
#ifndef FLAME_PLAN_READER_H
#define FLAME_PLAN_READER_H

#include "json_fields.h"
#include "plan.h"

typedef struct flame_plan_reader {
    flame_fields fields;
    flame_plan *plan;
    const cJSON *quick;      /* the object that takes effect, or NULL */
    const char *directory;   /* where relative directories start */
    flame_pairs_list values; /* what {name} stands for, for all rungs */
} flame_plan_reader;

/* `text` with the values filled in; NULL stays NULL. */
const char *flame_plan_fill(flame_plan_reader *reader, const flame_pairs_list *values, const char *text);

/* A command that is a string or a list of strings, ended by NULL; `node` is it. `shell`: it goes to /bin/sh
 * -c. NULL when it is wrong. */
const char **flame_plan_command(flame_plan_reader *reader, const cJSON *node, bool shell,
                                const flame_pairs_list *values);

/* Add the rules under "answer" of `object`, a plan or a rung, to the plan's. */
void flame_plan_read_answers(flame_plan_reader *reader, const cJSON *object);

/* Fill plan->rungs from the list. */
void flame_plan_read_rungs(flame_plan_reader *reader, const cJSON *top, const cJSON *list);

#endif
