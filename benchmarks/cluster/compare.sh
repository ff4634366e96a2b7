#!/usr/bin/env bash
# compare.sh PROGRAM [ROUNDS] [SECONDS]: the seconds of a step, xgrad by MPI beside PyTorch's DistributedDataParallel with Gloo, in
# turns; the median of the rounds, for 1 and 2 processes and batches of 256 and 2048. PYTHON is one that has torch.
set -euo pipefail
program=$1 rounds=${2:-5} seconds=${3:-2}
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
options=(--oversubscribe --bind-to none)
((EUID)) || options+=(--allow-run-as-root)
median() { sort -n | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}'; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '| processes | batch | 64 shards | 8 shards | not exact | DistributedDataParallel |\n|---|---|---|---|---|---|\n'
for ranks in 1 2; do
    for batch in 256 2048; do
        rm -f "$folder"/*
        for _ in $(seq "$rounds"); do
            for how in 64 8 fast; do
                mpirun -np "$ranks" "${options[@]}" "$program" $how "$batch" "$seconds" >> "$folder/$how"
            done
            "${PYTHON:-python3}" "$here/ddp.py" "$ranks" "$batch" "$seconds" >> "$folder/ddp" 2> /dev/null
        done
        printf '| %s | %s' "$ranks" "$batch"
        for how in 64 8 fast ddp; do
            printf ' | %.2f ms' "$(median < "$folder/$how" | awk '{print 1000 * $1}')"
        done
        printf ' |\n'
    done
done
