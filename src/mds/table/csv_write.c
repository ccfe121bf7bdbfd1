#include "csv_write.h"

#include "text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void mds_csv_field(fs_output *output, const char *text, char separator)
{
    /* A '#' in front would read as a comment; blanks at the ends would be trimmed. */
    size_t length = strlen(text);
    bool plain = text[0] != '#' && !strpbrk(text, "\"\r\n") && !strchr(text, separator);
    if (length > 0 && (text[0] == ' ' || text[length - 1] == ' ')) plain = false;
    if (plain) {
        fs_output_write(output, text, length);
        return;
    }
    fs_output_write(output, "\"", 1);
    for (const char *c = text; *c; c++) {
        if (*c == '"') fs_output_write(output, "\"", 1);
        fs_output_write(output, c, 1);
    }
    fs_output_write(output, "\"", 1);
}

void mds_csv_number(fs_output *output, double value)
{
    char text[FS_NUMBER_SIZE];
    size_t length;
    if (isnan(value)) return;
    bool whole = fabs(value) < 1e9 && value == (double)(int)value && !(value == 0 && signbit(value));
    if (whole) /* common, and much quicker */
        length = (size_t)snprintf(text, sizeof text, "%d", (int)value);
    else
        length = fs_number_format(value, text);
    fs_output_write(output, text, length);
}

void mds_write_csv(fs_output *output, const double *matrix, size_t rows, size_t columns, size_t ld,
                   char separator, const char *label_name, const char *const *labels,
                   const char *const *names)
{
    if (labels) mds_csv_field(output, label_name, separator);
    for (size_t j = 0; j < columns; j++) {
        if (j || labels) fs_output_write(output, &separator, 1);
        mds_csv_field(output, names[j], separator);
    }
    fs_output_write(output, "\n", 1);
    for (size_t i = 0; i < rows; i++) {
        if (labels) mds_csv_field(output, labels[i], separator);
        for (size_t j = 0; j < columns; j++) {
            if (j || labels) fs_output_write(output, &separator, 1);
            mds_csv_number(output, matrix[i * ld + j]);
        }
        fs_output_write(output, "\n", 1);
    }
}
