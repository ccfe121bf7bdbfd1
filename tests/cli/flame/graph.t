Flame graphs as a person makes them.

  $ cat > stacks.folded <<END
  > main;parse;read 30
  > main;parse 12
  > main;draw 8
  > END

An SVG, a page, or the same stacks again, by the ending.

  $ flame graph stacks.folded -o stacks.svg && head -c 19 stacks.svg && echo
  <?xml version="1.0"
  $ flame graph stacks.folded -o stacks.html && head -c 15 stacks.html && echo
  <!DOCTYPE html>
  $ flame graph stacks.folded -o again.folded && cat again.folded
  main;parse 12
  main;parse;read 30
  main;draw 8
  $ cat stacks.folded | flame graph > piped.svg && cmp piped.svg stacks.svg
  $ gzip -k stacks.folded && flame graph stacks.folded.gz > gz.svg && cmp gz.svg stacks.svg
  $ flame graph stacks.folded -o stacks.png
  flame graph: what should stacks.png be? Give it the ending .svg, .html, .folded, .speedscope.json, .pb.gz, .trace.json, .cpuprofile or .firefox.json, or say --to
  See 'flame graph --help'.
  [2]

Without a browser.

  $ flame graph stacks.folded --text
  Flame Graph: 50 samples
  100.00% █████████████████████████ all
  100.00% █████████████████████████   main
   84.00% █████████████████████         parse
   60.00% ███████████████                 read
   16.00% ████                          draw
  
  Most samples of their own
   60.00%             30  read
   24.00%             12  parse
   16.00%              8  draw
  
  Most samples with what they call
  100.00%             50  main
   84.00%             42  parse
   60.00%             30  read
   16.00%              8  draw
  $ flame graph stacks.folded --text --ascii --rows 2 --functions 1
  Flame Graph: 50 samples
  100.00% ######################### all
  100.00% #########################   main
  
  Most samples of their own
   60.00%             30  read
  
  Most samples with what they call
  100.00%             50  main

What can go wrong says what to do.

  $ flame graph none.folded
  flame graph: cannot open none.folded: No such file or directory
  [1]
  $ flame graph stacks.folded -o no/such/folder.svg
  flame graph: cannot write no/such/folder.svg: No such file or directory
  [1]
  $ flame graph stacks.folded --colors hott
  flame graph: --colors: 'hott' is not one of hot, mem, io, wakeup, chain, java, js, perl, python, rust, red, green, blue, aqua, yellow, purple, orange; did you mean hot?
  See 'flame graph --help'.
  [2]
  $ flame graph stacks.folded --minwidth wide
  flame graph: --minwidth: 'wide' is not a width such as 0.5 (pixels) or 0.1%
  See 'flame graph --help'.
  [2]
  $ flame graph stacks.folded --depth 9-3
  flame graph: --depth: '9-3' is not a level such as 20, or two such as 5-20
  See 'flame graph --help'.
  [2]
  $ flame graph stacks.folded --bgcolors pinkish
  flame graph: 'pinkish' is not a background: say yellow, blue, green, grey, a colour such as #ffffff, or two of them with a dash between
  [1]
  $ flame graph stacks.folded --base nobody
  flame graph: no stack has the frame 'nobody' that --base asks for
  [1]
  $ flame graph stacks.folded --nameattr none.txt
  flame graph: cannot open none.txt: No such file or directory
  [1]
  $ flame graph stacks.folded --titel x
  flame graph: there is no option --titel; did you mean --title?
  See 'flame graph --help'.
  [2]

What perf recorded is read through perf:

  $ printf 'PERFILE2\150\0\0' > perf.data
  $ mkdir bin && cat > bin/perf <<'END'
  > #!/bin/sh
  > echo "$@" > words
  > printf 'sh 7 12.345678: 250000 cpu-clock:ppp: \n\t55d0 main+0x1 (/bin/sh)\n\n'
  > exit $(cat exit)
  > END
  $ chmod +x bin/perf && echo 0 > exit
  $ (PATH=$PWD/bin:$PATH; flame graph --text --rows 0 --functions 1 perf.data | head -1; cat words; flame collapse --pid perf.data; cat words)
  Flame Graph: 250,000 nanoseconds
  script --header -i perf.data
  sh-?;main 250000
  script --header -i perf.data -F +pid
  $ echo 3 > exit
  $ (PATH=$PWD/bin:$PATH; flame graph perf.data -o perf.svg)
  flame graph: perf.data: 'perf script -i perf.data' could not read all of it
  [1]
  $ rm -r perf.data bin words exit

Nothing to draw:

  $ printf 'main 0\n' | flame graph
  flame graph: there are no samples to draw: all counts are zero or missing
  [1]
  $ ls
  again.folded
  gz.svg
  piped.svg
  stacks.folded
  stacks.folded.gz
  stacks.html
  stacks.svg

Under the name of the tool that it replaces.

  $ flamegraph --title=Mine stacks.folded > mine.svg && grep -c 'id="title".*>Mine<' mine.svg
  1
  $ flamegraph -inverted -wid 800 < stacks.folded | grep -o '<svg version="1.1" width="800"'
  <svg version="1.1" width="800"
  $ echo nonsense | flamegraph > bad.svg
  flamegraph: standard input has no stack in it: none of its 1 lines is one. The first is line 1: "nonsense" (it does not end in a space and a count). A folded stack is written "main;parse;read 12"
  [2]
  $ grep -o 'ERROR: .*<' bad.svg
  ERROR: No valid input provided to flamegraph.<
