Bad input gets a clear error: which file, row, column and value, and what to do. Nothing is written.

Not square:

  $ printf '0,1,2\n1,0,3\n' > wide.csv
  $ mdscale fit wide.csv --input distances -o map.csv
  mdscale fit: wide.csv is not square: it has 2 rows of 3 numbers, and dissimilarities need as many rows as columns (is the first column labels?); say --labels 1
  [1]
  $ printf 'a,b,c\n0,1,2\n1,0,3\n2,3,0\n4,4,4\n' > tall.csv
  $ mdscale fit tall.csv --input distances
  mdscale fit: tall.csv is not square: it has 4 rows of 3 numbers, and dissimilarities need as many rows as columns (is the first row a header?); say --header
  [1]

Ragged rows:

  $ printf 'x,y,z\n0,1,2\n1,0\n2,3,0\n' > ragged.csv
  $ mdscale fit ragged.csv
  mdscale fit: ragged.csv: line 3 (row 2) has 2 fields where 3 are expected, as in line 2
  [1]
  $ printf '0\n1,0\n2,3,0\n4,5,0\n' > triangle.csv
  $ mdscale fit triangle.csv
  mdscale fit: triangle.csv: line 4 (row 4) has 3 fields where 4 are expected: in a lower triangle every row has one more than the row before
  [1]
  $ printf 'a,b\n1,2,3,4\n5,6,7,8\n' > header.csv
  $ mdscale fit header.csv
  mdscale fit: header.csv: the header (line 1) has 2 names but line 2 has 4 fields
  [1]

Text in a number:

  $ printf ',Athens,Rome,Oslo\nAthens,0,12,3\nRome,12,0,4x\nOslo,3,4,0\n' > text.csv
  $ mdscale fit text.csv
  mdscale fit: text.csv: line 3 (row 2), column 4 (Oslo): '4x' is not a number
  [1]
  $ printf '0;1.5;2\n1.5;0;2,5\n2;2,5;0\n' > comma.csv
  $ mdscale fit comma.csv
  mdscale fit: comma.csv: line 2 (row 2), column 3: '2,5' is not a number (with a decimal comma?); say --decimal comma
  [1]
  $ printf 'name,sort,a,b\nx,u,1,2\ny,v,2,3\nz,u,4,4\n' > twotext.csv
  $ mdscale fit twotext.csv
  mdscale fit: twotext.csv: columns 1 (name) and 2 (sort) both hold text; say --labels COLUMN for the names of the objects, --groups COLUMN for what to colour by, --skip COLUMN for the rest
  [1]
  $ mdscale fit twotext.csv --labels nam --groups sort
  mdscale fit: twotext.csv has no column 'nam'; did you mean 'name'? (nor is there a file of that name)
  [1]
  $ mdscale fit twotext.csv --labels name --skip srt
  mdscale fit: twotext.csv has no column 'srt'; did you mean 'sort'?
  [1]
  $ mdscale fit twotext.csv --labels 0 --groups sort
  mdscale fit: twotext.csv has no column '0'; its header names 4 columns (nor is there a file of that name)
  [1]
  $ mdscale fit twotext.csv --labels 9 --groups sort
  mdscale fit: twotext.csv has no column '9'; its header names 4 columns (nor is there a file of that name)
  [1]
  $ printf '0,1,2\n1,0,"3\n2,3,0\n' > quote.csv
  $ mdscale fit quote.csv
  mdscale fit: quote.csv: line 2 (row 2), column 3: text after a closing quote, or a quote that never closes
  [1]

NaN and Inf where they have no meaning:

  $ printf 'a,b\n1,2\n3,NA\n5,6\n7,\n' > missing.csv
  $ mdscale fit missing.csv
  mdscale fit: missing.csv: line 3 (row 2), column 2 (b): a value is missing (2 are in all); distances need all features. Fill them in, leave the row or --skip the column out, or choose --metric gower
  [1]
  $ printf '0,1,2\n1,0,inf\n2,inf,0\n' > inf.csv
  $ mdscale fit inf.csv
  mdscale fit: inf.csv: line 2 (row 2), column 3: 'inf' is infinite, or too large for a double; leave the field empty if it is missing
  [1]
  $ printf '0,1,2\n1,0,1e999\n2,1e999,0\n' > huge.csv
  $ mdscale fit huge.csv
  mdscale fit: huge.csv: line 2 (row 2), column 3: '1e999' is infinite, or too large for a double; leave the field empty if it is missing
  [1]
  $ printf '0,1,NA\n1,0,NA\nNA,NA,0\n' > unknown.csv
  $ mdscale fit unknown.csv
  mdscale fit: unknown.csv: row 3: the object has no known dissimilarity, so it cannot be placed; leave it out
  [1]

