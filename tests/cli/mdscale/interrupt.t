Ctrl-C stops at the end of the epoch, writes the best map so far, says so and exits 130. (A shrink factor near 1
and a tiny last radius make a job that would run for hours.)

  $ mdscale fit "$DATA/digits.csv" --labels digit --rows 300 --shrink 0.999999 --smallest-radius 1e-200 --max-iter 1000000000 -o map.csv --plot map.svg --json summary.json --trace trace.csv > shown.txt 2> said.txt &
  $ job=$!
  $ for i in $(seq 600); do grep -qs epoch said.txt && break; sleep 0.1; done
  $ ls map.csv summary.json 2> /dev/null
  [2]
  $ kill -INT $job; wait $job
  [130]
  $ tail -n 1 said.txt
  mdscale fit: interrupted after epoch *; the best map so far is in map.csv (glob)
  $ grep stopped shown.txt
  stopped      after * epochs, *: interrupted; this is the best map so far (glob)
  $ wc -l < map.csv
  301
  $ ls
  map.csv
  map.svg
  said.txt
  shown.txt
  summary.json
  trace.csv
  $ grep stop_reason summary.json
    "stop_reason": "cancelled",
  $ mdscale stress "$DATA/digits.csv" --labels digit --rows 300 map.csv | head -n 1
  map          300 objects in 2 dimensions, 44850 pairs

Interrupted while it reads, it ends at once and leaves nothing, whatever it reads and whichever signal says so. (The
pipe is held open and stays empty.)

  $ mkdir reading && cd reading && mkfifo pipe && exec 9<> pipe
  $ printf '0,1,2\n1,0,1\n2,1,0\n' > D.csv; printf '0,0\n1,0\n2,0\n' > map.csv
  $ reads() { for i in $(seq 600); do
  >   grep -qs mdscale /proc/$1/comm && grep -q '^SigCgt:.*[2367abef]$' /proc/$1/status &&
  >   grep -q '^State:.S' /proc/$1/status && return; sleep 0.05; done; echo "does not wait"; }
  $ try() { signal=$1; shift; "$@" < pipe > shown.txt 2> said.txt & reads $!; kill -$signal $!; wait $!
  >   echo "$? $(cat shown.txt said.txt)"; rm shown.txt said.txt; }
  $ try INT mdscale fit - -o out.csv --plot out.svg --json out.json --trace trace.csv
  130 mdscale fit: interrupted; no file was written
  $ try TERM mdscale fit - -o out.csv
  143 mdscale fit: interrupted; no file was written
  $ try HUP mdscale fit - -o out.csv
  129 mdscale fit: interrupted; no file was written
  $ try INT mdscale fit pipe -o out.csv -q
  130 mdscale fit: interrupted; no file was written
  $ try INT mdscale fit D.csv --weights - -o out.csv
  130 mdscale fit: interrupted; no file was written
  $ try INT mdscale fit D.csv --init - -o out.csv
  130 mdscale fit: interrupted; no file was written
  $ try INT mdscale fit D.csv --labels pipe -o out.csv
  130 mdscale fit: interrupted; no file was written
  $ try INT mdscale distances - -o out.csv
  130 mdscale distances: interrupted; no file was written
  $ try INT mdscale stress - map.csv --json out.json --per-point out.csv
  130 mdscale stress: interrupted; no file was written
  $ try TERM mdscale stress D.csv - --json out.json
  143 mdscale stress: interrupted; no file was written
  $ try HUP mdscale stress D.csv map.csv --weights - --json out.json
  129 mdscale stress: interrupted; no file was written
  $ mkfifo nobody; try INT mdscale fit nobody -o out.csv
  130 mdscale fit: interrupted; no file was written
  $ ls
  D.csv
  map.csv
  nobody
  pipe

The same in the middle of what keeps coming:

  $ busy() { for i in $(seq 600); do [ "$(cut -d ' ' -f 14 /proc/$1/stat)" -gt $2 ] && return; sleep 0.05; done; }
  $ mdscale fit - -o out.csv < <(yes 1,2,3) 2> ../said.txt & job=$!
  $ busy $job 20; kill -INT $job; wait $job
  [130]
  $ tail -n 1 ../said.txt
  mdscale fit: interrupted; no file was written
  $ ls; exec 9>&-; cd ..
  D.csv
  map.csv
  nobody
  pipe

A terminal that is closed does the same, and leaves no half-written file:

  $ mkdir hangup && cd hangup
  $ mdscale fit "$DATA/digits.csv" --labels digit --rows 300 --shrink 0.999999 --smallest-radius 1e-200 --max-iter 1000000000 -o map.csv > shown.txt 2> said.txt &
  $ job=$!
  $ for i in $(seq 600); do grep -qs epoch said.txt && break; sleep 0.1; done
  $ kill -HUP $job; wait $job
  [129]
  $ ls; cd ..
  map.csv
  said.txt
  shown.txt

A reader that leaves early costs no other result:

  $ mdscale fit -q "$DATA/digits.csv" --labels digit --max-iter 2 -o - --plot kept.svg | true; echo ${PIPESTATUS[0]}
  141
  $ ls kept*
  kept.svg
