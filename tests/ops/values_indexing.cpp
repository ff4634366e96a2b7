// What rearranges, what takes by index, and einsum: against NumPy's results and plain loops.

#include "../reference.hpp"

using namespace test;
using xg::Range;
using xg::Var;

namespace {

using Integers = xt::xarray<std::int64_t>;

/// 0, 1, 2, ... in a shape.
template <class T = std::int64_t>
xt::xarray<T> numbers(const Extents& shape) {
    auto result = xt::xarray<T>::from_shape(shape);
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = static_cast<T>(i);
    return result;
}

/// An array whose elements are f(index).
template <class T, class F>
xt::xarray<T> made(const Extents& shape, F f) {
    auto result = xt::xarray<T>::from_shape(shape);
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = static_cast<T>(f(index_of(i, shape)));
    return result;
}

template <class T>
void check_taken() {
    Random random(4);
    for (const auto& row : std::vector<std::tuple<Extents, Extents, std::size_t>>{
             {{5}, {3}, 0}, {{5}, {}, 0}, {{4, 5}, {7}, 1}, {{4, 5}, {2, 3}, 0}, {{3, 4, 5}, {6}, 1}, {{3, 4, 5}, {0}, 1}, {{0, 4}, {3}, 1}, {{100, 33}, {250}, 0}}) {
        const Extents& shape = std::get<0>(row); // not bindings: clang 14 has lambdas not capture them
        const Extents& of = std::get<1>(row);
        const std::size_t axis = std::get<2>(row);
        const auto x = random_array<T>(shape, random, 0, 100);
        const auto extent = static_cast<std::int64_t>(shape[axis]);
        const auto indices = random_array<std::int64_t>(of, random, static_cast<double>(-extent), static_cast<double>(extent - 1));
        Extents result_shape(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
        result_shape.insert(result_shape.end(), of.begin(), of.end());
        result_shape.insert(result_shape.end(), shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end());
        const auto expected = made<T>(result_shape, [&](const Extents& at) {
            Extents from(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(axis));
            const std::int64_t index = indices.data()[offset_of(Extents(at.begin() + static_cast<std::ptrdiff_t>(axis), at.begin() + static_cast<std::ptrdiff_t>(axis + of.size())), of)];
            from.push_back(static_cast<std::size_t>(index < 0 ? index + extent : index));
            from.insert(from.end(), at.begin() + static_cast<std::ptrdiff_t>(axis + of.size()), at.end());
            return x.data()[offset_of(from, shape)];
        });
        const auto a = static_cast<std::int64_t>(axis);
        BOOST_TEST(same(run<T>([a](Var v, Var i) { return take(v, i, a); }, x, indices), expected), xg::Shape(shape).str());
        // And back: each slice is added to zeros.
        auto sums = filled<T>(shape, T(0));
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const Extents at = index_of(i, result_shape);
            Extents from(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(axis));
            const std::int64_t index = indices.data()[offset_of(Extents(at.begin() + static_cast<std::ptrdiff_t>(axis), at.begin() + static_cast<std::ptrdiff_t>(axis + of.size())), of)];
            from.push_back(static_cast<std::size_t>(index < 0 ? index + extent : index));
            from.insert(from.end(), at.begin() + static_cast<std::ptrdiff_t>(axis + of.size()), at.end());
            sums.data()[offset_of(from, shape)] += T(1);
        }
        if constexpr (std::is_floating_point_v<T>) {
            xg::Tape tape;
            const Var v = tape.parameter(x);
            BOOST_TEST(same(gradient(sum(take(v, tape.constant(indices), a)), v).template value<T>(), sums));
        }
    }
}

template <class T>
void check_along() {
    Random random(4);
    for (const auto& row : std::vector<std::tuple<Extents, Extents, std::size_t>>{
             {{5}, {3}, 0}, {{4, 5}, {4, 7}, 1}, {{4, 5}, {2, 5}, 0}, {{3, 4, 5}, {3, 6, 5}, 1}, {{3, 4, 5}, {1, 6, 5}, 1}, {{3, 1, 5}, {3, 6, 5}, 1}, {{1, 4}, {3, 2}, 1}, {{2, 3}, {2, 0}, 1}}) {
        const Extents& shape = std::get<0>(row); // not bindings: clang 14 has lambdas not capture them
        const Extents& of = std::get<1>(row);
        const std::size_t axis = std::get<2>(row);
        const auto x = random_array<T>(shape, random, 0, 100);
        const auto extent = static_cast<std::int64_t>(shape[axis]);
        const auto indices = random_array<std::int64_t>(of, random, static_cast<double>(-extent), static_cast<double>(extent - 1));
        Extents common = broadcast_shape({shape, of});
        common[axis] = of[axis];
        const auto expected = made<T>(common, [&](Extents at) {
            const std::int64_t index = indices.data()[offset_of(at, of)];
            at[axis] = static_cast<std::size_t>(index < 0 ? index + extent : index);
            return x.data()[offset_of(at, shape)];
        });
        BOOST_TEST(same(run<T>([a = static_cast<std::int64_t>(axis)](Var v, Var i) { return take_along_axis(v, i, a); }, x, indices), expected), xg::Shape(shape).str());
    }
}

template <class T>
void check_scattered() {
    Random random(4);
    for (const auto& row : std::vector<std::tuple<Extents, Extents, std::size_t>>{
             {{5}, {9}, 0}, {{4, 5}, {4, 7}, 1}, {{4, 5}, {2, 3}, 1}, {{3, 4, 5}, {3, 6, 2}, 1}, {{3, 4}, {3, 0}, 1}}) {
        const Extents& shape = std::get<0>(row); // not bindings: clang 14 has lambdas not capture them
        const Extents& of = std::get<1>(row);
        const std::size_t axis = std::get<2>(row);
        const auto x = random_array<T>(shape, random, 0, 9), updates = random_array<T>(of, random, 0, 9);
        const auto extent = static_cast<std::int64_t>(shape[axis]);
        const auto indices = random_array<std::int64_t>(of, random, static_cast<double>(-extent), static_cast<double>(extent - 1));
        auto expected = x;
        for (std::size_t i = 0; i < indices.size(); ++i) {
            Extents at = index_of(i, of);
            const std::int64_t index = indices.data()[i];
            at[axis] = static_cast<std::size_t>(index < 0 ? index + extent : index);
            expected.data()[offset_of(at, shape)] = static_cast<T>(expected.data()[offset_of(at, shape)] + updates.data()[i]);
        }
        BOOST_TEST(same(run<T>([a = static_cast<std::int64_t>(axis)](Var v, Var i, Var u) { return scatter_add(v, i, u, a); }, x, indices, updates), expected, 1e-5), xg::Shape(shape).str());
    }
}

/// The equation by nested loops over all letters.
template <class T>
xt::xarray<T> summed(const std::string& equation, const std::vector<xt::xarray<T>>& x) {
    const std::string output = equation.substr(equation.find("->") + 2);
    std::vector<std::string> terms(1);
    for (const char c : equation.substr(0, equation.find("->")))
        if (c == ',') terms.emplace_back();
        else terms.back() += c;
    std::string letters = output;
    for (const std::string& term : terms)
        for (const char c : term)
            if (letters.find(c) == std::string::npos) letters += c;
    Extents all(letters.size(), 1);
    for (std::size_t k = 0; k < terms.size(); ++k)
        for (std::size_t i = 0; i < terms[k].size(); ++i) {
            std::size_t& extent = all[letters.find(terms[k][i])];
            if (x[k].shape()[i] != 1) extent = x[k].shape()[i];
        }
    auto result = filled<T>(Extents(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(output.size())), T(0));
    for (std::size_t i = 0; i < count(all); ++i) {
        const Extents at = index_of(i, all);
        T product = 1;
        for (std::size_t k = 0; k < terms.size(); ++k) {
            Extents own;
            for (const char c : terms[k]) own.push_back(at[letters.find(c)]);
            product *= x[k].data()[offset_of(own, shape_of(x[k]))];
        }
        result.data()[offset_of(Extents(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(output.size())), shape_of(result))] += product;
    }
    return result;
}

template <class T>
void check_einsum(const std::string& equation, const std::vector<Extents>& shapes, const std::string& spelled = "") {
    Random random(2);
    std::vector<xt::xarray<T>> x;
    for (const Extents& shape : shapes) x.push_back(random_array<T>(shape, random, -5, 5));
    xg::Tape tape;
    const std::string text = spelled.empty() ? equation : spelled;
    const Var y = x.size() == 1 ? xg::einsum(text, tape.constant(x[0])) : xg::einsum(text, tape.constant(x[0]), tape.constant(x[1]));
    BOOST_TEST(same(y.value<T>(), summed(equation, x), 1e-12, 1e-12), text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(axes_in_another_order) {
    const auto x = numbers({2, 3, 4});
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::swap_axes(v, 0, -1); }, x), transposed(x, {2, 1, 0})));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::swap_axes(v, 1, 1); }, x), x));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return moveaxis(v, 0, -1); }, x), transposed(x, {1, 2, 0})));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return moveaxis(v, {-1, 0}, {0, 1}); }, x), transposed(x, {2, 0, 1})));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return moveaxis(v, {0, 1}, {-1, -2}); }, x), transposed(x, {2, 1, 0})));
}

