/* Files as other programs write them: each of them is the same square of four objects, or says what it is. */
#include "dissimilarity.h"
#include "label_match.h"
#include "rounding.h"
#include "table_checks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void same(const char *text, const char *labels)
{
    is_square(text, strlen(text), NULL, labels);
}

static void phylip_and_mothur(void **state)
{
    (void)state;
    same("4\na\nb 1\nc 2 3\nd 4 5 6\n", "a b c d");
    same("4\na\t\nb\t1\t\nc\t2\t3\t\nd\t4\t5\t6\t\n", "a b c d");
    same("4\na 0 1 2 4\nb 1 0 3 5\nc 2 3 0 6\nd 4 5 6 0\n", "a b c d");
    same("    4   \n\na  0 1\n 2 4\nb  1 0\n 3 5\nc  2 3\n 0 6\nd  4 5\n 6 0\n", "a b c d");
    same("4\na 1 2 4\nb 3 5\nc 6\nd\n", "a b c d");
    same("4\na 1\n 2 4\nb 3\n 5\nc 6\nd\n", "a b c d");
    same("4\na 0\nb 1 0\nc 2 3 0\nd 4 5 6 0\n", "a b c d");
    same("4\r\n1\r\n2 1\r\n3 2 3\r\n4 4 5 6\r\n", "1 2 3 4");
    same("4\n1 0 1 2 4\n2 1 0 3 5\n3 2 3 0 6\n4 4 5 6 0", "1 2 3 4");
    same("4\n0 1 2 4\n1 0 3 5\n2 3 0 6\n4 5 6 0\n", NULL);
    same("4\nHomo sapie0 1 2 4\nHomo neand1 0 3 5\nPan 3     2 3 0 6\nGorilla g 4 5 6 0\n",
         "Homo sapie Homo neand Pan 3 Gorilla g");
    same("4\nHomo sapiens sapiens 0 1 2 4\nPan troglodytes 1 0 3 5\nGorilla gorilla 2 3 0 6\nPongo abelii 4 "
         "5 6 "
         "0\n",
         "Homo sapiens sapiens Pan troglodytes Gorilla gorilla Pongo abelii");
    same("4\nthe first\t0\t1\t2\t4\nthe 2nd\t1\t0\t3\t5\nc\t2\t3\t0\t6\nd\t4\t5\t6\t0\n",
         "the first the 2nd c d");
    same("4\na 0 1 2 4\nb 1 0 3 5\nc 2 3 0 6\nd 4 5 6 0\n4\na 0 9 2 4\nb 9 0 3 5\nc 2 3 0 6\nd 4 5 6 0\n",
         "a b c d");
}

static void orange(void **state)
{
    (void)state;
    same("4 labelled\na\t0\nb\t1\t0\nc\t2\t3\t0\nd\t4\t5\t6\t0\n", "a b c d");
    same("4 labeled symmetric\nthe a\t0\t\nb\t1\t0\t\nc\t2\t3\t0\t\nd\t4\t5\t6\t0\n", "the a b c d");
    same("4\tasymmetric\trow_labels\tcol_"
         "labels\na\tb\tc\td\na\t0\t1\t2\t4\nb\t1\t0\t3\t5\nc\t2\t3\t0\t6\nd\t4\t5\t6"
         "\t0\n",
         "a b c d");
    same("4 axis=1\n0\n1\t0\n2\t3\t0\n4\t5\t6\t0\n", NULL);
}

