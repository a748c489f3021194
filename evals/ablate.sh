#!/bin/sh
# What each signal is worth: nDCG@10 with all of them, then without each.
# Usage: ablate.sh PROGRAM HOME. The sets are looked for under $MEMORY_LANE_SHARED/bench.
set -eu
program=$1
export MEMORY_LANE_HOME="$2"
bench="${MEMORY_LANE_SHARED:?}/bench"
run=$(mktemp)
trap 'rm -f "$run"' EXIT
sets=${EVAL_SETS:-replay-theme replay-fail replay-branch locomo-session locomo-turn}
measure() {
	printf '%-22s' "$1"
	for set in $sets; do
		"$program" eval "$bench/data/$set" --run "$run" --weights "$2" >/dev/null
		python3 "$bench/lanebench/score.py" "$bench/data/$set" "$run" | tail -1 | awk -F'|' '{ printf "%16s", $12 }'
	done
	printf '\n'
}
printf '%-22s' ''
for set in $sets; do printf '%16s' "$set"; done
printf '\n'
measure "all signals" '{}'
measure "without meaning" '{"meaning":0}'
measure "without closeness" '{"span":0}'
measure "without same output" '{"same_output":0}'
measure "without same command" '{"same_command":0}'
measure "without recency" '{"recency":0}'
measure "without the opening" '{"opening":0}'
measure "without intent" '{"intent":0}'
