Ctrl-C while the input is waited for: nothing is written, nothing is left behind. (The signal may come as soon as the
command catches it.)

  $ mkfifo pipe
  $ catches() { for i in $(seq 600); do
  >   grep -qs flame /proc/$1/comm && grep -q '^SigCgt:.*[2367abef]$' /proc/$1/status && return; sleep 0.05; done; }
  $ sleep 20 > pipe &
  $ keeper=$!
  $ flame collapse pipe -o out.folded 2> said.txt &
  $ job=$!
  $ catches $job; sleep 0.5
  $ kill -INT $job; wait $job
  [130]
  $ cat said.txt
  flame collapse: interrupted while reading; nothing was written
  $ kill $keeper; ls
  pipe
  said.txt

And in the middle of a large input:

  $ (while printf 'main;f%d 1\n' $RANDOM; do :; done) > pipe 2> /dev/null &
  $ flame collapse pipe -o out.folded 2> said.txt &
  $ job=$!
  $ catches $job; sleep 0.5
  $ kill -INT $job; wait $job
  [130]
  $ cat said.txt; ls
  flame collapse: interrupted while reading; nothing was written
  pipe
  said.txt

Any signal that would end it does so: a timer's, a limit's, one that somebody sent by mistake.

  $ for signal in ALRM VTALRM PROF IO XCPU PWR USR1 USR2 HUP TERM RTMIN RTMAX; do
  >   sleep 20 > pipe & keeper=$!
  >   flame collapse pipe -o out.folded 2> said.txt & job=$!
  >   catches $job; sleep 0.1; kill -$signal $job; wait $job; echo "$signal $? $(cat said.txt)"
  >   kill $keeper; wait $keeper
  > done 2> /dev/null; true
  ALRM 130 flame collapse: interrupted while reading; nothing was written
  VTALRM 130 flame collapse: interrupted while reading; nothing was written
  PROF 130 flame collapse: interrupted while reading; nothing was written
  IO 130 flame collapse: interrupted while reading; nothing was written
  XCPU 130 flame collapse: interrupted while reading; nothing was written
  PWR 130 flame collapse: interrupted while reading; nothing was written
  USR1 130 flame collapse: interrupted while reading; nothing was written
  USR2 130 flame collapse: interrupted while reading; nothing was written
  HUP 130 flame collapse: interrupted while reading; nothing was written
  TERM 130 flame collapse: interrupted while reading; nothing was written
  RTMIN 130 flame collapse: interrupted while reading; nothing was written
  RTMAX 130 flame collapse: interrupted while reading; nothing was written
  $ ls -A
  pipe
  said.txt
