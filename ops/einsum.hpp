#pragma once

#include <string_view>

#include <xgrad/core/op.hpp>

namespace xgrad {

/// Einstein's summation of one or two arrays, as numpy.einsum: each letter names an axis, what is missing after `->` is summed
/// over, a letter twice in one operand is its diagonal, `...` stands for axes without a letter, which broadcast. Without `->` the
/// result has the letters that occur once, in alphabetical order. Extents of one letter must be equal or 1.
///
///     einsum("ij,jk->ik", a, b)    matmul                  einsum("ii->i", a)      diagonal
///     einsum("bij,bj->bi", a, x)   a batch of them         einsum("...ij->...ji", a)
///
/// Made of transpose, reshape, matmul, multiply and sum, and differentiated through them.
Var einsum(std::string_view equation, Operand a, Location where = Location::current());
Var einsum(std::string_view equation, Operand a, Operand b, Location where = Location::current());

} // namespace xgrad