static void pairs(void **state)
{
    (void)state;
    same("1 2 1\n1 3 2\n2 3 3\n1 4 4\n2 4 5\n3 4 6\n", "1 2 3 4");
    same("4,3,6\n2,4,5\n1,2,1\n3,1,2\n2,3,3\n1,4,4\n", "1 2 3 4");
    same("a b 1\na c 2\na d 4\nb c 3\nb d 5\nc d 6\n", "a b c d");
    same("a;b;1\nb;a;1\na;c;2\nc;a;2\na;d;4\nd;a;4\nb;c;3\nc;b;3\nb;d;5\nd;b;5\nc;d;6\nd;c;6\n", "a b c d");
    same("a,a,0\na,b,1\na,c,2\na,d,4\nb,b,0\nb,c,3\nb,d,5\nc,c,0\nc,d,6\nd,d,0\n", "a b c d");
    same("from\tto\tdistance\na\tb\t1\na\tc\t2\na\td\t4\nb\tc\t3\nb\td\t5\nc\td\t6\n", "a b c d");
    same("from,to,n,distance\na,b,9,1\na,c,9,2\na,d,8,4\nb,c,7,3\nb,d,9,5\nc,d,9,6\n", "a b c d");
    same("a,b,1,.5\na,c,2,.5\na,d,4,.5\nb,c,3,.1\nb,d,5,.5\nc,d,6,.5\n", "a b c d");
    same("\"\",\"Var1\",\"Var2\",\"Freq\"\n\"1\",\"a\",\"b\",1\n\"2\",\"a\",\"c\",2\n\"3\",\"a\",\"d\","
         "4\n\"4\",\"b\","
         "\"c\",3\n\"5\",\"b\",\"d\",5\n\"6\",\"c\",\"d\",6\n",
         "a b c d");
    same(",from,to,value\n0,a,b,1\n1,a,c,2\n2,a,d,4\n3,b,c,3\n4,b,d,5\n5,c,d,6\n", "a b c d");
    same("\"x1\" \"x2\" \"d\"\n\"1\" \"a b\" \"b\" 1\n\"2\" \"a b\" \"c\" 2\n\"3\" \"a b\" \"d\" 4\n\"4\" "
         "\"b\" \"c\" 3\n\"5\" "
         "\"b\" \"d\" 5\n\"6\" \"c\" \"d\" 6\n",
         "a b b c d");
    same("i,j,d\n0,1,1\n0,2,2\n0,3,4\n1,2,3\n1,3,5\n2,3,6\n", "0 1 2 3");
    same("level_0,level_1,0\na,b,1.0\na,c,2.0\na,d,4.0\nb,c,3.0\nb,d,5.0\nc,d,6.0\n", "a b c d");
    same("1.0,2.0,1\n1.0,3.0,2\n2.0,3.0,3\n1.0,4.0,4\n2.0,4.0,5\n3.0,4.0,6\n", "1.0 2.0 3.0 4.0");
    same("10 9 6\n10 8 5\n10 1 4\n1 8 1\n1 9 2\n8 9 3\n", "1 8 9 10");
    mds_read_options asked = {.layout = MDS_LAYOUT_PAIRS};
    mds_table t;
    fs_error error;
    static const char part[] = "1 2 .5\n2 3 .7\n1 4 1.2\n";
    assert_int_equal(read_bytes(part, sizeof part - 1, NULL, &t, &error), FS_OK);
    assert_false(mds_table_is_dissimilarities(&t, false));
    assert_int_equal(t.note_count, 1);
    assert_int_equal(t.notes[0].hint, MDS_HINT_PAIRS);
    mds_table_fini(&t);
    assert_int_equal(read_bytes(part, sizeof part - 1, &asked, &t, &error), FS_OK);
    assert_int_equal(t.rows, 4);
    assert_int_equal(t.missing, 3);
    assert_true(isnan(t.values[2]) && t.values[1] == .5 && t.values[4] == .5);
    mds_table_fini(&t);
    static const char twice[] = "from,to,value\na,b,1\na,b,2\nb,c,3\n";
    assert_int_equal(read_bytes(twice, sizeof twice - 1, &asked, &t, &error), FS_DATA);
    assert_non_null(strstr(error.message, "the pair of a and b is given twice, as 1 and as 2"));
}

