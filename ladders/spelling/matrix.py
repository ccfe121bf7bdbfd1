"""Rung 1: the edit distance as the textbook writes it, a whole matrix for each pair of words.

Levenshtein distance by dynamic programming: R. A. Wagner and M. J. Fischer, "The string-to-string correction
problem", J. ACM 21(1), 1974.
"""

from lookup import run


def distance(a, b):
    d = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        d[i][0] = i
    for j in range(len(b) + 1):
        d[0][j] = j
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1])
            d[i][j] = min(change, d[i - 1][j] + 1, d[i][j - 1] + 1)
    return d[len(a)][len(b)]


def nearest(word, dictionary):
    return min((distance(word, other), other) for other in dictionary)


if __name__ == "__main__":
    run(nearest)