BOOST_AUTO_TEST_CASE(stack_and_split) {
    const Integers a = {1, 2, 3}, b = {4, 5, 6};
    BOOST_TEST(same(run<std::int64_t>([](Var x, Var y) { return xg::stack({x, y}); }, a, b), Integers{{1, 2, 3}, {4, 5, 6}}));
    BOOST_TEST(same(run<std::int64_t>([](Var x, Var y) { return xg::stack({x, y}, -1); }, a, b), Integers{{1, 4}, {2, 5}, {3, 6}}));
    BOOST_TEST(same(run<std::int64_t>([](Var x) { return xg::stack({x}, 1); }, a), transposed(Integers{{1, 2, 3}}, {1, 0})));
    const auto x = numbers({2, 6});
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::split(v, 3, 1)[1]; }, x), Integers{{2, 3}, {8, 9}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::split(v, 2)[1]; }, x), Integers{{6, 7, 8, 9, 10, 11}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::split_sizes(v, {1, 2, 3}, -1)[2]; }, x), Integers{{3, 4, 5}, {9, 10, 11}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::concatenate(xg::split(v, 6, 1), 1); }, x), x));
}

BOOST_AUTO_TEST_CASE(tile_and_repeat) {
    const Integers x = {{1, 2}, {3, 4}};
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::tile(v, 2); }, x), Integers{{1, 2, 1, 2}, {3, 4, 3, 4}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::tile(v, {2, 1}); }, x), Integers{{1, 2}, {3, 4}, {1, 2}, {3, 4}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::tile(v, {2, 1, 2}); }, x), Integers{{{1, 2, 1, 2}, {3, 4, 3, 4}}, {{1, 2, 1, 2}, {3, 4, 3, 4}}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::tile(v, 3); }, filled<std::int64_t>({}, 7)), Integers{7, 7, 7}));
    BOOST_TEST(run<std::int64_t>([](Var v) { return xg::tile(v, 0); }, x).size() == 0u);
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::repeat(v, 2, 0); }, x), Integers{{1, 2}, {1, 2}, {3, 4}, {3, 4}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::repeat(v, 2, -1); }, x), Integers{{1, 1, 2, 2}, {3, 3, 4, 4}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::repeat(v, 2); }, x), Integers{1, 1, 2, 2, 3, 3, 4, 4}));
    BOOST_TEST((shape_of(run<std::int64_t>([](Var v) { return xg::tile(v, {1, 2, 1, 2, 1, 2, 1, 2}); }, numbers({1, 1, 2, 1, 1, 3, 1, 1}))) == Extents{1, 2, 2, 2, 1, 6, 1, 2}));
}

