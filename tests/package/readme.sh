#!/usr/bin/env bash
# readme.sh SOURCE_DIR: the tables of README.md name every public op and every rule, and nothing else; and `./run train` builds
# the programs that it tells to start.
set -euo pipefail
cd "$1"
failed=0

# names HEADING: what stands in backticks in the tables of a section of the README, but for members in brackets.
names() {
    awk -v heading="## $1" '/^## / { on = $0 == heading } on && /^[|] [a-z]/' README.md | sed 's/([^)]*)//g' |
        grep -o '`[^`]*`' | tr -d '`\\' | grep -v '\[' | sort -u
}

# compare WHAT HEADING: with the names on standard input.
compare() {
    local difference
    difference=$(diff <(sort -u) <(names "$2") || true)
    if [[ -n $difference ]]; then
        echo "README.md, \"$2\": < is $1 and not in the table, > is in the table and not there:"
        grep '^[<>]' <<< "$difference"
        failed=1
    fi
}

# A function of Vars at the start of a line, or a class that makes them, in a public header and not in a namespace detail.
headers=(core/structural.hpp)
while read -r header; do headers+=("$header"); done < <(grep -o 'ops/[a-z_]*\.hpp' models/xgrad.hpp)
awk '
    /^namespace detail/ { detail = 1 }
    /^} \/\/ namespace detail/ { detail = 0 }
    detail || /= delete/ { next }
    { gsub(/^(\[\[nodiscard\]\] |XGRAD_API |inline )+/, "") }
    /^class [XA-Z_]*[ ]*Random / { print "Random" }
    match($0, /^(Var|std::vector<Var>|[A-Z][A-Za-z]*) [a-z_0-9]+\(/) {
        name = substr($0, 1, RLENGTH - 1)
        sub(/.* /, "", name)
        print name
    }
    match($0, /^Var operator[^(]+/) { print substr($0, 13, RLENGTH - 12) }' "${headers[@]}" | compare "a function of ops/" "All ops"

# What has a name that its slots are kept under is a rule; what is called with the number of steps, a schedule; what solves a
# problem, a search; what steps with the loss changes a rate.
awk '
    match($0, /^(struct|class) [^{]*/) { name = $(NF - 1) }
    /^}/ { name = "" }
    name != "" && /^    (\[\[nodiscard\]\] )?(RuleName name |SearchReport solve\(|Var operator\(\)\(Var |bool step\(double )/ { print name }' optim/*.hpp |
    compare "a rule of optim/" "All rules"

built=" $(sed -n '/^    train)/,/;;/s/^ *compile //p' run) "
for program in $(grep -o 'build/release/[a-z]*/[a-z_]*' README.md | sort -u); do
    if [[ $built != *" ${program##*/} "* ]]; then
        echo "README.md names $program, which ./run train does not build"
        failed=1
    fi
done
exit $failed
