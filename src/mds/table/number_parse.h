/*
 * number_parse.h - decimal text to the nearest double, fast.
 *
 * A table of a hundred million numbers spends its reading time here. Numbers of up to 19 digits whose power
 * of ten lies in -27..27 (nearly all that programs write) are converted exactly with 128-bit integers; the
 * rest goes to strtod. Either way the result is the double nearest to the text, ties to even, the same
 * as strtod's.
 */
#ifndef MDS_NUMBER_PARSE_H
#define MDS_NUMBER_PARSE_H

/* Bytes that must be readable after the end of the text, whatever they hold. */
enum { MDS_NUMBER_PADDING = 8 };

/*
 * Reads [+-]digits[.digits][(e|E)[+-]digits] at `text` (digits may be missing on one side of the point) and
 * returns where it ends, or `text` itself when no number begins there; *value is set only if one does. Words
 * such as "nan" and "inf" and hexadecimal are not numbers here. A magnitude too large for a double gives an
 * infinity, as strtod does. The text must go on to a byte that cannot belong to a number (a NUL will do).
 * The program must not have set LC_NUMERIC to a locale with a decimal comma.
 */
const char *mds_number_parse(const char *text, double *value);

#endif
