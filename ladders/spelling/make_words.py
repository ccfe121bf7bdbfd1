"""Make the job: a dictionary of words that sound like words, and misspelt ones to look up.

    python3 make_words.py 4000 60 job/

writes job/dictionary.txt and job/misspelt.txt, the same ones every time.
"""

import random
import sys
from pathlib import Path

ONSETS = ["b", "br", "c", "ch", "d", "f", "fl", "g", "gr", "h", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "tr", "v", "w"]
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
CODAS = ["", "", "", "n", "r", "s", "t", "l", "ck", "nd"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def word(pick):
    return "".join(pick.choice(ONSETS) + pick.choice(VOWELS) + pick.choice(CODAS) for _ in range(pick.randint(2, 4)))


def misspell(text, pick):
    for _ in range(pick.randint(1, 3)):
        at = pick.randrange(len(text))
        kind = pick.randrange(3)
        if kind == 0:
            text = text[:at] + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + pick.choice(LETTERS) + text[at:]
        else:
            text = text[:at] + pick.choice(LETTERS) + text[at + 1 :]
    return text


def main():
    count, wrong, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    pick = random.Random(7)
    words = set()
    while len(words) < count:
        words.add(word(pick))
    dictionary = sorted(words)
    misspelt = [misspell(pick.choice(dictionary), pick) for _ in range(wrong)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dictionary.txt").write_text("\n".join(dictionary) + "\n")
    (folder / "misspelt.txt").write_text("\n".join(misspelt) + "\n")


if __name__ == "__main__":
    main()
