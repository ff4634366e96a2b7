#pragma once
// The only file that includes xtensor: its headers moved between 0.24 and 0.27, and with C++20 its releases
// up to 0.25 need a repair that must be seen before anything instantiates a temporary of dynamic rank.

#include <cstddef>

#if __has_include(<xtensor/containers/xarray.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#else
// The configuration comes first.
// clang-format off
#include <xtensor/xtensor_config.hpp>
#include <xtensor/xexpression_traits.hpp>
// clang-format on

#if __cplusplus > 201703L && (XTENSOR_VERSION_MAJOR == 0 && XTENSOR_VERSION_MINOR < 26)
namespace xt {
namespace detail {
// xtensor chooses the container of a temporary by matching the shape's template; since C++20 (P0522) its svector
// also matches the pattern meant for std::array, and arrays of dynamic rank became xtensor<T, 4>.
template <template <class, std::size_t, class, bool> class S, class X, std::size_t N, class A, bool Init>
struct xtype_for_shape<S<X, N, A, Init>> {
    template <class T, layout_type L>
    using type = xarray<T, L>;
};
} // namespace detail
} // namespace xt
#endif

#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#endif

#include <type_traits>

static_assert(
    std::is_same_v<xt::detail::xtype_for_shape<xt::xarray<float>::shape_type>::type<float, xt::layout_type::row_major>,
                   xt::xarray<float, xt::layout_type::row_major>>,
    "xgrad: a header of xtensor that was included before xgrad's has already made a wrong choice of "
    "temporaries; include <xgrad/xgrad.hpp> before any header of xtensor");
