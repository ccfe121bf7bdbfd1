#!/usr/bin/env bash
# The pictures of docs/report.md, drawn by mdscale from data/.
#   docs/figures/report.sh [FOLDER_WITH_MDSCALE]     (./run figures)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mdscale=$(realpath "${1:-$here/../../build/release/bin}")/mdscale
cd "$here"

"$mdscale" report ../../data/eurodist.csv -q --plot-shepard report_shepard.svg --plot-residuals report_residuals.svg \
  --plot-points report_points.svg --plot-dimensions report_dimensions.svg --plot-starts report_starts.svg \
  --plot-minima report_minima.svg --plot-bootstrap report_bootstrap.svg --plot-permutation report_permutation.svg
"$mdscale" report ../../data/ekman.csv --level ordinal -q --bootstrap 0 --permutations 0 --starts 0 --jackknife 0 \
  --max-dims 0 --plot-shepard report_ordinal.svg
