"""flame collapse and flame convert, checked with the tools of the formats and with second implementations."""
import collections
import gzip
import json
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

HERE = Path(__file__).parent
BIN = Path(os.environ.get("FLAMESCALE_BIN", HERE.parents[2] / "build/release/bin"))


def flame(*arguments, stdin=b"", status=0):
    done = subprocess.run([BIN / "flame", *map(str, arguments)], input=stdin, capture_output=True, timeout=120)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout


def folded(text):
    """Folded text as {stack: count}, by the definition of the format."""
    counts = collections.Counter()
    for line in text.splitlines():
        stack, count = line.rsplit(" ", 1)
        counts[stack] += float(count)
    return counts


def random_stacks(seed, lines=2000):
    rng = random.Random(seed)
    names = [f"lib{i}.py:f{i}:{i + 1}" if i % 3 else f"ns::g{i}<int, char>" for i in range(30)]
    names += ["<script>alert(1)</script>", "]]>", 'say "hi"', "ünïcödé", "a b 7"]
    out = []
    for _ in range(lines):
        stack, at = [], rng.randrange(len(names))
        for _ in range(rng.randrange(1, 25)):
            stack.append(names[at])
            at = (at * 7 + rng.randrange(3)) % len(names)
        out.append(f"{';'.join(stack)} {rng.randrange(1, 50)}")
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("seed", range(5))
def test_collapse_adds_up(seed):
    text = random_stacks(seed)
    result = flame("collapse", "--pairs", "no", stdin=text.encode()).decode()
    assert folded(result) == folded(text)
    assert len(result.splitlines()) == len(folded(text))


def test_inputs_add_up_whatever_their_form(tmp_path):
    text = random_stacks(9)
    (tmp_path / "plain.folded").write_text(text)
    (tmp_path / "packed.folded.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "wide.txt").write_bytes(text.encode("utf-16"))
    flame("convert", tmp_path / "plain.folded", "-o", tmp_path / "p.pb.gz")
    flame("convert", tmp_path / "plain.folded", "-o", tmp_path / "p.speedscope.json")
    paths = sorted(tmp_path.iterdir())
    result = folded(flame("collapse", "--lines", *paths).decode())
    assert result == {stack: 5 * count for stack, count in folded(text).items()}


# ---- perf script ----

def perf_script(rng, samples):
    """Text as perf writes it, and the folded lines it stands for."""
    frames = {
        "main": ("main", "/bin/app"), "std::vector<int>::push_back(int&&)": ("std::vector<int>::push_back", "/bin/app"),
        "do_syscall_64": ("do_syscall_64_[k]", "[kernel.kallsyms]"), "[unknown]": ("[libc.so.6]", "/lib/libc.so.6"),
        "Interpreter": ("Interpreter_[j]", "/tmp/perf-77.map"), "(anonymous namespace)::f()": ("(anonymous namespace)::f", "/bin/app"),
    }
    text, expected = [], collections.Counter()
    for i in range(samples):
        period = rng.randrange(1, 10**6)
        text.append(f"my app {77}/{80 + i % 3} [{i % 8:03}] {i}.{i:06}: {period:>10} cycles: ")
        names = [rng.choice(list(frames)) for _ in range(rng.randrange(1, 30))]
        for name in names:
            offset = f"+0x{rng.randrange(4096):x}" if name != "[unknown]" else ""
            text.append(f"\t{rng.randrange(2**40):16x} {name}{offset} ({frames[name][1]})")
        text.append("")
        expected[";".join(["my_app"] + [frames[n][0] for n in reversed(names)])] += period
    return "\n".join(text) + "\n", expected


@pytest.mark.parametrize("seed", range(3))
def test_perf_script(seed):
    text, expected = perf_script(random.Random(seed), 500)
    assert folded(flame("collapse", "--all", stdin=text.encode()).decode()) == expected


# ---- speedscope ----

NUMBER = {"type": "number"}
INDEX = {"type": "integer", "minimum": 0}
UNIT = {"enum": ["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"]}
HEAD = {"name": {"type": "string"}, "unit": UNIT, "startValue": NUMBER, "endValue": NUMBER}
# What https://www.speedscope.app/file-format-schema.json asks for, in our words.
SPEEDSCOPE = {
    "type": "object", "required": ["$schema", "profiles", "shared"],
    "properties": {
        "$schema": {"const": "https://www.speedscope.app/file-format-schema.json"},
        "name": {"type": "string"}, "exporter": {"type": "string"}, "activeProfileIndex": INDEX,
        "shared": {"type": "object", "required": ["frames"], "properties": {"frames": {"type": "array", "items": {
            "type": "object", "required": ["name"],
            "properties": {"name": {"type": "string"}, "file": {"type": "string"}, "line": NUMBER, "col": NUMBER}}}}},
        "profiles": {"type": "array", "items": {"oneOf": [
            {"type": "object", "required": ["type", "samples", "weights", *HEAD],
             "properties": {"type": {"const": "sampled"}, **HEAD, "weights": {"type": "array", "items": NUMBER},
                            "samples": {"type": "array", "items": {"type": "array", "items": INDEX}}}},
            {"type": "object", "required": ["type", "events", *HEAD],
             "properties": {"type": {"const": "evented"}, **HEAD, "events": {"type": "array", "items": {
                 "type": "object", "required": ["type", "frame", "at"],
                 "properties": {"type": {"enum": ["O", "C"]}, "frame": INDEX, "at": NUMBER}}}}},
        ]}},
    },
}


@pytest.mark.parametrize("in_time", [False, True])
def test_speedscope(tmp_path, in_time):
    text = random_stacks(21, 300)
    out = tmp_path / "x.speedscope.json"
    flame("convert", "--pairs", "no", *(["--in-time"] if in_time else []), "-o", out, stdin=text.encode())
    document = json.loads(out.read_text())
    jsonschema.validate(document, SPEEDSCOPE)
    frames = [f"{f['file']}:{f['name']}:{f['line']}" if "file" in f else f["name"] for f in document["shared"]["frames"]]
    profile, counts = document["profiles"][0], collections.Counter()
    if in_time:
        stack, clock = [], profile["startValue"]
        for event in profile["events"]:
            if event["at"] > clock:
                counts[";".join(stack)] += event["at"] - clock
            clock = event["at"]
            if event["type"] == "O":
                stack.append(frames[event["frame"]])
            else:
                assert stack.pop() == frames[event["frame"]]
        assert not stack and clock == profile["endValue"]
    else:
        assert len(profile["samples"]) == len(profile["weights"])
        for sample, weight in zip(profile["samples"], profile["weights"]):
            counts[";".join(frames[i] for i in sample)] += weight
    assert counts == folded(text)


def test_chrome_trace(tmp_path):
    out = tmp_path / "x.trace.json"
    flame("convert", "--pairs", "no", "-o", out, stdin=random_stacks(22, 300).encode())
    last, depth = 0, 0
    for event in json.loads(out.read_text())["traceEvents"]:
        if event["ph"] == "M":
            continue
        assert event["ph"] in "BE" and event["ts"] >= last
        last, depth = event["ts"], depth + (1 if event["ph"] == "B" else -1)
        assert depth >= 0
    assert depth == 0 and last == sum(folded(random_stacks(22, 300)).values())


# ---- pprof ----

def parse_text_format(text):
    """protoc's text format as nested dicts of lists."""
    root, path = collections.defaultdict(list), []
    top = root
    for line in text.splitlines():
        line = line.strip()
        if line.endswith("{"):
            inner = collections.defaultdict(list)
            top[line[:-1].strip()].append(inner)
            path.append(top)
            top = inner
        elif line == "}":
            top = path.pop()
        else:
            key, value = line.split(": ", 1)
            if value.startswith('"'):
                raw = re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), value[1:-1].encode())
                value = raw.replace(b'\\"', b'"').replace(b"\\'", b"'").replace(b"\\n", b"\n").decode()
            else:
                value = int(value) if value not in ("true", "false") else value == "true"
            top[key].append(value)
    return root


