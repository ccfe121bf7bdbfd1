Files as other programs write them (tests/mds/table has many more): what was recognised, and what a person is told. `read`
prints what a file was taken for and the labels of the map.

  $ read() { mdscale fit "$@" -o map.csv | head -n 1; cut -d, -f1 map.csv | tail -n +2 | paste -sd' '; }

Below a line with the number of objects:

  $ printf '4\nU1\t\nU2\t0.31\t\nU3\t0.45\t0.52\t\nU4\t0.60\t0.33\t0.71\t\n' > D.dist; read D.dist
  read         4 x 4 dissimilarities (mothur, lower triangle without diagonal), labels in front of the rows
  U1 U2 U3 U4
  $ printf '3\nA\nB 0.3\nC 0.4 0.5\n' > D.phy; read D.phy
  read         3 x 3 dissimilarities (PHYLIP, lower triangle without diagonal), labels in front of the rows
  A B C
  $ printf '3\nA\t0\t.3\t.4\nB\t.3\t0\t.5\nC\t.4\t.5\t0\n' > D.phy; read D.phy
  read         3 x 3 dissimilarities (mothur, square), labels in front of the rows
  A B C
  $ printf '3 labelled\nA\t0\nB\t1\t0\nC\t2\t3\t0\n' > D.dst; read D.dst
  read         3 x 3 dissimilarities (Orange .dst, lower triangle), labels in front of the rows
  A B C
  $ printf '5\nA\nB 0.3\nC 0.4 0.5\n' > D.phy; mdscale fit D.phy
  mdscale fit: D.phy ends after 3 objects, but its first line says that there are 5
  [1]
  $ printf '3\nA 0 1 2\nB 1 0 3\nC 2 3 0 4\n' > D.phy; mdscale fit D.phy
  mdscale fit: D.phy: line 4: object 3 (C) has 4 values where 3 are expected, as the first line says that there are 3 objects
  [1]

Frames with numbers for names, rows in another order than columns, one half all zeros:

  $ printf '0,1,2\n0,1,2\n1,0,3\n2,3,0\n' > D.csv; read D.csv
  mdscale fit: D.csv: the first line holds numbers, but without it the rest is a symmetric square: it is taken for a header
  read         3 x 3 dissimilarities (CSV, square), labels in the first line
  0 1 2
  $ printf ',a,b,c\nc,5,5,0\na,0,1,5\nb,1,0,5\n' > D.csv; read D.csv
  mdscale fit: D.csv: the columns stand in another order than the rows; they are matched by label
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  c a b
  $ printf ',A,B,C\nA,0,.5,.7\nB,0,0,.4\nC,0,0,0\n' > D.csv; read D.csv
  mdscale fit: D.csv: one half of the matrix holds nothing but zeros; the other is taken for a triangle and mirrored
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  A B C

Pairs:

  $ printf '1 2 .5\n1 3 .9\n2 3 .7\n1 4 1.2\n2 4 .4\n3 4 .6\n' > pairs.txt; read pairs.txt
  read         4 x 4 dissimilarities (blank-separated text, pairs), labels in columns 1 and 2
  1 2 3 4
  $ head -n 5 pairs.txt > part.txt; mdscale fit part.txt -q -o map.csv; mdscale fit part.txt | head -n 1
  mdscale fit: part.txt: the lines are taken for objects with features; if they are pairs of objects (from, to, value), say --layout pairs
  read         5 objects x 3 features (blank-separated text)
  $ read part.txt --layout pairs
  read         4 x 4 dissimilarities (blank-separated text, pairs), labels in columns 1 and 2
  1 2 3 4
  $ printf 'from,to,value,n\na,b,.5,2\na,c,.9,4\nb,c,.7,1\n' > pairs.csv; read pairs.csv
  mdscale fit: pairs.csv: of the pairs' columns, n is left out; if it holds weights, give --weights a file of such pairs
  read         3 x 3 dissimilarities (CSV, pairs), labels in columns 1 and 2
  a b c
  $ printf 'a,b\nc,d,e\n' > pairs.csv; mdscale fit pairs.csv --layout pairs
  mdscale fit: pairs.csv does not hold pairs: two names and a number on each line
  [1]

