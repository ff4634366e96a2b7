#!/bin/sh
# snippets.sh FILE [FIRST [LAST]]: prints the C++ that stands in a Markdown file, or some of its pieces; the compiler's messages
# name the file and its lines.
awk -v file="$1" -v first="${2:-1}" -v last="${3:-1000}" '
    /^```cpp/ { ++piece; on = piece >= first && piece <= last; if (on) print "#line " NR + 1 " \"" file "\""; next }
    /^```/ { on = 0 }
    on' "$1"
