"""Every option of flame graph and flamegraph has a case here or in test_layout.py."""
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest
from reference import SVG, read

TEXT = "main;parse;read 30\nmain;parse;lex 12\nmain;draw_[k] 25\nmain;std::sort 10\nmain;a/b.js 4\nmain;-;-- 3\n"


def fills(svg):
    """{name: (r, g, b)} of the frames."""
    found = {}
    for element in ET.fromstring(svg).iter():
        title = element.find(SVG + "title")
        if title is not None:
            name = title.text[:title.text.rindex(" (")]
            found[name] = tuple(map(int, re.findall(r"\d+", element.find(SVG + "rect").get("fill"))))
    return found


def line(svg, name):
    """The text element with an id."""
    return next((e for e in ET.fromstring(svg).iter(SVG + "text") if e.get("id") == name), None)


# What each palette may give: the least and the most of red, green and blue, for "read".
RANGES = {
    "hot": ((205, 254), (0, 229), (0, 54)),
    "mem": ((0, 0), (190, 239), (0, 209)),
    "io": ((80, 139), (80, 139), (190, 244)),
    "wakeup": ((50, 109), (165, 219), (165, 219)),
    "chain": ((80, 139), (80, 139), (205, 254)),
    "java": ((200, 254), (50, 129), (50, 129)),
    "js": ((200, 254), (50, 129), (50, 129)),
    "perl": ((200, 254), (50, 129), (50, 129)),
    "python": ((200, 254), (50, 129), (50, 129)),
    "rust": ((175, 229), (175, 229), (50, 69)),
    "red": ((200, 254), (50, 129), (50, 129)),
    "green": ((50, 109), (200, 254), (50, 109)),
    "blue": ((80, 139), (80, 139), (205, 254)),
    "aqua": ((50, 109), (165, 219), (165, 219)),
    "yellow": ((175, 229), (175, 229), (50, 69)),
    "purple": ((190, 254), (80, 139), (190, 254)),
    "orange": ((190, 254), (90, 154), (0, 0)),
}
BACKGROUNDS = {"hot": "yellow", "mem": "green", "io": "blue", "wakeup": "blue", "chain": "blue"}
GRADIENTS = {"yellow": ("#eeeeee", "#eeeeb0"), "blue": ("#eeeeee", "#e0e0ff"),
             "green": ("#eef2ee", "#e0ffe0"), "grey": ("#f8f8f8", "#e8e8e8")}


def gradient(svg):
    return tuple(e.get("stop-color") for e in ET.fromstring(svg).iter(SVG + "stop"))


@pytest.mark.parametrize("palette", RANGES)
def test_palette(draw, palette):
    svg = draw(TEXT, "--colors", palette)
    for value, (least, most) in zip(fills(svg)["read"], RANGES[palette]):
        assert least <= value <= most
    assert fills(svg)["-"] == (200, 200, 200) and fills(svg)["--"] == (160, 160, 160)
    usual = "grey" if palette in ("red", "green", "blue", "aqua", "yellow", "purple", "orange") else \
        BACKGROUNDS.get(palette, "yellow")
    assert gradient(svg) == GRADIENTS[usual]
    assert draw(TEXT, f"--color={palette}") == svg


