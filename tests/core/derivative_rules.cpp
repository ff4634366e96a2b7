// The rules that ops bring for their derivatives: that one is missing where it is needed, or gives what cannot be right, is an
// error and never a wrong number.

#include "../count_allocations.hpp"
#include "../support.hpp"

using namespace test;
using xg::Operand;
using xg::Var;
using Doubles = xt::xarray<double>;

namespace {

struct Cube {
    static constexpr auto name = "cube";
    static auto forward(auto x) { return x * x * x; }
};
Var cube(Operand x) { return record(Cube{}, x); }

struct WholeCube : Cube {
    static constexpr bool integers = true;
};

struct CubeWithVjp : Cube {
    static Var vjp(Var g, Var, Var x) { return g * (3 * x * x); }
};

struct Misspelt : Cube {
    static constexpr auto name = "misspelt";
    static Var Vjp(Var g, Var, Var x) { return g * (3 * x * x); }
};

struct SumOfCubes {
    static constexpr auto name = "sum_of_cubes";
    static constexpr double identity = 0;
    static auto combine(auto a, auto b) { return a + b * b * b; }
};

struct SumOfCubesForward : SumOfCubes {
    static Var jvp(std::span<const Var> t, Var, std::span<const Var> x) { return sum(3 * square(x[0]) * t[0], {}, xg::keepdims); }
};

/// The elements from the last to the first.
struct Backwards {
    static constexpr auto name = "backwards";
    static xg::Shape shape(xg::Types x) { return x[0].shape; }
    static bool map(const xg::Layout& in, xg::Layout& out) {
        out.offset = in.offset + static_cast<std::int64_t>(in.shape[0] - 1) * in.strides[0];
        out.strides[0] = -in.strides[0];
        return true;
    }
};

/// y = x[0], of the first input's elements; what the vjp gives is up to the test.
struct First {
    static constexpr auto name = "first";
    std::function<std::vector<Var>(Var, std::span<const Var>)> rule = {};
    static xg::Shape shape(xg::Types x) { return x[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        std::copy_n(in[0].pointer<double>(), out.shape().numel(), out.pointer<double>());
    }
    std::vector<Var> vjp(Var g, Var, std::span<const Var> x) const { return rule(g, x); }
};

/// 1 where x is at least 1, else 0, in x's dtype.
struct AtLeastOne {
    static constexpr auto name = "at_least_one";
    static constexpr bool zero_derivative = true;
    static auto forward(auto x) {
        using T = decltype(x);
        using xg::simd::select;
        return select(x >= T(1), T(1), T(0));
    }
};

struct Parts {
    xg::Tape tape;
    Var w = tape.parameter(2.0, "w"), v = tape.parameter(Doubles{1, 2, 3}, "v");
    Var m = tape.parameter(Doubles{{1, 2, 3}, {4, 5, 6}}, "m"), one = tape.constant(1.0);
};

const std::string cures = ", has no vjp, and lies on a way from x to y; give it a vjp, or `static constexpr bool zero_derivative = "
                          "true;` if its derivative is zero everywhere, or use stop_gradient of its result";

} // namespace

BOOST_FIXTURE_TEST_SUITE(derivative_rules, Parts)

BOOST_AUTO_TEST_CASE(a_missing_rule_is_an_error_with_its_cures) {
    const Var y = cube(w); const int line = __LINE__;
    for (const auto& f : std::vector<std::function<void()>>{
             [&] { (void)gradient(sum(y), w); }, [&] { (void)gradient(exp(3 * y) + w, w); }, [&] { (void)xg::vjp({y}, {w}, {one}); },
             [&] { (void)xg::jvp({y}, {w}, {one}); }, [&] { (void)hessian_vector_product(y, w, one); }, [&] { (void)xg::optim::SGD{}.minimize(y); },
             [&] { (void)xg::checkpoint([](Var a) { return cube(a); })(w); (void)gradient(xg::checkpoint([](Var a) { return cube(a); })(w), w); }}) {
        const std::string error = error_of(f);
        BOOST_TEST(error.find("cube, recorded at derivative_rules.cpp:") != std::string::npos, error);
        BOOST_TEST(error.find(cures + ", at derivative_rules.cpp:") != std::string::npos, error);
    }
    const std::string error = error_of([&] { (void)gradient(y, w); });
    BOOST_TEST(error.find(fmt::format("cube, recorded at derivative_rules.cpp:{}{}", line, cures)) != std::string::npos, error);
    BOOST_TEST(error.ends_with(at(__LINE__ - 2)), error);
}

BOOST_AUTO_TEST_CASE(it_is_missed_in_ops_of_every_form) {
    const std::vector<std::pair<const char*, Var>> ys = {
        {"misspelt, recorded", record(Misspelt{}, v)}, {"sum_of_cubes, recorded", reduce(SumOfCubes{}, v)}, {"backwards, recorded", record(Backwards{}, v)}};
    for (const auto& [text, y] : ys) {
        const std::string reverse = error_of([&, y = y] { (void)gradient(sum(y), v); });
        BOOST_TEST(reverse.find(text) != std::string::npos, reverse);
    }
    BOOST_TEST(error_of([&] { (void)xg::jvp({ys[0].second}, {v}, {v}); }).find("misspelt, recorded") != std::string::npos);
    BOOST_TEST(error_of([&] { (void)xg::jvp({ys[1].second}, {v}, {v}); }).find("sum_of_cubes, recorded") != std::string::npos);
    // A view is linear, so forward mode needs no rule of its own.
    BOOST_TEST(same(xg::jvp({ys[2].second}, {v}, {v})[0].value<double>(), Doubles{3, 2, 1}));
}

BOOST_AUTO_TEST_CASE(each_cure_cures) {
    const Var ruled = record(CubeWithVjp{}, w);
    BOOST_TEST(gradient(ruled, w).scalar<double>() == 12);
    BOOST_TEST(xg::jvp({ruled}, {w}, {one})[0].scalar<double>() == 12);
    const Var step = record(AtLeastOne{}, w) * w;
    BOOST_TEST(gradient(step, w).scalar<double>() == 1);
    BOOST_TEST(xg::jvp({step}, {w}, {one})[0].scalar<double>() == 1);
    const Var stopped = stop_gradient(cube(w)) * w;
    BOOST_TEST(gradient(stopped, w).scalar<double>() == 8);
    BOOST_TEST(xg::jvp({stopped}, {w}, {one})[0].scalar<double>() == 8);
}

BOOST_AUTO_TEST_CASE(off_the_way_no_rule_is_needed) {
    const Var n = tape.constant(xt::xarray<std::int64_t>{3, 2, 1});
    const auto whole = [](Var x) { return record(First{}, x); }; // asked for a derivative it would throw
    const std::vector<std::pair<Var, double>> ys = {
        {w * sum(cube(tape.constant(Doubles{1, 2}))), 9},                        // of data
        {w * cast(sum(record(WholeCube{}, n)), xg::DType::float64), 36},         // of integers
        {w + 0 * stop_gradient(cube(w)), 1},                                     // behind a stop
        {w * cube(floor(w)), 8},                                                 // behind a zero derivative
        {w * cube(cast(cast(w, xg::DType::int64), xg::DType::float64)), 8},      // behind integers
        {where(cube(w) > 0, w, 2 * w), 1},                                       // before a comparison
        {w * cast(argmax(whole(v), 0), xg::DType::float64), 2},                  // before integers
        {xg::custom_vjp([](Var a) { return cube(a); }, [](Var g, Var, Var a) { return g * (3 * a * a); })(w), 12}}; // with a rule of one's own
    for (std::size_t i = 0; i < ys.size(); ++i)
        BOOST_TEST_CONTEXT(i) {
            BOOST_TEST(gradient(ys[i].first, w).scalar<double>() == ys[i].second);
            BOOST_TEST(xg::jvp({ys[i].first}, {w}, {one})[0].scalar<double>() == ys[i].second);
        }
    cube(w); // beside y
    const Var y = w * w;
    BOOST_TEST(gradient(y, w).scalar<double>() == 4);
    // By what the op gives, or beyond what is asked for.
    const Var h = cube(w);
    BOOST_TEST(gradient(h * h, h).scalar<double>() == 16);
    BOOST_TEST(gradient(sum(h * v), {v, h}).size() == 2u);
}

BOOST_AUTO_TEST_CASE(whatever_is_constant_in_pieces_has_the_derivative_zero) {
    xg::Random random(tape, 1);
    const auto real = [](Var mask) { return cast(mask, xg::DType::float64); };
    const Var labels = tape.constant(xt::xarray<std::int64_t>{0, 1, 2});
    for (const Var y : {floor(v), ceil(v), round(v), trunc(v), sign(v), stop_gradient(v), real(v < 2), real(v <= 2), real(v > 2), real(v >= 2), real(v == 2),
                        real(v != 2), real(isnan(v)), real(isinf(v)), real(isfinite(v)), real(logical_and(v, v)), real(logical_or(v, 0)), real(logical_xor(v, 0)),
                        real(logical_not(v)), real(any(v)), real(all(v)), real(argmax(v, 0)), real(argmin(v, 0)), real(random.bernoulli(v / 4)),
                        one_hot(cast(v - 1, xg::DType::int64), 3, xg::DType::float64), real(cast(v, xg::DType::uint8)), real(labels)}) {
        BOOST_TEST(same(gradient(sum(y), v).value<double>(), Doubles{0, 0, 0}));
        BOOST_TEST(same(xg::jvp({sum(y)}, {v}, {v})[0].value<double>(), Doubles(0.0)));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(adjoints, Parts)

namespace {

Var first(std::function<std::vector<Var>(Var, std::span<const Var>)> rule, std::span<const Operand> x) { return record(First{std::move(rule)}, x); }

/// y = a[0] of two inputs, whose vjp takes three.
struct OfThree {
    static constexpr auto name = "of_three";
    static xg::Shape shape(xg::Types x) { return x[0].shape; }
    static void eval(xg::ConstArrays, xg::Array) {}
    static std::array<Var, 3> vjp(Var g, Var, Var, Var, Var) { return {g, g, g}; }
};

/// y = x, whose jvp is up to the test.
struct Forward {
    static constexpr auto name = "forward";
    std::function<Var(Var)> rule;
    static xg::Shape shape(xg::Types x) { return x[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) { std::copy_n(in[0].pointer<double>(), out.shape().numel(), out.pointer<double>()); }
    static Var vjp(Var g, Var, Var) { return g; }
    Var jvp(std::span<const Var> t, Var, std::span<const Var>) const { return rule(t[0]); }
};

} // namespace

BOOST_AUTO_TEST_CASE(their_number_shapes_and_dtypes_are_checked) {
    xg::Tape other;
    const Var foreign = other.constant(Doubles{{1, 2, 3}, {4, 5, 6}});
    using Rule = std::function<std::vector<Var>(Var, std::span<const Var>)>;
    const std::string of = ", which is float64 (2, 3); an adjoint has the dtype of its input, and its shape or one that it broadcasts to";
    const std::vector<std::pair<Rule, std::string>> rows = {
        {[](Var g, auto) { return std::vector<Var>{g}; }, "gave 1 adjoints for 2 inputs; it must give one for each, Var{} for none"},
        {[](Var g, auto) { return std::vector<Var>{g, g, g}; }, "gave 3 adjoints for 2 inputs; it must give one for each, Var{} for none"},
        {[](Var g, auto) { return std::vector<Var>{transpose(g), g}; }, "gave float64 (3, 2) as the adjoint of input 0" + of},
        {[](Var g, auto) { return std::vector<Var>{Var{}, reshape(g, -1)}; }, "gave float64 (6,) as the adjoint of input 1" + of},
        {[](Var g, auto) { return std::vector<Var>{g, sum(g)}; }, "gave float64 () as the adjoint of input 1" + of},
        {[](Var g, auto) { return std::vector<Var>{sum(g, 0), g}; }, "gave float64 (3,) as the adjoint of input 0" + of},
        {[](Var g, auto) { return std::vector<Var>{g, cast(g, xg::DType::float32)}; }, "gave float32 (2, 3) as the adjoint of input 1" + of},
        {[](Var g, auto) { return std::vector<Var>{g > 0, Var{}}; }, "gave uint8 (2, 3) as the adjoint of input 0" + of},
        {[&](Var, auto) { return std::vector<Var>{foreign, Var{}}; }, "gave a Var that is not on its tape as the adjoint of input 0" + of}};
    const Var a = m, b = m * 2;
    for (const auto& [rule, text] : rows)
        BOOST_TEST_CONTEXT(text) {
            const std::vector<Operand> x{a, b}; const int line = __LINE__;
            const Var y = first(rule, x);
            const std::string reverse = error_of([&] { (void)gradient(sum(y), m); }), forward = error_of([&] { (void)xg::jvp({y}, {m}, {m}); });
            for (const std::string& error : {reverse, forward}) {
                BOOST_TEST(error.find(fmt::format("the vjp of first, recorded at derivative_rules.cpp:{}, {}, at derivative_rules.cpp:{}", line, text, line + 2)) !=
                               std::string::npos, error);
            }
        }
}

BOOST_AUTO_TEST_CASE(so_are_those_of_a_rule_of_ones_own) {
    const auto f = [](auto rule) { return xg::custom_vjp([](Var a, Var b) { return a * b; }, rule); };
    const std::string number = error_of([&] { (void)gradient(sum(f([](Var g, Var, Var, Var b) { return std::vector<Var>{g * b}; })(m, m)), m); });
    BOOST_TEST(number.find("custom_vjp, recorded at") != std::string::npos, number);
    BOOST_TEST(number.find("gave 1 adjoints for 2 inputs; it must give one for each") != std::string::npos, number);
    const std::string shape = error_of([&] { (void)gradient(sum(f([](Var g, Var, Var a, Var b) { return std::array{g * b, transpose(g * a)}; })(m, m)), m); });
    BOOST_TEST(shape.find("gave float64 (3, 2) as the adjoint of input 1, which is float64 (2, 3)") != std::string::npos, shape);
    // A rule takes its arguments one by one, as a pack, or in a span.
    const auto each = f([](Var g, Var, auto... x) { return std::array{((void)x, g)...}; });
    const auto all = f([](Var g, Var, std::span<const Var> x) { return std::vector<Var>(x.size(), 2 * g); });
    BOOST_TEST(gradient(each(w, one), w).scalar<double>() == 1);
    BOOST_TEST(gradient(all(w, one), w).scalar<double>() == 2);
}

BOOST_AUTO_TEST_CASE(a_broadcast_input_gets_one_of_the_common_shape) {
    const auto product = xg::custom_vjp([](Var a, Var b) { return a * b; }, [](Var g, Var, Var a, Var b) { return std::array{g * b, g * a}; });
    const std::vector<Var> g = gradient(sum(product(m, v)), {m, v});
    BOOST_TEST(same(g[0].value<double>(), Doubles{{1, 2, 3}, {1, 2, 3}}));
    BOOST_TEST(same(g[1].value<double>(), Doubles{5, 7, 9}));
    BOOST_TEST(same(sum(xg::jvp({product(m, v)}, {v}, {v})[0]).value<double>(), Doubles(46.0)));
}

BOOST_AUTO_TEST_CASE(a_vjp_for_another_number_of_inputs_is_not_called) {
    const std::string error = error_of([&] { (void)gradient(sum(record(OfThree{}, v, v)), v); });
    BOOST_TEST(error.starts_with("of_three: it has 2 inputs, and its vjp takes another number; a vjp takes the adjoint, the output and each input"), error);
    BOOST_TEST(error.ends_with(at(__LINE__ - 2)), error);
}

BOOST_AUTO_TEST_CASE(tangents_are_checked) {
    const auto tangent = [&](std::function<Var(Var)> rule) { return xg::jvp({record(Forward{std::move(rule)}, m)}, {m}, {m})[0]; };
    for (const auto& [rule, text] : std::vector<std::pair<std::function<Var(Var)>, std::string>>{
             {[](Var t) { return transpose(t); }, "gave float64 (3, 2) as the tangent of its output, which is float64 (2, 3)"},
             {[](Var t) { return cast(t, xg::DType::float32); }, "gave float32 (2, 3) as the tangent of its output, which is float64 (2, 3)"},
             {[](Var t) { return expand_dims(t, 0); }, "gave float64 (1, 2, 3) as the tangent of its output, which is float64 (2, 3)"}}) {
        const std::string error = error_of([&, rule = rule] { tangent(rule); });
        BOOST_TEST(error.find("jvp: the jvp of forward, recorded at derivative_rules.cpp:") != std::string::npos, error);
        BOOST_TEST(error.find(text + "; a tangent has the dtype of the output, and its shape or one that broadcasts to it") != std::string::npos, error);
    }
    BOOST_TEST(same(tangent([](Var t) { return sum(t, 0); }).value<double>(), Doubles{{5, 7, 9}, {5, 7, 9}}));
    BOOST_TEST(xg::jvp({reduce(SumOfCubesForward{}, v)}, {v}, {v})[0].scalar<double>() == 3 * 36);
    BOOST_TEST(same(tangent([](Var) { return Var{}; }).value<double>(), filled<double>({2, 3}, 0)));
}

BOOST_AUTO_TEST_CASE(sum_to_takes_what_broadcasts) {
    BOOST_TEST(same(xg::sum_to(m, {3}).value<double>(), Doubles{5, 7, 9}));
    BOOST_TEST(same(xg::sum_to(m, {2, 1}).value<double>(), sum(m, 1, xg::keepdims).value<double>()));
    BOOST_TEST(xg::sum_to(m, {}).scalar<double>() == 21);
    const int line = __LINE__ + 1;
    if (const std::string error = error_of([&] { (void)xg::sum_to(m, {3, 2}); }); true) BOOST_TEST(error ==
               "sum_to: shape (2, 3) does not come of (3, 2) by broadcasting; counted from the last axis, each extent asked for must be equal or 1" + at(line));
    BOOST_TEST(error_of([&] { (void)xg::sum_to(v, {2, 3}); }).starts_with("sum_to: shape (3,) does not come of (2, 3) by broadcasting"));
    BOOST_TEST(error_of([&] { (void)xg::sum_to(v, {1, 1}); }).starts_with("sum_to: shape (3,) does not come of (1, 1) by broadcasting"));
}

// Rewrites leave out what they look through: who differentiates by that is told.
BOOST_AUTO_TEST_CASE(by_what_a_rewrite_looks_through) {
    xg::Tape tape;
    const Var p = tape.parameter(xt::xarray<double>{{1, 2}, {3, 4}}), row = tape.parameter(xt::xarray<double>{1, 2});
    const auto text = [&](Var y, Var x) { return error_of([&] { (void)gradient(sum(y), x); }); };
    const auto told = [&](Var y, Var x) { return text(y, x).find("recorded in a simpler form that does not lead through it") != std::string::npos; };
    const Var n = -p, flat = reshape(p, {4}), wide = broadcast_to(row, {3, 2}), e = exp(p), s = 1 + p, square_of = p * p;
    BOOST_TEST(told(-n, n));
    BOOST_TEST(told(2 * p - n, n));
    BOOST_TEST(told(square(reshape(flat, {2, 2})), flat));
    BOOST_TEST(told(broadcast_to(wide, {2, 3, 2}), wide));
    BOOST_TEST(told(sin(wide), wide));
    BOOST_TEST(told(log(s), s));
    BOOST_TEST(told(sqrt(square_of), square_of));
    BOOST_TEST(told(e - 1, e));
    const Var ratio = e / sum(e, {1}, xg::keepdims);
    BOOST_TEST(told(log(ratio), ratio));
    BOOST_TEST(told(log(ratio), e)); // in the midst of what was looked through
    BOOST_TEST(error_of([&] { (void)xg::jvp({-n}, {n}, {p}); }).starts_with("jvp: x 0 is float64 (2, 2)"));
    BOOST_TEST(text(-n, n).starts_with("gradient: "), text(-n, n));
    // By what it was made from, and by what no rewrite has looked through, nothing is in the way.
    const Var all = sum(sin(s)) + sum(square(ratio)) + sum(sin(wide)) + sum(-n) + sum(log(ratio));
    for (const Var& x : {p, row}) BOOST_TEST(text(all, x) == "no error");
    BOOST_TEST(text(square(ratio), ratio) == "no error");
    BOOST_TEST(text(sin(s), s) == "no error");
    BOOST_TEST(same(gradient(sum(sin(n)), n).value<double>(), cos(n).value<double>()));
    // As the error advises.
    const Var own = stop_gradient(n);
    BOOST_TEST(same(gradient(sum(-own * own), own).value<double>(), (-2 * own).value<double>()));
}

BOOST_AUTO_TEST_CASE(a_rewrite_that_is_recorded_again_takes_no_room) {
    xg::Tape tape;
    const Var row = tape.parameter(xt::xarray<double>{1, 2}), p = tape.parameter(filled<double>({3, 2}, 1));
    const auto record_it = [&] { (void)(sin(broadcast_to(row, {3, 2})) + log(1 + p) - -p); };
    record_it();
    const std::size_t before = live_allocations(), nodes = tape.size();
    for (int i = 0; i < 100; ++i) record_it();
    BOOST_TEST(tape.size() == nodes);
    BOOST_TEST(live_allocations() == before);
}

BOOST_AUTO_TEST_SUITE_END()
