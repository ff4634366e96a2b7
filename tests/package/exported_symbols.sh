#!/bin/sh
# exported_symbols.sh LIBRARY: whether a shared library shows what the public headers declare, and nothing of its inside (but Graph and
# Executable, which public classes hold).
symbols=$(nm -D --defined-only -C "$1" | cut -d' ' -f3-) || exit 1
fail() { echo "$1"; exit 1; }
for shown in 'xgrad::Tape::compile(' 'xgrad::matmul(' 'xgrad::models::save(' 'xgrad::optim::Transformation::' 'typeinfo for xgrad::Error'; do
    echo "$symbols" | grep -qF "$shown" || fail "$shown is hidden"
done
inside=$(echo "$symbols" | grep -E '^(xgrad::(Fuser|LoopEmitter|LoopBuilder|Plan|NodeTable|Verifier)::|.*(Kernels<|simd::|cxxblas|info<))' | head -5)
[ -z "$inside" ] || fail "these are shown: $inside"
# Of the library itself: compilers show more or fewer of the standard library's templates over its types.
count=$(nm -D --defined-only "$1" | cut -d' ' -f3 | grep -cE '^_Z(T[VIS])?N?K?5xgrad')
[ "$count" -lt 1000 ] || fail "$count symbols are shown"
