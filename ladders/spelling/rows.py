"""Rung 2: the same distance with one row kept instead of the matrix, and no indexing in the inner loop."""

from lookup import run


def distance(a, b):
    above = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        left = i
        row = [left]
        corner = i - 1
        for other, up in zip(b, above[1:]):
            here = corner if letter == other else corner + 1
            if up < here:
                here = up + 1
            if left < here:
                here = left + 1
            row.append(here)
            left, corner = here, up
        above = row
    return above[-1]


def nearest(word, dictionary):
    return min((distance(word, other), other) for other in dictionary)


if __name__ == "__main__":
    run(nearest)
