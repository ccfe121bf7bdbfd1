What a fit takes hangs on the machine; what it will do does not.

  $ mdscale plan --objects 1e6 --features 64 --threads 2
  problem    1,000,000 objects of 64 features, kept as rows, to a map in 2 dimensions
  method     auto: sampled pairs; all of them are too many
  memory     849 MB, 512 MB of it the input* (glob)
  start      * s (5.12e+08 pairs) (glob)
  rounds     1000 of a sample, each *s (3.2e+07 pairs) (glob)
  stress     *s (1.05e+06 pairs) (glob)
  in all     * on 2 threads (*) (glob)
  $ mdscale plan --objects 20000 --features 64 --ranks 8 --threads 4 --method lbfgs
  problem    20,000 objects of 64 features, kept as rows, to a map in 2 dimensions
  method     lbfgs: all pairs in every step
  memory     27.2 MB for each process, 10.2 MB of it the input* (glob)
  start      *s (1.02e+07 pairs; the network takes *s for 280 kB) (glob)
  steps      20 to 250 over all pairs, each *s (2e+08 pairs; the network takes *s for 560 kB) (glob)
  stress     *s (2e+08 pairs) (glob)
  in all     * to * on 4 threads in each of 8 processes (*) (glob)
  $ mdscale plan --objects 16000 --features 64 --ranks 8 --threads 4 --method lbfgs | tail -n 1
             steps over all pairs are shared by 16 threads at most; the others wait
  $ mdscale plan --objects 1e6 --threads 1 | head -n 3
  problem    1,000,000 objects, kept as a matrix, to a map in 2 dimensions
  method     auto
  memory     8 TB, 8 TB of it the input; * can be had here, enough for some * objects (glob)
  $ mdscale plan --objects 200000 --pairs 3e6 --threads 1
  problem    200,000 objects and 3,000,000 pairs of them, kept as rows, to a map in 2 dimensions
  method     auto: all pairs in every step
  memory     2* MB, 96 MB of it the input* (glob)
  start      *s (3e+06 pairs) (glob)
  steps      100 to 2000 over all pairs, each *s (3e+06 pairs) (glob)
  stress     *s (3e+06 pairs) (glob)
  in all     * on 1 thread (*) (glob)
  $ mdscale plan --objects 5 --pairs 30
  mdscale plan: 30 pairs are more than there are
  [1]
  $ mdscale plan --objects 20000 --features 8 --json - | tr ',' '\n' | grep -c seconds
  10
  $ mdscale plan --objects 500 -q
  $ mdscale plan
  mdscale plan: how many objects? Say --objects N
  See 'mdscale plan --help'.
  [2]
  $ mdscale plan --objects 0
  mdscale plan: --objects: '0' is not a number from 1 to 1e+15
  See 'mdscale plan --help'.
  [2]
  $ mdscale plan --objects 1e20
  mdscale plan: --objects: '1e20' is not a number from 1 to 1e+15
  See 'mdscale plan --help'.
  [2]
  $ mdscale plan --objects some
  mdscale plan: --objects: 'some' is not a number
  See 'mdscale plan --help'.
  [2]
  $ mdscale plan --objects 1.5
  mdscale plan: --objects 1.5 is no whole number
  See 'mdscale plan --help'.
  [2]
  $ mdscale plan --objects 100 --method magic
  mdscale plan: there is no method 'magic'; there are: auto, classical, smacof, lbfgs, sgd, pattern, unidimensional
  [1]
  $ mdscale plan --objects 100 --ranks 200
  mdscale plan: 200 ranks are more than there are objects, 100
  [1]
  $ mdscale plan --objects 100 --dims 1
  mdscale plan: how long it takes to find an order (a map in one dimension, by method unidimensional) cannot be told from the size
  [1]
