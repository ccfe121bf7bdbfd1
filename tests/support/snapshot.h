/*
 * snapshot.h - pieces of a process's memory in a file, and a reader that reads them back: the interpreter in
 * it can be sampled without the process, and the file can be damaged.
 *
 * Format: "FLSN", minor version (1 byte), 3 bytes zero, address of _PyRuntime and of PyCode_Type (8 bytes
 * each), then pieces: address (8), length (4), bytes; little-endian. What follows the last whole piece
 * (libFuzzer's doing, mostly) is a list of four-byte disturbances: see snapshot_reader.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "interpreter_private.h"

typedef struct snapshot_piece {
    uint64_t address;
    uint32_t length;
    uint8_t *bytes;
} snapshot_piece;

typedef struct snapshot {
    unsigned minor;
    uint64_t runtime, code_type;
    snapshot_piece *pieces; /* ascending */
    size_t count, capacity;
    const flame_reader *source; /* recording: where memory comes from */
    const uint8_t *disturbances;
    size_t disturbance_count, reads;
} snapshot;

/* Parse a file's bytes; false when they are no snapshot at all. */
bool snapshot_parse(snapshot *snapshot, const uint8_t *bytes, size_t length);
void snapshot_fini(snapshot *snapshot);

/* Reads from the pieces. Before read number n the disturbance n (if there is one) changes one byte: its
 * piece, two bytes of offset, and what is added. So memory moves under the sampler's eyes. */
flame_reader snapshot_reader(snapshot *snapshot);

/* Reads from snapshot->source and keeps all that was read. */
flame_reader snapshot_recorder(snapshot *snapshot);
FS_CHECK fs_status snapshot_write(const snapshot *snapshot, const char *path, fs_error *error);

/* Open the interpreter in a snapshot. */
FS_CHECK fs_status snapshot_interpreter(snapshot *snapshot, const flame_reader *reader,
                                        const flame_interpreter_options *options,
                                        flame_interpreter **interpreter, fs_error *error);

#endif
