#pragma once
// NumPy's semantics in plain loops over one element at a time: what the results of the ops are compared with.

#include <algorithm>
#include <numeric>

#include "support.hpp"

namespace test {

/// The index of element i of a row-major array.
inline Extents index_of(std::size_t i, const Extents& shape) {
    Extents index(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0; i /= shape[axis])
        index[axis] = i % shape[axis];
    return index;
}

/// The element of a row-major array of that shape which broadcasting shows at `index`.
inline std::size_t offset_of(const Extents& index, const Extents& shape) {
    std::size_t offset = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
        offset = offset * shape[axis] + (shape[axis] == 1 ? 0 : index[index.size() - shape.size() + axis]);
    return offset;
}

inline std::size_t count(const Extents& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

template <class T>
Extents shape_of(const xt::xarray<T>& x) {
    return {x.shape().begin(), x.shape().end()};
}

inline Extents broadcast_shape(const std::vector<Extents>& shapes) {
    Extents result;
    for (const Extents& shape : shapes) {
        if (shape.size() > result.size()) result.insert(result.begin(), shape.size() - result.size(), 1);
        for (std::size_t i = 0; i < shape.size(); ++i)
            if (std::size_t& extent = result[result.size() - shape.size() + i]; shape[i] != 1) extent = shape[i];
    }
    return result;
}

/// f of each element, with broadcasting.
template <class R, class F, class... T>
xt::xarray<R> map(F f, const xt::xarray<T>&... x) {
    const Extents shape = broadcast_shape({shape_of(x)...});
    auto result = xt::xarray<R>::from_shape(shape);
    for (std::size_t i = 0; i < count(shape); ++i) {
        const Extents index = index_of(i, shape);
        result.data()[i] = static_cast<R>(f(x.data()[offset_of(index, shape_of(x))]...));
    }
    return result;
}

/// The elements along `axes` (not negative), one list for each element of the result, which is made by `finish`.
template <class R, class T, class F>
xt::xarray<R> reduce(const xt::xarray<T>& x, const Extents& axes, bool keepdims, F finish) {
    const Extents shape = shape_of(x);
    Extents kept = shape, result_shape;
    for (const std::size_t axis : axes) kept[axis] = 1;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
        if (keepdims || std::find(axes.begin(), axes.end(), axis) == axes.end()) result_shape.push_back(kept[axis]);
    std::vector<std::vector<T>> groups(count(kept));
    for (std::size_t i = 0; i < x.size(); ++i) groups[offset_of(index_of(i, shape), kept)].push_back(x.data()[i]);
    auto result = xt::xarray<R>::from_shape(result_shape);
    for (std::size_t i = 0; i < groups.size(); ++i) result.data()[i] = static_cast<R>(finish(groups[i]));
    return result;
}

template <class T>
xt::xarray<T> transposed(const xt::xarray<T>& x, const Extents& axes) {
    const Extents from = shape_of(x);
    Extents to;
    for (const std::size_t axis : axes) to.push_back(from[axis]);
    auto result = xt::xarray<T>::from_shape(to);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const Extents index = index_of(i, to);
        Extents source(from.size());
        for (std::size_t axis = 0; axis < to.size(); ++axis) source[axes[axis]] = index[axis];
        result.data()[i] = x.data()[offset_of(source, from)];
    }
    return result;
}

/// With its last two axes swapped.
template <class T>
xt::xarray<T> flipped(const xt::xarray<T>& x) {
    Extents axes(x.dimension());
    std::iota(axes.begin(), axes.end(), std::size_t{0});
    std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
    return transposed(x, axes);
}

/// The product over the last two axes, the others broadcast.
template <class T>
xt::xarray<T> product(const xt::xarray<T>& a, const xt::xarray<T>& b) {
    const Extents sa = shape_of(a), sb = shape_of(b);
    const std::size_t m = sa[sa.size() - 2], k = sa.back(), n = sb.back();
    const Extents batch_a(sa.begin(), sa.end() - 2), batch_b(sb.begin(), sb.end() - 2);
    Extents shape = broadcast_shape({batch_a, batch_b});
    const Extents batch = shape;
    shape.insert(shape.end(), {m, n});
    auto result = xt::xarray<T>::from_shape(shape);
    for (std::size_t i = 0; i < count(batch); ++i) {
        const Extents index = index_of(i, batch);
        const T* pa = a.data() + offset_of(index, batch_a) * m * k;
        const T* pb = b.data() + offset_of(index, batch_b) * k * n;
        for (std::size_t row = 0; row < m; ++row)
            for (std::size_t column = 0; column < n; ++column) {
                double total = 0;
                for (std::size_t j = 0; j < k; ++j)
                    total += static_cast<double>(pa[row * k + j]) * static_cast<double>(pb[j * n + column]);
                result.data()[(i * m + row) * n + column] = static_cast<T>(total);
            }
    }
    return result;
}

/// f of constants with these elements, run at once.
template <class R, class F, class... T>
xt::xarray<R> run(F f, const xt::xarray<T>&... x) {
    xg::Tape tape;
    return f(tape.constant(x)...).template value<R>();
}

} // namespace test