static void triangles(void **state)
{
    (void)state;
    same("0,1,2,4\n0,3,5\n0,6\n0\n", NULL);
    same("1,2,4\n3,5\n6\n", NULL);
    same("a 1 2 4\nb 3 5\nc 6\nd\n", "a b c d");
    same("a,0,1,2,4\nb,0,3,5\nc,0,6\nd,0\n", "a b c d");
    same("0 1 2 4\n  0 3 5\n    0 6\n      0\n", NULL);
    same("a,,,\nb,1,,\nc,2,3,\nd,4,5,6\n", "a b c d");
    same("a,1,2,4\nb,3,5,\nc,6,,\nd,,,\n", "a b c d");
    same("a,1,2,4\nb,,3,5\nc,,,6\nd,,,\n", "a b c d");
    same("0,1,2,4\n0,3,5,\n0,6,,\n0,,,\n", NULL);
    same(",a,b,c,d\na,0,1,2,4\nb,0,3,5\nc,0,6\nd,0\n", "a b c d");
    same("x,b,c,d\na,1,2,4\nb,3,5\nc,6\n", "a b c d");
    same("\tb\tc\td\na\t1\t2\t4\nb\t3\t5\nc\t6\nd\n", "a b c d");
    same("a,\nb,1,\nc,2,3,\nd,4,5,6,\n", "a b c d");
    same("a;0;\nb;1;0;\nc;2;3;0;\nd;4;5;6;0;\n", "a b c d");
    same("1\n2 1.0\n3 2.0 3.0\n4 4.0 5.0 6.0\n", "1 2 3 4");
    same("  1   2   3\n2 1.0        \n3 2.0 3.0    \n4 4.0 5.0 6.0\n", "1 2 3 4");
    same(",a,b,c,d\na,0,1,2,4\nb,0,0,3,5\nc,0,0,0,6\nd,0,0,0,0\n", "a b c d");
    same("0 0 0 0\n1 0 0 0\n2 3 0 0\n4 5 6 0\n", NULL);
}

static void frames(void **state)
{
    (void)state;
    static const char rows[] = "0,1,2,4\n1,0,3,5\n2,3,0,6\n4,5,6,0\n";
    char text[256];
    static const char *const heads[] = {"0,1,2,3", "1,2,3,4", "10,20,30,40", "\"1\",\"2\",\"3\",\"4\""};
    static const char *const names[] = {"0 1 2 3", "1 2 3 4", "10 20 30 40", "1 2 3 4"};
    for (size_t k = 0; k < 4; k++) {
        snprintf(text, sizeof text, "%s\n%s", heads[k], rows);
        same(text, names[k]);
    }
    same("0,0.0,1.0,2.0,4.0\n1,1.0,0.0,3.0,5.0\n2,2.0,3.0,0.0,6.0\n3,4.0,5.0,6.0,0.0\n", "0 1 2 3");
    same(",0,1,2,3\n0,0,1,2,4\n1,1,0,3,5\n2,2,3,0,6\n3,4,5,6,0\n", "0 1 2 3");
    same("Unnamed: 0,0,1,2,3\n0,0,1,2,4\n1,1,0,3,5\n2,2,3,0,6\n3,4,5,6,0\n", "0 1 2 3");
    same("1 2 3 4\n1 0 1 2 4\n2 1 0 3 5\n3 2 3 0 6\n4 4 5 6 0\n", "1 2 3 4");
    same("\"1\" \"2\" \"3\" \"4\"\n\"1\" 0 1 2 4\n\"2\" 1 0 3 5\n\"3\" 2 3 0 6\n\"4\" 4 5 6 0\n", "1 2 3 4");
    same("\"1\" 0 1 2 4\n\"2\" 1 0 3 5\n\"3\" 2 3 0 6\n\"4\" 4 5 6 0\n", "1 2 3 4");
    same("\"a\" \"b\" \"c\" \"d\"\n\"a\" 0 1 2 4\n\"b\" 1 0 3 5\n\"c\" 2 3 0 6\n\"d\" 4 5 6 0\n", "a b c d");
    same("\"\";\"a\";\"b\";\"c\";\"d\"\n\"a\";0;1,0;2;4\n\"b\";1,0;0;3;5\n\"c\";2;3;0;6\n\"d\";4;5;6;0\n",
         "a b c d");
    same("\"V1\",\"V2\",\"V3\",\"V4\"\n0,1,2,4\n1,0,3,5\n2,3,0,6\n4,5,6,0\n", "V1 V2 V3 V4");
    same("\"\" a b c d\na 0 1 2 4\nb 1 0 3 5\nc 2 3 0 6\nd 4 5 6 0\n", "a b c d");
    same("id,0,1,2,3\n0,0,1,2,4\n1,1,0,3,5\n2,2,3,0,6\n3,4,5,6,0\n", "0 1 2 3");
    same(",7,9,8,6\n9,1,0,2,4\n7,0,1,3,5\n8,3,2,0,6\n6,5,4,6,0\n", "9 7 8 6");
    same("# by Clustal\n\n 1: a   0.0  1.0  2.0  4.0\n 2: b   1.0  0.0  3.0  5.0\n 3: c   2.0  3.0  0.0  "
         "6.0\n 4: d   "
         "4.0  5.0  6.0  0.0\n",
         "a b c d");
    /* Rows in another order than columns: the objects are in the order of the rows. */
    same(",d,a,c,b\na,4,0,2,1\nb,5,1,3,0\nc,6,2,0,3\nd,0,4,6,5\n", "a b c d");
    /* With --rows 3 the header of numbers is no object either. */
    mds_read_options first = {.rows = 3};
    mds_table t;
    fs_error error;
    snprintf(text, sizeof text, "0,1,2,3\n%s", rows);
    assert_int_equal(read_bytes(text, strlen(text), &first, &t, &error), FS_OK);
    assert_true(mds_table_is_dissimilarities(&t, true));
    assert_int_equal(mds_table_to_square(&t, "D", 3, &error), FS_OK);
    assert_true(t.rows == 3 && t.values[1] == 1 && t.values[5] == 3);
    mds_table_fini(&t);
}

