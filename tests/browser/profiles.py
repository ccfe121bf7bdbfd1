"""Profiles that the tests of pages draw."""

import random

SMALL = """\
main;parse;lex 30
main;parse;build_tree;alloc 20
main;parse;build_tree 5
main;eval;call;apply;call;apply 40
main;eval;call;apply 20
main;eval 10
main;eval;call;alloc 12
main;gc;Alloc_sweep 15
idle 48
"""


def python_profile(seed=5, stacks=120):
    """Frames as `flame record` writes them: file:function:line."""
    pick = random.Random(seed)
    functions = [("app.py", "serve"), ("app.py", "route"), ("orm/query.py", "execute"), ("orm/query.py", "hydrate"),
                 ("render.py", "render"), ("render.py", "escape"), ("native.c", "dot")]
    lines = {}
    for _ in range(stacks):
        frames = [f"app.py:main:{pick.choice([10, 11])}"]
        for _ in range(pick.randint(1, 6)):
            file, function = pick.choice(functions)
            frames.append(f"{file}:{function}:{pick.choice([20, 21, 22])}")
        if pick.random() < 0.3:
            frames.append("__memcpy_avx")
        stack = ";".join(frames)
        lines[stack] = lines.get(stack, 0) + pick.randint(1, 9)
    return "".join(f"{stack} {count}\n" for stack, count in lines.items())


PYTHON = python_profile()


HOSTILE = [
    "<script>window.pwned=1</script>", "</script><script>window.pwned=2</script>", "<img src=x onerror=window.pwned=3>",
    "]]><!--", "quote\"'&amp`${window.pwned=4}", "line\u2028and\u2029paragraph", "right\u202eto left\u2066", "__proto__",
    "constructor", "@Y@${y}", "tab\there", "\x01\x1b[31m", "\ud83d\ude00 emoji".encode("utf-16", "surrogatepass").decode("utf-16"), "\ufeffbom", "a" * 5000,
]
