#!/bin/sh
# How fast a directory of transcripts is taken in, beside `wc -l` and `jq -c .type` on the same files in the same run:
#   ingest.sh PROGRAM DIRECTORY [ROUNDS]
# Each round runs all of them once, by turns, so that what else the machine does hits all alike. Without a directory the
# bench uses the 288 sessions of $MEMORY_LANE_SHARED. Nothing is embedded: that is a step of its own.
set -e
program=$1
files=$2
rounds=${3:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$files" ]; then
    packed=${MEMORY_LANE_SHARED:-../shared}/traces/sessions/entireio-cli-sessions.tar.zst
    [ -f "$packed" ] || { echo "no sessions to take in: name a directory with DIR=, or set MEMORY_LANE_SHARED" >&2; exit 1; }
    files=$work/sessions
    mkdir "$files"
    zstd -dc --long=27 "$packed" | tar x -C "$files"
fi
find "$files" -name '*.jsonl' -type f >"$work/list"
bytes=$(tr '\n' '\0' <"$work/list" | xargs -0 cat | wc -c)
echo "$(wc -l <"$work/list") files, $((bytes / 1000000)) MB, $(nproc) cores"

# NAME COMMAND…: wall seconds, and the most memory where GNU time is there to tell.
timed() {
    name=$1
    shift
    start=$(date +%s%N)
    "$@" >"$work/out" 2>"$work/errors" || { cat "$work/errors" >&2; exit 1; }
    end=$(date +%s%N)
    echo "$name $(((end - start) / 1000000))" >>"$work/times"
}
lines() { tr '\n' '\0' <"$work/list" | xargs -0 wc -l; }
types() { tr '\n' '\0' <"$work/list" | xargs -0 cat | jq -c .type; }
ingest() {
    rm -rf "$work/home"
    MEMORY_LANE_HOME=$work/home "$program" ingest "$files" --json
}
again() { MEMORY_LANE_HOME=$work/home "$program" ingest "$files" --json; }

command -v jq >/dev/null || { echo "jq is missing: it is the measure (Debian: apt-get install jq)" >&2; exit 1; }
lines >/dev/null # the files are read from memory by all
for _ in $(seq "$rounds"); do
    timed wc lines
    timed jq types
    timed ingest ingest
    cp "$work/out" "$work/report"
    timed unchanged again
done
for name in wc jq ingest unchanged; do
    awk -v name="$name" -v bytes="$bytes" '$1 == name { print $2 }' "$work/times" | sort -n |
        awk -v name="$name" -v bytes="$bytes" '{ all[NR] = $1 } END {
            median = all[int((NR + 1) / 2)]
            printf "%-10s median %6d ms  best %6d ms  %7.1f MB/s\n", name, median, all[1], bytes / 1000 / (median > 0 ? median : 1) }'
done
median() { awk -v name="$1" '$1 == name { print $2 }' "$work/times" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
echo "jq takes $(awk -v a="$(median jq)" -v b="$(median ingest)" 'BEGIN { printf "%.1f", a / b }') times as long as ingest"
jq -c '{sessions_new, messages, tool_calls, copies, skipped, unreadable}' "$work/report"
