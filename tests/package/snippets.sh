#!/bin/sh
# Prints the C++ that stands in a Markdown file; the compiler's messages name the file and its lines.
awk -v file="$1" '/^```cpp/ { on = 1; print "#line " NR + 1 " \"" file "\""; next } /^```/ { on = 0 } on' "$1"