BOOST_AUTO_TEST_CASE(flip_and_pad) {
    const Integers x = {{1, 2}, {3, 4}};
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return flip(v); }, x), Integers{{4, 3}, {2, 1}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return flip(v, 0); }, x), Integers{{3, 4}, {1, 2}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return flip(v, -1); }, x), Integers{{2, 1}, {4, 3}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return pad(v, {{1, 0}, {0, 2}}); }, x), Integers{{0, 0, 0, 0}, {1, 2, 0, 0}, {3, 4, 0, 0}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return pad(v, {{0, 1}}, -7); }, x), Integers{{1, 2}, {3, 4}, {-7, -7}}));
    BOOST_TEST(same(run<float>([](Var v) { return pad(v, {{1, 1}}, 0.5); }, xt::xarray<float>{2}), xt::xarray<float>{0.5, 2, 0.5}));
    BOOST_TEST(same(run<std::uint8_t>([](Var v) { return pad(v, {{1, 1}}, 255); }, xt::xarray<std::uint8_t>{2}), xt::xarray<std::uint8_t>{255, 2, 255}));
    BOOST_TEST(same(run<float>([](Var v) { return pad(v, {{1, 0}}, 3); }, xt::xarray<float>::from_shape({0})), xt::xarray<float>{3}));
}