static void excel(void **state)
{
    (void)state;
    same("sep=;\r\n;a;b;c;d\r\na;0;1;2;4\r\nb;1;0;3;5\r\nc;2;3;0;6\r\nd;4;5;6;0\r\n", "a b c d");
    same("\"sep=|\"\na|0|1|2|4\nb|1|0|3|5\nc|2|3|0|6\nd|4|5|6|0\n", "a b c d");
    same("Distances of 2024\n\n,a,b,c,d\na,-,1,2,4\nb,1,.,3,5\nc,2,3,#N/A,6\nd,4,5,6,\n", "a b c d");
    same("Distances,,,,,\n,,,,,\n,a,b,c,d,\na,0,1,2,4,\nb,1,0,3,5,\nc,2,3,0,6,\nd,4,5,6,0,\n,,,,,\n,,,,,\n",
         "a b c d");
    same("a,b,c,d\n0,1,2,4,,\n1,0,3,5,,\n2,3,0,6,,\n4,5,6,0,,\n", "a b c d");
    same("My own distances\n  a b c d\na 0 1 2 4\nb 1 0 3 5\nc 2 3 0 6\nd 4 5 6 0\n", "a b c d");
    same(";a;b;c;d\na;0;1,0;2;4\nb;1,0;0;3;5\nc;2;3;0;6,00\nd;4;5;6,00;0\n", "a b c d");
    same("New York       0  1  2  4\nLos Angeles    1  0  3  5\nc              2  3  0  6\nd d d          4  "
         "5  6  0\n",
         "New York Los Angeles c d d d");
}

static void marked(const char *text, double expected)
{
    mds_table t;
    fs_error error = {0};
    if (read_bytes(text, strlen(text), NULL, &t, &error) != FS_OK) fail_msg("%s: %s", text, error.message);
    if (t.values[0] != expected) fail_msg("%s is %.17g, not %g", text, t.values[0], expected);
    mds_table_fini(&t);
}

