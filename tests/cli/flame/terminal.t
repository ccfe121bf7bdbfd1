Names come from other programs and may hold what steers a terminal. A file or a pipe gets them as they are:

  $ printf 'ma\033[31min;C1\302\233m;turned\342\200\256;no\377utf8 3\n' > odd.folded
  $ flame collapse odd.folded | cat -v
  ma^[[31min;C1M-BM-^[m;turnedM-bM-^@M-.;noM-^?utf8 3

A terminal is shown a replacement for each:

  $ cat > terminal.py <<END
  > import os, pty, sys
  > def read(fd):
  >     return os.read(fd, 4096).replace(b"\r\n", b"\n")
  > sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read)))
  > END
  $ python3 terminal.py flame collapse odd.folded < /dev/null
  ma�[31min;C1�m;turned�;no�utf8 3
  $ python3 terminal.py flame graph --text odd.folded < /dev/null | grep turned | grep -c "ma�\[31min\|turned�"
  1

Messages are for people, wherever they go:

  $ flame collapse "$(printf 'no\033[31msuch\302\233')"
  flame collapse: cannot open no�[31msuch�: No such file or directory
  [1]
  $ flame "$(printf 'colla\033[31mpse')"
  flame: there is no command 'colla�[31mpse'; did you mean 'collapse'? (glob)
  ...
  $ flame collapse --"$(printf 'x\033]0;title\007')"
  flame collapse: there is no option --x�]0;title�
  See 'flame collapse --help'.
  [2]
