Coordinates named the other way round are put right, with a word:

  $ printf 'city,lat,lon\nLondon,51.5,-0.1\nParis,48.9,2.4\nNew York,40.7,-74\n' > lat.csv
  $ awk -F, -v OFS=, '{print $1, $3, $2}' lat.csv > lon.csv
  $ mdscale distances lat.csv --metric haversine -o lat.out.csv -q
  $ mdscale distances lon.csv --metric haversine -o lon.out.csv
  mdscale distances: lon.csv: column 'lat' is taken for the latitude, 'lon' for the longitude
  read         3 objects x 2 features (CSV), labels in column 1 (city)
  distances    haversine, 3 x 3 in * (glob)
  written      lon.out.csv
  $ cmp lat.out.csv lon.out.csv

All distances 0 are told:

  $ printf 'iris,length,width\na,5.1,3.5\nb,4.9,3.0\nc,4.7,3.2\n' > flowers.csv
  $ mdscale distances flowers.csv --metric jaccard -o -
  mdscale distances: flowers.csv: all distances are 0 by the metric jaccard, which asks only what is there (not 0)
  label,a,b,c
  a,0,0,0
  b,0,0,0
  c,0,0,0
