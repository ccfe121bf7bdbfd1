Dissimilarities and features in every form they come in. `read` prints what a file was taken for and the
labels of the map.

  $ read() { mdscale fit "$@" -o map.csv | head -n 1; cut -d, -f1 map.csv | tail -n +2 | paste -sd' '; }

Square, with and without labels; separators; a byte order mark, comments, CRLF, blank lines:

  $ printf ',a,b,c\na,0,1,2\nb,1,0,3\nc,2,3,0\n' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  a b c
  $ printf 'a,b,c\n0,1,2\n1,0,3\n2,3,0\n' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, square), labels in the first line
  a b c
  $ printf 'a,0,1,2\nb,1,0,3\nc,2,3,0' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  a b c
  $ printf 'a b c\na 0 1 2\nb 1 0 3\nc 2 3 0\n' > D.txt; read D.txt
  read         3 x 3 dissimilarities (blank-separated text, square), labels in the first column
  a b c
  $ printf '  0   1  2\n  1   0  3  \n  2   3  0\n\n' > D.txt; mdscale fit D.txt | head -n 1
  read         3 x 3 dissimilarities (blank-separated text, square)
  $ printf 'a;b;c\r\n0;1,5;2\r\n1,5;0;3,25\r\n2;3,25;0\r\n' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, square), labels in the first line
  a b c
  $ mdscale distances map.csv -o - -q > /dev/null
  $ printf '\357\273\277# exported\n\n\ta\tb\tc\na\t0\t1\t2\nb\t1\t0\t3\n\nc\t2\t3\t0\n' > D.tsv; read D.tsv
  read         3 x 3 dissimilarities (TSV, square), labels in the first column
  a b c
  $ printf '"","a ""x""","b, c","d\ne"\n"a ""x""",0,1,2\n"b, c",1,0,3\n"d\ne",2,3,0\n' > D.csv; mdscale fit D.csv -o map.csv | head -n 1; cat map.csv | cut -c 1-9
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  label,dim
  "a ""x"""
  "b, c",* (glob)
  "d
  e",* (glob)
  $ printf ',0,1,2\n0,0,1,2\n1,1,0,3\n2,2,3,0\n' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  0 1 2
  $ printf ',434,445,465\n434,0,1,2\n445,1,0,3\n465,2,3,0\n' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  434 445 465
  $ printf '1,2,0,1,2\n3,4,1,0,3\n5,6,2,3,0\n' > D.csv; read D.csv --skip 1 --labels 2
  read         3 x 3 dissimilarities (CSV, square), labels in column 2
  2 4 6

Triangles: with and without the diagonal, labels, header; written as a square with one half empty; as R prints.

  $ printf '0\n1,0\n2,3,0\n' > D.csv; mdscale fit D.csv | head -n 1
  read         3 x 3 dissimilarities (CSV, lower triangle)
  $ printf '1\n2,3\n4,5,6\n' > D.csv; mdscale fit D.csv | head -n 1
  read         4 x 4 dissimilarities (CSV, lower triangle without diagonal)
  $ printf 'a\nb,1\nc,2,3\n' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, lower triangle without diagonal), labels in the first column
  a b c
  $ printf 'a,0\nb,1,0\nc,2,3,0\n' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, lower triangle), labels in the first column
  a b c
  $ printf ',a,b,c\na,0,,\nb,1,0,\nc,2,3,0\n' > D.csv; read D.csv
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  a b c
  $ printf ',a,b,c\na,,1,2\nb,,,3\nc,,,\n' > D.csv; read D.csv
  mdscale fit: D.csv: there is no diagonal, and the numbers (1 to 3) may be counts: if large ones mean alike, say --similarities max-minus
  read         3 x 3 dissimilarities (CSV, square), labels in the first column
  a b c
  $ printf '  Athens Rome Oslo\nRome 12\nOslo 3 4\nBern 5 6 7\n' > D.txt; read D.txt
  read         4 x 4 dissimilarities (blank-separated text, lower triangle without diagonal), labels in the first column
  Athens Rome Oslo Bern
  $ read "$DATA/us_cities_air.csv"
  read         10 x 10 dissimilarities (CSV, lower triangle), labels in the first column
  Atlanta Chicago Denver Houston Los Angeles Miami New York San Francisco Seattle Washington DC
  $ mdscale fit "$DATA/us_cities_air.csv" --rows 4 -o - | cut -d, -f1 | paste -sd' '
  label Atlanta Chicago Denver Houston
  $ printf '1,0\n2,3,0\n4,5,6,0\n' > D.csv; mdscale fit D.csv
  mdscale fit: D.csv: line 2 (row 2) has 3 fields where 2 are expected, as in line 1
  [1]
  $ printf '0\n1\n2\n' > D.csv; mdscale fit D.csv --layout lower
  mdscale fit: D.csv: line 2 (row 2) has 1 field where 2 are expected: in a lower triangle every row has one more than the row before
  [1]

