"""What the Python rungs share: read the words, look each one up, time it, write what was found."""

import json
import sys
import time
from pathlib import Path


def run(nearest):
    """nearest(word, dictionary) gives (distance, the first of the closest words)."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    dictionary = (folder / "dictionary.txt").read_text().split()
    misspelt = (folder / "misspelt.txt").read_text().split()
    began = time.perf_counter()
    found = [(word, *nearest(word, dictionary)) for word in misspelt]
    seconds = time.perf_counter() - began
    out.write_text("".join(f"{word} {closest} {distance}\n" for word, distance, closest in found))
    print(json.dumps({"words": len(found), "edits": sum(d for _, d, _ in found), "seconds": seconds}))