BOOST_AUTO_TEST_CASE(diagonals_and_triangles) {
    const auto x = numbers({3, 4});
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return diagonal(v); }, x), Integers{0, 5, 10}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return diagonal(v, 2); }, x), Integers{2, 7}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return diagonal(v, -1); }, x), Integers{4, 9}));
    BOOST_TEST(run<std::int64_t>([](Var v) { return diagonal(v, 9); }, x).size() == 0u);
    BOOST_TEST(run<std::int64_t>([](Var v) { return diagonal(v, -9); }, x).size() == 0u);
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return diagonal(v, 1, 1, 0); }, x), Integers{4, 9}));
    const auto deep = numbers({2, 3, 4});
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return diagonal(v, 0, 0, 2); }, deep), Integers{{0, 13}, {4, 17}, {8, 21}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return diagonal(transpose(v), 1); }, x), Integers{4, 9}));
    BOOST_TEST(run<std::int64_t>([](Var v) { return trace(v, 1); }, x)() == 18);
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return trace(v, 0, 0, 2); }, deep), Integers{13, 21, 29}));
    for (const std::int64_t k : {-5, -1, 0, 1, 2, 7}) {
        const auto part = [&](const xt::xarray<float>& a, bool lower) {
            return made<float>(shape_of(a), [&](const Extents& at) {
                const auto i = static_cast<std::int64_t>(at[at.size() - 2]), j = static_cast<std::int64_t>(at.back());
                return (lower ? j <= i + k : j >= i + k) ? a.data()[offset_of(at, shape_of(a))] : 0;
            });
        };
        for (const Extents& shape : {Extents{3, 4}, {5, 2}, {2, 3, 4}, {70, 50}, {3, 400, 300}, {0, 3}, {3, 0}}) {
            const auto a = numbers<float>(shape);
            BOOST_TEST(same(run<float>([k](Var v) { return tril(v, k); }, a), part(a, true)), xg::Shape(shape).str());
            BOOST_TEST(same(run<float>([k](Var v) { return triu(v * 2, k) / 2; }, a), part(a, false)), xg::Shape(shape).str());
        }
    }
}

BOOST_AUTO_TEST_CASE(taking_by_index) {
    check_taken<float>();
    check_taken<double>();
    check_taken<std::int64_t>();
    check_taken<std::uint8_t>();
    check_along<float>();
    check_along<double>();
    check_along<std::int64_t>();
    check_along<std::uint8_t>();
    BOOST_TEST(same(run<std::int64_t>([](Var v, Var i) { return take(v, i); }, numbers({2, 3}), Integers{{5, -1}, {0, 3}}), Integers{{5, 5}, {0, 3}}));
}

BOOST_AUTO_TEST_CASE(adding_by_index) {
    check_scattered<float>();
    check_scattered<double>();
    check_scattered<std::int64_t>();
    check_scattered<std::uint8_t>();
    BOOST_TEST(same(run<std::int64_t>([](Var v, Var i) { return scatter_add(v, i, 10, 0); }, Integers{1, 2, 3}, Integers{0, 0, -1}), Integers{21, 2, 13}));
}

