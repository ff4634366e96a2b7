#pragma once
// Arrays beside Vars. xtensor's operators would take a Var for a number and make an expression of Vars, which records
// nothing before it is read; so these are chosen instead, and do not compile.

#include <concepts>
#include <type_traits>

#include <xgrad/core/value.hpp>
#include <xgrad/core/var.hpp>

namespace xgrad {

namespace detail {

template <class A, class B>
concept VarBesideArray = (std::same_as<std::remove_cvref_t<A>, Var> ||
                          std::same_as<std::remove_cvref_t<A>, Operand>)&&ArrayExpression<B>;
template <class A, class B>
concept ArrayBesideVar = VarBesideArray<A, B> || VarBesideArray<B, A>;

template <class A, class B>
Var refuse_array() {
    static_assert(!ArrayBesideVar<A, B>,
                  "an array stands beside a Var: make it one with tape.constant(array), or give it to a program as an "
                  "argument");
    return {};
}

} // namespace detail

template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator+(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator-(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator*(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator/(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator<(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator<=(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator>(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator>=(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator==(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator!=(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator&(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator|(A&&, B&&) { return detail::refuse_array<A, B>(); }
template <class A, class B>
requires detail::ArrayBesideVar<A, B> Var operator^(A&&, B&&) { return detail::refuse_array<A, B>(); }

} // namespace xgrad
