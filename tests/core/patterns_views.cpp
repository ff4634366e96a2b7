// Views of three and four axes, of leaves and of results, where each kind of loop reads them.

#include <algorithm>
#include <numeric>

#include "ways.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {

struct View {
    std::string name;
    Var var;
};

std::vector<View> views_of(Var x) {
    const auto rank = static_cast<std::int64_t>(x.rank());
    std::vector<View> views = {{"itself", x}};
    std::vector<std::int64_t> axes(x.rank());
    std::iota(axes.begin(), axes.end(), 0);
    while (std::next_permutation(axes.begin(), axes.end()))
        views.push_back({fmt::format("axes {}", xg::Dims(axes).str()), transpose(x, axes)});
    for (std::int64_t axis = 0; axis < rank; ++axis) {
        const auto n = static_cast<std::int64_t>(x.shape()[static_cast<std::size_t>(axis)]);
        views.push_back({fmt::format("one of axis {}", axis), slice(x, axis, n / 2, n / 2 + 1)});
        views.push_back({fmt::format("part of axis {}", axis), slice(x, axis, n > 1 ? 1 : 0, n)});
        views.push_back({fmt::format("every other of axis {}", axis), slice(x, axis, 0, n, 2)});
        views.push_back({fmt::format("axis {} backwards", axis), flip(x, {axis})});
        views.push_back({fmt::format("axis {} twice", axis), xg::concatenate({x, x}, axis)});
        for (std::int64_t other = axis + 1; other < rank; ++other)
            for (const std::int64_t offset : {0, 1}) {
                if (x.shape()[static_cast<std::size_t>(other)] <= static_cast<std::size_t>(offset)) continue;
                views.push_back({fmt::format("diagonal {} of axes {} and {}", offset, axis, other),
                                 diagonal(x, offset, axis, other)});
                views.push_back({fmt::format("diagonal {} of axes {} and {}, first", offset, axis, other),
                                 xg::moveaxis(diagonal(x, offset, axis, other), {-1}, {0})});
            }
    }
    views.push_back({"all in a row", reshape(x, {-1})});
    views.push_back({"turned, then all in a row", reshape(transpose(x), {-1})});
    views.push_back({"its rows", reshape(x, {static_cast<std::int64_t>(x.shape()[0]), -1})});
    return views;
}

/// What loops do with a view v of y, which was made of x.
void check_view(const Ways& ways, Var y, Var v, Var p, const std::string& what) {
    const auto rank = static_cast<std::int64_t>(v.rank());
    ways.check({.outputs = {v}, .updates = {}}, what);
    ways.check({.outputs = {v * 2 + 1, exp(v)}, .updates = {}}, what + ", arithmetic");
    ways.check({.outputs = {v * v - v, y}, .updates = {}}, what + ", with a second reader");
    xg::Shape both;
    if (broadcast(v.shape(), p.shape(), both))
        for (const Var z : {v + p, v * 10 - p, (v - 1) * p, v + y})
            ways.check({.outputs = {z}, .updates = {}}, what + ", beside an array of the shape of what it shows");
    if (v.shape() == p.shape()) ways.check({.outputs = {sum(v)}, .updates = {{p, v}}}, what + ", an update");
    std::vector<Var> reductions = {sum(v), max(v)};
    for (std::int64_t axis = 0; axis < rank; ++axis) {
        reductions.push_back(sum(v, {axis}));
        reductions.push_back(v - max(v, {axis}, xg::keepdims));
        if (rank > 1) reductions.push_back(mean(v * 2, {axis, (axis + 1) % rank}));
        reductions.push_back(softmax(v, axis));
    }
    for (const Var r : reductions)
        ways.check({.outputs = {r}, .updates = {}}, what + ", reduced");
    ways.check({.outputs = reductions, .updates = {}}, what + ", reduced in all ways");
}

template <class T>
void check_shape(const Extents& shape) {
    xg::Tape tape;
    const Ways ways(tape, sizeof(T) == 4 ? 1e-5 : 1e-13);
    Random random(shape.size() + shape[0]);
    const Var p = tape.parameter(random_array<T>(shape, random, 0.5, 2)),
              row = tape.parameter(random_array<T>({shape.back()}, random, 0.5, 2));
    const Var bytes = tape.constant(random_array<std::uint8_t>(shape, random, 0, 255)), loss = sum(square(p) * row);
    for (const auto& [source, y] : std::vector<View>{{"a leaf", p},
                                                     {"a product", p * row},
                                                     {"a number", broadcast_to(row, p.shape())},
                                                     {"a gradient", gradient(loss, p)},
                                                     {"bytes", cast(bytes, xg::dtype_of<T>())}})
        for (const auto& [name, v] : views_of(y)) {
            const std::string what = fmt::format("{}, {} of {}", xg::Shape(shape).str(), name, source);
            check_view(ways, y, v, p, what);
            if (source != "bytes")
                ways.check({.outputs = {gradient(sum(square(v)), p)}, .updates = {}}, what + ", its adjoint");
            if (source != "bytes")
                ways.check({.outputs = {gradient(sum(square(v * v + 1)), row), v}, .updates = {}},
                           what + ", its adjoint in a row");
        }
}

} // namespace

BOOST_AUTO_TEST_SUITE(patterns_views)

BOOST_AUTO_TEST_CASE(of_three_axes) { check_shape<double>({4, 3, 4}); }
BOOST_AUTO_TEST_CASE(of_one_and_three_axes) { check_shape<double>({2, 1, 5}); }
BOOST_AUTO_TEST_CASE(of_four_axes) { check_shape<float>({2, 3, 2, 3}); }
BOOST_AUTO_TEST_CASE(of_rows_of_planes) { check_shape<float>({5, 8, 33}); }
BOOST_AUTO_TEST_CASE(of_two_axes) { check_shape<double>({40, 40}); }
BOOST_AUTO_TEST_CASE(of_one_axis) { check_shape<float>({70}); }

/// As many elements as the loop has rows, the first ones of a result of two columns: in other rows, in other blocks.
BOOST_AUTO_TEST_CASE(the_first_half_of_what_has_two_columns) {
    for (const std::int64_t n : {3, 3000}) {
        xg::Tape tape;
        Random random(1);
        const Ways ways(tape, 1e-13);
        const auto rows = static_cast<std::size_t>(n);
        const Var x = tape.parameter(random_array<double>({rows, 2}, random)), y = tape.parameter(random_array<double>({rows}, random));
        const Var centred = x - mean(x, 1, xg::keepdims);
        ways.check({.outputs = {y * slice(reshape(centred, {-1}), 0, 0, n)}}, fmt::format("{} rows", n));
    }
}

/// In a loop of one row all of a result is there, in whatever order it is read.
BOOST_AUTO_TEST_CASE(of_a_result_in_a_loop_of_one_row) {
    xg::Tape tape;
    Random random(1);
    const Ways ways(tape, 1e-13);
    const Var x = tape.parameter(random_array<double>({1, 60}, random)), picked = pick(x, tape.constant(xt::xarray<std::int64_t>{7}));
    const Var y = exp(x) * expand_dims(picked, 1);
    for (const auto& [name, v] : views_of(y)) {
        ways.check({.outputs = {picked, v * 2 + 1}}, name);
        ways.check({.outputs = {picked, tanh(v), y, softmax(v, 0)}}, name + ", with a second reader");
    }
    ways.check({.outputs = {picked, transpose(reshape(y, {6, 10})) - 1, sum(reshape(y, {3, 4, 5}), 1)}}, "turned");
}

BOOST_AUTO_TEST_SUITE_END()