@pytest.mark.parametrize("palette, name, like", [
    ("java", "x_[j]", "green"), ("java", "x_[i]", "aqua"), ("java", "org/a/B:::run", "green"),
    ("java", "std::sort", "yellow"), ("java", "read_[k]", "orange"), ("java", "read", "red"),
    ("js", "a_[j]", "aqua"), ("js", "/x_[j]", "green"), ("js", "std::sort", "yellow"),
    ("js", "/a/b.js", "green"), ("js", "Builtin:x", "aqua"), ("js", "read_[k]", "orange"),
    ("perl", "A::B", "yellow"), ("perl", "Perl_run", "green"), ("perl", "x.pl", "green"),
    ("python", "run (/x/site-packages/a.py)", "aqua"), ("python", "f (/usr/lib/python3.11/re.py)", "yellow"),
    ("python", "main (app.py)", "green"), ("python", "read_[k]", "orange"), ("python", "PyEval", "red"),
    ("rust", "core::ops::call", "orange"), ("rust", "<alloc::X as Y>::z", "orange"),
    ("rust", "mine::f", "aqua"), ("rust", "memcpy", "yellow"),
    ("chain", "waker_[w]", "aqua"), ("chain", "sleeper", "blue"),
])
def test_palette_by_kind(draw, palette, name, like):
    got = fills(draw(f"{name} 1\n", "--colors", palette))
    assert list(got.values())[1] == list(fills(draw(f"{name} 1\n", "--colors", like)).values())[1]


def test_chain_tells_wakers(draw):
    got = fills(draw("a;b;--;c;d 1\n", "--colors", "chain"))
    assert got["b"] == fills(draw("a;b 1\n", "--colors", "blue"))["b"]
    assert got["d"] == fills(draw("d 1\n", "--colors", "aqua"))["d"]


def test_colours_last(draw):
    """A name keeps its colour, whatever is around it."""
    assert draw(TEXT) == draw(TEXT) == draw(TEXT, "--deterministic")
    assert fills(draw(TEXT))["read"] == fills(draw("x;read 1\n"))["read"]


def test_hash_is_alike_for_like_names(draw):
    got = fills(draw("abcdef 1\nabcxef 1\nzbcdef 1\n", "--hash", "--colors", "green"))
    assert got["abcdef"] == got["abcxef"] != got["zbcdef"]


# As flamegraph.pl --hash (commit 41fee1f, 2024) draws them: an annotation counts as a part of the name.
HASHED = {
    "hot": {"do_sys_open_[k]": (236, 189, 34), "do_sys_open": (250, 189, 49), "libc.so`read_[k]": (240, 184, 39),
            "x_[j]": (237, 172, 35), "ab_[i]": (238, 88, 36), "`odd": (255, 164, 55), "a`b`c": (231, 115, 29),
            "main": (247, 83, 46)},
    "java": {"do_sys_open_[k]": (243, 143, 0), "do_sys_open": (245, 115, 115), "ab_[i]": (72, 186, 186),
             "x_[j]": (94, 241, 94), "a`b`c": (227, 90, 90)},
    "mem": {"do_sys_open_[k]": (0, 221, 173), "do_sys_open": (0, 235, 173), "libc.so`read_[k]": (0, 225, 168)},
}


@pytest.mark.parametrize("palette", HASHED)
def test_hash_is_that_of_the_perl_tool(draw, palette):
    for name, colour in HASHED[palette].items():
        got = fills(draw(f"{name} 1\n", "--hash", "--colors", palette))
        assert list(got.values())[1] == colour, name


@pytest.mark.parametrize("options", [(), ("--negate",)])
def test_no_change_has_no_sign(draw, options):
    assert "<title>b (5 samples, 100.00%; 0.00%)</title>" in draw("a;b 5 5\n", *options)
    assert "-0.00%" not in draw("a;c 100000 99999\na;d 99999 100000\n", *options)


def test_random_has_a_seed(draw):
    one = draw(TEXT, "--random", "--seed", "1")
    assert one == draw(TEXT, "--random") != draw(TEXT, "--random", "--seed", "2") != draw(TEXT)


@pytest.mark.parametrize("asked, want", [*GRADIENTS.items(), ("#abcdef", ("#abcdef", "#abcdef")),
                                         ("#123", ("#112233", "#112233")),
                                         ("#111111-#222222", ("#111111", "#222222"))])
def test_background(draw, asked, want):
    svg = draw(TEXT, "--bgcolors", asked)
    assert gradient(svg) == want
    assert "prefers-color-scheme" not in svg  # a choice made stands in the dark too
    assert "prefers-color-scheme" in draw(TEXT)


