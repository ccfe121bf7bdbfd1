/* Whether two names of outputs and inputs mean one file. */
#include "output.h"
#include "output_destination.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is at the end of `path`: the file, or where it would be made. False when neither can be said. */
static bool identify(const char *path, int standard, struct stat *file, fs_destination *place)
{
    place->name[0] = '\0';
    if (strcmp(path, "-") == 0) return fstat(standard, file) == 0;
    if (stat(path, file) == 0) return true;
    if (fs_destination_find(path, true, place, NULL) != FS_OK) return false;
    bool found = fstat(place->folder, file) == 0;
    close(place->folder);
    return found;
}

bool fs_output_same(const char *output, const char *other)
{
    struct stat one, two;
    fs_destination first, second;
    return identify(output, STDOUT_FILENO, &one, &first) && identify(other, STDOUT_FILENO, &two, &second) &&
           one.st_dev == two.st_dev && one.st_ino == two.st_ino && strcmp(first.name, second.name) == 0;
}

bool fs_output_is_input(const char *output, const char *input)
{
    struct stat one, two;
    fs_destination first, second;
    return identify(output, STDOUT_FILENO, &one, &first) && identify(input, STDIN_FILENO, &two, &second) &&
           S_ISREG(one.st_mode) && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}