BOOST_AUTO_TEST_CASE(one_hot_along_an_axis) {
    const Integers labels = {2, 0};
    BOOST_TEST(same(run<float>([](Var l) { return one_hot(l, 3, 0); }, labels), xt::xarray<float>{{0, 1}, {0, 0}, {1, 0}}));
    BOOST_TEST(same(run<std::int64_t>([](Var l) { return one_hot(l, 3, -1, xg::DType::int64); }, labels), Integers{{0, 0, 1}, {1, 0, 0}}));
}

BOOST_AUTO_TEST_CASE(einsum) {
    for (const auto& [equation, shapes] : std::vector<std::pair<std::string, std::vector<Extents>>>{
             {"ij,jk->ik", {{3, 4}, {4, 5}}}, {"ij,jk->ki", {{3, 4}, {4, 5}}}, {"ij,jk->", {{3, 4}, {4, 5}}}, {"i,i->", {{5}, {5}}}, {"i,i->i", {{5}, {5}}}, {"i,j->ij", {{5}, {4}}},
             {"bij,bjk->bik", {{2, 3, 4}, {2, 4, 5}}}, {"bij,bj->bi", {{2, 3, 4}, {2, 4}}}, {"ijk,jil->kl", {{2, 3, 4}, {3, 2, 5}}}, {"ijk,l->k", {{2, 3, 4}, {5}}},
             {"bhqd,bhkd->bhqk", {{2, 3, 4, 5}, {2, 3, 6, 5}}}, {"bqhd,bkhd->bhqk", {{2, 4, 3, 5}, {2, 6, 3, 5}}}, {"ij,ij->j", {{3, 4}, {3, 4}}}, {"ij,ij->", {{3, 4}, {3, 1}}},
             {"ij,jk->ik", {{3, 1}, {4, 5}}}, {"ij,jk->ik", {{3, 0}, {0, 5}}}, {"ii->i", {{4, 4}}}, {"ii->", {{4, 4}}}, {"iij->j", {{3, 3, 4}}}, {"iji->ij", {{3, 4, 3}}},
             {"iii->i", {{3, 3, 3}}}, {"ijk->ki", {{2, 3, 4}}}, {"ij->ji", {{3, 4}}}, {"ii,i->i", {{3, 3}, {3}}}, {"ab,cd->abcd", {{2, 3}, {4, 5}}}, {",i->i", {{}, {3}}}, {"->", {{}}}}) {
        check_einsum<double>(equation, shapes);
        check_einsum<std::int64_t>(equation, shapes);
    }
    check_einsum<double>("ij,jk->ik", {{3, 4}, {4, 5}}, "ij, jk");
    check_einsum<double>("ba->ab", {{3, 4}}, "ba");
    check_einsum<double>("ii->", {{3, 3}}, "ii");
    check_einsum<double>("xyij,xyjk->xyik", {{2, 3, 4, 5}, {2, 3, 5, 2}}, "...ij,...jk->...ik");
    check_einsum<double>("xyij,yjk->xyik", {{2, 3, 4, 5}, {3, 5, 2}}, "...ij,...jk");
    check_einsum<double>("xyij,yjk->ik", {{2, 1, 4, 5}, {3, 5, 2}}, "...ij,...jk->ik");
    check_einsum<double>("ixy->xyi", {{2, 3, 4}}, "i...->...i");
}

