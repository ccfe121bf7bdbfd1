/*
 * call_sites.h - which code was seen to call what, and at which instructions.
 */
#ifndef FLAME_CALL_SITES_H
#define FLAME_CALL_SITES_H

#include "hash_map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stands for the caller of an outermost frame. */
#define CALL_SITES_NOBODY UINT32_MAX

typedef struct call_site {
    uint64_t callee;      /* a number for the code that is called, and for what that one called in turn */
    uint32_t caller;      /* id of code */
    uint32_t instruction; /* of the caller, offset in bytes */
    uint32_t next;        /* of the same two, index + 1; 0: none */
} call_site;

typedef struct call_sites {
    call_site *items;
    size_t count, capacity;
    fs_map sites;  /* of all of them */
    fs_map newest; /* by caller and callee: of the newest */
} call_sites;

void call_sites_fini(call_sites *set);

bool call_sites_known(const call_sites *set, uint32_t caller, uint32_t instruction, uint64_t callee);

/* False when out of memory. Adding what is known changes nothing. */
bool call_sites_add(call_sites *set, uint32_t caller, uint32_t instruction, uint64_t callee);

/* The last site of these two at or before `instruction`, else the first after it. False: none is known.
 * Cost: all sites of the two are compared. */
bool call_sites_near(const call_sites *set, uint32_t caller, uint32_t instruction, uint64_t callee,
                     uint32_t *site);

size_t call_sites_bytes(const call_sites *set);

#endif
