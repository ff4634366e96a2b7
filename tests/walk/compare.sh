#!/bin/sh
# compare.sh PROGRAM README: whether the blocks of README that begin with "# a program: a pass" are those that PROGRAM prints.
shown=$(mktemp) && printed=$(mktemp) || exit 1
trap 'rm -f "$shown" "$printed"' EXIT
awk '/^```/ { inside = !inside; keep = 0; next } inside && /^# [a-z].*: / { keep = 1 } inside && keep' "$2" > "$shown"
XGRAD_CPU=baseline "$1" > "$printed"
diff -u "$shown" "$printed"
