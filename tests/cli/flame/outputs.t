Where outputs go. A path that leads to a descriptor is written through it: what the shell appends to keeps what it has,
and the link stays. (A link of our own, as /dev/stdout is one.)

  $ mkdir fd; ln -s /proc/self/fd/1 fd/stdout
  $ printf 'main;parse 3\nmain;write 2\n' > a.folded
  $ echo precious > log; flame collapse a.folded -o fd/stdout >> log; cat log
  precious
  main;parse 3
  main;write 2
  $ flame convert a.folded --to folded -o fd/stdout >> log; flame graph a.folded --to folded -o /dev/fd/1 >> log; grep -c . log
  7
  $ (echo before; flame collapse a.folded -o fd/stdout; echo after) > log; cat log
  before
  main;parse 3
  main;write 2
  after
  $ flame collapse a.folded -o fd/stdout | head -n 1
  main;parse 3
  $ readlink fd/stdout
  /proc/self/fd/1
  $ flame diff a.folded a.folded --to folded -o fd/stdout
  main;parse 3 3
  main;write 2 2

With .gz at its end it is packed, whatever the form; what is gzip already is not packed twice.

  $ flame collapse a.folded -o p.folded.gz; gzip -dc p.folded.gz; flame collapse p.folded.gz
  main;parse 3
  main;write 2
  main;parse 3
  main;write 2
  $ flame convert a.folded -o p.json.gz; gzip -dc p.json.gz | head -c 20; echo; flame collapse p.json.gz
  {"$schema":"https://
  main;parse 3
  main;write 2
  $ flame graph a.folded -o p.svg.gz; gzip -dc p.svg.gz | grep -c '^<svg'
  1
  $ flame convert a.folded -o p.pb.gz; flame collapse p.pb.gz
  main;parse 3
  main;write 2
  $ flame convert a.folded -o p.PPROF.GZ; flame collapse p.PPROF.GZ | head -n 1
  main;parse 3
  $ flame convert a.folded -o p.nothing.gz
  flame convert: p.nothing.gz: the ending says nothing; use .folded, *, or --to (glob)
  See 'flame convert --help'.
  [2]

A link is followed to its end, a directory and what is not there are told at once.

  $ mkdir real; ln -s real/out.folded link.folded
  $ flame collapse a.folded -o link.folded; cat real/out.folded; readlink link.folded
  main;parse 3
  main;write 2
  real/out.folded
  $ flame collapse a.folded -o real
  flame collapse: cannot write real: it is a folder
  [1]
  $ flame collapse a.folded -o none/out.folded
  flame collapse: cannot write none/out.folded: No such file or directory
  [1]
  $ flame collapse a.folded -o a.folded/out.folded
  flame collapse: cannot write a.folded/out.folded: Not a directory
  [1]
  $ flame collapse a.folded -o /dev/full
  flame collapse: cannot write /dev/full: No space left on device
  [1]
  $ flame collapse a.folded -o /proc/out.folded
  flame collapse: cannot write /proc/out.folded: No such file or directory
  [1]

Names as long as names may be.

  $ long=$(printf '%0248d' 0).folded; flame collapse a.folded -o $long && wc -l < $long; rm $long
  2
  $ long=$(printf '%0249d' 0).folded; flame collapse a.folded -o $long 2>&1 | sed 's/0\{249\}/LONG/'
  flame collapse: cannot write LONG.folded: File name too long

No output goes over an input, however it is spelled.

  $ ln a.folded hard.folded; ln -s a.folded soft.folded; cp a.folded b.folded
  $ flame collapse a.folded -o a.folded
  flame collapse: a.folded is an input; let the result go to another file
  See 'flame collapse --help'.
  [2]
  $ flame convert b.folded a.folded -o ./soft.folded
  flame convert: ./soft.folded is the input a.folded; let the result go to another file
  See 'flame convert --help'.
  [2]
  $ flame graph hard.folded -o a.folded
  flame graph: a.folded is the input hard.folded; let the result go to another file
  See 'flame graph --help'.
  [2]
  $ flame diff b.folded a.folded -o b.folded
  flame diff: b.folded is an input; let the result go to another file
  See 'flame diff --help'.
  [2]
  $ flame collapse -o a.folded < a.folded
  flame collapse: a.folded is the input on standard input; let the result go to another file
  See 'flame collapse --help'.
  [2]
  $ flame collapse a.folded >> a.folded
  flame collapse: standard output is the input a.folded; let the result go to another file
  See 'flame collapse --help'.
  [2]
  $ flamegraph --cp=a.folded a.folded > a.svg
  flamegraph: a.folded is an input; let the result go to another file
  See 'flamegraph --help'.
  [2]
  $ printf 'main\ttitle=x\n' > names.svg; flamegraph --nameattr names.svg a.folded -o names.svg
  flamegraph: names.svg is an input; let the result go to another file
  See 'flamegraph --help'.
  [2]
  $ flamegraph --cp=p.svg -o ./p.svg a.folded
  flamegraph: two results cannot both go to p.svg, which is also ./p.svg
  See 'flamegraph --help'.
  [2]
  $ cat a.folded
  main;parse 3
  main;write 2

Without a sample there is nothing to write, and what is there stays.

  $ : > none.folded; echo 'main;parse 0' > zero.folded; echo old > old.folded; echo old > old.svg
  $ for command in collapse convert graph; do flame $command none.folded -o old.folded; echo $?; done
  flame collapse: none.folded is empty: there is no stack in it
  1
  flame convert: none.folded is empty: there is no stack in it
  1
  flame graph: none.folded is empty: there is no stack in it
  1
  $ for command in collapse convert graph; do flame $command zero.folded -o old.folded; echo $?; done
  flame collapse: there are no samples to write: all counts are zero
  1
  flame convert: there are no samples to write: all counts are zero
  1
  flame graph: there are no samples to write: all counts are zero
  1
  $ flame diff zero.folded zero.folded -o old.folded
  flame diff: there are no samples to write: all counts are zero
  [1]
  $ flame graph zero.folded -o old.svg
  flame graph: there are no samples to draw: all counts are zero or missing
  [1]
  $ flamegraph none.folded -o old.svg
  flamegraph: none.folded is empty: there is no stack in it
  [2]
  $ cat old.folded old.svg
  old
  old

A limit on the size of files is an error like another.

  $ seq 5000 | sed 's/.*/main;a_rather_long_name_of_function_& 1/' > large.folded
  $ (ulimit -f 8; flame collapse large.folded -o old.folded)
  flame collapse: cannot write old.folded: it would be larger than a file may be here, 8192 bytes (ulimit -f)
  [1]
  $ (ulimit -f 8; flame collapse large.folded > old.txt)
  flame collapse: cannot write standard output: it would be larger than a file may be here, 8192 bytes (ulimit -f)
  [1]
  $ cat old.folded
  old

Killed at any moment, it leaves the old file or the new one, and nothing else.

  $ mkdir killed; flame collapse large.folded -o killed/new; cp old.folded killed/out
  $ for i in $(seq 30); do flame collapse large.folded -o killed/out & sleep 0.0$((RANDOM % 20 + 10)); kill -9 $!; wait $!; done 2> /dev/null; true
  $ cmp -s killed/out killed/new || cat killed/out | head -n 1 | grep -v old; ls -A killed
  new
  out