def test_palette_file(run, tmp_path):
    run("flame", "graph", "--cp", "-o", "a.svg", stdin=TEXT)
    kept = (tmp_path / "palette.map").read_text()
    names = [entry.rsplit("->", 1)[0] for entry in kept.splitlines()]
    assert names == sorted(names) and len(names) == 9
    assert re.search(r"^draw_\[k\]->rgb\(\d+,\d+,\d+\)$", kept, re.M)
    (tmp_path / "mine").write_text("read->rgb(1,2,3)\nold->name->rgb(4,5,6)\n")
    svg = run("flame", "graph", "--cp=mine", stdin=TEXT).text
    assert fills(svg)["read"] == (1, 2, 3)
    after = (tmp_path / "mine").read_text()
    assert "read->rgb(1,2,3)\n" in after and "old->name->rgb(4,5,6)\n" in after and "main->rgb(" in after
    (tmp_path / "bad").write_text("read->rgb(1,2,3)\nnonsense\n")
    bad = run("flame", "graph", "--cp=bad", stdin=TEXT, status=1)
    assert "bad: line 2 is 'nonsense'" in bad.err and bad.out == b""


def test_name_attributes(run, tmp_path):
    (tmp_path / "attrs").write_text('read\thref=/src?a=1&b=2\ttitle=A <tip>\tclass=io "x"\n'
                                    'lex\tg_extra=data-k="v>1" data-l=\'w\'\r\n')
    svg = run("flame", "graph", "--nameattr", "attrs", stdin=TEXT).text
    root = ET.fromstring(svg)
    link = next(root.iter(SVG + "a"))
    assert link.get("{http://www.w3.org/1999/xlink}href") == "/src?a=1&b=2" and link.get("target") == "_top"
    assert link.get("class") == 'io "x"' and link.get("data-n") == "read"
    assert link.find(SVG + "title").text == "A <tip>"
    assert next(e for e in root.iter(SVG + "g") if e.get("data-k")).get("data-l") == "w"
    (tmp_path / "attrs").write_text("read href=x\n")
    bad = run("flame", "graph", "--nameattr", "attrs", stdin=TEXT, status=1)
    assert "attrs: line 1: there is no tab" in bad.err
    (tmp_path / "attrs").write_text("\nread\t<x>=1\n")
    assert "attrs: line 2: '<x>=1' is not name=value" in \
        run("flame", "graph", "--nameattr", "attrs", stdin=TEXT, status=1).err


def test_words(draw):
    svg = draw(TEXT, "--title", "A <b> & 'c'", "--subtitle", "sub", "--nametype", "Frame:", "--countname", "ms",
               "--notes", "one -- two <3> -")
    assert line(svg, "title").text == "A <b> & 'c'"
    assert line(svg, "subtitle").text == "sub"
    root = ET.fromstring(svg)
    assert root.get("data-name-type") == "Frame:" and root.get("data-count-name") == "ms"
    assert "read (30 ms, 35.71%)" in svg
    notes = re.search("<!--(.*)-->", svg).group(1)
    assert notes.split() == ["NOTES:", "one", "-", "-", "two", "&lt;3&gt;", "-"]
    svg = draw(TEXT, "--notes", "perf record -F 99 -g ---")
    assert "<!-- NOTES: perf record -F 99 -g - - - -->" in svg


@pytest.mark.parametrize("options, title", [([], "Flame Graph"), (["--inverted"], "Icicle Graph"),
                                            (["--flamechart"], "Flame Chart"), (["--no-sort"], "Flame Graph")])
def test_title_by_shape(draw, options, title):
    assert line(draw(TEXT, *options), "title").text == title


def test_fonts(draw):
    root = ET.fromstring(draw(TEXT, "--fonttype", 'Fira "x"', "--fontsize", "9.5", "--fontwidth", "0.5"))
    assert root.get("font-family").startswith('Fira "x"') and root.get("font-size") == "9.5"
    assert float(root.get("data-char")) == 4.75


