Long lists of pairs stay lists: nothing is as large as a matrix. `ring` makes 10,100 objects, each with the two behind it.

  $ ring() { awk 'BEGIN { n = 10100; print "from,to,distance"; for (i = 0; i < n; i++) for (k = 1; k <= 2; k++) print "o" i ",o" (i + k) % n "," k }'; }
  $ ring > ring.csv
  $ mdscale fit ring.csv --method lbfgs --max-iter 20 -o map.csv | head -n 3
  read         20,200 pairs of 10,100 objects (CSV), labels in columns 1 and 2
  fitted       2 dimensions by the quasi-Newton method, squared loss
  stopped      after 20 iterations, * (glob)
  $ wc -l < map.csv; sed -n 2p map.csv | cut -d, -f1
  10101
  o0

The same map in any order and direction, both directions, with an object's own zeros, and at any number of threads:

  $ (ring | head -n 1; ring | tail -n +2 | sort -t, -k1.2n -k3n | awk -F, '{ print; print $2 "," $1 "," $3; print $1 "," $1 ",0" }') > both.csv
  $ mdscale fit both.csv --method lbfgs --max-iter 20 -o both-map.csv --threads 1 | head -n 1
  read         20,200 pairs of 10,100 objects (CSV), labels in columns 1 and 2
  $ cmp map.csv both-map.csv

Other methods, weights by name, and the loss of Huber:

  $ for method in auto smacof sgd; do mdscale fit ring.csv --method $method --max-iter 3 --weights inverse-square -o m.csv | tail -n 1; done
  map          m.csv
  map          m.csv
  map          m.csv
  $ mdscale fit ring.csv --loss huber --max-iter 3 -o m.csv -q
  $ mdscale fit ring.csv --method lbfgs --max-iter 20 --checkpoint c.ck -o m.csv -q && mdscale fit ring.csv --method lbfgs --max-iter 20 --resume c.ck -o n.csv -q && cmp m.csv n.csv && cmp m.csv map.csv

What is wrong, by the names of the objects:

  $ (cat ring.csv; echo 'o5,o6,3') | mdscale fit - -q
  mdscale fit: standard input: the pair of o5 and o6 is given twice, as 1 and as 3
  [1]
  $ (cat ring.csv; echo 'o6,o5,3') > one.csv; mdscale fit one.csv -q
  mdscale fit: one.csv: the pair of o5 and o6 is given both ways, as 1 from the first to the second and as 3 back; with --symmetrize each pair becomes its mean
  [1]
  $ mdscale fit one.csv --symmetrize --method lbfgs --max-iter 1 -o m.csv | head -n 1
  read         20,200 pairs of 10,100 objects (CSV), labels in columns 1 and 2
  $ (cat ring.csv; echo 'o6,o6,3') > one.csv; mdscale fit one.csv -q
  mdscale fit: one.csv: the pair of o6 and itself is 3, but an object's dissimilarity to itself is 0
  [1]
  $ (cat ring.csv; echo 'o6,o66,-3') > one.csv; mdscale fit one.csv -q
  mdscale fit: one.csv: the pair of o6 and o66 is -3; dissimilarities are not below 0
  [1]
  $ (cat ring.csv; echo 'one,other,3'; echo 'third,one,1') > one.csv; mdscale fit one.csv -q
  mdscale fit: one.csv: the pairs leave 2 parts of the objects unconnected: no chain of pairs joins one to o0. Fit the parts by themselves, or add pairs between them
  [1]