static void numbers_with_marks(void **state)
{
    (void)state;
    marked("x;y\n1.584,5;1\n2;3\n7;9\n", 1584.5);
    marked("x;y\n1,584.5;1\n2;3\n7;9\n", 1584.5);
    marked("x,y\n\"1,584.5\",1\n2,3\n7,9\n", 1584.5);
    marked("x;y\n1'584.5;1\n2;3\n7;9\n", 1584.5);
    marked("x;y\n1\xC2\xA0"
           "584,5;1\n2;3\n7;9\n",
           1584.5);
    marked("x;y\n1\xE2\x80\xAF"
           "584,5;1\n2;3\n7;9\n",
           1584.5);
    marked("x;y\n1\xA0"
           "584,5;1\n2;3\n7;9\n",
           1584.5);
    marked("x;y\n1.234.567;1,5\n2;3\n7;9\n", 1234567);
    marked("x;y\n\xE2\x88\x92"
           "1,5;1\n2;3\n7;9\n",
           -1.5);
    marked("x\ty\n0,584\t1\n2\t3\n7\t9\n", 0.584);
    marked("x\ty\n1.584\t1\n2\t3\n7\t0.5\n", 1.584);
    marked("x,y\n1.584,1\n2,3\n7,9\n", 1.584);
}

static mds_repairs repair(mds_table *t, double *values, size_t n)
{
    mds_repairs repairs;
    t->values = values;
    t->rows = t->columns = n;
    t->count = n * n;
    mds_table_repair(t, &repairs);
    return repairs;
}

static void rounding_is_corrected(void **state)
{
    (void)state;
    double single[9] = {6e-8, .25, 1, .25 + 0x1p-24, -1e-7, .5, 1, .5, 0};
    mds_table t = {.epsilon = 0x1p-23};
    mds_repairs m = repair(&t, single, 3);
    assert_true(m.diagonal == 2 && m.pairs == 1 && m.negative == 0 && m.mirrored == 0);
    assert_true(single[0] == 0 && single[4] == 0 && single[1] == single[3]);
    assert_true(single[1] == .25 + 0x1p-25);

    double digits[9] = {0, .123456, .3, .123457, 0, .5, .3, .5, 0};
    t = (mds_table){.digits = 6, .decimals = 6};
    assert_int_equal(repair(&t, digits, 3).pairs, 1);
    double apart[9] = {0, .123456, .3, .123459, 0, .5, .3, .5, 0};
    assert_int_equal(repair(&t, apart, 3).pairs, 0);

    double whole[9] = {0, 12, 13, 12, 0, 5, 14, 5, 0}; /* whole numbers are exact */
    t = (mds_table){0};
    assert_int_equal(repair(&t, whole, 3).pairs, 0);
    double two[9] = {0, .12, .5, .13, 0, .5, .5, .5, 0}; /* two digits are too few to call it rounding */
    t = (mds_table){.digits = 2, .decimals = 2};
    assert_int_equal(repair(&t, two, 3).pairs, 0);

    double below[9] = {0, -6e-8, 1, -6e-8, 0, 1, 1, 1, 0};
    t = (mds_table){.epsilon = 0x1p-23};
    assert_int_equal(repair(&t, below, 3).negative, 1);
    assert_true(below[1] == 0 && below[3] == 0);
    double root[9] = {4e-4, .5, 1, .5, 5e-4, .7, 1, .7, 0}; /* sqrt(2 - 2 cos) */
    assert_int_equal(repair(&t, root, 3).diagonal, 2);
    double own[9] = {1, 900, 1000, 900, 1, 950, 1000, 950, 1};
    t = (mds_table){0};
    assert_int_equal(repair(&t, own, 3).diagonal, 0);
    double kept[4] = {1, .5, .5, 1};
    t = (mds_table){.keep_diagonal = true};
    repair(&t, kept, 2);
    assert_true(kept[0] == 1);
    double half[9] = {0, 1, 2, 0, 0, 3, 0, 0, 0};
    t = (mds_table){0};
    assert_int_equal(repair(&t, half, 3).mirrored, 3);
    assert_true(half[3] == 1 && half[6] == 2 && half[7] == 3);
}

