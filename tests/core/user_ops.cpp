// A user's op is the equal of a built-in one: it fuses, differentiates, prints, folds and fails like them.

#include "../support.hpp"

using namespace test;
using xg::Operand;
using xg::Var;

namespace {

/// y = x / (1 + |x|),  dy/dx = (1 - |y|)^2
struct Damped {
    static constexpr auto name = "damped";
    static auto forward(auto x) {
        using std::abs;
        return x / (1 + abs(x));
    }
    static Var vjp(Var g, Var y, Var) { return g * square(1 - abs(y)); }
};
Var damped(Operand x) { return record(Damped{}, x); }

/// y = x for x > 0, else slope x: an op with an attribute.
struct Leaky {
    static constexpr auto name = "leaky";
    double slope;
    auto forward(auto x) const {
        using xg::simd::select;
        return select(x > decltype(x)(0), x, x * decltype(x)(slope));
    }
    Var vjp(Var g, Var, Var x) const { return where(x > 0, g, slope * g); }
    std::string str() const { return fmt::format("{}", slope); }
    bool operator==(const Leaky&) const = default;
};
Var leaky(Operand x, double slope) { return record(Leaky{slope}, x); }

/// y = a b + c
struct MultiplyAdd {
    static constexpr auto name = "multiply_add";
    static auto forward(auto a, auto b, auto c) { return a * b + c; }
    static auto vjp(Var g, Var, Var a, Var b, Var) { return std::array{g * b, g * a, g}; }
};
Var multiply_add(Operand a, Operand b, Operand c) { return record(MultiplyAdd{}, a, b, c); }

/// The product over axes; dy/dx_i = y / x_i.
struct Product {
    static constexpr auto name = "product";
    static constexpr double identity = 1;
    static auto combine(auto a, auto b) { return a * b; }
    static Var vjp(Var g, Var y, Var x) { return g * y / x; }
};
Var product(Operand x, const xg::Dims& axes = {}, xg::KeepDims keep = {}) { return reduce(Product{}, x, axes, keep); }

/// Each row sorted: an opaque op, on xtensor adaptors. The adjoint goes where the elements came from.
struct Sorted {
    static constexpr auto name = "sorted";
    static xg::Shape shape(xg::Types x) {
        if (x[0].shape.rank() != 1) throw xg::Error(fmt::format("takes a vector, was given {}; flatten it", x[0].shape.str()));
        return x[0].shape;
    }
    static void eval(xg::ConstArrays in, xg::Array out) {
        const auto x = in[0].as<double>();
        auto y = out.as<double>();
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (std::isnan(x(i))) throw xg::Error("sorted: a NaN has no place in an order");
            y(i) = x(i);
        }
        std::sort(y.begin(), y.end());
    }
    static Var vjp(Var g, Var y, Var x) { return sum(where(expand_dims(x, 1) == expand_dims(y, 0), expand_dims(g, 0), 0), 1); }
};
Var sorted(Operand x) { return record(Sorted{}, x); }

/// Every second element from the front: a view.
struct EverySecond {
    static constexpr auto name = "every_second";
    static xg::Shape shape(xg::Types x) { return {(x[0].shape[0] + 1) / 2}; }
    static bool map(const xg::Layout& in, xg::Layout& out) {
        out.offset = in.offset;
        out.strides[0] = 2 * in.strides[0];
        return true;
    }
    static Var vjp(Var g, Var, Var x) { return xg::detail::embed(g, x.shape(), 0, 2); }
};

const xt::xarray<double> row = {-2, -0.5, 0.25, 1, 3};

