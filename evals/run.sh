#!/bin/sh
# Recall on judged sets: our own (evals/sets), then those under $MEMORY_LANE_SHARED/bench/data where they are. Beside each
# what others published (evals/published.tsv).
# Usage: run.sh PROGRAM HOME. EVAL_SETS, names separated by spaces, runs only these.
set -eu
program=$1
export MEMORY_LANE_HOME="$2"
evals=$(dirname "$0")
shared="${MEMORY_LANE_SHARED:-../shared}/bench/data"
published() {
	awk -F '\t' -v kind="$1" -v set="$2" "$3" "$evals/published.tsv"
}
for name in ${EVAL_SETS:-corrections failures locomo-turn locomo-session replay-theme replay-fail replay-branch}; do
	set="$evals/sets/$name"
	[ -d "$set" ] || set="$shared/$name"
	if [ ! -d "$set" ]; then
		echo "== $name: SKIPPED, not under $shared; set MEMORY_LANE_SHARED to the directory that has bench/" >&2
		continue
	fi
	echo "== $name: $(wc -l <"$set/queries.jsonl") queries over $(wc -l <"$set/corpus.jsonl") documents"
	"$program" eval "$set" --score
	published reference "$name" '$1 == kind && $2 == set {
		split($4, f, " ")
		printf "reference: %-19s%13s%7s%7s%9s%7s\n", $3, f[1], f[2], f[3], f[4], f[5]
	}'
	echo
done
echo "== what others publish, on other sets than these: to see what is usual, not to compare"
for kind in peer noise; do
	published "$kind" '' '$1 == kind { printf "%s: %s, %s: %s <%s>\n", $1, $3, $2, $4, $5 }'
done
