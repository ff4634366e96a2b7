#!/usr/bin/env bash
# mpi.sh TEST PROGRAM MPIEXEC FOLDER TRAIN: starts processes of the program, as the test needs them. Without MPI it says so, and is
# skipped.
set -euo pipefail
test=$1 program=$2 mpiexec=$3 folder=$4 train=$5
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
    timeout 120 "$mpiexec" -np "$processes" "${options[@]}" "${started:-$program}" "$@"
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

# The training program takes mpirun without further options: rank 0 prints, one writes, and the file is the same.
classifier() {
    local started=$train options_of_run=(--epochs 2 --seed 3 --optimizer adam --shards 64)
    "$train" "${options_of_run[@]}" --checkpoint alone.npz > alone.out
    for n in 1 2 3; do
        start $n "${options_of_run[@]}" --checkpoint "of$n.npz" > "of$n.out"
        cmp "of$n.npz" alone.npz
        diff <(sed 's/[0-9]* examples.s$//' "of$n.out") <(sed 's/[0-9]* examples.s$//' alone.out)
    done
    start 2 --epochs 2 --seed 3 > two.out # 64 shards are what several have
    "$train" --epochs 2 --seed 3 > one.out
    [[ $(tail -n 1 two.out) == "$(tail -n 1 one.out)" ]] || fail "$(tail -n 1 two.out), and $(tail -n 1 one.out)"
    local status=0
    start 2 --data nowhere > out 2> err || status=$?
    ((status == 1)) || fail "no data: the status is $status"
    (($(grep -c 'train_classifier: ' err) == 1)) || fail "no data: $(cat err)"
}

# Killed, any of them, in mid-epoch; then with another number of processes; the bits are those of a run that was left alone.
resume() {
    local started=$train run=(--epochs 20 --seed 7 --optimizer nadam --shards 64)
    "$train" "${run[@]}" --checkpoint alone.npz > /dev/null
    local rank=0 n
    for n in 3 2 4; do
        local status=0
        "$mpiexec" -np $n "${options[@]}" "$train" "${run[@]}" --checkpoint kept.npz --checkpoint-every 13 --resume > "out$n" 2> "err$n" &
        local launcher=$! before
        before=$(stat -c %i kept.npz 2> /dev/null || true)
        for _ in $(seq 1000); do # until it has been written twice
            [[ $(stat -c %i kept.npz 2> /dev/null || true) == "$before" ]] || break
            sleep 0.02
        done
        local ranks
        mapfile -t ranks < <(pgrep -P "$launcher" train_class || pgrep -g "$(ps -o pgid= -p "$launcher" | tr -d ' ')" train_class || true)
        ((${#ranks[@]} == n)) || fail "there are ${#ranks[@]} of $n processes"
        kill -KILL "${ranks[$((rank++ % n))]}"
        wait "$launcher" || status=$?
        ((status != 0)) || fail "nothing was killed"
        ! cmp -s kept.npz alone.npz || fail "it was killed too late"
    done
    start 3 "${run[@]}" --checkpoint kept.npz --resume > last
    cmp kept.npz alone.npz
    ! cmp -s out3 last || fail "it was not resumed"
}

# Each of them stops where the others do.
stopped() {
    local started=$train run=(--epochs 500 --seed 7) status=0
    "$mpiexec" -np 3 "${options[@]}" "$train" "${run[@]}" --checkpoint kept.npz > out 2> err &
    local launcher=$!
    for _ in $(seq 1000); do
        ! grep -q 'epoch   1' out || break
        sleep 0.02
    done
    kill -TERM "$(pgrep -P "$launcher" train_class | tail -n 1)"
    wait "$launcher" || status=$?
    ((status != 0)) || fail "the status is 0"
    (($(grep -c 'stopped by SIGTERM in epoch' out) == 1)) || fail "$(cat out err)"
    start 2 --epochs 2 --seed 7 --checkpoint kept.npz --resume > again
    grep -q '^continues after' again || fail "$(cat again)"
}

"$test"