Negative dissimilarities, a diagonal that is not zero:

  $ printf '0,1,2\n1,0,-3\n2,-3,0\n' > negative.csv
  $ mdscale fit negative.csv
  mdscale fit: negative.csv: row 2, column 3: the dissimilarity is negative (-3)
  [1]
  $ printf '0,1,2\n1,0.5,3\n2,3,0\n' > diagonal.csv
  $ mdscale fit diagonal.csv
  mdscale fit: diagonal.csv: row 2, column 2 (object 2): the diagonal holds 0.5, but an object's dissimilarity to itself is 0. Similarities? Say --similarities WORD. Features? Say --input features
  [1]

Asymmetric: by how much, and what to do about it.

  $ printf ',Athens,Rome,Oslo\nAthens,0,12,3\nRome,12.5,0,4\nOslo,3,4,0\n' > asymmetric.csv
  $ mdscale fit asymmetric.csv
  mdscale fit: asymmetric.csv is not symmetric: 1 pair differs from its mirror image. Worst are Rome and Athens: row 2, column 1 holds 12.5, row 1, column 2 holds 12 (they differ by 0.5, 4 %). With --symmetrize each pair becomes its mean. Features? Say --input features
  [1]
  $ mdscale fit asymmetric.csv --symmetrize --isa scalar -o symmetric.csv -q
  $ printf '0,1,2\n1,0,NA\n2,3,0\n' > oneside.csv
  $ mdscale fit oneside.csv
  mdscale fit: oneside.csv is not symmetric: 1 pair differs from its mirror image. Worst are object 3 and object 2: row 3, column 2 holds 3, row 2, column 3 holds nothing (one of the two is missing). With --symmetrize each pair becomes its mean. Features? Say --input features
  [1]
  $ mdscale fit oneside.csv --symmetrize -q

Sizes: none, one or two objects, and more dimensions than they need.

  $ : > empty.csv
  $ mdscale fit empty.csv
  mdscale fit: empty.csv is empty
  [1]
  $ printf '\n\n# nothing\n' > blank.csv
  $ mdscale fit blank.csv
  mdscale fit: blank.csv is empty: it has no rows
  [1]
  $ printf 'a,b,c\n' > headeronly.csv
  $ mdscale fit headeronly.csv
  mdscale fit: headeronly.csv has a header but no rows
  [1]
  $ printf '0\n' > one.csv
  $ mdscale fit one.csv --input distances -o -
  mdscale fit: 1 object needs no more than 0 dimensions: such a map says little
  dim1,dim2
  0,0
  $ printf '0,1\n1,0\n' > two.csv
  $ mdscale fit two.csv -o - | wc -l
  mdscale fit: 2 objects need no more than 1 dimension: such a map says little
  3
  $ printf '0,1,2\n1,0,3\n2,3,0\n' > three.csv
  $ mdscale fit three.csv --dims 3 -o - | wc -l
  mdscale fit: 3 objects need no more than 2 dimensions: the others of the map mean nothing
  4
  $ mdscale fit three.csv --dims 0
  mdscale fit: --dims: '0' is not a whole number from 1 to 1000000
  See 'mdscale fit --help'.
  [2]

