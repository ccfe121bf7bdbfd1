What changed between two profiles.

  $ cat > before.folded <<END
  > main;parse;read 30
  > main;old;helper 12
  > main;draw 8
  > END
  $ cat > after.folded <<END
  > main;parse;read 10
  > main;draw 20
  > main;new 5
  > END
  $ flame diff before.folded after.folded
  Largest changes in samples of their own
        before        after       change    of all
            30           10          -20   -31.43%        read
            12            0          -12   -24.00%  gone  helper
             8           20          +12   +41.14%        draw
             0            5           +5   +14.29%  new   new
  $ flame diff --normalize before.folded after.folded
  Largest changes in samples of their own
        before        after       change    of all
             6           20          +14   +41.14%        draw
            21           10          -11   -31.43%        read
             8            0           -8   -24.00%  gone  helper
             0            5           +5   +14.29%  new   new
  $ flame diff before.folded after.folded -o both.folded > table && flame diff both.folded | diff - table && rm both.folded table
  $ flame diff before.folded after.folded --text
  Differential Flame Graph: 35 samples
  100.00%     0.00% █████████████████████████ all
  100.00%     0.00% █████████████████████████   main
   28.57%   -31.43% ███████▏                      parse › read
   57.14%   +41.14% ██████████████▎               draw
    0.00%   -24.00%                               old › helper
   14.29%   +14.29% ███▌                          new
  
  Largest changes in samples of their own
        before        after       change    of all
            30           10          -20   -31.43%        read
            12            0          -12   -24.00%  gone  helper
             8           20          +12   +41.14%        draw
             0            5           +5   +14.29%  new   new
  
  Most samples of their own
   57.14%             20  draw
   28.57%             10  read
   14.29%              5  new
  
  Most samples with what they call
  100.00%             35  main
   57.14%             20  draw
   28.57%             10  parse
   28.57%             10  read
   14.29%              5  new
  $ flame diff before.folded after.folded -o both.folded > table && cat both.folded
  main;parse;read 30 10
  main;old;helper 12 0
  main;draw 8 20
  main;new 0 5
  $ flame graph both.folded -o both.svg && grep -o 'draw (.*)<' both.svg
  draw (20 samples, 57.14%; +34.29%)<
  $ flame diff before.folded after.folded -o - | grep -o 'Vanished: [^<]*'
  Vanished: 12 samples, 24.00% of before, are in frames that the second profile does not have
  $ flame diff before.folded after.folded -o d.html && head -c 15 d.html && echo
  Largest changes in samples of their own
        before        after       change    of all
            30           10          -20   -31.43%        read
            12            0          -12   -24.00%  gone  helper
             8           20          +12   +41.14%        draw
             0            5           +5   +14.29%  new   new
  <!DOCTYPE html>

  $ flame diff
  flame diff: needs BEFORE AFTER | BOTH
  See 'flame diff --help'.
  [2]
  $ flame diff before.folded
  flame diff: before.folded has no stack in it: none of its 3 lines is one. The first is line 1: "main;parse;read 30" (it has one count, not two). A folded stack is written "main;parse;read 12"
  flame diff: a single input is lines with two counts, before and after; two profiles are given as BEFORE AFTER
  [1]
  $ flame diff before.folded none.folded
  flame diff: cannot open none.folded: No such file or directory
  [1]
  $ flame diff before.folded before.folded
  Largest changes in samples of their own
    none

Frames that are named by addresses meet without them:

  $ printf 'main;[lib+0x1f3C] 4\nmain;0xdeadbeef_[k] 2\nmain;0xg 1\n' > run1; printf 'main;[lib+0x2a] 5\nmain;0x1_[k] 2\nmain;0xg 1\n' > run2
  $ flame diff --strip-addresses run1 run2 --to folded -o -
  main;[lib+0x...] 4 5
  main;0x..._[k] 2 2
  main;0xg 1 1
  $ flame diff run1 run2 --to folded -o - | wc -l
  5
