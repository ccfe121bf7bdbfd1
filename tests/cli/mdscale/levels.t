Ekman's colours, whose order R's vegan fits with stress 0.02310 (ties broken) and 0.03159 (kept):

  $ mdscale fit "$DATA/ekman.csv" --level ordinal -o map.csv --json summary.json
  read         14 x 14 dissimilarities (CSV, square), labels in the first column
  fitted       2 dimensions by automatic search, squared loss
  level        ordinal, primary ties
  stopped      after * iterations, *: converged: the gradient is as good as zero (glob)
  stress-1     0.023103   (root of the sum of (disparity - distance)^2 / sum of distance^2)
  normalised   0.023103   (as it stands)
  starts       * ended in this map (glob)
  raw stress   * (glob)
  map          map.csv
  summary      summary.json
  $ python3 -c 'import json; s = json.load(open("summary.json")); print(s["level"], s["ties"], s["heaps"])'
  ordinal primary 0
  $ mdscale stress "$DATA/ekman.csv" map.csv --level ordinal
  map          14 objects in 2 dimensions, 91 pairs
  level        ordinal, primary ties
  stress-1     0.023103   (root of the sum of (disparity - distance)^2 / sum of distance^2)
  normalised   0.023103   (as it stands)
  raw stress   * (glob)
  $ mdscale fit "$DATA/ekman.csv" --level ordinal --ties secondary | grep -e stress-1 -e level
  level        ordinal, secondary ties
  stress-1     0.031586   (root of the sum of (disparity - distance)^2 / sum of distance^2)

The other levels, and what they find; eurodist's stress at a straight line is vegan's, too:

  $ mdscale fit "$DATA/eurodist.csv" --level interval | grep -e stress-1 -e level
  level        interval: 49.684* + 0.9* d (glob)
  stress-1     0.071239   (root of the sum of (disparity - distance)^2 / sum of distance^2)
  $ mdscale fit "$DATA/ekman.csv" --level log | grep level
  level        log: d to the power 1.919* (glob)
  $ mdscale fit "$DATA/ekman.csv" --level spline | grep level
  level        spline of degree 2 with 3 interior knots
  $ mdscale fit "$DATA/ekman.csv" --level spline --spline-degree 3 --spline-knots 1 | grep level
  level        spline of degree 3 with 1 interior knots
  $ mdscale methods | head -n 3
  method          weights  missing  losses                     levels  what it is
  auto            yes      yes      squared, absolute, huber   all     automatic search
  classical       no       no       squared                    ratio   classical scaling
  $ mdscale methods smacof | grep levels
  levels       ratio, interval, ordinal, spline, log

Maps that say nothing are told:

  $ python3 > two.csv <<'END'
  > for i in range(12):
  >     print(",".join(str(0 if i == j else round((1 if i // 6 == j // 6 else 2) + (i * j * 37 + i + j) % 41 / 82, 4))
  >                    for j in range(12)))
  > END
  $ mdscale fit two.csv --level ordinal > words.txt
  mdscale fit: the map is degenerate: all points lie in 2 places, though objects of one place differ; it fits because level ordinal asks for so little of these data, and means nothing. Ask for more: --level interval or ratio
  $ mdscale fit two.csv --level ordinal -q
  $ mdscale fit "$DATA/us_cities_air.csv" --level ordinal > words.txt
  mdscale fit: the order is kept without a fault, which other maps may do as well: distances in this one mean little. Fewer dimensions, or --level interval, leave less open

Mistakes:

  $ printf '0\n1,0\n1,1,0\n' > same.csv
  $ mdscale fit same.csv --level ordinal
  mdscale fit: same.csv: all dissimilarities are the same, so the level ordinal leaves nothing for distances to follow; take the level ratio
  [1]
  $ mdscale fit "$DATA/ekman.csv" --level ordinal --method classical
  mdscale fit: */ekman.csv: method classical does not support the level ordinal; it does support: ratio; these methods do: auto, smacof, lbfgs, sgd, pattern (glob)
  [1]
  $ mdscale fit "$DATA/ekman.csv" --level ordinal --loss absolute
  mdscale fit: */ekman.csv: the level ordinal is for the squared loss, not for absolute: disparities are found by least squares (glob)
  [1]
  $ mdscale fit "$DATA/ekman.csv" --ties secondary
  mdscale fit: */ekman.csv: secondary ties are for the level ordinal, not for ratio (glob)
  [1]
  $ mdscale fit "$DATA/ekman.csv" --level rank
  mdscale fit: --level: 'rank' is not one of ratio, interval, ordinal, spline, log
  See 'mdscale fit --help'.
  [2]