static void labels_match(void **state)
{
    (void)state;
    char *a[] = {"x", "y", "z"}, *b[] = {"z", "x", "y"}, *c[] = {"x", "y", "w"}, *d[] = {"x", "x", "y"},
         *e[] = {"y", "x", "x"}, *counted[] = {"1", "2", "3"};
    size_t order[3];
    mds_label_match match;
    fs_error error;
    assert_int_equal(mds_labels_match(a, 3, b, 3, order, &match, &error), FS_OK);
    assert_int_equal(match.kind, MDS_MATCH_ORDER);
    assert_true(order[0] == 1 && order[1] == 2 && order[2] == 0);
    assert_int_equal(mds_labels_match(a, 3, c, 3, order, &match, &error), FS_OK);
    assert_int_equal(match.kind, MDS_MATCH_DIFFERENT);
    assert_string_equal(match.one, "z");
    assert_string_equal(match.other, "w");
    assert_int_equal(mds_labels_match(a, 3, a, 2, order, &match, &error), FS_OK);
    assert_true(match.kind == MDS_MATCH_DIFFERENT && match.one == a[2] && !match.other);
    assert_int_equal(mds_labels_match(d, 3, d, 3, order, &match, &error), FS_OK);
    assert_int_equal(match.kind, MDS_MATCH_SAME);
    assert_int_equal(mds_labels_match(d, 3, e, 3, order, &match, &error), FS_OK);
    assert_int_equal(match.kind, MDS_MATCH_REPEATED);
    assert_string_equal(match.one, "x");
    assert_true(mds_labels_count(counted, 3));
    assert_false(mds_labels_count(a, 3));
}

static void told(const char *text, const char *part, mds_table_hint hint)
{
    mds_table t;
    fs_error error = {0};
    if (read_bytes(text, strlen(text), NULL, &t, &error) != FS_OK) fail_msg("%s", error.message);
    bool found = false;
    for (size_t k = 0; k < t.note_count; k++)
        found = found || (strstr(t.notes[k].text, part) && t.notes[k].hint == hint);
    if (!found) fail_msg("no note says '%s' of\n%s", part, text);
    mds_table_fini(&t);
}

static void other_readings_are_told(void **state)
{
    (void)state;
    told("0,5.1,3.5\n1,4.9,3.0\n2,4.7,3.2\n3,4.6,3.1\n", "first column counts", MDS_HINT_LABEL_COLUMN);
    told("0,1,2\n5.1,3.5,1.4\n4.9,3.0,1.4\n4.7,3.2,1.3\n", "names of the columns", MDS_HINT_NO_HEADER);
    told("0,1,2\n5,3,1\n4,3,1\n4,3,1\n", "is taken for an object", MDS_HINT_HEADER);
    told(";a;b\na;0;1.584\nb;1.584;0\n", "decimal mark", MDS_HINT_DECIMAL_COMMA);
    told("Title\na,b,c\n0,1,2\n1,0,3\n2,3,0\n", "taken for a title: 'Title'", MDS_HINT_NONE);
}

static void bad(const char *text, fs_status code, const char *part)
{
    mds_table t;
    fs_error error = {0};
    assert_int_equal(read_bytes(text, strlen(text), NULL, &t, &error), code);
    if (!strstr(error.message, part)) fail_msg("'%s' does not say '%s'", error.message, part);
}

static void bad_files(void **state)
{
    (void)state;
    bad("5\na\nb 1\nc 2 3\nd 4 5 6\n", FS_FORMAT,
        "ends after 4 objects, but its first line says that there are 5");
    bad("5\na 0 1 2 4\nb 1 0 3 5\nc 2 3 0 6\nd 4 5 6 0\n", FS_FORMAT, "line 3: 'b' is not a number");
    bad("3\na 0 1 2\nb 1 0 3\nc 2 3 0 4\n", FS_FORMAT,
        "line 4: object 3 (c) has 4 values where 3 are expected");
    bad("3\na 0 1 2\nb 1 0 3\nc 2 3 0\nThe end\n", FS_FORMAT,
        "line 5: there are more lines than the 3 objects");
    mds_table t;
    fs_error error;
    static const char percent[] = "100\n80 100\n70 75 100\n", twice[] = ",b,a,b\na,1,0,5\nb,0,1,5\nb,5,5,0\n";
    assert_int_equal(read_bytes(percent, sizeof percent - 1, NULL, &t, &error),
                     FS_OK); /* 100 counts nothing */
    assert_int_equal(t.rows, 3);
    mds_table_fini(&t);
    assert_int_equal(read_bytes(twice, sizeof twice - 1, NULL, &t, &error), FS_OK);
    assert_int_equal(mds_table_to_square(&t, "D", 0, &error), FS_DATA);
    assert_non_null(strstr(error.message, "the label 'b' stands for several objects"));
    mds_table_fini(&t);
    bad("3,2,1\n1,2\n", FS_FORMAT, "upper triangle");
}

