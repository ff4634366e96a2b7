#!/usr/bin/env bash
# symbols.sh ISA OBJECTS...: a function that the linker merges with others of its name must have the instruction set in its
# name. Otherwise the body made for AVX-512 may be kept for everybody, and an older processor stops at it.
set -euo pipefail

command -v nm > /dev/null || exit 77
isa=$1
shift
shared=$(nm --defined-only "$@" | awk '$2 == "W" { print $3 }' | grep -vi "$isa" | grep -v '^__clang_call_terminate$' | sort -u || true)
if [[ -n $shared ]]; then
    echo "compiled for $isa, and open to everybody:"
    c++filt <<< "$shared" | cut -c 1-200
    exit 1
fi
