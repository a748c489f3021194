#!/bin/sh
# Builds the fuzz targets with the stable compiler: coverage for libFuzzer, no sanitizer (the readers are safe Rust).
# Says where they are.
set -e
cd "$(dirname "$0")"
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares" \
    cargo build --locked --release --quiet --target "$host" >&2
echo "$PWD/target/$host/release"