Condensed, in a row, in a column, over several lines when told:

  $ printf '1,2,3,4,5,6\n' > D.csv; mdscale fit D.csv | head -n 1
  read         4 x 4 dissimilarities (CSV, condensed)
  $ printf '1\n2\n3\n4\n5\n6\n' > D.csv; mdscale fit D.csv | head -n 1
  read         4 x 4 dissimilarities (CSV, condensed)
  $ printf '1,2,3\n4,5,6\n' > D.csv; mdscale fit D.csv --layout condensed | head -n 1
  read         4 x 4 dissimilarities (CSV, condensed)
  $ printf '1\n2\n3\n4\n5\n' > D.csv; mdscale fit D.csv --input distances
  mdscale fit: D.csv holds 5 numbers; condensed dissimilarities of n objects are n(n-1)/2 (3, 6, 10, 15, ...)
  [1]

Features: labels by name, by number, from a file, from another table; columns left out; the first rows:

  $ printf 'sepal,petal,species,id\n1,2,setosa,7\n2,3,setosa,8\n4,4,virginica,9\n' > F.csv
  $ read F.csv
  read         3 objects x 3 features (CSV), labels in column 3 (species)
  setosa setosa virginica
  $ read F.csv --labels id --skip species
  read         3 objects x 2 features (CSV), labels in column 4 (id)
  7 8 9
  $ read F.csv --labels 3 --skip 4
  read         3 objects x 2 features (CSV), labels in column 3 (species)
  setosa setosa virginica
  $ printf 'x\ny\nz\n' > names.txt; read F.csv --labels names.txt --groups species
  read         3 objects x 3 features (CSV)
  x y z
  $ read F.csv --labels F.csv:id --groups species
  read         3 objects x 3 features (CSV)
  7 8 9
  $ printf '1,2\n3,4\n5,7\n9,9\n' > F.csv; mdscale fit F.csv --rows 3 | head -n 1
  read         3 objects x 2 features (CSV)
  $ printf '1,2,\n3,4,\n5,7,\n' > F.csv; mdscale fit F.csv | head -n 1
  read         3 objects x 2 features (CSV)
  $ printf 'a,b,c\n1,2,3\n2,1,4\n3,5,9\n' > F.csv; mdscale fit F.csv | head -n 1
  read         3 objects x 3 features (CSV)
  $ printf '0,1,2\n1,0,3\n2,3,0\n' > D.csv; mdscale fit D.csv --input features | head -n 1
  read         3 objects x 3 features (CSV)
  $ mdscale fit D.csv --metric manhattan | head -n 2
  read         3 objects x 3 features (CSV)
  distances    manhattan

Missing dissimilarities have many names:

  $ printf '0,1,NA,4\n1,0,3,nan\nn/a,3,0,\n4,NULL,?,0\n' > D.csv; mdscale fit D.csv --json - | grep -o '"pairs":3'
  "pairs":3

