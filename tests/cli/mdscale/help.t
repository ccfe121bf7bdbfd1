  $ mdscale --help
  Usage: mdscale COMMAND
  
  Multidimensional scaling: from dissimilarities to a map.
  
  Given how different each two of n objects are, mdscale places n points in a few dimensions so that
  the distances between them follow the differences. How well they do is the stress: 0 is perfect;
  below 0.05 is good, above 0.2 poor, by Kruskal's rule of thumb for stress-1.
  
  Input is CSV, TSV, PHYLIP, pairs, NPY or NPZ, gzipped or not: a square, triangular or condensed
  matrix of dissimilarities, or a table of features (one row an object), from which distances are
  computed. '-' stands for standard input or output.
  
  Commands:
    fit           Place the objects of INPUT in a map.
    report        Show a map, and all that tells how far it can be trusted, on one page.
    stress        Say how well a map fits dissimilarities.
    distances     Compute the distances between the rows of a feature table.
    place         Place new objects in a map that stays as it is.
    compare       Say how alike two maps of the same objects are.
    methods       List the methods of fitting, or tell more of one.
    plan          Say what a fit will take: memory, time, and how it is done.
  
  'mdscale COMMAND --help' tells more of each.
  
  Examples:
    mdscale fit cities.csv -o map.csv --plot map.svg
    mdscale fit digits.csv --labels digit --plot digits.svg
    mdscale report cities.csv -o report.html
    mdscale distances table.csv --metric manhattan -o D.npy
    mdscale stress D.npy map.csv
  $ mdscale fit --help | head -n 5
  Usage: mdscale fit [options] INPUT
  
  Place the objects of INPUT in a map.
  
  INPUT is a file ('-' for standard input) of CSV, TSV or other delimited text, PHYLIP, mothur,
  $ mdscale stress --help | head -n 5
  Usage: mdscale stress [options] DISTANCES MAP
  
  Say how well a map fits dissimilarities.
  
  DISTANCES is what `mdscale fit` takes: dissimilarities, or features with --metric. MAP is a table
  $ mdscale distances --help | head -n 5
  Usage: mdscale distances [options] FEATURES
  
  Compute the distances between the rows of a feature table.
  
  The matrix is square, exactly symmetric, with a zero diagonal; `mdscale fit` reads it.
  $ mdscale 2>&1 | head -n 1
  Usage: mdscale COMMAND
  $ mdscale --man | head -n 3
  .TH mdscale 1 "" "flamescale *" "User Commands" (glob)
  .SH NAME
  mdscale \- Multidimensional scaling: from dissimilarities to a map.

Every option of the solver can be given:

  $ for option in radius shrink tolerance smallest-radius max-iter point-share dimension-share order loss seed init threads isa trace weights; do mdscale fit --help | grep -q -- "--$option " || echo "--$option is not there"; done
