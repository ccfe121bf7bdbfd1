The ending of the output says what is written:

  $ printf 'main;a.py:f:3 2\nmain 1\n' > in.folded
  $ flame convert in.folded -o out.speedscope.json && cat out.speedscope.json && echo
  {"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"flamescale *","name":"flame","activeProfileIndex":0,"shared":{"frames":[{"name":"main"},{"name":"f","file":"a.py","line":3}]},"profiles":[{"type":"sampled","name":"flame","unit":"none","startValue":0,"endValue":3,"samples":[[0],[0,1]],"weights":[1,2]}]} (glob)
  $ flame convert in.folded -o out.pb.gz && flame convert out.pb.gz --lines
  main 1
  main;a.py:f:3 2
  $ flame convert out.pb.gz
  main 1
  main;f 2

In the order of time, for chrome://tracing and Perfetto:

  $ printf 'main;a 1\nmain;b 2\nmain;a 1\n' | flame convert --period 1000000 -o out.trace.json
  $ grep -o '"ph":"."' out.trace.json | sort | uniq -c | tr -s ' '
   4 "ph":"B"
   4 "ph":"E"
   1 "ph":"M"

A clock's periods are nanoseconds, and microseconds in the trace:

  $ printf 'sh 7 12.345678: 250000 cpu-clock:u: \n\t55d0 main+0x1 (/bin/sh)\n\n' > in.perf
  $ flame convert in.perf --to chrome | grep -o '"ts":[0-9.]*'
  "ts":0
  "ts":0
  "ts":250
  "ts":250

While no frame is open no samples are counted, but in the order of time it takes its time; profiles in another unit are
told:

  $ cat > gap.json <<'END'
  > {"$schema": "https://www.speedscope.app/file-format-schema.json", "shared": {"frames": [{"name": "f"}]},
  >  "profiles": [{"type": "evented", "name": "p", "unit": "milliseconds", "startValue": 0, "endValue": 9, "events": [
  >   {"type": "O", "frame": 0, "at": 2}, {"type": "C", "frame": 0, "at": 3},
  >   {"type": "O", "frame": 0, "at": 7}, {"type": "C", "frame": 0, "at": 8}]}]}
  > END
  $ flame convert gap.json
  f 2
  $ flame convert gap.json --to chrome | grep -o '"ts":[0-9.]*' | tr '\n' ' '; echo
  "ts":2000 "ts":3000 "ts":7000 "ts":8000 
  $ sed '$s/]}]}$/]}, {"type": "sampled", "name": "q", "unit": "bytes", "startValue": 0, "endValue": 1, "samples": [[0]], "weights": [1]}]}/' gap.json | flame convert
  flame convert: standard input: read the profiles in milliseconds only; 1 in other units were left out (--sample-type UNIT chooses)
  p;f 2

Counts of different things do not add up:

  $ sed 's/cpu-clock:u/cycles:P/' in.perf > cycles.perf
  $ flame collapse in.perf cycles.perf
  flame collapse: cycles.perf counts cycles, the input before it nanoseconds: the sums mean nothing
  sh;main 500000

Of a difference most forms have room for the second count only:

  $ printf 'a;b 1 2\na;c 3 1\n' > pairs.folded
  $ flame convert pairs.folded -o pairs.json && flame collapse pairs.json
  flame convert: of the two counts, before and after, only the second is written: the forms folded and pprof have room for both
  a;b 2
  a;c 1
  $ flame graph pairs.folded --to cpuprofile > pairs.cpuprofile
  flame graph: of the two counts, before and after, only the second is written: the forms folded and pprof have room for both
  $ flame convert pairs.folded -o pairs.pb.gz && flame collapse pairs.pb.gz
  a;b 1 2
  a;c 3 1

Endings that say nothing:

  $ flame convert in.folded -o out.svg
  flame convert: out.svg is a picture: use 'flame graph'
  See 'flame convert --help'.
  [2]
  $ flame convert in.folded -o out.xyz
  flame convert: out.xyz: the ending says nothing; use .folded, .speedscope.json, .pb.gz, .trace.json, .cpuprofile or .firefox.json, or --to
  See 'flame convert --help'.
  [2]
  $ flame convert in.folded --to pprof -o out.xyz && flame convert out.xyz
  main 1
  main;f 2
  $ flame convert out.pb.gz --sample-type cpu
  flame convert: out.pb.gz has no sample type 'cpu'; it has: samples
  [1]

Damage is told:

  $ gunzip < out.pb.gz | head -c 60 | flame collapse
  flame collapse: standard input: the pprof profile is damaged: * (glob)
  [1]
  $ echo '{"a": 1}' | flame collapse
  flame collapse: standard input is JSON of no known profiler: speedscope's has "profiles", a Chrome trace "traceEvents", a .cpuprofile "nodes"
  [1]
  $ echo '{"shared": {"frames": []}}' | flame collapse
  flame collapse: standard input: this JSON is not a speedscope profile: it has no profiles
  [1]

Counts of 64 bits are kept, and where doubles round them that is said:

  $ printf 'main;a 18446744073709551615\nmain;b 9007199254740993\n' > large.folded
  $ flame convert large.folded -o large.json && flame collapse large.json
  main;a 18446744073709551615
  main;b 9007199254740993
  $ flame convert large.folded -o large.pb.gz
  flame convert: a stack that ends in 'a' counts 18446744073709551615, and a pprof profile holds counts up to 9223372036854775807; folded stacks and speedscope's JSON hold it
  [1]
  $ flame graph large.folded -o large.svg
  flame graph: counts beyond 9,007,199,254,740,992 (2^53) are rounded to 16 digits here; the forms folded, speedscope and pprof keep them as they are
  $ flame diff large.folded large.folded -o large.diff.folded > table
  flame diff: counts beyond 9,007,199,254,740,992 (2^53) are rounded to 16 digits here; the forms folded, speedscope and pprof keep them as they are
  $ cat large.diff.folded
  main;a 18446744073709551615 18446744073709551615
  main;b 9007199254740993 9007199254740993

An ending means the same to every command:

  $ flame graph in.folded -o graph.trace.json && flame convert in.folded -o convert.trace.json
  $ cmp graph.trace.json convert.trace.json && echo same
  same
  $ flame convert in.folded -o upper.TRACE.JSON && cmp upper.TRACE.JSON convert.trace.json && echo same
  same
