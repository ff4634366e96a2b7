#!/usr/bin/env bash
# compile_time.sh COMPILER INCLUDE_DIR: <xgrad/xgrad.hpp> must cost less than 1.5 times what xtensor.hpp costs.
set -euo pipefail

compiler=$1
include=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/xtensor.cpp" <<'CODE'
#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif
CODE
echo '#include <xgrad/xgrad.hpp>' > "$work/xgrad.cpp"

milliseconds() {
    local TIMEFORMAT='%3U %3S' user system
    read -r user system < <({ time "$compiler" -std=c++20 -I "$include" -fsyntax-only "$work/$1.cpp"; } 2>&1)
    echo $((10#${user/./} + 10#${system/./}))
}

# The processor's time, in turns: a busy machine slows down both of a pair. What counts is the median of the pairs' ratios.
milliseconds xtensor > /dev/null
for _ in 1 2 3 4 5 6 7 8 9; do
    xtensor=$(milliseconds xtensor)
    xgrad=$(milliseconds xgrad)
    echo "$((xgrad * 100 / xtensor)) $xtensor $xgrad" >> "$work/pairs"
done
read -r percent xtensor xgrad < <(sort -n "$work/pairs" | sed -n 5p)

echo "xtensor.hpp $xtensor ms, xgrad.hpp $xgrad ms"
if ((percent >= 150)); then
    echo "xgrad.hpp costs $percent % of xtensor.hpp, and at most 150 % are allowed"
    exit 1
fi