def test_encoding(run):
    svg = run("flame", "graph", "--encoding", "latin1", stdin="caf\xe9;x 1\n".encode("latin1")).text
    assert "café (1 samples" in svg
    assert "\ufffd (1 samples" in run("flame", "graph", stdin=b"caf\xe9 1\n").text
    assert "'klingon' is not known" in run("flame", "graph", "--encoding", "klingon", stdin=TEXT, status=1).err


def test_colours_of_the_page(draw, run):
    svg = draw(TEXT, "--search-color", "#0f0", "--stroke-color", "#123456", "--uicolor", "rgb(1, 2, 3)")
    assert ET.fromstring(svg).get("data-search-colour") == "#00ff00"
    assert "stroke:#123456" in svg and ".ui { fill:#010203; }" in svg
    bad = run("flame", "graph", "--stroke-color", "red;}", stdin=TEXT, status=1)
    assert "'red;}' is not a colour for the outlines" in bad.err


def test_ending_says_the_form(run, tmp_path):
    for name, begins in [("x.svg", b"<?xml"), ("x.folded", b"main;"), ("X.SVG", b"<?xml")]:
        run("flame", "graph", "-o", name, stdin=TEXT)
        assert (tmp_path / name).read_bytes().startswith(begins)
    unknown = run("flame", "graph", "-o", "x.doc", stdin=TEXT, status=2)
    assert "what should x.doc be?" in unknown.err
    run("flame", "graph", "-o", "x.doc", "--to", "svg", stdin=TEXT)
    assert (tmp_path / "x.doc").read_bytes().startswith(b"<?xml")


def test_several_inputs_add_up(run, tmp_path):
    (tmp_path / "a").write_text("x;y 1\n")
    (tmp_path / "b").write_text("x;y 2\nz 1\n")
    assert "y (3 samples, 75.00%)" in run("flame", "graph", "a", "b").text


# ---- differences ----

PAIRS = "main;grew 10 30\nmain;shrank 40 20\nmain;same 5 5\nmain;gone;deep 7 0\nmain;new 0 3\n"


def test_differential(draw):
    svg = draw(PAIRS)
    names = {r.name: r.title for r in read(svg)[0]}
    assert names["grew"] == "grew (30 samples, 51.72%; +34.48%)"
    assert names["shrank"] == "shrank (20 samples, 34.48%; -34.48%)"
    assert names["same"] == "same (5 samples, 8.62%; 0.00%)"
    assert names["all"] == "all (58 samples, 100%)"
    got = fills(svg)
    assert got["grew"] == (255, 0, 0) and got["shrank"] == (0, 0, 255)
    assert got["same"] == got["main"] == (255, 255, 255)
    assert got["new"] == (255, 216, 216)  # 255 * (20 - 3) / 20
    negated = draw(PAIRS, "--negate")
    assert fills(negated)["grew"] == (0, 0, 255) and "grew (30 samples, 51.72%; -34.48%)" in negated
    total = draw(PAIRS, "--delta", "total")
    assert "main (58 samples, 100.00%; -6.90%)" in total and fills(total)["main"] != (255, 255, 255)


def test_pairs_may_be_denied(draw):
    assert "grew 10 (30 samples" in draw(PAIRS, "--pairs", "no")