BOOST_AUTO_TEST_CASE(dot_and_outer) {
    Random random(6);
    const auto a = random_array<double>({2, 3}, random), b = random_array<double>({4, 3, 5}, random), v = random_array<double>({3}, random);
    BOOST_TEST(same(run<double>([](Var x, Var y) { return dot(x, y); }, a, b), summed<double>("ij,kjl->ikl", {a, b}), 1e-13));
    BOOST_TEST(same(run<double>([](Var x, Var y) { return dot(x, y); }, v, b), summed<double>("j,kjl->kl", {v, b}), 1e-13));
    BOOST_TEST(same(run<double>([](Var x, Var y) { return dot(x, y); }, a, v), summed<double>("ij,j->i", {a, v}), 1e-13));
    BOOST_TEST(same(run<double>([](Var x, Var y) { return dot(x, y); }, v, v), summed<double>("j,j->", {v, v}), 1e-13));
    BOOST_TEST(same(run<double>([](Var x) { return dot(x, 2); }, v), run<double>([](Var x) { return 2 * x; }, v)));
    BOOST_TEST(same(run<double>([](Var x, Var y) { return outer(x, y); }, v, v), summed<double>("i,j->ij", {v, v})));
    BOOST_TEST(same(run<std::int64_t>([](Var x, Var y) { return outer(x, y); }, Integers{{1, 2}, {3, 4}}, Integers{1, 10}), Integers{{1, 10}, {2, 20}, {3, 30}, {4, 40}}));
}

BOOST_AUTO_TEST_CASE(indices_out_of_range_change_nothing) {
    xg::Tape tape;
    const Var table = tape.parameter(numbers<double>({5, 2}));
    const Var indices = tape.input<std::int64_t>({2, 3});
    const int line = __LINE__ + 1;
    const Var rows = take(table, indices, 0);
    auto program = tape.compile({.outputs = {sum(rows)}, .updates = {{table, table + 1}}}, {indices});
    const auto message = [&](const Integers& i) { return error_of([&] { program(i); }); };
    BOOST_TEST(message({{0, 1, 2}, {-5, 5, 9}}) == "take: index 5 at position (1, 1) is out of range; axis 0 has extent 5, indices go from -5 to 4" + at(line));
    BOOST_TEST(message({{0, -6, 2}, {0, 0, 0}}) == "take: index -6 at position (0, 1) is out of range; axis 0 has extent 5, indices go from -5 to 4" + at(line));
    BOOST_TEST(same(table.value<double>(), numbers<double>({5, 2})));
    BOOST_TEST(program(Integers{{0, 0, 0}, {0, 0, -5}}).scalar<double>() == 6);
    BOOST_TEST(table.value<double>()(0, 0) == 1);
    // So do the other ops, and an update whose own gradient meets the index.
    const Var wrong = tape.constant(Integers{{9, 0}});
    BOOST_TEST((error_of([&] { take(tape.constant(filled<double>({2}, 0)), tape.constant(Integers{9})).value<double>(); }).ends_with(at(__LINE__))));
    BOOST_TEST(error_of([&] { take_along_axis(table, wrong, 0).value<double>(); }).find("take_along_axis: index 9 at position (0, 0)") == 0u);
    BOOST_TEST(error_of([&] { scatter_add(table, wrong, 1, 0).value<double>(); }).find("scatter_add: index 9 at position (0, 0)") == 0u);
    auto step = tape.compile({.outputs = {}, .updates = {{table, table - gradient(sum(square(rows)), table)}}}, {indices});
    const auto before = table.value<double>();
    BOOST_TEST(error_of([&] { step(Integers{{7, 0, 0}, {0, 0, 0}}); }).find("take: index 7") == 0u);
    BOOST_TEST(same(table.value<double>(), before));
    BOOST_TEST(error_of([&] { take(tape.constant(filled<double>({0, 2}, 0)), tape.constant(Integers{0}), 0).value<double>(); }).find("take: index 0 at position (0)") == 0u);
}

