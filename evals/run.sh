#!/bin/sh
# Recall on the judged sets: makes the rankings with the program, scores them with the sets' own scorer.
# Usage: run.sh PROGRAM HOME. The sets are looked for under $MEMORY_LANE_SHARED/bench.
set -eu
program=$1
export MEMORY_LANE_HOME="$2"
bench="${MEMORY_LANE_SHARED:?}/bench"
if [ ! -d "$bench/data" ]; then
	echo "eval: no judged sets under $bench/data; set MEMORY_LANE_SHARED to the directory that has bench/" >&2
	exit 1
fi
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
for set in ${EVAL_SETS:-locomo-turn locomo-session replay-theme replay-fail replay-branch}; do
	echo "== $set"
	"$program" eval "$bench/data/$set" --run "$runs/$set.tsv" --injected "$runs/$set-injected.tsv"
	python3 "$bench/lanebench/score.py" "$bench/data/$set" "$runs/$set.tsv" --by type --ci --curve
	python3 "$(dirname "$0")/noise.py" "$bench/data/$set" "$runs/$set.tsv" "$runs/$set-injected.tsv"
	echo "injected: $(cut -f1 "$runs/$set-injected.tsv" | sort -u | wc -l) of $(wc -l <"$bench/data/$set/queries.jsonl") queries"
done
