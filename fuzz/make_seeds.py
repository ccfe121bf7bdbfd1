#!/usr/bin/env python3
"""Seeds for fuzz_elf, fuzz_core and fuzz_unwind: fuzz/make_seeds.py writes them into fuzz/corpus.

Small program files as compilers and linkers make them, a core file of one process as the kernel writes it (core(5)),
and lists of changes.
"""

import struct
import subprocess
import tempfile
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"

PROGRAM = """\
extern int outside(int);
static inline __attribute__((always_inline)) int inlined(int a) { return outside(a) * 3; }
__attribute__((noinline)) int inner(int a) { char *room = __builtin_alloca(a); return inlined(a + *room); }
int outer(int a) { return inner(a) + outside(a); }
int start(int a) { return outer(a) + 1; }
"""
KINDS = {
    "stubs": ["-fPIC", "-shared", "-g", "-Wl,-z,lazy"],
    "stripped": ["-fPIC", "-shared", "-s", "-Wl,-z,now"],
    "debug_frame": ["-fPIC", "-shared", "-g", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"],
    "packed": ["-fPIC", "-shared", "-g", "-gz", "-gdwarf-4", "-fno-omit-frame-pointer"],
}


def write(kind, name, data):
    folder = CORPUS / kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def elf():
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "program.c", Path(folder) / "program.so"
        source.write_text(PROGRAM)
        for name, options in KINDS.items():
            subprocess.run(["cc", "-O1", "-nostdlib", "-Wl,--build-id", "-Wl,-z,noseparate-code", "-Wl,-z,max-page-size=4096",
                            f"-ffile-prefix-map={folder}=.", *options, "-o", out, source], check=True, cwd=folder)
            write("elf", name, out.read_bytes())


def note(kind, body):
    return struct.pack("<III", 5, len(body), kind) + b"CORE\0\0\0\0" + body + b"\0" * (-len(body) % 4)


def core():
    """Two threads, the program's mapping, a piece of memory. Numbers of notes and offsets as in elf.h and sys/procfs.h."""
    path = b"/usr/bin/true\0"
    notes = b""
    for i in range(2):
        status = bytearray(336)
        struct.pack_into("<I", status, 12, 11)
        struct.pack_into("<I", status, 32, 100 + i)
        struct.pack_into("<Q", status, 112 + 21 * 8, 0x7000 + 0x1000 * i)
        notes += note(1, bytes(status))
    info = bytearray(136)
    struct.pack_into("<I", info, 24, 100)
    info[56:70] = b"python app.py "
    notes += note(3, bytes(info)) + note(6, struct.pack("<4Q", 3, 0x10040, 0, 0))
    notes += note(0x46494C45, struct.pack("<5Q", 1, 4096, 0x10000, 0x12000, 0) + path)
    memory = bytes(range(256))
    start = 64 + 3 * 56
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 4, 62, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    at = start + len(notes)
    segments = struct.pack("<IIQQQQQQ", 4, 0, start, 0, 0, len(notes), 0, 4)
    segments += struct.pack("<IIQQQQQQ", 1, 6, at, 0x20000, 0, 256, 4096, 4096)
    segments += struct.pack("<IIQQQQQQ", 1, 5, at + 256, 0x10000, 0, 0, 0x2000, 4096)
    write("core", "threads", header + segments + notes + memory)


def unwind():
    """Changes: place, kind, value; places from 17 on (33 on AArch64) are words of the stack."""
    for which in range(3):
        write("unwind", f"whole{which}", bytes([which]))
        write("unwind", f"words{which}", bytes([which]) + b"".join(
            struct.pack("<HBQ", place, kind, 0x123456789 * place) for place, kind in ((40, 1), (57, 2), (90, 0), (16, 2))))


if __name__ == "__main__":
    elf()
    core()
    unwind()