BOOST_AUTO_TEST_CASE(what_rearranges_says_what_is_wrong) {
    xg::Tape tape;
    const Var x = tape.constant(numbers<double>({2, 3})), i = tape.constant(Integers{{0, 1}});
    const std::vector<std::pair<std::function<void()>, std::string>> rows = {
        {[&] { (void)xg::swap_axes(x, 0, 2); }, "swap_axes: axis 2 does not exist in shape (2, 3); axes go from -2 to 1"},
        {[&] { (void)moveaxis(x, {0, 1}, 0); }, "moveaxis: 2 axes are to be moved to 1 places, (0, 1) to (0,), of shape (2, 3); name a place for each"},
        {[&] { (void)moveaxis(x, {0, -2}, {0, 1}); }, "moveaxis: axis -2 is given twice in (0, -2)"},
        {[&] { (void)xg::stack({x, i}); }, "stack: shapes (2, 3) and (1, 2) differ; all must be equal (concatenate takes different extents along its axis)"},
        {[&] { (void)xg::stack({x}, 3); }, "stack: axis 3 does not exist in stacked arrays of shape (2, 3); axes go from -3 to 2"},
        {[&] { (void)xg::split(x, 2, 1); }, "split: 2 sections do not divide the extent 3 of axis 1 of shape (2, 3) evenly; split_sizes takes any sizes"},
        {[&] { (void)xg::split_sizes(x, {1, 1}, 1); }, "split_sizes: sizes (1, 1) do not make up the extent 3 of axis 1 of shape (2, 3)"},
        {[&] { (void)xg::tile(x, -1); }, "tile: a count of -1 was given for shape (2, 3); counts are not negative"},
        {[&] { (void)pad(x, {{0, -1}}); }, "pad: widths 0 and -1 were given for axis 0 of shape (2, 3); they are not negative (slice cuts off)"},
        {[&] { (void)pad(i, {{0, 1}}, 0.5); }, "pad: the value 0.5 does not fit the dtype int64 of x; cast x first: cast(x, xg::DType::float64)"},
        {[&] { (void)diagonal(x, 0, 1, -1); }, "diagonal: axes 1 and -1 of shape (2, 3) are the same; it takes two"},
        {[&] { (void)tril(sum(x, 0)); }, "tril: takes a matrix, or several, was given (3,); it needs at least two axes"},
        {[&] { (void)take(x, x, 0); }, "take: the indices are float64 (2, 3); they must be an int64 Var"},
        {[&] { (void)take(x, i, 2); }, "take: axis 2 does not exist in shape (2, 3); axes go from -2 to 1"},
        {[&] { (void)take_along_axis(x, i, 1); }, ""},
        {[&] { (void)take_along_axis(x, take(i, tape.constant(Integers{0, 0, 0}), 0), 1); },
         "take_along_axis: x is (2, 3) and the indices are (3, 2); they need the same number of axes, and all extents but that of axis 1 must be equal or 1"},
        {[&] { (void)scatter_add(x, sum(i, 0), 1, 1); },
         "scatter_add: x is (2, 3) and the indices are (2,); they need the same number of axes, and along those other than axis 1 the indices may not be longer"},
        {[&] { (void)xg::einsum("ij,jk", x); }, "einsum: \"ij,jk\": 2 operands are named, 1 were given"},
        {[&] { (void)xg::einsum("ijk", x); }, "einsum: \"ijk\": \"ijk\" names 3 axes, and its operand has shape (2, 3); name each axis"},
        {[&] { (void)xg::einsum("ij,jk", x, x); },
         "einsum: \"ij,jk\": 'j' is 3 in one operand, (2, 3), and 2 in the other, (2, 3); the extents must be equal or 1"},
        {[&] { (void)xg::einsum("ij->ik", x); }, "einsum: \"ij->ik\": 'k' of the result is in no operand"},
        {[&] { (void)xg::einsum("i1", x); }, "einsum: \"i1\": '1' is no letter; a term has letters and at most one ..."},
        {[&] { (void)xg::einsum("ii", x); }, "einsum: \"ii\": 'i' names axes of extents 2 and 3 of shape (2, 3); they must be equal"},
        {[&] { (void)dot(x, tape.constant(numbers<double>({2, 2, 3}))); }, "dot: inner extents differ, (2, 3) x (2, 2, 3); the last of a and the last but one of b must be equal"},
    };
    for (const auto& [f, text] : rows) {
        const std::string message = error_of(f);
        BOOST_TEST((text.empty() ? message == "no error" : message.starts_with(text + ", at values_indexing.cpp:")), message);
    }
}

BOOST_AUTO_TEST_SUITE_END()
