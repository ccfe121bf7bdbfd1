Where results go. No result over anything that is read or over another result, however it is spelled.

  $ printf '0,3,4\n3,0,5\n4,5,0\n' > D.csv; cp D.csv w.csv; ln D.csv hard.csv; ln -s w.csv soft.csv
  $ printf '0,0\n3,0\n0,4\n' > map.csv; printf 'a\nb\nc\n' > names.txt; printf 'name,x\na,1\nb,2\nc,3\n' > names.csv
  $ md5sum *.csv names.txt > before.txt
  $ refused() { "$@" 2> said.txt; echo "$? $(head -n 1 said.txt)"; }
  $ refused mdscale fit D.csv -o ./D.csv
  2 mdscale fit: ./D.csv is the input D.csv; let the result go to another file
  $ refused mdscale fit D.csv -o hard.csv
  2 mdscale fit: hard.csv is the input D.csv; let the result go to another file
  $ refused mdscale fit D.csv --weights w.csv -o w.csv
  2 mdscale fit: w.csv is an input; let the result go to another file
  $ refused mdscale fit D.csv --weights w.csv --trace soft.csv
  2 mdscale fit: soft.csv is the input w.csv; let the result go to another file
  $ refused mdscale fit D.csv --init map.csv -o map.csv
  2 mdscale fit: map.csv is an input; let the result go to another file
  $ refused mdscale fit D.csv --labels names.txt --json names.txt
  2 mdscale fit: names.txt is an input; let the result go to another file
  $ refused mdscale fit D.csv --groups names.csv:name -o names.csv
  2 mdscale fit: names.csv is an input; let the result go to another file
  $ refused mdscale fit - -o D.csv < hard.csv
  2 mdscale fit: D.csv is the input on standard input; let the result go to another file
  $ refused mdscale stress D.csv map.csv --per-point map.csv
  2 mdscale stress: map.csv is an input; let the result go to another file
  $ refused mdscale stress D.csv map.csv --weights w.csv --json w.csv
  2 mdscale stress: w.csv is an input; let the result go to another file
  $ refused mdscale distances names.csv --labels name -o names.csv
  2 mdscale distances: names.csv is an input; let the result go to another file
  $ refused mdscale fit D.csv -o new.csv --trace ./new.csv
  2 mdscale fit: two results cannot both go to ./new.csv, which is also new.csv
  $ refused mdscale fit D.csv -o - --json /dev/fd/1
  2 mdscale fit: two results cannot both go to /dev/fd/1, which is also standard output
  $ refused mdscale stress D.csv map.csv --per-point s.csv --json s.csv
  2 mdscale stress: two results cannot both go to s.csv
  $ md5sum -c --quiet before.txt

A descriptor is written through, and the words of a person stay away from it.

  $ mkdir fd; ln -s /proc/self/fd/1 fd/stdout
  $ echo precious > log; mdscale fit D.csv --json fd/stdout >> log; cut -c 1-10 log; readlink fd/stdout
  precious
  {"version"
  /proc/self/fd/1
  $ mdscale fit D.csv -o fd/stdout | wc -l
  4
  $ mdscale distances names.csv --labels name -o fd/stdout | head -n 1
  label,a,b,c

With standard output closed, its words do not end up in a file that took its number.

  $ mdscale fit D.csv -o closed.csv >&-
  mdscale fit: cannot write standard output: Bad file descriptor
  [1]
  $ wc -l < closed.csv; mdscale fit D.csv -q -o closed.csv >&- 2>&- <&-; wc -l < closed.csv
  4
  4

The summary names the other results, and gets its name last: with one of them missing it stays as it was.

  $ mdscale fit D.csv -q -o m.csv --plot m.svg --trace t.csv --json s.json
  $ python3 -c 'import json; s = json.load(open("s.json")); print(s["map"], s["plot"], s["trace"])'
  m.csv m.svg t.csv
  $ mdscale stress D.csv m.csv -q --per-point p.csv --json p.json; grep per_point p.json
    "per_point": "p.csv",
  $ (ulimit -f 4; mdscale fit "$DATA/eurodist.csv" -q --seed 7 -o m.csv --plot m.svg --json s.json)
  mdscale fit: cannot write m.svg: it would be larger than a file may be here, 4096 bytes (ulimit -f)
  [1]
  $ grep -c '"seed": 42' s.json; ls -A | grep -c flamescale
  1
  0
  [1]

Killed at any moment, nothing is left but whole files.

  $ mkdir killed; cd killed
  $ for i in $(seq 30); do mdscale fit "$DATA/eurodist.csv" -q -o m.csv --plot m.svg --trace t.csv --json s.json & sleep 0.0$((RANDOM % 30 + 10)); kill -9 $!; wait $!; done 2> /dev/null; true
  $ mdscale fit "$DATA/eurodist.csv" -q -o m.csv --plot m.svg --trace t.csv --json s.json; ls -A
  m.csv
  m.svg
  s.json
  t.csv
