#!/usr/bin/env bash
# data.sh RUN: what `./run data` does without a network: the files are in a folder, a checksum is wrong, an archive is unpacked.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
real=${XGRAD_DATA:-}
export XGRAD_DATA=$folder/data XGRAD_DATA_SOURCE=$folder/source
mkdir source
cp "$1" run # it works below the folder that it is in
failed=0

# expect STATUS TEXT ARGUMENT...: how ./run data ends, and a part of what it says last.
expect() {
    local expected=$1 text=$2 output status=0
    shift 2
    output=$(./run data "$@" 2>&1) || status=$?
    if ((status != expected)) || [[ $output != *"$text"* ]]; then
        printf 'run data %s: status %s and\n%s\ninstead of %s and %s\n' "$*" "$status" "$output" "$expected" "$text"
        failed=1
    fi
}

check() {
    "$@" || { echo "does not hold: $*"; failed=1; }
}

expect 2 "usage: ./run" nothing
expect 2 "usage: ./run"

# An archive of the shape of CIFAR-10's, whose checksum the copy of the program takes for the published one.
mkdir cifar-10-batches-bin
printf 'records' > cifar-10-batches-bin/data_batch_1.bin
tar -czf archive cifar-10-batches-bin
sum=$(sha256sum archive | cut -d' ' -f1)
check grep -q c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd:cifar-10-binary run
sed -i "s/c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd/$sum/" run

expect 1 "cifar-10-binary.tar.gz could not be fetched; get it from https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, put it into $folder/data/cifar10 and" cifar10
echo "something else" > source/cifar-10-binary.tar.gz
expect 1 "and the published one is $sum: it is damaged, or another file, and was not kept" cifar10
check test -z "$(ls data/cifar10)"
cp archive source/cifar-10-binary.tar.gz
expect 0 "cifar10 is in $folder/data/cifar10: ./run train --data $folder/data/cifar10" cifar10
check cmp cifar-10-batches-bin/data_batch_1.bin data/cifar10/cifar-10-batches-bin/data_batch_1.bin

# Once it is there, nothing is fetched again; what was put there is checked as well.
rm source/cifar-10-binary.tar.gz
expect 0 "cifar10 is in" cifar10
echo "damage" >> data/cifar10/cifar-10-binary.tar.gz
expect 1 "it is damaged, or another file" cifar10
check test -f data/cifar10/cifar-10-binary.tar.gz # not ours to take away
rm -r data/cifar10
XGRAD_DATA_SOURCE=file://$folder/other
mkdir other
cp archive other/cifar-10-binary.tar.gz
expect 0 "cifar10 is in" cifar10

if [[ -d $real/mnist && -d $real/fashion-mnist ]]; then
    for name in mnist fashion-mnist; do
        XGRAD_DATA_SOURCE=$real/$name
        expect 0 "$name is in" $name
        check test "$(ls data/$name | wc -l)" = 4
    done
else
    echo "the checksums of MNIST and Fashion-MNIST are not compared: XGRAD_DATA does not name a folder with the files"
fi
exit $failed