def test_gone_panel(run, tmp_path):
    (tmp_path / "before").write_text("main;gone;deep 30\nmain;gone 10\nmain;stays 60\nold 100\n")
    (tmp_path / "after").write_text("main;stays 300\nmain;new 100\n")
    svg = run("flame", "diff", "before", "after", "-o", "-").text
    rects, _ = read(svg, "gone")
    scale = 1180 / 400
    found = {r.name: (float(r.x), float(r.width), r.title) for r in rects}
    assert found["all"][:2] == (10, pytest.approx(140 * scale, abs=0.1))
    assert found["old"][1] == pytest.approx(100 * scale, abs=0.1)
    assert found["gone"][1] == pytest.approx(40 * scale, abs=0.1)
    assert found["deep"][2] == "deep (30 samples, 15.00% of before; gone)"
    assert found["main"][2] == "main (40 samples, 20.00% of before; gone from here)"
    assert "stays" not in found and "new" not in found
    assert "Vanished: 140 samples, 70.00% of before" in line(svg, "gone-title").text
    # The panel above is what it would be without.
    without = run("flame", "diff", "before", "after", "-o", "-", "--no-gone").text
    assert read(without)[0] == read(svg)[0] and not read(without, "gone")[0]
    assert "gone-title" not in without.split("<script>")[0]


def test_gone_more_than_there_is(run, tmp_path):
    (tmp_path / "before").write_text("old 1000\n")
    (tmp_path / "after").write_text("new 10\n")
    svg = run("flame", "diff", "before", "after", "-o", "-").text
    assert max(float(r.width) for r in read(svg, "gone")[0]) == 1180
    assert "drawn at 0.01 of the scale above" in line(svg, "gone-title").text


def test_diff_normalized_and_folded(run, tmp_path):
    (tmp_path / "before").write_text("a 10\nb 30\n")
    (tmp_path / "after").write_text("a 40\nb 40\n")
    run("flame", "diff", "before", "after", "-o", "both.folded")
    assert (tmp_path / "both.folded").read_text().splitlines() == ["a 10 40", "b 30 40"]
    run("flame", "diff", "-n", "before", "after", "-o", "both.folded")
    assert (tmp_path / "both.folded").read_text().splitlines() == ["a 20 40", "b 60 40"]
    svg = run("flame", "diff", "-n", "before", "after", "-o", "-").text
    assert fills(svg)["a"] == (255, 0, 0) and fills(svg)["b"] == (0, 0, 255)


# ---- flamegraph ----

def test_flamegraph_is_flamegraph_pl(run, tmp_path):
    (tmp_path / "perf.data").write_text(TEXT)
    by_name = run("flamegraph", "perf.data").text
    assert by_name == run("flamegraph", stdin=TEXT).text == run("flame", "graph", "perf.data").text
    for options in (["-title", "T", "-width=800"], ["--tit", "T", "--wid", "800"]):
        assert run("flamegraph", *options, stdin=TEXT).text == \
            run("flame", "graph", "--title", "T", "--width", "800", stdin=TEXT).text
    # --color and --colors are one; what could be two options is refused.
    assert run("flamegraph", "-col", "java", stdin=TEXT).text == run("flame", "graph", "--colors=java", stdin=TEXT).text
    assert "there is no option --f" in run("flamegraph", "--f", "1", stdin=TEXT, status=2).err
    assert "there is no option -t" in run("flame", "graph", "-title", "T", stdin=TEXT, status=2).err


@pytest.mark.parametrize("text", ["", "\n", "no count\n", "a;b x\n"])
def test_flamegraph_without_stacks_draws_that(run, text):
    got = run("flamegraph", stdin=text, status=2)
    assert "ERROR: No valid input" in "".join(ET.fromstring(got.text).itertext())
    assert got.err
    refused = run("flame", "graph", stdin=text, status=1)
    assert refused.out == b"" and "no stack" in refused.err


def test_counts_beyond_reason(run):
    assert "too little to draw" in run("flame", "graph", stdin="a 1e-320\n", status=1).err
    assert "more than a number can hold" in \
        run("flame", "graph", "--factor", "1e300", stdin="a 1e17\n", status=1).err
    read(run("flame", "graph", stdin="a 1e18\nb 1\n").text)


def test_skipped_lines_are_told(run):
    got = run("flame", "graph", stdin="a 1\nbad line\nb 2\nworse\n")
    assert "2 of 4 lines were skipped" in got.err and "line 2" in got.err and "bad line" in got.err
    assert "b (2 samples" in got.text


