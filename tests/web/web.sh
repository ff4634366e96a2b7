#!/usr/bin/env bash
# web.sh page SOURCE: builds the page.
# web.sh session SOURCE PROGRAM: the same session natively, by PROGRAM, and as WebAssembly in Node.
# web.sh browser SOURCE PROGRAM CHROMIUM PICTURES TEST: a test of browser.js.
# Gives 77 if it cannot be run here.
set -euo pipefail

what=$1 source=$2
case $what in
    page) tools=(em++ node) ;;
    session) tools=(node) ;;
    browser) tools=(node "$4") ;;
esac
for tool in "${tools[@]}"; do
    command -v "$tool" > /dev/null || {
        echo "web: $tool is missing, so nothing is tested: ./run install emscripten node-acorn nodejs chromium"
        exit 77
    }
done
[[ $what != page ]] || exec "$source/run" web

page=$source/build/web/lecture.html session=$source/tests/web/session.txt
[[ -f $page ]] || {
    echo "web: there is no $page, so nothing is tested"
    exit 77
}
native=$(mktemp)
trap 'rm -f "$native"' EXIT
"$3" < "$session" > "$native"
if [[ $what == session ]]; then
    node "$source/tests/web/session.js" "$session" "$native" "$source/build/web/examples/web"
else
    node "$source/tests/web/browser.js" "$session" "$native" "$page" "${@:4}"
fi
