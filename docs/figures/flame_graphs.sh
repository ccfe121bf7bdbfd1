#!/usr/bin/env bash
# The pictures of docs/flame-graphs.md, drawn by flame from the stacks in this folder.
#   docs/figures/flame_graphs.sh [FOLDER_WITH_FLAME]     (./run figures)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
flame=$(realpath "${1:-$here/../../build/release/bin}")/flame
cd "$here"

draw() { "$flame" graph --width 880 --fonttype "Verdana" "$@"; }

draw report.folded --title "Where a report's second goes" -o flame_graph.svg
draw report.folded --colors python --title "Coloured by kind of frame" -o flame_graph_python.svg
draw report.folded --inverted -o flame_graph_icicle.svg
draw report.folded --reverse --inverted --minwidth 1% --title "Turned around: who calls what burns" -o flame_graph_reversed.svg
draw report_in_time.folded --flamechart -o flame_graph_chart.svg
"$flame" diff report.folded report_after.folded --width 880 -o flame_graph_diff.svg >/dev/null
