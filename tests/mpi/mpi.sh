#!/usr/bin/env bash
# mpi.sh TEST PROGRAM MPIEXEC FOLDER: starts processes of the program, as the test needs them. Without MPI it says so, and is
# skipped.
set -euo pipefail
test=$1 program=$2 mpiexec=$3 folder=$4
if [[ ! -x $program || ! -x $mpiexec ]]; then
    echo "skipped: xgrad was built without MPI, so there is nothing to start (on Debian: libopenmpi-dev, or libmpich-dev)"
    exit 77
fi
source=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/main.cpp
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
export OMP_NUM_THREADS=1

options=(-bind-to none)
if "$mpiexec" --version 2>&1 | grep -q 'Open MPI\|OpenRTE'; then
    options=(--oversubscribe --bind-to none)
    ((EUID)) || options+=(--allow-run-as-root)
fi
start() { # PROCESSES ARGUMENTS...
    local processes=$1
    shift
    timeout 120 "$mpiexec" -np "$processes" "${options[@]}" "$program" "$@"
}
fail() {
    echo "$*"
    exit 1
}

# All ranks of all runs keep the very same bytes.
same_bits() {
    "$program" train alone
    for n in 1 2 3 4; do
        start $n train "mpi$n"
        "$program" local $n "local$n"
    done
    (($(ls | wc -l) == 1 + 2 * (1 + 2 + 3 + 4))) || fail "files are missing: $(ls)"
    [[ -s alone.0 ]] || fail "nothing was kept"
    for file in *; do
        cmp "$file" alone.0
    done
}

# rank 2 is at fault, and what the others say is one text: that of `expected`.
says() { # HOW EXPECTED
    local status=0
    start 4 fail "$1" > out 2> err || status=$?
    ((status != 0)) || fail "$1: the status is 0"
    ((status != 124)) || fail "$1: it did not end"
    grep -o 'terminated: .*' err | sort -u > texts || true
    [[ $(cat texts) == "terminated: $2" ]] || fail "$1: $(cat out err)"
}

one_text_for_all() {
    local same='; all ranks must record and call the same programs in the same order'
    local line=main.cpp:$(grep -n 'Var loss = all_mean(sum' "$source" | cut -d: -f1)
    local other=main.cpp:$(grep -n 'loss = all_sum(sum' "$source" | cut -d: -f1)
    local taken=main.cpp:$(grep -n 'taken = take_along' "$source" | cut -d: -f1)
    says throw 'rank 2: the file is not there'
    says exit "rank 2 is at the end of its program, and rank 0 at all_mean, $line$same"
    says late "rank 2 did not arrive at all_mean, $line, after 2 s"
    says op "rank 2 is at all_sum, $other, and rank 0 at all_mean, $line$same"
    says program "at all_mean, $line rank 2 has recorded another program than rank 0: ops, dtypes or shapes differ; all ranks must record the same"
    says label "rank 2: take_along_axis: index 9 at position (1, 0) is out of range; axis 1 has extent 4, indices go from -4 to 3; in shard 34 of 64, at $taken"
}

"$test"
