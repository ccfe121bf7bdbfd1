/*
 * call_sites.h - which code was seen to call which, and at which instructions.
 */
#ifndef FLAME_CALL_SITES_H
#define FLAME_CALL_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stands for the caller of an outermost frame. */
#define CALL_SITES_NOBODY UINT32_MAX

typedef struct call_site {
    uint32_t caller, callee; /* ids of code */
    uint32_t instruction;    /* of the caller, offset in bytes */
    uint32_t next;           /* of the same two, index + 1; 0: none */
} call_site;

typedef struct call_sites {
    call_site *items;
    size_t count, capacity;
    uint32_t *heads; /* by caller and callee: index of the first + 1 */
    size_t head_count, head_capacity;
} call_sites;

void call_sites_fini(call_sites *set);

bool call_sites_known(const call_sites *set, uint32_t caller, uint32_t instruction, uint32_t callee);

/* False when out of memory. Adding what is known changes nothing. */
bool call_sites_add(call_sites *set, uint32_t caller, uint32_t instruction, uint32_t callee);

/* The last site of these two at or before `instruction`, else the first after it. False: none is known. */
bool call_sites_near(const call_sites *set, uint32_t caller, uint32_t instruction, uint32_t callee,
                     uint32_t *site);

size_t call_sites_bytes(const call_sites *set);

#endif
