A reader of JSON for what follows:

  $ json() { python3 -c 'import json, sys; s = json.load(sys.stdin); print(*(s[key] for key in sys.argv[1:]))' "$@"; }

A map of European cities, with its picture, summary and trace:

  $ mdscale fit "$DATA/eurodist.csv" -o map.csv --plot map.svg --json summary.json --trace trace.csv --isa scalar
  read         21 x 21 dissimilarities (CSV, square), labels in the first column
  fitted       2 dimensions by automatic search, squared loss
  stopped      after * iterations, *: converged: the gradient is as good as zero (glob)
  stress-1     0.07216* (glob)
  normalised   0.07216* (glob)
  starts       * ended in this map (glob)
  raw stress   * (glob)
  map          map.csv
  plot         map.svg
  summary      summary.json
  trace        trace.csv
  $ head -n 2 map.csv
  label,dim1,dim2
  Athens,* (glob)
  $ wc -l < map.csv
  22
  $ python3 -c 'import json; s = json.load(open("summary.json")); print(*s)'
  version input read_as n dims method loss level stress stress_raw stress_normalized stress1 stress_absolute stress_start gradient pairs parts iterations stop_reason seconds read_seconds distance_seconds threads isa seed init starts_tried starts_best best_start starts map plot trace
  $ json n dims method seed stop_reason isa < summary.json
  21 2 auto 42 converged scalar
  $ head -n 1 trace.csv
  iteration,step,stress,moves
  $ python3 -c 'import json; print(sum(1 for line in open("trace.csv")) - 1 == json.load(open("summary.json"))["iterations"])'
  True
  $ mdscale fit "$DATA/eurodist.csv" -o pattern.csv --method pattern --json pattern.json --trace trace.csv -q
  $ head -n 1 trace.csv
  epoch,radius,stress,moves
  $ python3 <<'END'
  > import csv, json
  > trace = [float(row["stress"]) for row in csv.DictReader(open("trace.csv"))]
  > summary = json.load(open("pattern.json"))
  > print(len(trace) == summary["iterations"], trace == sorted(trace, reverse=True))
  > END
  True True
  $ python3 -c 'import xml.dom.minidom as m; d = m.parse("map.svg"); print(len([t for t in d.getElementsByTagName("text") if t.getAttribute("class") == "label"]), len(d.getElementsByTagName("title")))'
  21 21

Its stress, told again from the written map, is the same:

  $ mdscale stress "$DATA/eurodist.csv" map.csv --json again.json --per-point shares.csv --isa scalar
  map          21 objects in 2 dimensions, 210 pairs
  stress-1     0.07* (glob)
  normalised   0.07* (glob)
  raw stress   * (glob)
  $ python3 <<'END'
  > import csv, json
  > one, two = (json.load(open(name)) for name in ("summary.json", "again.json"))
  > print(all(one[key] == two[key] for key in ("stress_raw", "stress_normalized", "stress1", "pairs", "n")))
  > shares = list(csv.DictReader(open("shares.csv")))
  > print(shares[0]["label"], abs(sum(float(row["share"]) for row in shares) - 1) < 1e-12)
  > END
  True
  Athens True

The same map whatever the form of the input, the format of the map, and the number of threads:

  $ mdscale distances map.csv -o D.npy
  read         21 objects x 2 features (CSV), labels in column 1 (label)
  distances    euclidean, 21 x 21 in * (glob)
  written      D.npy
  $ mdscale distances map.csv -o D.csv -q
  $ mdscale fit D.npy --labels map.csv:label -o a.csv -q
  $ mdscale fit D.csv -o b.csv -q --threads 1
  $ gzip -c D.csv | mdscale fit - -o - --threads 2 > c.csv
  $ mdscale fit map.csv --metric euclidean -o d.csv -q --threads 5
  $ cmp a.csv b.csv && cmp b.csv c.csv && cmp c.csv d.csv && head -n 1 a.csv
  label,dim1,dim2
  $ mdscale fit D.npy -o a.npy -q
  $ mdscale stress D.npy a.npy --json - > a.json; mdscale stress D.npy a.csv --json - > b.json; cmp a.json b.json

The seed draws the start; a start can be given; a map that is perfect stays:

  $ mdscale fit D.npy --seed 7 -o e.csv -q; cmp -s a.csv e.csv
  [1]
  $ mdscale fit D.npy --init map.csv --json init.json -q; python3 -c 'import json; s = json.load(open("init.json")); print(s["stress_raw"] < 1e-12, s["init"])'
  True map.csv
  $ mdscale fit "$DATA/eurodist.csv" --init map.csv -o again.csv --max-iter 1 -q
  $ mdscale fit "$DATA/eurodist.csv" --init random --starts 1 --max-iter 3 --json - | json iterations stop_reason
  3 limit

Turned to its principal axes, north is up whatever the seed:

  $ for seed in 1 2 3; do mdscale fit "$DATA/eurodist.csv" --seed $seed --align -o - | python3 -c '
  > import csv, sys
  > at = {row["label"]: (float(row["dim1"]), float(row["dim2"])) for row in csv.DictReader(sys.stdin)}
  > print(at["Stockholm"][1] > 1500, at["Athens"][1] < -1500, at["Lisbon"][0] < -1500)'; done
  True True True
  True True True
  True True True