@pytest.mark.skipif(not shutil.which("protoc"), reason="protoc (package protobuf-compiler) is not installed")
def test_pprof_as_protoc_decodes_it(tmp_path):
    text = random_stacks(23, 300)
    out = tmp_path / "x.pb.gz"
    flame("convert", "--pairs", "no", "--period", "1000", "--title", "a title", "-o", out, stdin=text.encode())
    raw = gzip.decompress(out.read_bytes())
    decoded = subprocess.run(["protoc", f"-I{HERE}", "--decode=flame.Profile", HERE / "pprof.proto"], input=raw,
                             capture_output=True, check=True)
    assert b"Warning" not in decoded.stderr
    profile = parse_text_format(decoded.stdout.decode())
    assert not [key for key in profile if key.isdigit()], "fields that the format does not have"
    strings = profile["string_table"]
    assert strings[0] == "" and len(set(strings)) == len(strings)
    types = [(strings[t["type"][0]], strings[t["unit"][0]]) for t in profile["sample_type"]]
    assert types == [("samples", "count"), ("time", "nanoseconds")]
    functions = {f["id"][0]: f for f in profile["function"]}
    locations = {}
    for location in profile["location"]:
        line = location["line"][0]
        function = functions[line["function_id"][0]]
        name = strings[function["name"][0]]
        if function["filename"]:
            name = f"{strings[function['filename'][0]]}:{name}:{line['line'][0]}"
        locations[location["id"][0]] = name
    counts = collections.Counter()
    for sample in profile["sample"]:
        count, time = sample["value"]
        assert time == count * 1000
        counts[";".join(locations[i] for i in reversed(sample["location_id"]))] += count
    assert counts == folded(text)
    assert strings[profile["comment"][0]] == "a title" and profile["period"] == [1000]


