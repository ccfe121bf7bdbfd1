Folded stacks from anything, on standard output:

  $ printf 'main;a;b 3\nmain;a 2\nmain;a;b 1\n' | flame collapse
  main;a 2
  main;a;b 4

  $ cat > perf.txt <<END
  > java 24636/25607 [000] 4794564.109216:     250000 cycles:
  > 	    7f1c1a2b3c4d Interpreter::run(int)+0x1f (/usr/lib/libjvm.so)
  > 	ffffffff8103ce3b native_safe_halt+0x2 ([kernel.kallsyms])
  > 
  > java 24636/25607 [000] 4794564.209216:     1 instructions:
  > 	    7f1c1a2b3c4d Interpreter::run(int)+0x1f (/usr/lib/libjvm.so)
  > 
  > END
  $ flame collapse perf.txt --kernel --tid
  flame collapse: perf.txt: read the samples of event 'cycles' only; 1 of other events were left out (--event-filter and --all-events change that)
  java-24636/25607;native_safe_halt_[k];Interpreter::run 250000
  $ flame collapse perf.txt --samples --all-events
  java;native_safe_halt;Interpreter::run 1
  java;Interpreter::run 1

Several inputs add up, gzip is undone:

  $ printf 'main;a 1\n' > one.folded
  $ printf 'main;a 2\nmain 1\n' | gzip > two.folded.gz
  $ flame collapse one.folded two.folded.gz -o both.folded && cat both.folded
  main 1
  main;a 3

What is no stack is skipped and told:

  $ printf 'main;a 1\nmain;b\nmain;c -4\n' | flame collapse
  flame collapse: standard input: 2 of 3 lines were skipped; the first is line 2: "main;b" (it does not end in a space and a count)
  main;a 1

An input without a stack is an error, and leaves the output alone:

  $ echo old > out.folded
  $ flame collapse /dev/null -o out.folded
  flame collapse: /dev/null is empty: there is no stack in it
  [1]
  $ printf 'hello\n' | flame collapse -o out.folded
  flame collapse: standard input has no stack in it: none of its 1 lines is one. The first is line 1: "hello" (it does not end in a space and a count). A folded stack is written "main;parse;read 12"
  [1]
  $ cat out.folded; ls
  old
  both.folded
  one.folded
  out.folded
  perf.txt
  two.folded.gz
  $ flame collapse nosuch.folded
  flame collapse: cannot open nosuch.folded: No such file or directory
  [1]
  $ head -c 30 two.folded.gz | flame collapse
  flame collapse: standard input: the gzip data ends too soon (a truncated file?)
  [1]
  $ flame collapse one.folded -o no/such/folder.folded
  flame collapse: cannot write no/such/folder.folded: No such file or directory
  [1]

What gzip unpacks to is bounded; lines have a bound of their own:

  $ head -c 3000000 /dev/zero | tr '\0' '1' | sed 's/^/a /' | gzip > long.gz
  $ flame collapse long.gz --max-unpacked 1M
  flame collapse: long.gz: the gzip data unpack to more than 1 MiB; if they are meant to, allow more with --max-unpacked SIZE
  [1]
  $ flame collapse long.gz --max-unpacked 3000002
  flame collapse: long.gz has no stack in it: none of its 1 lines is one. The first is line 1: "a 111*" (its count is not a number up to *)* (glob)
  [1]
  $ flame collapse long.gz --max-unpacked lots
  flame collapse: --max-unpacked: 'lots' is not a size in bytes, such as 500M or 8G
  See 'flame collapse --help'.
  [2]
  $ python3 -c "print('{\"a\":[' + '0,' * 20000)" | gzip > array.gz
  $ flame collapse array.gz --max-unpacked 1M
  flame collapse: array.gz: the gzip data are JSON that takes more than 1 MiB of memory; if they are meant to, allow more with --max-unpacked SIZE
  [1]

A name may hold a NUL that JSON can write and no other form can:

  $ cat > nul.json <<'END'
  > {"shared":{"frames":[{"name":"a\u0000b"},{"name":"c\\u0000d"}]},
  >  "profiles":[{"type":"sampled","name":"","unit":"none","samples":[[0],[1]],"weights":[1,2]}]}
  > END
  $ flame collapse nul.json
  a␀b 1
  c\u0000d 2

Stacks of any depth and names of any length are read and drawn:

  $ python3 -c "print(';'.join('f%d' % (i % 7) for i in range(60000)), 5); print('main;' + 'n' * 3000000, 7)" > deep.folded
  $ flame collapse deep.folded | cmp - deep.folded
  $ flame convert deep.folded -o deep.json && flame collapse deep.json | cmp - deep.folded
  $ flame convert deep.folded -o deep.pb.gz && flame collapse deep.pb.gz | cmp - deep.folded
  $ flame graph deep.folded -o deep.svg && tail -c 7 deep.svg
  </svg>
  $ flame graph deep.folded -o deep.html && tail -c 8 deep.html
  </html>
  $ flame graph deep.folded --text | sed -n 3,4p
   58.33% ██████████████▌             main › nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn..
   41.67% ██████████▍                 f0 › 59998 more › f2
