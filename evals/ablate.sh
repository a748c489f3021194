#!/bin/sh
# What each signal is worth: nDCG@10 with all of them, then without each.
# Usage: ablate.sh PROGRAM HOME. Our own sets, and those under $MEMORY_LANE_SHARED/bench/data where they are.
set -eu
program=$1
export MEMORY_LANE_HOME="$2"
evals=$(dirname "$0")
shared="${MEMORY_LANE_SHARED:-../shared}/bench/data"
sets=
for name in ${EVAL_SETS:-corrections failures replay-theme replay-fail replay-branch locomo-session locomo-turn}; do
	for place in "$evals/sets" "$shared"; do
		if [ -d "$place/$name" ]; then sets="$sets $place/$name"; fi
	done
done
measure() {
	printf '%-22s' "$1"
	for set in $sets; do
		"$program" eval "$set" --score --weights "$2" | awk '$1 == "all" { printf "%16s", $6 }'
	done
	printf '\n'
}
printf '%-22s' ''
for set in $sets; do printf '%16s' "$(basename "$set")"; done
printf '\n'
measure "all signals" '{}'
measure "without meaning" '{"meaning":0}'
measure "without closeness" '{"span":0}'
measure "without same output" '{"same_output":0}'
measure "without same command" '{"same_command":0}'
measure "without recency" '{"recency":0}'
measure "without the opening" '{"opening":0}'
measure "without intent" '{"intent":0}'
measure "without files" '{"file_named":0,"file_touched":0,"file_alone":0}'
measure "without names" '{"entity":0}'
