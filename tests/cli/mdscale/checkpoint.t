A fit that was stopped goes on from its checkpoint, and ends with the same map.

  $ fit() { mdscale fit "$DATA/digits.csv" --labels digit --rows 300 -q --method smacof --init random --tolerance 1e-13 --max-iter 1000000 "$@"; }
  $ fit -o whole.csv
  $ fit -o stopped.csv --checkpoint fit.ck --every 0.001s --max-seconds 0.03
  $ fit -o resumed.csv --resume fit.ck --checkpoint fit.ck --threads 3 && cmp whole.csv resumed.csv
  $ ls
  fit.ck
  resumed.csv
  stopped.csv
  whole.csv

Another fit is refused by what differs, and what is no checkpoint.

  $ fit --resume fit.ck --seed 3
  mdscale fit: fit.ck: the checkpoint is of another fit: its seed is 42, here it is 3
  [1]
  $ mdscale fit "$DATA/digits.csv" --labels digit --rows 299 -q --method smacof --init random --tolerance 1e-13 --max-iter 1000000 --resume fit.ck
  mdscale fit: fit.ck: the checkpoint is of another fit: its number of objects is 300, here it is 299
  [1]
  $ fit --resume fit.ck --metric manhattan
  mdscale fit: fit.ck: the checkpoint is of another fit: its dissimilarities differ
  [1]
  $ head -c 5000 fit.ck > cut.ck; fit --resume cut.ck
  mdscale fit: cut.ck: the checkpoint is cut off or damaged
  [1]
  $ fit --resume whole.csv
  mdscale fit: whole.csv: this is no checkpoint of mdscale
  [1]
  $ fit --resume missing.ck
  mdscale fit: cannot open missing.ck: No such file or directory
  [1]

A place that cannot be written to is found before the work, and a checkpoint is a file of its own.

  $ fit --checkpoint missing/fit.ck
  mdscale fit: cannot write missing/fit.ck: No such file or directory
  [1]
  $ fit --checkpoint /dev/null
  mdscale fit: --checkpoint takes a file, which /dev/null is not
  See 'mdscale fit --help'.
  [2]
  $ fit --checkpoint map.csv -o map.csv
  mdscale fit: two results cannot both go to map.csv
  See 'mdscale fit --help'.
  [2]
  $ fit --checkpoint fit.ck --every 5x
  mdscale fit: --every takes a time, such as 30s, 5m or 1h, not '5x'
  See 'mdscale fit --help'.
  [2]
  $ fit --every 5m
  mdscale fit: --every says how often --checkpoint is written, which is not there
  See 'mdscale fit --help'.
  [2]

Ctrl-C leaves a last one.

  $ mdscale fit "$DATA/digits.csv" --labels digit --rows 300 -q --shrink 0.999999 --smallest-radius 1e-200 --max-iter 1000000000 -o map.csv --checkpoint last.ck 2> said.txt &
  $ job=$!; for i in $(seq 600); do [ -e last.ck ] && break; sleep 0.1; done; kill -INT $job; wait $job
  [130]
  $ cat said.txt
  mdscale fit: interrupted after epoch *; the best map so far is in map.csv (glob)
  mdscale fit: --resume last.ck goes on from here
