#pragma once
// Fills the tables of kernels of an op's form; included by op.hpp.

#include <xgrad/core/kernels/dispatch.hpp>
#include <xgrad/core/kernels/elementwise.hpp>
#include <xgrad/core/kernels/reduction.hpp>
#include <xgrad/core/op.hpp>

namespace xgrad {

namespace detail {

/// Whether the op takes integers besides float32 and float64.
template <class Op>
constexpr bool takes_integers() {
    if constexpr (requires { Op::integers; })
        return Op::integers;
    else
        return false;
}

/// Calls f with a zero of each element type that the op takes.
template <class Op, class F>
void for_each_type(F f) {
    f(float{});
    f(double{});
    if constexpr (takes_integers<Op>()) {
        f(std::int64_t{});
        f(std::uint8_t{});
    }
}

/// The kernels of Op for instruction set I. The library's other sources only declare them: kernels*.cpp makes them.
template <class Op, class I>
struct ElementwiseKernels {
    static void fill(ElementwiseForm& form);
};
template <class Op, class I>
struct ReductionKernels {
    static void fill(ReductionForm& form);
};

/// Whether `forward` is declared noexcept, for the vectors that the kernels call it with.
template <class Op>
constexpr bool has_noexcept_forward() {
    using P = simd::Pack<double, simd::Isa>;
    using M = simd::Mask<double, simd::Isa, P::size>;
    using std::declval;
    if constexpr (is_masked<Op>())
        return noexcept(declval<const Op&>().forward(declval<M>(), declval<P>(), declval<P>()));
    else if constexpr (arity_of<Op>() == 1)
        return noexcept(declval<const Op&>().forward(declval<P>()));
    else if constexpr (arity_of<Op>() == 2)
        return noexcept(declval<const Op&>().forward(declval<P>(), declval<P>()));
    else
        return noexcept(declval<const Op&>().forward(declval<P>(), declval<P>(), declval<P>()));
}

/// Whether running Op may throw. Of what runs inside loops the library's own does not; a user's may where nothing says
/// otherwise.
template <class Op>
constexpr bool may_throw() {
    if constexpr (requires { Op::throws; })
        return Op::throws;
    else if constexpr (IsView<Op> || IsContraction<Op>)
        return false; // nothing of its own runs
    else if constexpr (IsOpaque<Op>)
        return true;
#ifdef XGRAD_BUILDING
    return false;
#else
    else if constexpr (IsRowwise<Op>)
        return true;
    else if constexpr (IsReduction<Op>)
        return !noexcept(Op::combine(simd::Pack<double, simd::Isa>(), simd::Pack<double, simd::Isa>()));
    else
        return !has_noexcept_forward<Op>();
#endif
}

template <class Op, template <class, class> class Kernels, class Form>
void fill_kernels(Form& form) {
#if defined(XGRAD_BUILDING) && !defined(XGRAD_KERNELS)
#ifndef XGRAD_ONLY_BASELINE
    if (cpu() == Cpu::avx512) return Kernels<Op, simd::Avx512>::fill(form);
    if (cpu() == Cpu::avx2) return Kernels<Op, simd::Avx2>::fill(form);
#endif
    Kernels<Op, simd::Baseline>::fill(form);
#else
    Kernels<Op, simd::Isa>::fill(form);
#endif
}

template <class Op>
ElementwiseForm elementwise_form() {
    static_assert(arity_of<Op>() <= 3, "an elementwise op has up to three inputs");
    ElementwiseForm form;
    form.arity = arity_of<Op>();
    form.masked = is_masked<Op>();
    for_each_type<Op>([&](auto zero) {
        using T = decltype(zero);
        constexpr auto d = static_cast<std::size_t>(dtype_of<T>());
        form.takes[d] = true;
        form.result[d] = dtype_of<scalar_result_t<Op, T>>();
    });
    fill_kernels<Op, ElementwiseKernels>(form);
    return form;
}

template <class Op>
ReductionForm reduction_form() {
    ReductionForm form;
    for_each_type<Op>([&](auto zero) {
        using T = decltype(zero);
        constexpr auto d = static_cast<std::size_t>(dtype_of<T>());
        form.takes[d] = true;
        form.accumulator_bytes[d] = sizeof(accumulator_t<Op, T>);
    });
    fill_kernels<Op, ReductionKernels>(form);
    return form;
}

#if !defined(XGRAD_BUILDING) || defined(XGRAD_KERNELS)

template <class Op, class I>
void ElementwiseKernels<Op, I>::fill(ElementwiseForm& form) {
    for_each_type<Op>([&](auto zero) {
        using T = decltype(zero);
        auto& kernels = form.kernels[static_cast<std::size_t>(dtype_of<T>())];
        kernels[0] = elementwise_kernel<Op, T, I, 0>;
        if constexpr (arity_of<Op>() == 2) {
            kernels[1] = elementwise_kernel<Op, T, I, 1>;
            kernels[2] = elementwise_kernel<Op, T, I, 2>;
        } else if constexpr (is_masked<Op>()) {
            kernels[2] = elementwise_kernel<Op, T, I, 2>;
            kernels[4] = elementwise_kernel<Op, T, I, 4>;
            kernels[6] = elementwise_kernel<Op, T, I, 6>;
        }
    });
}

template <class Op, class I>
void ReductionKernels<Op, I>::fill(ReductionForm& form) {
    for_each_type<Op>([&](auto zero) {
        using T = decltype(zero);
        constexpr auto d = static_cast<std::size_t>(dtype_of<T>());
        form.rows[d] = reduce_rows_kernel<Op, T, I>;
        form.columns[d] = reduce_columns_kernel<Op, T, I>;
        form.all[d] = reduce_all_kernel<Op, T, I>;
        form.start[d] = start_kernel<Op, T, I>;
        form.merge[d] = merge_kernel<Op, T, I>;
        form.finish[d] = finish_kernel<Op, T, I>;
    });
}

#endif

} // namespace detail
} // namespace xgrad
