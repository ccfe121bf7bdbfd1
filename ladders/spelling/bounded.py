"""Rung 3: do less. A word is given up as soon as it cannot be closer than the best so far.

Two bounds: the lengths alone already cost their difference, and no later row can be smaller than the smallest
entry of this one.
"""

from lookup import run


def distance(a, b, most):
    """The distance, or any number above `most` when it is more."""
    above = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        left = least = i
        row = [left]
        corner = i - 1
        for other, up in zip(b, above[1:]):
            here = corner if letter == other else corner + 1
            if up < here:
                here = up + 1
            if left < here:
                here = left + 1
            if here < least:
                least = here
            row.append(here)
            left, corner = here, up
        if least > most:
            return least
        above = row
    return above[-1]


def nearest(word, dictionary):
    best = (len(word) + 99, "")
    for other in dictionary:
        if abs(len(word) - len(other)) <= best[0]:
            best = min(best, (distance(word, other, best[0]), other))
    return best


if __name__ == "__main__":
    run(nearest)
