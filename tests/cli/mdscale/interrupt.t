Ctrl-C stops at the end of the epoch, writes the best map so far, says so and exits 130. (A shrink factor near 1
and a tiny last radius make a job that would run for hours.)

  $ mdscale fit $DATA/digits.csv --labels digit --rows 300 --shrink 0.999999 --smallest-radius 1e-200 --max-iter 1000000000 -o map.csv --plot map.svg --json summary.json --trace trace.csv > shown.txt 2> said.txt &
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
  $ mdscale stress $DATA/digits.csv --labels digit --rows 300 map.csv | head -n 1
  map          300 objects in 2 dimensions, 44850 pairs

Interrupted while it reads, it writes nothing:

  $ mkfifo pipe
  $ mdscale fit pipe -o other.csv > /dev/null 2> said.txt &
  $ job=$!
  $ (head -c 20000000 /dev/zero | tr '\0' 1; sleep 5) > pipe 2> /dev/null &
  $ for i in $(seq 600); do ls other.csv.* > /dev/null 2>&1 && break; sleep 0.1; done
  $ kill -INT $job; (head -c 40000000 /dev/zero | tr '\0' 1) > pipe 2> /dev/null & wait $job
  [130]
  $ tail -n 1 said.txt; ls | grep other
  mdscale fit: interrupted while reading; nothing was written
  [1]

A terminal that is closed does the same, and leaves no half-written file:

  $ mkdir hangup && cd hangup
  $ mdscale fit $DATA/digits.csv --labels digit --rows 300 --shrink 0.999999 --smallest-radius 1e-200 --max-iter 1000000000 -o map.csv > shown.txt 2> said.txt &
  $ job=$!
  $ for i in $(seq 600); do grep -qs epoch said.txt && break; sleep 0.1; done
  $ kill -HUP $job; wait $job
  [130]
  $ ls; cd ..
  map.csv
  said.txt
  shown.txt

A reader that leaves early costs no other result:

  $ mdscale fit $DATA/digits.csv --labels digit --max-iter 2 -o - --plot kept.svg | true; echo ${PIPESTATUS[0]}
  141
  $ ls kept*
  kept.svg
