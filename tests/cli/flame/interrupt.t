Ctrl-C while the input is waited for: nothing is written, nothing is left behind.

  $ mkfifo pipe
  $ sleep 20 > pipe &
  $ keeper=$!
  $ flame collapse pipe -o out.folded 2> said.txt &
  $ job=$!
  $ for i in $(seq 200); do ls out.folded.* > /dev/null 2>&1 && break; sleep 0.05; done; sleep 0.5
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
  $ for i in $(seq 200); do ls out.folded.* > /dev/null 2>&1 && break; sleep 0.05; done; sleep 0.5
  $ kill -INT $job; wait $job
  [130]
  $ cat said.txt; ls
  flame collapse: interrupted while reading; nothing was written
  pipe
  said.txt
