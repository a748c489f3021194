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

# Milliseconds of processor time, user and system, that all commands so far took.
spent() {
    times >"$work/spent"
    awk 'NR == 2 { split($1, user, /[ms]/); split($2, system_, /[ms]/)
        printf "%d", 1000 * (60 * (user[1] + system_[1]) + user[2] + system_[2]) }' "$work/spent"
}
# NAME COMMAND…: milliseconds, as a clock shows them and of processor time.
timed() {
    name=$1
    shift
    before=$(cat "$work/now")
    start=$(date +%s%N)
    "$@" >"$work/out" 2>"$work/errors" || { cat "$work/errors" >&2; exit 1; }
    end=$(date +%s%N)
    spent >"$work/now"
    echo "$name $(((end - start) / 1000000)) $(($(cat "$work/now") - before))" >>"$work/times"
}
lines() { tr '\n' '\0' <"$work/list" | xargs -0 wc -l; }
types() { tr '\n' '\0' <"$work/list" | xargs -0 cat | jq -c .type; }
ingest() { MEMORY_LANE_HOME=$work/home "$program" ingest "$files" --json; }

command -v jq >/dev/null || { echo "jq is missing: it is the measure (Debian: apt-get install jq)" >&2; exit 1; }
lines >/dev/null # the files are read from memory by all
spent >"$work/now"
for _ in $(seq "$rounds"); do
    timed wc lines
    timed jq types
    rm -rf "$work/home"
    timed ingest ingest
    cp "$work/out" "$work/report"
    timed unchanged ingest
done
# NAME COLUMN: the median of one of the two times.
median() { awk -v name="$1" -v at="$2" '$1 == name { print $at }' "$work/times" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
for name in wc jq ingest unchanged; do
    best=$(awk -v name="$name" '$1 == name { print $2 }' "$work/times" | sort -n | head -1)
    awk -v name="$name" -v bytes="$bytes" -v median="$(median "$name" 2)" -v best="$best" -v cpu="$(median "$name" 3)" 'BEGIN {
        printf "%-10s median %6d ms  best %6d ms  %7.1f MB/s  processor %5.2f s\n", name, median, best,
            bytes / 1000 / (median > 0 ? median : 1), cpu / 1000 }'
done
ratio() { awk -v a="$(median jq "$1")" -v b="$(median ingest "$1")" 'BEGIN { printf "%.1f", a / (b > 0 ? b : 1) }'; }
echo "jq takes $(ratio 2) times as long as ingest, and $(ratio 3) times as much of the processor"
jq -c '{sessions_new, messages, tool_calls, copies, skipped, unreadable}' "$work/report"
