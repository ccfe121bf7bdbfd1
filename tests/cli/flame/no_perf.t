What perf recorded is read through perf; without it flame says so.

  $ printf 'PERFILE2\150\0\0' > perf.data
  $ flame=$(command -v flame)
  $ (PATH=$PWD/none; "$flame" graph perf.data)
  flame graph: perf.data is a recording of perf, which only perf can read, from a file: install perf and name the file, or give the output of 'perf script' instead
  [1]
