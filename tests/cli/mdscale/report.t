A report says where it goes, and what it found. (The numbers of the road distances between nine cities: stress-1
0.0140 is the least known; they are what they are in docs/choosing.md.)

  $ mdscale report "$DATA/us_cities_road.csv"
  mdscale report: say where the report goes: -o report.html
  See 'mdscale report --help'.
  [2]
  $ mdscale report "$DATA/us_cities_road.csv" -o report.html 2> progress.txt
  read         9 x 9 dissimilarities (CSV, square), labels in the first column
  stress-1     0.013991   (excellent by Kruskal's rule of thumb)
  accounted    99.98 % of the dissimilarities' dispersion
  elbow        at 2 dimensions
  starts       * of 100 random ones ended in the best map; * different maps (glob)
  jackknife    stability 0.99*, cross-validity * (glob)
  bootstrap    stability 0.99*, of residuals drawn again (glob)
  permutation  p = 0.0099, of 100 maps
  report       report.html
  $ head -n 2 report.html
  <!DOCTYPE html>
  <html lang="en">

It asks the network for nothing, and the same input gives the same bytes.

  $ grep -c 'src="\|href="http\|url(' report.html
  0
  [1]
  $ mdscale report "$DATA/us_cities_road.csv" -o again.html --threads 1 -q && cmp report.html again.html

Every diagram is a picture of its own, every number is in the JSON, objects and pairs are tables.

  $ mdscale report "$DATA/us_cities_road.csv" -q --plot-map map.svg --plot-shepard shepard.svg --plot-residuals r.svg --plot-points p.svg --plot-dimensions d.svg --plot-starts s.svg --plot-minima m.svg --plot-bubble b.svg --plot-bootstrap boot.svg --plot-jackknife j.svg --plot-permutation q.svg --json report.json --csv objects.csv --csv-pairs pairs.csv
  $ for f in *.svg; do head -c 4 $f; tail -n 1 $f; done | sort | uniq -c | sed 's/^ *//'
  11 <svg</svg>
  $ head -n 2 objects.csv
  label,dim1,dim2,stress_share,bootstrap_spread,jackknife_spread,influence
  Boston,* (glob)
  $ wc -l < pairs.csv; head -n 2 pairs.csv
  37
  from,to,dissimilarity,disparity,distance,residual,weight
  Boston,New York,206,206,* (glob)
  $ mdscale report "$DATA/us_cities_road.csv" -q --json - | cut -c 1-10
  {"version"

A map that is there already is reported on as it is, in its own dimensions, whatever its size.

  $ mdscale fit "$DATA/us_cities_road.csv" -q -p 3 -o map3.csv
  $ mdscale report "$DATA/us_cities_road.csv" --map map3.csv -o three.html 2> progress.txt | sed -n '2p;$p'
  stress-1     0.01* (glob)
  report       three.html

At another level, with what was asked for only.

  $ mdscale report "$DATA/ekman.csv" --level ordinal --bootstrap 0 --permutations 0 --jackknife 0 --starts 0 --max-dims 0 -o o.html 2> progress.txt
  read         14 x 14 dissimilarities (CSV, square), labels in the first column
  stress-1     0.0231*   (excellent by Kruskal's rule of thumb) (glob)
  accounted    99.95 % of the dissimilarities' dispersion
  report       o.html
  $ mdscale report "$DATA/ekman.csv" --bootstrap 0 --plot-bootstrap none.svg -q
  mdscale report: --plot-bootstrap: there is nothing to draw, since that was not computed (see the notes, or ask for it)
  [1]

What cannot be is said before anything is computed, and nothing is left behind.

  $ mdscale report "$DATA/ekman.csv" -o report.pdf
  mdscale report: report.pdf holds an HTML page; let its name end in .html
  See 'mdscale report --help'.
  [2]
  $ mdscale report "$DATA/ekman.csv" -o no/such/folder.html
  mdscale report: * (glob)
  [1]
  $ printf '0,1\n1,0\n' > two.csv; mdscale report two.csv -o two.html
  read         2 x 2 dissimilarities (CSV, square)
  stress-1     0.000000   (excellent by Kruskal's rule of thumb)
  accounted    100.00 % of the dissimilarities' dispersion
  note         With 2 objects there is nothing to be told about how far the map can be trusted.
  report       two.html
  $ printf '0\n' > one.csv; mdscale report one.csv --input distances -o one.html
  mdscale report: one.csv has 1 object: there is nothing to report
  [1]
  $ ls one.html report.pdf none.svg 2> /dev/null
  [2]

Ctrl-C ends the computing; what there is by then is written, and says so.

  $ mdscale report "$DATA/digits.csv" --labels digit --rows 200 --permutations 100000 -o long.html > shown.txt 2> said.txt &
  $ job=$!
  $ for i in $(seq 600); do grep -qs permutation said.txt && break; sleep 0.1; done
  $ kill -INT $job; wait $job
  [130]
  $ tail -n 1 said.txt
  mdscale report: interrupted: the report holds what had been computed by then
  $ grep -c 'This report was interrupted' long.html
  1

What makes a map mean little is said at the top of the page; what cannot be computed, in a note.

  $ printf '0,1,,,\n1,0,,,\n,,0,1,2\n,,1,0,1\n,,2,1,0\n' > parts.csv
  $ mdscale report parts.csv -o parts.html 2> progress.txt | grep note
  note         No dissimilarity joins 2 parts of the objects: where the parts stand to each other means nothing.
  note         Jackknife: not possible: the map without object 1: row 1: the object has no known dissimilarity, so it cannot be placed; leave it out.
  $ grep -c 'class="warn">No dissimilarity joins 2 parts' parts.html
  1

Dissimilarities that are all the same give permuted maps whose stress differs by rounding only:

  $ printf ',a,b,c,d\na,0,1,1,1\nb,1,0,1,1\nc,1,1,0,1\nd,1,1,1,0\n' > tied.csv
  $ mdscale report tied.csv -o tied.html --plot-permutation tied.svg | grep permutation
  permutation  p = 1, of 100 maps
  $ python3 -c 'import os; print(os.path.getsize("tied.html") < 1000000, os.path.getsize("tied.svg") < 100000)'
  True True
