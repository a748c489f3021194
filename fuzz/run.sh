#!/bin/sh
# Runs the fuzz targets one after the other, each for so many seconds: run.sh SECONDS [TARGET]…
# What was found on the way is kept in corpus/ and goes on from there; what fails a target is kept in artifacts/.
set -e
seconds=$1
shift
cd "$(dirname "$0")"
programs=$(sh build.sh)
sh seed.sh
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.toml | grep -v '^memory-lane')
for target; do
    mkdir -p "artifacts/$target"
    echo "$target: $seconds s"
    "$programs/$target" "corpus/$target" -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" \
        -max_len=32768 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 2>"artifacts/$target.log" ||
        { tail -n 40 "artifacts/$target.log" >&2; exit 1; }
    sed -n -e 's/^stat::number_of_executed_units: */  executions: /p' -e 's/^stat::new_units_added: */  new inputs: /p' \
        "artifacts/$target.log"
done