NPY as NumPy writes it, all types, both orders, one axis:

  $ python3 <<'END'
  > import struct
  > rows = [[0, 1, 2, 4], [1, 0, 3, 5], [2, 3, 0, 6], [4, 5, 6, 0]]
  > flat = [value for row in rows for value in row]
  > def write(name, descr, code, shape, values, order=False, version=1):
  >     text = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)
  >     lead = 10 if version == 1 else 12
  >     text = text.ljust((len(text) + 1 + lead + 63) // 64 * 64 - lead - 1) + "\n"
  >     size = struct.pack("<H" if version == 1 else "<I", len(text))
  >     open(name, "wb").write(b"\x93NUMPY" + bytes([version, 0]) + size + text.encode() + struct.pack(code % len(values), *values))
  > for descr, code in [("<f8", "<%dd"), (">f8", ">%dd"), ("<f4", "<%df"), (">f4", ">%df"), ("<f2", "<%de"), ("|i1", "<%db"), ("|u1", "<%dB"), ("<i2", "<%dh"), (">i4", ">%di"), ("<i8", "<%dq"), ("<u8", "<%dQ")]:
  >     write("%s.npy" % descr.strip("|<").replace(">", "big-"), descr, code, (4, 4), flat)
  > write("fortran.npy", "<f8", "<%dd", (4, 4), flat, order=True)
  > write("version2.npy", "<f8", "<%dd", (4, 4), flat, version=2)
  > write("version3.npy", "<f8", "<%dd", (4, 4), flat, version=3)
  > write("condensed.npy", "<f8", "<%dd", (6,), [1, 2, 4, 3, 5, 6])
  > write("features.npy", "<f4", "<%df", (5, 2), [1, 3, 4, 2, 9, 1, 2, 8, 0, 0], order=True)
  > open("features.csv", "w").write("1,1\n3,2\n4,8\n2,0\n9,0\n")
  > write("bools.npy", "|b1", "<%dB", (3, 3), [0, 1, 1, 1, 0, 1, 1, 1, 0])
  > END
  $ mdscale fit f8.npy -o expected.csv -q
  $ for f in big-f8 f4 big-f4 f2 i1 u1 i2 big-i4 i8 u8 fortran version2 version3 condensed; do mdscale fit $f.npy -o map.csv | head -n 1; cmp map.csv expected.csv; done
  read         4 x 4 dissimilarities (NPY float64, square)
  read         4 x 4 dissimilarities (NPY float32, square)
  read         4 x 4 dissimilarities (NPY float32, square)
  read         4 x 4 dissimilarities (NPY float16, square)
  read         4 x 4 dissimilarities (NPY int8, square)
  read         4 x 4 dissimilarities (NPY uint8, square)
  read         4 x 4 dissimilarities (NPY int16, square)
  read         4 x 4 dissimilarities (NPY int32, square)
  read         4 x 4 dissimilarities (NPY int64, square)
  read         4 x 4 dissimilarities (NPY uint64, square)
  read         4 x 4 dissimilarities (NPY float64, square)
  read         4 x 4 dissimilarities (NPY float64, square)
  read         4 x 4 dissimilarities (NPY float64, square)
  read         4 x 4 dissimilarities (NPY float64, condensed)
  $ mdscale fit bools.npy | head -n 1
  read         3 x 3 dissimilarities (NPY bool, square)
  $ mdscale fit f8.npy --rows 3 | head -n 1
  read         3 x 3 dissimilarities (NPY float64, square)
  $ mdscale fit fortran.npy --rows 3 | head -n 1
  read         3 x 3 dissimilarities (NPY float64, square)
  $ mdscale fit condensed.npy --rows 3 | head -n 1
  read         3 x 3 dissimilarities (NPY float64, condensed)
  $ mdscale distances features.npy -o a.csv; mdscale distances features.csv -o b.csv -q; cmp a.csv b.csv
  read         5 objects x 2 features (NPY float32)
  distances    euclidean, 5 x 5 in * (glob)
  written      a.csv
  $ gzip f8.npy; mdscale fit f8.npy.gz -o map.csv -q; cmp map.csv expected.csv

Parts of the objects that no dissimilarity joins have no place to each other:

  $ printf '0,1,,\n1,0,,\n,,0,2\n,,2,0\n' > parts.csv
  $ mdscale fit parts.csv -o parts-map.csv --json parts.json > /dev/null
  mdscale fit: no dissimilarity joins 2 parts of the objects: where the parts stand to each other in the map means nothing
  $ grep parts.: parts.json
    "parts": 2,

A column of one value for each name is a feature, though as many pairs there might be:

  $ printf 'who,age\na,1\nb,2\nc,4\nd,3\ne,6\nf,8\n' > ages.csv; mdscale fit ages.csv -p 1 | head -n 1
  read         6 objects x 1 feature (CSV), labels in column 1 (who)

What gzip unpacks to is bounded:

  $ printf '0,1,2\n1,0,3\n2,3,0\n' | gzip > bounded.csv.gz
  $ mdscale fit bounded.csv.gz --max-unpacked 18 -q -o bounded.map.csv
  $ mdscale fit bounded.csv.gz --max-unpacked 17 -q
  mdscale fit: bounded.csv.gz: the gzip data unpack to more than 17 bytes; if they are meant to, allow more with --max-unpacked SIZE
  [1]