NPY: truncated, of an unsupported type, with a header that lies.

  $ mdscale distances "$DATA/us_cities_road.csv" -o good.npy -q
  $ head -c 700 good.npy > truncated.npy
  $ mdscale fit truncated.npy
  mdscale fit: truncated.npy ends too soon: its header promises 81 elements, 71 are there (a truncated file?)
  [1]
  $ gzip -c truncated.npy > truncated.npy.gz
  $ mdscale fit truncated.npy.gz
  mdscale fit: truncated.npy.gz ends too soon: its header promises 81 elements, 71 are there (a truncated file?)
  [1]
  $ head -c 4 good.npy > magiccut.npy
  $ mdscale fit magiccut.npy
  mdscale fit: magiccut.npy: the NPY header is damaged: the file ends inside it
  [1]
  $ head -c 60 good.npy > headercut.npy
  $ mdscale fit headercut.npy
  mdscale fit: headercut.npy: the NPY header is damaged: the file ends inside it
  [1]
  $ (cat good.npy; echo more) > longer.npy
  $ mdscale fit longer.npy
  mdscale fit: longer.npy is 5 bytes longer than its header says
  [1]
  $ sed 's/(9, 9)/(9, 8)/' good.npy > lies.npy
  $ mdscale fit lies.npy
  mdscale fit: lies.npy is 72 bytes longer than its header says
  [1]
  $ sed 's/(9, 9), }  */(99999999999, 99999999999), }/' good.npy > lieshuge.npy
  $ mdscale fit lieshuge.npy
  mdscale fit: lieshuge.npy: the NPY header is damaged: its shape does not fit in memory
  [1]
  $ sed 's/<f8/<c8/' good.npy > complex.npy
  $ mdscale fit complex.npy
  mdscale fit: complex.npy: its elements ('<c8') are complex numbers; save it as float64 (array.astype('float64')), float32 or an integer type
  [1]
  $ sed 's/<f8/|O8/' good.npy > object.npy
  $ mdscale fit object.npy
  mdscale fit: object.npy: its elements ('|O8') are Python objects; save it as float64 (array.astype('float64')), float32 or an integer type
  [1]
  $ sed 's/<f8/<U8/' good.npy > words.npy
  $ mdscale fit words.npy
  mdscale fit: words.npy: its elements ('<U8') are text; save it as float64 (array.astype('float64')), float32 or an integer type
  [1]
  $ sed 's/(9, 9)/(3,27)/; s/(3,27)/(9, 3, 3)/' good.npy > axes.npy
  $ mdscale fit axes.npy
  mdscale fit: axes.npy has 3 axes; one (condensed dissimilarities) or two (a matrix) can be read
  [1]
  $ sed "s/'shape'/'shapf'/" good.npy > damaged.npy
  $ mdscale fit damaged.npy
  mdscale fit: damaged.npy: the NPY header is damaged: a key that does not belong there
  [1]

Other files: missing, a folder, binary, UTF-16, damaged gzip.

  $ mdscale fit nowhere.csv
  mdscale fit: cannot open nowhere.csv: No such file or directory
  [1]
  $ mdscale fit .
  mdscale fit: cannot read .: it is a folder
  [1]
  $ head -c 2000 "$(command -v cat)" > binary.csv
  $ mdscale fit binary.csv
  mdscale fit: binary.csv holds binary data; text (CSV, TSV, PHYLIP, ...), NPY and NPZ files can be read
  [1]
  $ gzip -c "$DATA/digits.csv" | head -c 3000 > cut.csv.gz
  $ mdscale fit cut.csv.gz --labels digit
  mdscale fit: cut.csv.gz: the gzip data ends too soon (a truncated file?)
  [1]

A starting configuration or a map of the wrong shape; labels and weights that do not fit:

  $ printf '0,1\n1,0\n' > start.csv
  $ mdscale fit three.csv --init start.csv
  mdscale fit: start.csv holds 2 x 2 numbers; --init needs 3 x 2 (objects x dimensions)
  [1]
  $ printf '0,1\n1,0\n2,NA\n' > start.csv
  $ mdscale fit three.csv --init start.csv
  mdscale fit: start.csv: line 3 (row 3), column 2: a coordinate is missing
  [1]
  $ mdscale fit three.csv --init nowhere.csv
  mdscale fit: cannot open nowhere.csv: No such file or directory
  [1]
  $ mdscale stress three.csv two.csv
  mdscale stress: two.csv holds 2 x 2 numbers; the map needs 3 rows, one for each object
  [1]
  $ printf 'a\nb\n' > names.txt
  $ mdscale fit three.csv --labels names.txt
  mdscale fit: three.csv has 3 objects, but there are 2 labels
  [1]
  $ mdscale fit three.csv --weights two.csv
  mdscale fit: two.csv holds weights for 2 objects, but there are 3
  [1]
  $ printf '0,1,1\n1,0,-1\n1,-1,0\n' > weights.csv
  $ mdscale fit three.csv --weights weights.csv
  mdscale fit: weights.csv: row 2, column 3: the weight is negative (-1)
  [1]