@pytest.mark.skipif(not shutil.which("protoc"), reason="protoc (package protobuf-compiler) is not installed")
def test_pprof_as_protoc_encodes_it(tmp_path):
    text = """
sample_type { type: 1 unit: 2 } sample_type { type: 3 unit: 4 }
sample { location_id: 18446744073709551615 location_id: 2 value: 3 value: 300 label { key: 1 str: 2 } }
sample { location_id: 2 value: 4 value: 0 }
mapping { id: 1 filename: 9 }
location { id: 18446744073709551615 mapping_id: 1 line { function_id: 9 line: 3 } line { function_id: 8 line: 4 } }
location { id: 2 mapping_id: 1 address: 4096 }
function { id: 9 name: 5 filename: 7 } function { id: 8 name: 6 filename: 7 }
string_table: "" string_table: "alloc" string_table: "count" string_table: "space" string_table: "bytes"
string_table: "leaf" string_table: "caller" string_table: "x.c" string_table: "" string_table: "/bin/app"
"""
    raw = subprocess.run(["protoc", f"-I{HERE}", "--encode=flame.Profile", HERE / "pprof.proto"], input=text.encode(),
                         capture_output=True, check=True).stdout
    assert folded(flame("collapse", stdin=raw).decode()) == {"[app];caller;leaf": 300}
    assert folded(flame("collapse", "--sample-type", "alloc", stdin=gzip.compress(raw)).decode()) == {
        "[app];caller;leaf": 3, "[app]": 4}
    assert folded(flame("collapse", "--lines", stdin=raw).decode()) == {"[app];x.c:caller:4;x.c:leaf:3": 300}


PROFILE = """
time_nanos: 1700000000000000000 duration_nanos: 5
sample_type { type: 1 unit: 2 } sample_type { type: 3 unit: 4 }
sample { location_id: 3 location_id: 2 value: 3 value: 300 label { key: 1 str: 2 } }
sample { location_id: 2 value: 4 value: 0 }
mapping { id: 1 memory_start: 4096 memory_limit: 8192 filename: 9 build_id: 6 has_functions: true }
location { id: 3 mapping_id: 1 address: 4097 line { function_id: 9 line: 3 } line { function_id: 8 line: 4 } }
location { id: 2 mapping_id: 1 address: 4096 }
function { id: 9 name: 5 system_name: 5 filename: 7 start_line: 2 } function { id: 8 name: 6 filename: 7 }
period_type { type: 3 unit: 4 } period: 524288 comment: 10 default_sample_type: 3
string_table: "" string_table: "alloc" string_table: "count" string_table: "space" string_table: "bytes"
string_table: "_ZN3foo3barEv" string_table: "caller" string_table: "x.c" string_table: "" string_table: "/bin/app"
string_table: "kept"
"""


def protoc(what, data):
    return subprocess.run(["protoc", f"-I{HERE}", f"--{what}=flame.Profile", HERE / "pprof.proto"], input=data,
                          capture_output=True, check=True).stdout


@pytest.mark.skipif(not shutil.which("protoc"), reason="protoc (package protobuf-compiler) is not installed")
def test_pprof_comes_out_as_it_came_in(tmp_path):
    raw = protoc("encode", PROFILE.encode())
    before = parse_text_format(protoc("decode", raw).decode())
    out = tmp_path / "x.pb.gz"
    for stdin in raw, gzip.compress(raw):
        flame("convert", "-o", out, stdin=stdin)
        assert parse_text_format(protoc("decode", gzip.decompress(out.read_bytes())).decode()) == before
    flame("convert", "-o", out, "--demangle", "--sample-type", "alloc", "--title", "mine", stdin=raw)
    after = parse_text_format(protoc("decode", gzip.decompress(out.read_bytes())).decode())
    strings = after["string_table"]
    assert strings[:len(before["string_table"])] == before["string_table"]
    assert [strings[f["name"][0]] for f in after["function"]] == ["foo::bar()", "caller"]
    assert [strings[c] for c in after["comment"]] == ["kept", "mine"]
    assert strings[after["default_sample_type"][0]] == "alloc"
    for field in "sample_type", "sample", "mapping", "location", "period", "time_nanos", "duration_nanos":
        assert after[field] == before[field]
    assert folded(flame("collapse", out).decode()) == {"[app];caller;foo::bar()": 3, "[app]": 4}


def test_pprof_says_that_it_scales(tmp_path):
    out = tmp_path / "x.pb.gz"
    done = subprocess.run([BIN / "flame", "convert", "-o", out], input=b"a;b 0.3\na;c 0.4\na;d 2.6\n",
                          capture_output=True, timeout=60, check=True)
    assert b"times 10" in done.stderr
    assert folded(flame("collapse", out).decode()) == {"a;b": 0.3, "a;c": 0.4, "a;d": 2.6}
