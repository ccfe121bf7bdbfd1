New objects in a map, by their dissimilarities; columns are matched by label, an empty field is unknown:

  $ mdscale fit "$DATA/eurodist.csv" -o map.csv -q
  $ python3 <<'END'
  > import csv, os
  > rows = list(csv.reader(open(os.environ["DATA"] + "/eurodist.csv")))
  > order = [0] + sorted(range(1, 22), key=lambda k: rows[0][k][::-1])
  > write = csv.writer(open("new.csv", "w")).writerow
  > write(["name"] + [rows[0][k] for k in order[1:]])
  > write(["twin of Rome"] + [rows[19][k] for k in order[1:]])
  > write(["near Paris"] + [float(rows[18][k]) + 1 for k in order[1:]])
  > write(["half known"] + ["" if k % 2 else float(rows[18][k]) + 1 for k in order[1:]])
  > END
  $ mdscale place map.csv new.csv -o places.csv --plot places.svg --per-point stress.csv
  map          21 objects in 2 dimensions
  placed       3 new objects
  stress       0.* on average (glob)
  worst        0.*, * (glob)
  written      places.csv
  $ python3 <<'END'
  > import csv
  > old = {row["label"]: row for row in csv.DictReader(open("map.csv"))}
  > new = {row["label"]: row for row in csv.DictReader(open("places.csv"))}
  > print(all(new["twin of Rome"][k] == old["Rome"][k] for k in ("dim1", "dim2")))
  > for name in ("near Paris", "half known"):
  >     print(all(abs(float(new[name][k]) - float(old["Paris"][k])) < 150 for k in ("dim1", "dim2")))
  > print(*next(csv.reader(open("stress.csv"))))
  > END
  True
  True
  True
  label stress
  $ python3 -c 'import xml.dom.minidom as m; print(len([t for t in m.parse("places.svg").getElementsByTagName("use") if "pt" in t.getAttribute("class")]))'
  24

One at a time is the same as all at once, whatever the threads:

  $ (head -n 1 new.csv; tail -n 1 new.csv) > one.csv
  $ mdscale place map.csv one.csv -o - --threads 1 | tail -n 1 > alone; tail -n 1 places.csv | cmp - alone
  $ mdscale place map.csv new.csv --loss absolute --starts 8 --json - | python3 -c 'import json, sys; s = json.load(sys.stdin); print(s["new"], s["n"], s["loss"], s["worst"])'
  3 21 absolute * (glob)

By features:

  $ head -n 301 "$DATA/digits.csv" > old.csv; (head -n 1 "$DATA/digits.csv"; sed -n 302,310p "$DATA/digits.csv") > fresh.csv
  $ mdscale fit old.csv --labels digit --scale range -o digits.csv -q
  $ mdscale place digits.csv fresh.csv --features old.csv --labels digit --scale range -o placed.csv | head -n 3
  map          300 objects in 2 dimensions
  map stress   0.* (stress-1 of the mapped objects) (glob)
  placed       9 new objects

A map that was fitted with other distances is told; its stress is that of the fit where they are the same:

  $ head -n 61 old.csv > few.csv; mdscale fit few.csv --labels digit -o few-map.csv --json fit.json -q
  $ mdscale place few-map.csv fresh.csv --features few.csv --labels digit -o placed.csv --json place.json -q
  $ python3 -c 'import json; a, b = (json.load(open(f)) for f in ("fit.json", "place.json")); print(abs(a["stress1"] - b["map_stress1"]) < 1e-9, abs(b["map_scale"] - 1) < 1e-5)'
  True True
  $ mdscale place few-map.csv fresh.csv --features few.csv --labels digit --metric manhattan -o placed.csv | head -n 1
  mdscale place: few-map.csv: the distances of the features in few.csv are * times those in the map, so new objects may land wrong; say the --metric and --scale that it was fitted with (maps by --method classical are mostly too small) (glob)
  map          60 objects in 2 dimensions

What is wrong is told:

  $ cut -d, -f 1-6 new.csv > short.csv; mdscale place map.csv short.csv -o -
  mdscale place: map.csv and short.csv are not of the same objects: 'Athens' is in map.csv only
  [1]
  $ sed '1s/Rome/Roma/' new.csv > other.csv; mdscale place map.csv other.csv -o -
  mdscale place: map.csv and other.csv are not of the same objects: 'Rome' is in the first only, 'Roma' in the second
  [1]
  $ (cat new.csv; printf 'nowhere,,,,,,,,,,,,,,,,,,,,,\n') > unknown.csv; mdscale place map.csv unknown.csv -o -
  mdscale place: unknown.csv: 'nowhere' has no known dissimilarity to any object of the map, so it could be anywhere
  [1]
  $ mdscale place map.csv new.csv --metric braycurtis -o -
  mdscale place: --metric and --scale need the features of the mapped objects: --features FILE
  See 'mdscale place --help'.
  [2]
  $ mdscale place map.csv new.csv
  mdscale place: say where the places go: -o places.csv
  See 'mdscale place --help'.
  [2]