Options:

  $ mdscale fit three.csv --metric euclidian
  mdscale fit: --metric: 'euclidian' is not one of euclidean, sqeuclidean, manhattan, chebyshev, cosine, correlation, braycurtis, canberra, minkowski, hamming, jaccard, weighted-jaccard, gower, mahalanobis, hellinger, jensenshannon, haversine; did you mean euclidean?
  See 'mdscale fit --help'.
  [2]
  $ mdscale fit three.csv --methd pattern
  mdscale fit: there is no option --methd; did you mean --method?
  See 'mdscale fit --help'.
  [2]
  $ mdscale fit three.csv --method smacoff
  mdscale fit: --method: 'smacoff' is not one of auto, classical, smacof, lbfgs, sgd, pattern, unidimensional; did you mean smacof?
  See 'mdscale fit --help'.
  [2]
  $ mdscale fit three.csv --dims two
  mdscale fit: --dims: 'two' is not a whole number
  See 'mdscale fit --help'.
  [2]
  $ mdscale fit three.csv --shrink 1.5
  mdscale fit: --shrink: '1.5' is not a number from 1e-06 to 0.999999
  See 'mdscale fit --help'.
  [2]
  $ mdscale fit three.csv --metric cosine --input distances
  mdscale fit: --metric is for features; with --input distances there is nothing to compute
  See 'mdscale fit --help'.
  [2]
  $ mdscale fit three.csv --layout lower --input features
  mdscale fit: --layout lower is for distances, not for --input features
  See 'mdscale fit --help'.
  [2]
  $ mdscale fti three.csv
  mdscale: there is no command 'fti'; did you mean 'fit'?
  See 'mdscale --help'.
  [2]
  $ mdscale fit
  mdscale fit: needs INPUT
  See 'mdscale fit --help'.
  [2]
  $ mdscale fit three.csv other.csv
  mdscale fit: 'other.csv' is one argument too many
  See 'mdscale fit --help'.
  [2]
  $ mdscale distances three.csv
  mdscale distances: say where the distances go: -o D.npy
  See 'mdscale distances --help'.
  [2]
  $ mdscale distances three.csv -o D.txt
  mdscale distances: D.txt should end in .npy, .csv or .tsv, which says what to write
  See 'mdscale distances --help'.
  [2]

Numbers so small that no digits are left below them, a radius that leaves nothing to do:

  $ printf '0,3e-299,4e-299\n3e-299,0,5e-299\n4e-299,5e-299,0\n' > tiny.csv
  $ mdscale fit tiny.csv
  mdscale fit: tiny.csv: the largest dissimilarity is 5e-299, below 1e-290; scale the data up
  [1]
  $ mdscale fit three.csv --radius 1 --smallest-radius 2
  mdscale fit: three.csv: the smallest radius 2 is above the start radius 1
  [1]

An output that cannot be written is found before anything is read:

  $ mdscale fit nowhere.csv -o /nowhere/map.csv
  mdscale fit: cannot write /nowhere/map.csv: No such file or directory
  [1]
  $ mkdir folder.svg
  $ mdscale fit nowhere.csv --plot folder.svg
  mdscale fit: cannot write folder.svg: it is a folder
  [1]
  $ mdscale fit three.csv --plot map.png
  mdscale fit: the plot is SVG; let the name map.png end in .svg
  See 'mdscale fit --help'.
  [2]
  $ mdscale fit three.csv -o map.txt
  mdscale fit: the map map.txt should end in .csv, .tsv or .npy, which says what to write
  See 'mdscale fit --help'.
  [2]
  $ mdscale fit three.csv -o - --json -
  mdscale fit: two results cannot both go to standard output
  See 'mdscale fit --help'.
  [2]
  $ mdscale stress three.csv three.csv --json - --per-point -
  mdscale stress: two results cannot both go to standard output
  See 'mdscale stress --help'.
  [2]
  $ ln -s three.csv again.csv
  $ mdscale fit three.csv -o again.csv
  mdscale fit: again.csv is the input three.csv; let the result go to another file
  See 'mdscale fit --help'.
  [2]
  $ (ulimit -f 1; mdscale fit -q "$DATA/digits.csv" --labels digit --max-iter 1 -o map.csv)
  mdscale fit: cannot write map.csv: it would be larger than a file may be here, 1024 bytes (ulimit -f)
  [1]
  $ ln -s /dev/full full.csv
  $ mdscale fit three.csv -o full.csv
  mdscale fit: cannot write full.csv: No space left on device
  [1]

And no output was left behind by any of these:

  $ rmdir folder.svg
  $ ls map* D.* *.svg 2>/dev/null
  [2]