/* A chain of objects 24, 23, ... 1, each with the next; `more` lines behind. */
static size_t chain(const char *more, char *to, size_t room)
{
    size_t used = 0;
    for (int i = 24; i > 1; i--)
        used += (size_t)snprintf(to + used, room - used, "%d %d %d.5\n%d %d 0\n", i, i - 1, i, i, i);
    return used + (size_t)snprintf(to + used, room - used, "%s", more);
}

/* A list of more objects than are wanted as a square stays one. */
static void long_pairs(void **state)
{
    (void)state;
    char text[1000];
    mds_read_options asked = {.layout = MDS_LAYOUT_PAIRS, .pairs_from = 20};
    mds_table t;
    fs_error error;
    size_t length = chain("3 1 NA\n2 3 3.5\n1 2 2.5000001\n", text, sizeof text);
    assert_int_equal(read_bytes(text, length, &asked, &t, &error), FS_OK);
    assert_int_equal(t.layout, MDS_LAYOUT_PAIRS);
    assert_null(t.values);
    assert_int_equal(t.rows, 24);
    assert_string_equal(t.labels[0], "1");
    assert_string_equal(t.labels[23], "24");
    assert_int_equal(t.pair_count, 23);
    for (size_t k = 0; k < 23; k++) {
        assert_int_equal(t.pairs[k].from, k);
        assert_int_equal(t.pairs[k].to, k + 1);
        if (k > 0) assert_true(t.pairs[k].value == (double)k + 2.5);
    }
    assert_true(t.pairs[0].value > 2.5 && t.pairs[0].value < 2.5000001); /* the mean */
    mds_table_fini(&t);

    length = chain("1 2 3\n", text, sizeof text);
    assert_int_equal(read_bytes(text, length, &asked, &t, &error), FS_DATA);
    assert_non_null(strstr(error.message, "the pair of 1 and 2 is given both ways"));
    assert_int_equal(t.hint, MDS_HINT_MEANS);
    asked.means = true;
    assert_int_equal(read_bytes(text, length, &asked, &t, &error), FS_OK);
    assert_true(t.pairs[0].value == 2.75);
    mds_table_fini(&t);
    length = chain("2 1 3\n", text, sizeof text);
    assert_int_equal(read_bytes(text, length, &asked, &t, &error), FS_DATA);
    assert_non_null(strstr(error.message, "the pair of 2 and 1 is given twice, as 2.5 and as 3"));
    length = chain("7 7 3\n", text, sizeof text);
    assert_int_equal(read_bytes(text, length, &asked, &t, &error), FS_DATA);
    assert_non_null(strstr(error.message, "the pair of 7 and itself is 3"));
    asked.pairs_from = 24;
    length = chain("", text, sizeof text);
    assert_int_equal(read_bytes(text, length, &asked, &t, &error), FS_OK);
    assert_true(t.layout == MDS_LAYOUT_RECTANGLE && t.count == 24 * 24);
    mds_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phylip_and_mothur),
        cmocka_unit_test(orange),
        cmocka_unit_test(pairs),
        cmocka_unit_test(long_pairs),
        cmocka_unit_test(triangles),
        cmocka_unit_test(frames),
        cmocka_unit_test(excel),
        cmocka_unit_test(numbers_with_marks),
        cmocka_unit_test(rounding_is_corrected),
        cmocka_unit_test(labels_match),
        cmocka_unit_test(other_readings_are_told),
        cmocka_unit_test(bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
