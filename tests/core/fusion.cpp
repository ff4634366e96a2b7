// What becomes of a step: how many loops, how much memory, and the same values as one op at a time.

#include "../support.hpp"

using namespace test;
using xg::Program;
using xg::Step;
using xg::Var;

namespace {

using Floats = xt::xarray<float>;
using Labels = xt::xarray<std::int64_t>;

struct Fixture {
    Random random{11};
    xg::Tape tape;

    Floats floats(const Extents& shape, double low = -2, double high = 2) { return random_array<float>(shape, random, low, high); }

    /// Compiles both ways and compares all outputs.
    Program fused(const std::vector<Var>& outputs, double rtol = 1e-5) {
        const Step step{.outputs = outputs, .updates = {}};
        auto one = tape.compile(step, {}), plain = tape.compile(step, {}, {.fuse = false});
        const auto a = one(), b = plain();
        for (std::size_t i = 0; i < outputs.size(); ++i) BOOST_TEST(same(a.array<double>(i), b.array<double>(i), rtol, rtol), fmt::format("output {}", i));
        return one;
    }
};

/// ln sum e^s - s_label from max, exp, sum and log, by hand.
Var by_hand(Var scores, Var labels) {
    const Var top = max(scores, 1, xg::keepdims);
    const Var e = exp(scores - top);
    return mean(log(sum(e, 1)) + squeeze(top, 1) - pick(scores, labels));
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

/// Two products with one loop over the 128 examples between them; besides, the mean of the loss is one number divided by another.
void check_loops_between_products(const Program& program) {
    const std::string text = program.str();
    BOOST_TEST(count(text, "product ") == 2u, text);
    BOOST_TEST(count(text, "loop over ") == 1 + count(text, "loop over 1 rows"), text);
    BOOST_TEST(count(text, "loop over 128 rows") == 1u, text);
    BOOST_TEST(program.steps() <= 4u, text);
}

Var textbook(Var scores, Var labels) { return mean(log(sum(exp(scores), 1)) - pick(scores, labels)); }

} // namespace

BOOST_FIXTURE_TEST_SUITE(fusion, Fixture)

BOOST_AUTO_TEST_CASE(a_chain_of_elementwise_ops_is_one_loop) {
    const Var x = tape.parameter(floats({1000, 33}));
    Var y = x;
    for (int i = 0; i < 5; ++i) y = tanh(y * 1.5 + x) - abs(x);
    const auto program = fused({y}, 0);
    BOOST_TEST(program.steps() == 1u);
    BOOST_TEST(program.loops() == 1u);
    BOOST_TEST(program.arena_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(a_chain_with_its_gradient_is_one_loop) {
    const Var x = tape.parameter(floats({100000}));
    const Var loss = sum(tanh(2 * x + 1) * exp(-x * x) + log(1 + x * x));
    const auto program = fused({loss, gradient(loss, x)});
    BOOST_TEST(program.steps() == 1u);
    BOOST_TEST(program.arena_bytes() <= 64u);
}

BOOST_AUTO_TEST_CASE(rows_columns_and_numbers_are_spread_inside_a_loop) {
    const Var x = tape.parameter(floats({200, 70})), row = tape.parameter(floats({70})), column = tape.parameter(floats({200, 1}));
    const auto program = fused({(x * row + column) * 2 - row / (4 + square(x) * column)}, 1e-6);
    BOOST_TEST(program.steps() == 1u);
}

BOOST_AUTO_TEST_CASE(row_reductions_stay_in_the_loop) {
    const Var x = tape.parameter(floats({300, 40}));
    const Var centred = x - mean(x, 1, xg::keepdims);
    const Var normal = centred / sqrt(mean(square(centred), 1, xg::keepdims) + 1e-5);
    BOOST_TEST(fused({normal}).steps() == 1u);
    BOOST_TEST(fused({softmax(x)}).steps() == 1u);
    BOOST_TEST(fused({sum(normal * x), max(softmax(x), 0)}).steps() == 1u);
}

BOOST_AUTO_TEST_CASE(a_column_reduction_ends_its_loop) {
    const Var x = tape.parameter(floats({300, 40}));
    BOOST_TEST(fused({x - max(x, 0)}).loops() == 2u);
    BOOST_TEST(fused({sum(x, 0), sum(x), max(x, 0), x * 2}).loops() == 1u);
}

BOOST_AUTO_TEST_CASE(the_softmax_loss_is_one_loop_between_two_products) {
    // 64 classes: too wide for a product inside the loop.
    const Var images = tape.parameter(floats({128, 100})), weights = tape.parameter(floats({100, 64}, -0.1, 0.1));
    const Var labels = tape.constant(random_array<std::int64_t>({128}, random, 0, 63));
    for (const auto loss_of : {by_hand, textbook, +[](Var s, Var l) { return xg::models::softmax_loss(s, l); }}) {
        const Var loss = loss_of(matmul(images, weights), labels);
        const auto program = fused({loss, gradient(loss, weights)});
        check_loops_between_products(program);
    }
}

BOOST_AUTO_TEST_CASE(the_svm_loss_is_one_loop_between_two_products) {
    const Var images = tape.parameter(floats({128, 100})), weights = tape.parameter(floats({100, 64}, -0.1, 0.1));
    const Var labels = tape.constant(random_array<std::int64_t>({128}, random, 0, 63));
    const Var loss = xg::models::svm_loss(matmul(images, weights), labels);
    check_loops_between_products(fused({loss, gradient(loss, weights)}));
}

BOOST_AUTO_TEST_CASE(a_narrow_classifier_is_one_loop_and_its_update) {
    const Var w = tape.parameter(floats({200, 10}, -0.1, 0.1)), b = tape.parameter(floats({10}));
    const Var images = tape.input<float>({256, 200}), labels = tape.input<std::int64_t>({256});
    const Var loss = by_hand(matmul(images, w) + b, labels) + 1e-4 * sum(w * w);
    const Step step{.outputs = {loss}, .updates = {{w, w - 0.1 * gradient(loss, w)}, {b, b - 0.1 * gradient(loss, b)}}};
    auto program = tape.compile(step, {images, labels}), plain = tape.compile(step, {images, labels}, {.fuse = false});
    BOOST_TEST(program.loops() <= 5u, program.str()); // sum(w * w); the images; the loss, one number; the two updates
    BOOST_TEST(program.loops() == program.steps());
    const auto x = floats({256, 200});
    const auto y = random_array<std::int64_t>({256}, random, 0, 9);
    const auto w0 = w.value<float>(), b0 = b.value<float>();
    std::vector<float> losses, others;
    for (int i = 0; i < 3; ++i) losses.push_back(program(x, y).scalar<float>());
    const auto w1 = w.value<float>();
    tape.assign(w, w0);
    tape.assign(b, b0);
    for (int i = 0; i < 3; ++i) others.push_back(plain(x, y).scalar<float>());
    for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(losses[i] == others[i], boost::test_tools::tolerance(1e-5f));
    BOOST_TEST(same(w1, w.value<float>(), 1e-4, 1e-6));
}

BOOST_AUTO_TEST_CASE(an_update_is_made_in_place) {
    const Var p = tape.parameter(floats({50000})), v = tape.state(floats({50000})), g = tape.constant(floats({50000}));
    const Var velocity = 0.9 * v - 0.1 * g;
    const auto program = tape.compile({.outputs = {}, .updates = {{v, velocity}, {p, p + velocity}}}, {});
    BOOST_TEST(program.steps() == 1u, program.str());
    BOOST_TEST(program.arena_bytes() == 0u, program.str());
}

BOOST_AUTO_TEST_CASE(transposes_fold_into_products) {
    const Var a = tape.parameter(floats({40, 50})), b = tape.parameter(floats({60, 50}));
    BOOST_TEST(fused({matmul(a, transpose(b))}).steps() == 1u);
    BOOST_TEST(fused({matmul(transpose(a), transpose(b), true, false)}).steps() == 1u);
}

BOOST_AUTO_TEST_CASE(views_are_read_in_place) {
    const Var x = tape.parameter(floats({60, 80}));
    BOOST_TEST(fused({exp(slice(x, {{10, 50}, {3, 70}})) * 2}, 0).steps() == 1u);
    BOOST_TEST(fused({exp(transpose(x)) + 1}, 0).steps() == 1u);
    BOOST_TEST(fused({sum(reshape(x, {30, 2, 80}), 1)}).steps() == 1u);
    BOOST_TEST(fused({tanh(cast(tape.constant(random_array<std::uint8_t>({60, 80}, random, 0, 255)), xg::DType::float32) / 255 - x)}, 0).steps() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_computed_and_then_turned_is_kept_in_between) {
    const Var x = tape.parameter(floats({70, 70}));
    const Var y = exp(x);
    fused({y * transpose(y)}, 0);
    fused({transpose(tanh(transpose(y))) + transpose(y)}, 0);
    fused({slice(y, {{.step = -1}, {.step = -1}}) - y}, 0);
    fused({sum(y * transpose(y), 1), sum(transpose(y), 0)});
    fused({softmax(transpose(softmax(x)))});
    fused({reshape(transpose(y), {49, 100}) * 2 + reshape(y, {49, 100})}, 0);
}

BOOST_AUTO_TEST_CASE(unneeded_nodes_cost_nothing) {
    const Var x = tape.parameter(floats({1000}));
    for (int i = 0; i < 10; ++i) (void)matmul(expand_dims(x * i, 0), expand_dims(exp(x) + i, 1));
    BOOST_TEST(fused({x + 1}, 0).steps() == 1u);
}

BOOST_AUTO_TEST_CASE(the_arena_is_used_again) {
    // Twenty products one after the other need two arrays at a time.
    const Var w = tape.parameter(floats({64, 64}, -0.2, 0.2));
    Var y = tape.parameter(floats({64, 64}));
    for (int i = 0; i < 20; ++i) y = matmul(y, w);
    const auto program = fused({sum(y)}, 1e-4);
    BOOST_TEST(program.arena_bytes() <= 3 * (64 * 64 * 4 + 64u));
}

/// Found by random programs: every other column of a result that had sunk into a loop over other rows, of several blocks.
BOOST_AUTO_TEST_CASE(what_sinks_is_read_row_by_row_where_it_arrives) {
    Random random(1);
    xg::Tape tape;
    const Var v = tape.parameter(random_array<double>({3, 1000}, random)), column = tape.parameter(random_array<double>({126, 1}, random));
    const Var squared = square(slice(v * 2, 1, 0, xg::Range::open, 2)); // in a loop whose rows are open yet
    const Var rows = take(column, tape.constant(xt::xarray<std::int64_t>{21, 125, 45}), 0); // one that asks for three
    const Var y = rows + squared;
    const auto fused = tape.compile({.outputs = {y}}, {})().array<double>(), plain = tape.compile({.outputs = {y}}, {}, {.fuse = false})().array<double>();
    BOOST_TEST(same(fused, plain));
}

/// Also found by them: a product of the leaf itself was written where it still read.
BOOST_AUTO_TEST_CASE(a_product_does_not_replace_the_rows_that_it_reads) {
    Random random(2);
    const auto p0 = random_array<double>({20, 7}, random), w0 = random_array<double>({7, 7}, random);
    std::vector<xt::xarray<double>> results;
    for (const bool fuse : {false, true}) {
        xg::Tape tape;
        const Var p = tape.parameter(p0), w = tape.parameter(w0);
        tape.compile({.updates = {{p, matmul(p, w)}}}, {}, {.fuse = fuse})();
        results.push_back(p.value<double>());
    }
    BOOST_TEST(same(results[0], results[1], 1e-13, 1e-13));
}

BOOST_AUTO_TEST_SUITE_END()