The method is auto unless named; an option of a method's own names it too:

  $ for method in auto pattern; do mdscale fit "$DATA/ekman.csv" --method $method --json - | json method; done
  auto
  pattern
  $ mdscale fit "$DATA/ekman.csv" --json - | json method
  auto
  $ mdscale fit "$DATA/ekman.csv" --radius 0.25 --json - | json method
  pattern
  $ mdscale fit --help | sed -n '/^Method pattern:/,/^$/p' | grep -o -- '--[a-z-]*'
  --radius
  --shrink
  --smallest-radius
  --point-share
  --dimension-share
  --order

Options of the method:

  $ mdscale fit "$DATA/eurodist.csv" --dims 3 --radius 500 --shrink 0.7 --tolerance 1e-3 --smallest-radius 0.01 --order shuffled --loss absolute --point-share 0.9 --dimension-share 0.7 --json - | json dims loss stop_reason
  3 absolute converged
  $ mdscale fit "$DATA/digits.csv" --labels digit --rows 60 --dims 1 -o one.csv --plot one.svg
  read         60 objects x 64 features (CSV), labels in column 65 (digit)
  distances    euclidean
  fitted       1 dimension by automatic search, squared loss
  stopped      after * (glob)
  stress-1     * (glob)
  normalised   * (glob)
  starts       * ended in this map (glob)
  raw stress   * (glob)
  map          one.csv
  plot         one.svg
  $ head -n 1 one.csv
  label,dim1
  $ mdscale fit "$DATA/eurodist.csv" --rows 5 -o - | cut -d, -f1 | paste -sd' '
  label Athens Barcelona Brussels Calais Cherbourg

Weights: a weight of 0 leaves a pair out, as an empty field does.

  $ printf ',a,b,c,d\na,0,1,2,9\nb,1,0,1,2\nc,2,1,0,1\nd,9,2,1,0\n' > D4.csv
  $ printf '0,1,1,0\n1,0,1,1\n1,1,0,1\n0,1,1,0\n' > W4.csv
  $ printf '1\n1,1\n1,1,1\n0,1,1,1\n' > L4.csv
  $ mdscale fit D4.csv --weights L4.csv --dims 1 --json - | json pairs
  5
  $ sed 's/9/NA/g' D4.csv > M4.csv
  $ mdscale fit D4.csv --weights W4.csv --dims 1 -o w.csv -q && mdscale fit M4.csv --dims 1 -o m.csv -q && mdscale stress M4.csv w.csv | head -n 1
  map          4 objects in 1 dimension, 5 pairs
  $ mdscale stress M4.csv w.csv --json - | json pairs; mdscale stress D4.csv w.csv --weights W4.csv --json - | json pairs
  5
  5

Numbers of any magnitude: the map of data 1e200 times as large, its stress and its picture. What a double cannot
hold, the sum of squares, is null.

  $ printf '0,3,4,7\n3,0,5,6\n4,5,0,9\n7,6,9,0\n' > plain.csv; sed 's/[3-9]/&e200/g' plain.csv > large.csv; sed 's/[3-9]/&e-200/g' plain.csv > small.csv
  $ for size in plain large small; do
  >   mdscale fit $size.csv -o $size.map.csv --plot $size.svg --align --json $size.json -q
  >   mdscale stress $size.csv $size.map.csv | sed -n 2,3p; json stop_reason < $size.json; done | sort | uniq -c
        3 converged
        3 normalised   0.073963   (as it stands)
        3 stress-1     0.073963   (at the best scale: distances times 1)
  $ python3 - <<'END'
  > read = lambda name: [float(x) for line in list(open(name))[1:] for x in line.split(",")]
  > plain, large, small = (read(f"{size}.map.csv") for size in ("plain", "large", "small"))
  > print(max(abs(a - b * 1e-200) + abs(a - c * 1e200) for a, b, c in zip(plain, large, small)) < 1e-9)
  > END
  True
  $ grep -c nan large.svg small.svg; json stress_raw < large.json
  large.svg:0
  small.svg:0
  None
  $ mdscale stress plain.csv small.map.csv | head -n 2
  map          4 objects in 2 dimensions, 6 pairs
  stress-1     0.073963   (at the best scale: distances times 1e+200)
  $ printf '1e200,0\n0,1e200\n0,0\n' > f.csv; mdscale distances f.csv -o -
  label,1,2,3
  1,0,1.414213562373095e+200,1e+200
  2,1.414213562373095e+200,0,1e+200
  3,1e+200,1e+200,0

Progress goes to standard error, nothing with --quiet:

  $ mdscale fit "$DATA/eurodist.csv" -q
  $ mdscale fit "$DATA/eurodist.csv" | tail -n 1
  No map was kept: say -o map.csv or --plot map.svg.

What was there before is replaced only by a whole result:

  $ echo precious > keep.csv
  $ printf '0,1\n' > bad.csv
  $ mdscale fit bad.csv --input distances -o keep.csv 2>/dev/null; cat keep.csv
  precious
  $ ls keep.csv*
  keep.csv