Spreadsheets:

  $ printf 'sep=;\r\n;a;b;c\r\na;0;1.584,5;2\r\nb;1.584,5;0;#N/A\r\nc;2;#N/A;0\r\n;;;\r\n' > D.csv; mdscale fit D.csv --json - -q | grep -o '"n":3,\|"pairs":2'
  "n":3,
  "pairs":2
  $ printf 'Our distances,,,\n,A,B,C\nA,0,1,2\nB,1,0,3\nC,2,3,0\n,,,\n' > D.csv; read D.csv
  mdscale fit: D.csv: line 1 is taken for a title: 'Our distances'
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  A B C
  $ printf ';a;b;c\na;0;1.584;2.310\nb;1.584;0;3.777\nc;2.310;3.777;0\n' > D.csv; read D.csv
  mdscale fit: D.csv: the mark in '3.777' is taken for the decimal mark; if it stands between thousands, say --decimal comma
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  a b c
  $ mdscale fit D.csv --decimal comma -o map.csv -q; mdscale stress D.csv map.csv | grep -c normalised
  mdscale stress: D.csv: the mark in '3.777' is taken for the decimal mark; if it stands between thousands, say --decimal comma
  1
  $ printf ',Z\374rich,Gen\350ve,Bern\nZ\374rich,0,2,1\nGen\350ve,2,0,1\nBern,1,1,0\n' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  Zürich Genève Bern
  $ iconv -f LATIN1 -t UTF-16 D.csv > wide.csv; read wide.csv
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  Zürich Genève Bern

Files of one command are matched by label:

  $ printf ',a,b,c\na,0,1,5\nb,1,0,5\nc,5,5,0\n' > D.csv
  $ printf 'label,dim1,dim2\nc,0,5\na,-.5,0\nb,.5,0\n' > map.csv; mdscale stress D.csv map.csv | grep stress-1
  mdscale stress: map.csv: its objects stand in another order than those of D.csv; they are matched by label
  stress-1     0.000688   (at the best scale: distances times 0.995134)
  $ printf 'label,dim1,dim2\nx,0,5\na,-.5,0\nb,.5,0\n' > other.csv; mdscale stress D.csv other.csv
  mdscale stress: other.csv: its objects are not those of D.csv: 'c' is only there, 'x' only here
  [1]
  $ mdscale fit D.csv --init other.csv
  mdscale fit: other.csv: its objects are not those of D.csv: 'c' is only there, 'x' only here
  [1]
  $ printf 'label,dim1,dim2\na,0,5\na,-.5,0\nb,.5,0\n' > twice.csv; printf 'a,0,1\na,1,0\n' > same.csv
  $ printf ',a,a,b\na,0,1,5\nb,1,0,5\na,5,5,0\n' > D2.csv; printf ',b,a,a\nb,0,5,5\na,5,0,1\na,5,1,0\n' > D3.csv
  $ mdscale stress D3.csv twice.csv
  mdscale stress: twice.csv: the label 'a' stands for several objects, and they are in another order than in D3.csv, so they cannot be matched
  [1]
  $ printf ',c,a,b\nc,0,0,2\na,0,0,1\nb,2,1,0\n' > W.csv; mdscale stress D.csv map.csv --weights W.csv | grep -o '2 pairs'
  mdscale stress: W.csv: its objects stand in another order than those of D.csv; they are matched by label
  mdscale stress: map.csv: its objects stand in another order than those of D.csv; they are matched by label
  2 pairs
  $ printf 'a,b,1\na,c,0\nb,c,2\n' > W.csv; mdscale stress D.csv map.csv --weights W.csv --json - -q 2>/dev/null | grep -o '"pairs":2'
  "pairs":2
  $ printf '0,-1,1\n-1,0,1\n1,1,0\n' > W.csv; mdscale fit D.csv --weights W.csv
  mdscale fit: W.csv: row 1, column 2: the weight is negative (-1)
  [1]

Rounding is corrected, and nothing but rounding:

  $ printf '1e-8,0.123456,0.3\n0.123457,0,0.5\n0.3,0.5,0\n' > D.csv; mdscale fit D.csv | head -n 1
  mdscale fit: D.csv: rounding is corrected, by at most 5e-07, within what CSV can tell: 1 on the diagonal, 1 pair that differs
  read         3 x 3 dissimilarities (CSV, square)
  $ printf '0,0.12,0.3\n0.13,0,0.5\n0.3,0.5,0\n' > D.csv; mdscale fit D.csv
  mdscale fit: D.csv is not symmetric: 1 pair differs from its mirror image. Worst are object 2 and object 1: * (glob)
  [1]
  $ printf '0,0,0\n0,0,0\n0,0,0\n' > D.csv; mdscale fit D.csv -o map.csv | grep stress-1; cut -d, -f1 map.csv | tail -n 1
  mdscale fit: D.csv: all dissimilarities are zero: every object stands in the same place
  stress-1     0.000000   (at the best scale)
  0

