"""Rectangles against the reference, and what must hold of any picture."""
import random
from collections import defaultdict

import pytest
from reference import layout, parse, read

SMALL = "main;parse;read 30\nmain;parse;lex;hash 12\nmain;parse 5\nmain;draw 25\nmain;gc 10\n"
INPUTS = {
    "one frame": "a 1\n",
    "small": SMALL,
    # In byte order "f 3" < "f2;g 1" < "f;h 5": f lies in two places.
    "a name that begins another": "f 3\nf2;g 1\nf;h 5\nf;h;i 2\nf-1 4\nf.a;b 2\n",
    "the same stack again": "a;b 2\nb 1\na;b 3\na 4\n",
    "an own share between callees": "r;a 5\nr 2\nr;b 3\nr 1\n",
    "recursion": "".join("f;" * n + "f %d\n" % n for n in range(1, 40)),
    "fractions": "a;b 0.1\na;c 0.2\nd 1.7\ne;f 1e2\n",
    "annotations": "k;sys_read_[k] 4\nk;sys_read 3\nj;f_[j] 2\ni;g_[i] 2\nw;h_[w] 1\n",
    "not ASCII": "café;naïve 3\ncafé;東京;関数 5\nZ;é 2\nz;e 1\n",
    "markup": "<script>alert(1)</script>;a\"b'c&d 3\n]]>;<!-- 2\n&amp; 1\n",
    "parentheses and spaces": "f(int, char) const;g (x) 4\nf (y 2 z) 3\n- 1\n-- 2\n",
    "wide and narrow": "a 1000000\n" + "".join(f"b{i};c 1\n" for i in range(50)),
}


def generated(seed):
    """Stacks over a few names, so that prefixes, repeats and own shares all happen."""
    r = random.Random(seed)
    names = ["a", "a1", "a.b", "b", "bb", "bc", "aé", "x y", "a-", "a:", "long_name_" * 3]
    lines = []
    for _ in range(r.randint(1, 200)):
        frames = [r.choice(names) for _ in range(r.randint(1, 12))]
        lines.append(";".join(frames) + f" {r.randint(1, 1000)}\n")
    return "".join(lines)


INPUTS.update({f"generated {seed}": generated(seed) for seed in range(4)})

SHAPES = {
    "plain": ([], {}),
    "width": (["--width", "700"], {"width": 700}),
    "height": (["--height", "24"], {"height": 24}),
    "font size": (["--fontsize", "10"], {"fontsize": 10}),
    "inverted": (["--inverted"], {"inverted": True}),
    "least width": (["--minwidth", "20"], {"minwidth": 20}),
    "least share": (["--minwidth", "2%"], {"minwidth": 2, "share": True}),
    "nothing left out": (["--minwidth", "0"], {"minwidth": 0}),
    "total": (["--total", "2500000"], {"total": 2500000}),
    "total too small": (["--total", "1"], {"total": 1}),
    "in order": (["--no-sort"], {"sort": False}),
    "reversed": (["--reverse"], {"reverse": True}),
    "factor": (["--factor", "2.5"], {"factor": 2.5}),
    "count name": (["--countname", "ns (wall)"], {"count_name": "ns (wall)"}),
    "subtitle": (["--subtitle", "below"], {"subtitle": True}),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", INPUTS)
def test_rectangles(draw, name, shape):
    options, keywords = SHAPES[shape]
    got, height = read(draw(INPUTS[name], "--pairs", "no", *options),
                       count_name=keywords.get("count_name", "samples"))
    want, want_height = layout(INPUTS[name], **keywords)
    assert got == want
    assert height == want_height


@pytest.mark.parametrize("seed", range(12))
def test_what_always_holds(draw, seed):
    """Callees lie within their caller, side by side; widths add up; nothing is lost."""
    text = generated(seed)
    rects, _ = read(draw(text, "--minwidth", "0"))
    levels = defaultdict(list)
    for r in rects:
        levels[r.y].append(r)
    order = sorted(levels, reverse=True)  # the root lies lowest
    assert [(r.x, r.width) for r in levels[order[0]]] == [(10, 1180)]
    for below, above in zip(order, order[1:]):
        for r in levels[above]:
            assert any(b.x <= r.x and r.x + r.width <= b.x + b.width for b in levels[below])
        across = sorted(levels[above], key=lambda r: (r.x, r.width))
        for one, other in zip(across, across[1:]):
            assert one.x + one.width <= other.x
        assert sum(r.width for r in across) <= sum(r.width for r in levels[below])
    stacks = parse(text)
    first = sum(int(r.title[r.title.rindex(" (") + 2:].split()[0].replace(",", "")) for r in levels[order[1]])
    assert first == sum(count for _, count in stacks)


@pytest.mark.parametrize("seed", range(6))
def test_order_of_input_does_not_matter(draw, seed):
    lines = generated(seed).splitlines(keepends=True)
    plain = draw("".join(lines))
    random.Random(seed).shuffle(lines)
    assert draw("".join(lines)) == plain


def test_flame_chart_keeps_time(draw):
    text = "a;b 1\na 1\na;b 1\nc 2\na;b 1\n"
    svg = draw(text, "--flamechart")
    got, _ = read(svg)
    want, _ = layout(text, sort=False)
    assert got == want
    assert len([r for r in got if r.name == "b"]) == 3  # "a" alone comes between two of them
    assert ">Flame Chart<" in svg


def test_reversed_flame_chart(draw):
    text = "a;b 1\na 1\na;b 1\nc 2\na;b 1\n"
    got, _ = read(draw(text, "--flamechart", "--reverse"))
    want, _ = layout(text, sort=False, reverse=True)
    assert got == want


def test_depth(draw):
    whole, height = read(draw(SMALL, "--inverted"))
    part, part_height = read(draw(SMALL, "--inverted", "--depth", "2"))
    assert part == {r for r in whole if r.y <= 36 + 2 * 16}
    assert part_height < height
    middle, _ = read(draw(SMALL, "--inverted", "--depth", "1-2"))
    assert {(r.name, r.x, r.width, r.y + 16) for r in middle} == \
        {(r.name, r.x, r.width, r.y) for r in part if r.name != "all"}


def test_base(draw):
    got, _ = read(draw("a;b;c;b 3\na;c 2\nx;b 4\n", "--base", "b"))
    want, _ = layout("b;c;b 3\nb 4\n")
    assert got == want


def test_very_deep(draw):
    text = ";".join(["f"] * 100000) + " 5\n"
    got, height = read(draw(text))
    assert len(got) == 1 + 100000
    assert height == 100001 * 16 + 36 + 34


def test_labels_are_cut_to_what_fits(draw):
    """Seven pixels a character; two dots; nothing below three; wide characters count twice."""
    text = "a_long_function_name 3\n関数の名前の長いもの 3\nb 194\n"
    svg = draw(text, "--width", "1020")  # 15 pixels each, 2 characters: nothing
    assert "a_.." not in svg and "関" not in svg.split("<text")[-1]
    svg = draw("a_long_function_name 5\n関数の名前の長いもの 5\nc 90\n", "--width", "1020")  # 50 pixels: 7
    assert ">a_lon..</text>" in svg
    assert ">関数..</text>" in svg
    assert ">c</text>" in svg