/// Of the name of the library's own, and of characters that once were taken for it.
struct SaturatingAdd {
    static constexpr auto name = "add";
    [[maybe_unused]] static constexpr char arithmetic = '+', symbol = '+';
    static auto forward(auto a, auto b) {
        using xg::simd::minimum;
        return decltype(a)(minimum(decltype(a)(a + b), decltype(a)(3)));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(user_ops)

BOOST_AUTO_TEST_CASE(one_that_is_called_as_the_librarys_is_not_taken_for_it) {
    for (const std::size_t small : {std::size_t{0}, std::size_t{1024}}) {
        xg::Tape tape;
        const Var x = tape.parameter(xt::xarray<double>{1, 2, 3});
        const Var y = xg::record(SaturatingAdd{}, x * x, x) * 2;
        auto program = tape.compile({.outputs = {y}, .updates = {}}, {}, {.small_elements = small});
        BOOST_TEST(same(program().array<double>(), xt::xarray<double>{4, 6, 6}));
    }
}

BOOST_AUTO_TEST_CASE(elementwise) {
    xg::Tape tape;
    const Var x = tape.parameter(row);
    BOOST_TEST(same(damped(x).value<double>(), xt::xarray<double>{-2. / 3, -1. / 3, 0.2, 0.5, 0.75}));
    BOOST_TEST(same(leaky(x, 0.5).value<double>(), xt::xarray<double>{-1, -0.25, 0.25, 1, 3}));
    BOOST_TEST(same(multiply_add(x, 2, 1).value<double>(), xt::xarray<double>{-3, 0, 1.5, 3, 7}));
    BOOST_TEST(multiply_add(expand_dims(x, 1), x, sum(x)).shape() == xg::Shape(5, 5));
    BOOST_TEST(same(damped(tape.constant(xt::xarray<float>(row))).value<float>(), xt::xarray<float>(damped(x).value<double>()), 1e-6));
    for (const auto& report : {xg::gradcheck([](Var v) { return damped(v); }, {row}), xg::gradcheck([](Var v) { return leaky(v, 0.1) * v; }, {row}),
                               xg::gradcheck([](Var a, Var b, Var c) { return multiply_add(a, b, c) * a; }, {row, row, filled({4, 1}, 0.5)})})
        BOOST_TEST(report.ok, report.str());
}

BOOST_AUTO_TEST_CASE(fuse_like_the_built_in_ones) {
    xg::Tape tape;
    Random random(1);
    const Var x = tape.parameter(random_array<float>({37, 70}, random));
    const Var y = exp(leaky(damped(x * 2) + 1, 0.1) - 0.5f), loss = sum(multiply_add(y, x, 3));
    const auto compile = [&](bool fuse) { return tape.compile({.outputs = {loss, gradient(loss, x)}, .updates = {}}, {}, {.fuse = fuse}); };
    auto fused = compile(true), unfused = compile(false);
    BOOST_TEST(fused.steps() == 1u);
    BOOST_TEST(unfused.steps() > 10u);
    BOOST_TEST(same(fused().array<float>(1), unfused().array<float>(1)));
    BOOST_TEST(fused().scalar<float>() == unfused().scalar<float>(), boost::test_tools::tolerance(1e-6f));
}

BOOST_AUTO_TEST_CASE(are_the_same_node_if_their_attributes_are) {
    xg::Tape tape;
    const Var x = tape.input<float>({3});
    BOOST_TEST(damped(x).is(damped(x)));
    BOOST_TEST(leaky(x, 0.1).is(leaky(x, 0.1)));
    BOOST_TEST(!leaky(x, 0.1).is(leaky(x, 0.2)));
    BOOST_TEST(product(x).is(product(x, 0)));
    BOOST_TEST(damped(tape.constant(1.0)).is(tape.constant(0.5)));
}

BOOST_AUTO_TEST_CASE(reductions) {
    xg::Tape tape;
    const xt::xarray<double> m = {{1, 2, 3}, {4, 5, 6}};
    const Var x = tape.parameter(m);
    BOOST_TEST(product(x).scalar<double>() == 720);
    BOOST_TEST(same(product(x, 0).value<double>(), xt::xarray<double>{4, 10, 18}));
    BOOST_TEST(same(product(x, 1).value<double>(), xt::xarray<double>{6, 120}));
    BOOST_TEST(product(tape.constant(filled<double>({0}, 0))).scalar<double>() == 1);
    BOOST_TEST(product(x, 1, xg::keepdims).shape() == xg::Shape(2, 1));
    for (const xg::Dims& axes : {xg::Dims{}, xg::Dims{0}, xg::Dims{1}, xg::Dims{0, 1}}) {
        const auto report = xg::gradcheck([&](Var v) { return product(v, axes); }, {m});
        BOOST_TEST(report.ok, report.str());
    }
    Random random(2);
    const auto big = random_array<double>({300, 50}, random, 0.9, 1.1);
    const Var b = tape.constant(big);
    BOOST_TEST(product(b).scalar<double>() == product(product(b, 0)).scalar<double>(), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(product(b).scalar<double>() == exp(sum(log(b))).scalar<double>(), boost::test_tools::tolerance(1e-10));
}

BOOST_AUTO_TEST_CASE(opaque_ops) {
    xg::Tape tape;
    const Var x = tape.parameter(xt::xarray<double>{3, 1, 2});
    const Var y = sum(sorted(2 * x) * tape.constant(xt::xarray<double>{1, 10, 100}));
    BOOST_TEST(y.scalar<double>() == 2 + 40 + 600);
    BOOST_TEST(same(gradient(y, x).value<double>(), xt::xarray<double>{200, 2, 20}));
    auto program = tape.compile({.outputs = {y}, .updates = {}}, {});
    BOOST_TEST(program.str().find("call sorted : float64 (3,)") != std::string::npos);
    const auto report = xg::gradcheck([](Var v) { return square(sorted(exp(v))); }, {row});
    BOOST_TEST(report.ok, report.str());
}

BOOST_AUTO_TEST_CASE(views) {
    xg::Tape tape;
    const Var x = tape.parameter(row);
    BOOST_TEST(same(record(EverySecond{}, x).value<double>(), xt::xarray<double>{-2, 0.25, 3}));
    BOOST_TEST(same((record(EverySecond{}, record(EverySecond{}, x * 2)) + 1).value<double>(), xt::xarray<double>{-3, 7}));
    const auto report = xg::gradcheck([](Var v) { return square(record(EverySecond{}, v)); }, {row});
    BOOST_TEST(report.ok, report.str());
}

BOOST_AUTO_TEST_CASE(errors_name_op_and_line) {
    xg::Tape tape;
    const Var x = tape.input<double>({2, 3}), n = tape.input<std::int64_t>({3});
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { sorted(x); }) == "sorted: takes a vector, was given (2, 3); flatten it" + at(line));
    BOOST_TEST(error_of([&] { damped(n); }) == "damped: is not defined for int64 (3,); cast it to float32 or float64" + at(line + 1));
    auto f = tape.function([](Var v) { return sorted(v); });
    BOOST_TEST(error_of([&] { f(xt::xarray<double>{1, std::nan("")}); }) == "sorted: a NaN has no place in an order" + at(line + 2));
    BOOST_TEST(f(row).array<double>()(0) == -2);
}

BOOST_AUTO_TEST_CASE(an_opaque_op_that_throws_leaves_everything) {
    xg::Tape tape;
    const Var p = tape.parameter(row), q = tape.parameter(row);
    auto step = tape.function([&](Var x) { return xg::Step{.outputs = {}, .updates = {{p, p * 2}, {q, sorted(q * x)}}}; });
    BOOST_CHECK_THROW(step(std::nan("")), xg::Error);
    BOOST_TEST(same(p.value<double>(), row));
    BOOST_TEST(same(q.value<double>(), row));
    step(-1.0);
    BOOST_TEST(p.value<double>()(0) == -4);
    BOOST_TEST(q.value<double>()(0) == -3);
}

BOOST_AUTO_TEST_SUITE_END()
