#!/usr/bin/env bash
# check.sh FILE COMPILER OPTIONS...: FILE must not compile, and what the compiler says must match the regular expression in its
# first line, `// error: REGEX`, and be short. A file whose first line is `// compiles` must compile.
set -euo pipefail

most_lines=100
file=$1
shift
wanted=$(head -n 1 "$file")
compiles=1
said=$(LC_ALL=C "$@" -std=c++20 -fsyntax-only "$file" 2>&1) || compiles=0

case $wanted in
"// compiles")
    ((compiles)) && exit 0
    echo "$file must compile, and does not:"
    ;;
"// error: "*)
    # A header that is not found, or a mistake in a header, is not the error that is meant.
    if ((compiles)); then
        echo "$file must not compile, and does"
    elif (($(wc -l <<< "$said") > most_lines)); then
        echo "the compiler says more than $most_lines lines of $file; the first of them:"
        said=$(head -n 40 <<< "$said")
    elif grep -Eq -- "${wanted#// error: }" <<< "$said"; then
        grep -Fq "$(basename "$file"):" <<< "$said" && exit 0
        echo "the compiler does not name the line of $file:"
    else
        echo "what the compiler says of $file does not match ${wanted#// error: }"
    fi
    ;;
*)
    echo "$file: the first line must be '// compiles' or '// error: REGEX'"
    ;;
esac
echo "$said"
exit 1
