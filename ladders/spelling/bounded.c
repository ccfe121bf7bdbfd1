/* Rung 4: the same idea in C.    bounded JOB-FOLDER OUT */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORD_MOST = 64 };

typedef struct words {
    char (*items)[WORD_MOST];
    size_t count;
} words;

/* The distance, or any number above `most` when it is more. */
static int distance(const char *a, const char *b, int most)
{
    int row[WORD_MOST];
    const int n = (int)strlen(b);
    for (int j = 0; j <= n; j++) row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int corner = row[0], least = i;
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int up = row[j], here = corner + (a[i - 1] != b[j - 1]);
            if (up < here) here = up + 1;
            if (row[j - 1] < here) here = row[j - 1] + 1;
            if (here < least) least = here;
            row[j] = here;
            corner = up;
        }
        if (least > most) return least;
    }
    return row[n];
}

static const char *nearest(const char *word, const words *dictionary, int *best)
{
    const char *closest = "";
    const int length = (int)strlen(word);
    *best = length + 99;
    for (size_t i = 0; i < dictionary->count; i++) {
        const char *other = dictionary->items[i];
        if (abs(length - (int)strlen(other)) > *best) continue;
        int d = distance(word, other, *best);
        if (d > *best || (d == *best && strcmp(other, closest) >= 0)) continue;
        *best = d;
        closest = other;
    }
    return closest;
}

static int read_words(const char *folder, const char *name, words *list)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    char word[WORD_MOST];
    size_t room = 0;
    while (fscanf(file, "%63s", word) == 1) {
        if (list->count == room) {
            room = room ? 2 * room : 1024;
            void *grown = realloc(list->items, room * sizeof *list->items);
            if (!grown) break;
            list->items = grown;
        }
        strcpy(list->items[list->count++], word);
    }
    return fclose(file);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    words dictionary = {0}, misspelt = {0};
    if (argc != 3 || read_words(argv[1], "dictionary.txt", &dictionary) != 0 ||
        read_words(argv[1], "misspelt.txt", &misspelt) != 0) {
        fprintf(stderr, "usage: bounded JOB-FOLDER OUT\n");
        return 2;
    }
    int *best = calloc(misspelt.count + 1, sizeof *best);
    const char **closest = calloc(misspelt.count + 1, sizeof *closest);
    FILE *out = fopen(argv[2], "w");
    if (!best || !closest || !out) return 1;
    double began = now();
    int edits = 0;
    for (size_t i = 0; i < misspelt.count; i++) {
        closest[i] = nearest(misspelt.items[i], &dictionary, &best[i]);
        edits += best[i];
    }
    double seconds = now() - began;
    for (size_t i = 0; i < misspelt.count; i++)
        fprintf(out, "%s %s %d\n", misspelt.items[i], closest[i], best[i]);
    printf("{\"words\": %zu, \"edits\": %d, \"seconds\": %.9f}\n", misspelt.count, edits, seconds);
    free(best);
    free(closest);
    free(dictionary.items);
    free(misspelt.items);
    return fclose(out) == 0 ? 0 : 1;
}
