#!/usr/bin/env bash
# compare.sh SOURCE SESSION_PROGRAM: the same session natively and as WebAssembly, in Node. 77: it cannot be run here.
set -euo pipefail

source=$1 program=$2
for tool in em++ node; do
    command -v "$tool" > /dev/null || {
        echo "web: $tool is missing, so nothing is tested: ./run install emscripten node-acorn nodejs"
        exit 77
    }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$source/run" web
"$program" < "$source/tests/web/session.txt" > "$work/native"
node "$source/tests/web/compare.js" "$source/tests/web/session.txt" "$work/native" "$source/examples/web/page" \
    "$source/build/web/examples/web"