Similarities:

  $ printf ',S1,S2,S3,S4\nS1,NA,120,5,3\nS2,120,NA,4,6\nS3,5,4,NA,98\nS4,3,6,98,NA\n' > S.csv; mdscale fit S.csv | head -n 1
  mdscale fit: S.csv: there is no diagonal, and the numbers (3 to 120) may be counts: if large ones mean alike, say --similarities max-minus
  read         4 x 4 dissimilarities (CSV, square), labels in the first column
  $ mdscale fit S.csv --similarities max-minus | head -n 1
  read         4 x 4 similarities (CSV, square), labels in the first column
  $ printf 'A\nB,97.1\nC,81.2,80.9\nD,80.7,81.0,95.5\n' > S.csv; mdscale fit S.csv | head -n 1
  mdscale fit: S.csv: there is no diagonal, and the numbers (80.7 to 97.1) may be percentages: if large ones mean alike, say --similarities max-minus
  read         4 x 4 dissimilarities (CSV, lower triangle without diagonal), labels in the first column
  $ printf ',a,b,c\na,1,.8,.2\nb,.8,1,.3\nc,.2,.3,1\n' > S.csv; mdscale fit S.csv
  mdscale fit: S.csv: row 1, column 1 (a): the diagonal holds 1, but an object's dissimilarity to itself is 0. These look like similarities: say --similarities one-minus (or root, log). Features? Say --input features
  [1]
  $ for s in one-minus max-minus root kernel log; do mdscale fit S.csv --similarities $s --json - -q | grep -o '"similarities":"[a-z-]*"'; done
  "similarities":"one-minus"
  "similarities":"max-minus"
  "similarities":"root"
  "similarities":"kernel"
  "similarities":"log"
  $ printf '100,97\n97,100\n' > S.csv; mdscale fit S.csv --similarities one-minus
  mdscale fit: S.csv: row 1, column 2: the similarity 97 is above 1; counts and percentages want max-minus
  [1]
  $ mdscale fit S.csv --similarities max-minus --metric manhattan
  mdscale fit: --similarities is for a matrix of similarities, not for features
  See 'mdscale fit --help'.
  [2]

Names before numbers are the rows of a matrix, never pairs, also where the names are numbers.

  $ printf 'a,b,c\n1,2,3\n2,3,4\n3,5,1\n0,1,1\n' > four.csv
  $ mdscale distances four.csv -o four_distances.csv -q
  $ head -n 2 four_distances.csv
  label,1,2,3,4
  1,0,1.7320508075688772,4.123105625617661,2.449489742783178
  $ mdscale fit four_distances.csv -q -o four_map.csv
  $ mdscale stress four_distances.csv four_map.csv | head -n 1
  map          4 objects in 2 dimensions, 6 pairs

A first column that numbers the objects is their labels; what might be meant otherwise is told.

  $ printf 'id,x,y,z\n101,1.2,3,4\n102,2,3,1\n103,5,5,5\n107,7,1,0\n' > subjects.csv
  $ mdscale fit subjects.csv -o subjects_map.csv | head -n 1
  read         4 objects x 3 features (CSV), labels in column 1 (id)
  $ cut -d, -f1 subjects_map.csv | head -n 2
  label
  101
  $ printf 'id,x,y\n1,3,4\n1,3,1\n2,5,5\n' | mdscale fit - -o m.csv | head -n 1
  read         3 objects x 3 features (CSV)
  $ printf '"x"\n"1" 1.5\n"2" 2\n"3" 3\n' > vector.txt; mdscale fit vector.txt -o m.csv | head -n 1
  mdscale fit: vector.txt: taken for 3 objects with one feature; if these are the dissimilarities of all pairs of 3 objects, say --layout condensed
  read         3 objects x 1 feature (blank-separated text), labels in the first column
  $ printf '0,1,2\n1,0,3\n2,3,0\n' > D.csv; mdscale fit D.csv --similarities max-minus -o m.csv | head -n 1
  mdscale fit: D.csv: the diagonal holds the smallest number of each row, so these look like dissimilarities; then leave out --similarities
  read         3 x 3 similarities (CSV, square)
  $ printf 'site,a,b,c\ns1,0,3,4\ns2,2,0,1\ns3,5,5,0\n' > square.csv; mdscale fit square.csv -o m.csv
  mdscale fit: square.csv: the columns have other names than the rows (s1, a, ...), so rows and columns are taken in the order in which they stand
  mdscale fit: square.csv is not symmetric: 3 pairs differ from their mirror image. Worst are s3 and s2: row 3, column 2 holds 5, row 2, column 3 holds 1 (they differ by 4, 80 %). With --symmetrize each pair becomes its mean. Features? Say --input features
  [1]