# ---- hostile names, and that every picture is one ----

HOSTILE = ["<script>alert(1)</script>", "]]>", "\"'&<>", "a\tb", "x\x01\x07\x1by", "\u202erlo\u202c", "-->", "<!--",
           "\ufffe", "\x7f\u0085", "&lt", "${x}`", "\\", "javascript:alert(1)", "名" * 300, "x" * 20000]


def test_hostile_names_are_text(run):
    text = "".join(f"{name};{other} {i + 1}\n" for i, (name, other) in enumerate(zip(HOSTILE, HOSTILE[::-1])))
    svg = run("flame", "graph", "--minwidth", "0", stdin=text.encode() + b"\xff\xfe;bad\xc3\x28 3\n").text
    root = ET.fromstring(svg)
    names = {r.name for r in read(svg)[0]}
    for name in HOSTILE:
        shown = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", "\ufffd", name)
        assert shown in names, repr(name)
    assert "\ufffd(" in "".join(names)
    scripts = list(root.iter(SVG + "script"))
    assert len(scripts) == 1 and "alert" not in scripts[0].text
    assert not [a for e in root.iter() for a in e.keys() if a.startswith("on")]


@pytest.mark.skipif(not shutil.which("rsvg-convert"), reason="rsvg-convert is not installed")
@pytest.mark.parametrize("options", [[], ["--inverted", "--subtitle", "s"], ["--stroke-color", "#000"]])
def test_renders_without_a_browser(run, tmp_path, options):
    run("flame", "graph", "-o", "x.svg", *options, stdin=TEXT)
    subprocess.run(["rsvg-convert", "x.svg", "-o", "x.png"], cwd=tmp_path, check=True)
    assert (tmp_path / "x.png").stat().st_size > 1000


# ---- in the terminal ----

def test_text(run):
    got = run("flame", "graph", "--text", stdin=TEXT, COLUMNS="80").text
    assert "Flame Graph: 84 samples" in got
    rows = got.splitlines()
    assert [r.split()[0] for r in rows[1:5]] == ["100.00%", "100.00%", "50.00%", "35.71%"]
    assert all(len(r) <= 80 for r in rows)
    assert rows.index("Most samples of their own") < rows.index("Most samples with what they call")
    assert "\x1b" not in got
    assert "#####" in run("flame", "graph", "--text", "--ascii", stdin=TEXT).text
    assert "#####" in run("flame", "graph", "--text", stdin=TEXT, LC_ALL="C").text
    few = run("flame", "graph", "--text", "--rows", "3", "--functions", "2", stdin=TEXT).text.splitlines()
    assert few.index("") == 4 and len(few) == 4 + 2 * (2 + 2)


def test_text_joins_chains(run):
    got = run("flame", "graph", "--text", stdin="a;b;c;d;e 3\na;x 1\n").text
    assert "b › 2 more › e" in got
    assert "f › 99998 more › f" in run("flame", "graph", "--text", stdin=";".join(["f"] * 100000) + " 1\n").text


def test_text_cannot_steer_a_terminal(run):
    got = run("flame", "graph", "--text", stdin="a\x1b[31m\x9b;b\u202ec 1\n").text
    assert "\x1b" not in got and "\u202e" not in got and "a\ufffd[31m" in got


def test_diff_table(run, tmp_path):
    (tmp_path / "before").write_text("a 10\nb 30\nc 5\n")
    (tmp_path / "after").write_text("a 40\nb 25\nd 7\n")
    rows = [r.split() for r in run("flame", "diff", "before", "after").text.splitlines()]
    assert rows[2:] == [["10", "40", "+30", "+33.33%", "a"], ["0", "7", "+7", "+9.72%", "new", "d"],
                        ["30", "25", "-5", "-31.94%", "b"], ["5", "0", "-5", "-11.11%", "gone", "c"]]
    assert "none" in run("flame", "diff", "after", "after").text
