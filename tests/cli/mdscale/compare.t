Two maps of the same objects, in another order and turned:

  $ mdscale fit "$DATA/eurodist.csv" -o a.csv -q
  $ python3 <<'END'
  > import csv
  > rows = list(csv.reader(open("a.csv")))
  > turned = [[name, 2 * float(y) + 7, 2 * float(x)] for name, x, y in rows[1:]]
  > csv.writer(open("b.csv", "w")).writerows([rows[0]] + turned[::-1])
  > END
  $ mdscale compare a.csv b.csv --plot arrows.svg --per-point apart.csv -o back.csv
  compared     21 objects in 2 dimensions
  R squared    1.000000   (m squared 0.000000)
  congruence   1.000000   (of the distances)
  scale        0.5   (of the second to the first)
  farthest     * apart, * (glob)
  $ python3 <<'END'
  > import csv
  > a, back = (list(csv.reader(open(name))) for name in ("a.csv", "back.csv"))
  > print(all(x[0] == y[0] and abs(float(x[1]) - float(y[1])) < 1e-9 for x, y in zip(a[1:], back[1:])))
  > print(max(float(row["difference"]) for row in csv.DictReader(open("apart.csv"))) < 1e-9)
  > END
  True
  True
  $ mdscale fit "$DATA/eurodist.csv" -o c.csv --method classical -q
  $ mdscale compare a.csv c.csv --plot arrows.svg --json - | python3 -c 'import json, sys; s = json.load(sys.stdin); print(round(s["r2"], 4), round(s["congruence"], 4), round(s["r2"] + s["m2"], 12), s["widest"], len(s["differences"]))'
  0.9944 0.9986 1.0 Cherbourg 21
  $ python3 -c 'import xml.dom.minidom as m; d = m.parse("arrows.svg"); print(len(d.getElementsByTagName("circle")), 5 < len([p for p in d.getElementsByTagName("path") if p.getAttribute("class") == "arrow"]) <= 21)'
  21 True

A map turned onto another, so that two runs can be laid side by side; distances stay:

  $ mdscale fit "$DATA/eurodist.csv" -o like.csv --seed 9 --like b.csv -q
  $ mdscale compare b.csv like.csv --no-scaling -o same.csv -q
  $ python3 <<'END'
  > import csv
  > one, two = (list(csv.reader(open(name))) for name in ("like.csv", "same.csv"))
  > places = {row[0]: row for row in two[1:]}
  > print(all(abs(float(row[k]) - float(places[row[0]][k])) < 1e-6 for row in one[1:] for k in (1, 2)))
  > END
  True
  $ mdscale fit "$DATA/eurodist.csv" -p 3 -o three.csv --like b.csv -q; mdscale compare three.csv b.csv | head -n 1
  compared     21 objects in 3 dimensions

Other objects are an error that names the first:

  $ sed 's/^Rome/Roma/' b.csv > other.csv; mdscale compare a.csv other.csv
  mdscale compare: a.csv and other.csv are not of the same objects: 'Rome' is in the first only, 'Roma' in the second
  [1]
  $ mdscale fit "$DATA/eurodist.csv" -o d.csv --like other.csv
  mdscale fit: */eurodist.csv and other.csv are not of the same objects: 'Rome' is in the first only, 'Roma' in the second (glob)
  [1]
  $ head -n 9 a.csv > few.csv; mdscale compare a.csv few.csv
  mdscale compare: a.csv and few.csv are not of the same objects: 'Gibraltar' is in a.csv only
  [1]
  $ (cat a.csv; tail -n 1 b.csv) > twice.csv; mdscale compare twice.csv b.csv
  mdscale compare: twice.csv and b.csv: several objects have the label 'Athens', and the order is not the same, so they cannot be matched
  [1]
  $ mdscale fit "$DATA/eurodist.csv" -o d.csv --like a.csv --align
  mdscale fit: --like and --align turn the map in two ways; choose one
  See 'mdscale fit --help'.
  [2]
  $ printf '1,2\n1,2\n' > place.csv; mdscale compare place.csv place.csv
  mdscale compare: place.csv and place.csv: the points of the reference are all in one place, so it cannot be turned
  [1]

Dissimilarities are no map:

  $ cp "$DATA/eurodist.csv" d.csv; mdscale compare d.csv a.csv
  mdscale compare: d.csv holds dissimilarities, no map; `mdscale fit d.csv -o map.csv` makes one
  [1]
  $ mdscale place d.csv d.csv -o -
  mdscale place: d.csv holds dissimilarities, no map; `mdscale fit d.csv -o map.csv` makes one
  [1]
  $ mdscale stress d.csv d.csv
  mdscale stress: d.csv holds dissimilarities, no map; `mdscale fit d.csv -o map.csv` makes one
  [1]
  $ mdscale report d.csv --map d.csv -o d.html
  mdscale report: d.csv holds dissimilarities, no map; `mdscale fit d.csv -o map.csv` makes one
  [1]
