// mark and rewind, and handles that have outlived what they stand for.

#include <memory>

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

const xt::xarray<double> three = {1, 2, 3};

const std::string forgotten = "a Var was used whose node a rewind has forgotten; record it again";
const std::string outlived = "a Var has outlived its tape; keep the Tape alive for as long as its Vars are used";

} // namespace

BOOST_AUTO_TEST_SUITE(rewinding)

BOOST_AUTO_TEST_CASE(forgets_what_was_recorded_since) {
    xg::Tape tape;
    const Var x = tape.parameter(three);
    const Var y = exp(x);
    const auto mark = tape.mark();
    const std::size_t size = tape.size();
    for (int i = 0; i < 3; ++i) {
        const Var z = tanh(y) + 2 * x;
        BOOST_TEST(z.value<double>()(1) == std::tanh(std::exp(2.0)) + 4, boost::test_tools::tolerance(1e-14));
        tape.rewind(mark);
        BOOST_TEST(tape.size() == size);
        BOOST_TEST(error_of([&] { z.shape(); }) == "shape: " + forgotten + at(__LINE__));
    }
    BOOST_TEST(exp(x).is(y));
    BOOST_TEST(same(y.value<double>(), exp(x).value<double>()));
}

BOOST_AUTO_TEST_CASE(a_forgotten_node_is_noticed_though_another_has_its_place) {
    xg::Tape tape;
    const Var x = tape.parameter(three);
    const auto mark = tape.mark();
    const Var old = exp(x);
    tape.rewind(mark);
    const Var now = tanh(x);
    BOOST_TEST(!old.is(now));
    BOOST_TEST(error_of([&] { old.value<double>(); }) == "value: " + forgotten + at(__LINE__));
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)(old + now); }) == "add: " + forgotten + at(line));
    // Beside a number, and among many.
    BOOST_TEST(error_of([&] { (void)(2 * old); }) == "multiply: " + forgotten + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)pow(old, 2.5); }) == "pow: " + forgotten + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)xg::concatenate({now, now, now, now, old}, 0); }) == "concatenate: " + forgotten + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)gradient(sum(now), old); }) == "gradient: " + forgotten + at(__LINE__));
    BOOST_TEST(now.value<double>()(0) == std::tanh(1.0), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(leaves_before_the_mark_stay_and_those_after_it_go) {
    xg::Tape tape;
    tape.parameter(three, "first");
    const auto mark = tape.mark();
    const Var second = tape.parameter(three, "second");
    tape.state(three, "kept");
    BOOST_TEST(tape.parameters().size() == 2u);
    tape.rewind(mark);
    BOOST_TEST(tape.parameters().size() == 1u);
    BOOST_TEST(tape.states().empty());
    BOOST_TEST(tape.name(tape.parameters()[0]) == "first");
    BOOST_TEST(error_of([&] { tape.assign(second, 1.0); }) == "assign: " + forgotten + at(__LINE__));
}

BOOST_AUTO_TEST_CASE(nested_marks) {
    xg::Tape tape;
    const Var x = tape.parameter(three);
    const auto outer = tape.mark();
    const Var y = exp(x);
    const auto inner = tape.mark();
    (void)tanh(y);
    tape.rewind(inner);
    BOOST_TEST(y.shape() == x.shape());
    tape.rewind(outer);
    BOOST_TEST(error_of([&] { tape.rewind(inner); }) == "rewind: what stood at this mark was forgotten by an earlier rewind" + at(__LINE__));
    (void)(exp(x) + tanh(x) + sqrt(x)); // nodes stand again where the mark was, but they are others
    BOOST_TEST(error_of([&] { tape.rewind(inner); }) == "rewind: what stood at this mark was forgotten by an earlier rewind" + at(__LINE__));
    tape.rewind(outer);
    BOOST_TEST(tape.size() == 1u);
}

BOOST_AUTO_TEST_CASE(programs_go_on_working) {
    xg::Tape tape;
    const Var x = tape.parameter(three, "x");
    const auto mark = tape.mark();
    const Var in = tape.input<double>({3}), k = tape.constant(three), s = tape.state(1.0);
    const Var y = sum(slice(transpose(reshape(x * in + k, {3, 1})), 1, 0, 2)) + s;
    auto program = tape.compile({.outputs = {y}, .updates = {{x, x - 0.5 * gradient(y, x)}, {s, s + 1}}}, {in});
    auto function = tape.function([&](Var v) { return sum(v * x); });
    BOOST_TEST(function(three).scalar<double>() == 14);
    BOOST_TEST(program(three).scalar<double>() == 9);
    tape.rewind(mark);
    for (int i = 0; i < 50; ++i) (void)(exp(x) * i); // other nodes and attributes take the place
    BOOST_TEST(same(x.value<double>(), xt::xarray<double>{0.5, 1, 3}));
    BOOST_TEST(program(three).scalar<double>() == 0.5 * 1 + 1 * 2 + 3 + 2);
    BOOST_TEST(same(x.value<double>(), xt::xarray<double>{0, 0, 3}));
    BOOST_TEST(function(three).scalar<double>() == 9);
    BOOST_TEST(function(xt::xarray<double>{{1, 1, 1}, {2, 2, 2}}).scalar<double>() == 9); // traced now
    BOOST_TEST(!program.str().empty());
}

BOOST_AUTO_TEST_CASE(programs_go_on_working_without_their_tape) {
    auto tape = std::make_unique<xg::Tape>();
    const Var x = tape->parameter(three);
    auto program = tape->compile({.outputs = {x * 2}, .updates = {{x, x + 1}}}, {});
    tape.reset();
    program();
    BOOST_TEST(same(program().array<double>(), xt::xarray<double>{4, 6, 8}));
}

BOOST_AUTO_TEST_CASE(slots_are_found_again) {
    xg::Tape tape;
    const auto mark = tape.mark();
    const auto count = [&](xg::DType dtype = xg::DType::int64, const xg::Shape& shape = {}) { return tape.slot("count", dtype, shape, 5); };
    const Var first = count();
    BOOST_TEST(count().is(first));
    BOOST_TEST(first.scalar<std::int64_t>() == 5);
    tape.assign(first, 7);
    tape.rewind(mark);
    BOOST_TEST(count().scalar<std::int64_t>() == 7);
    BOOST_TEST(tape.states().size() == 1u);
    const int line = __LINE__ + 1;
    const std::string error = error_of([&] { (void)tape.slot("count", xg::DType::float32, {2}, 5); });
    BOOST_TEST(error == "slot: \"count\" is int64 (), and was asked for as float32 (2,); give the two different names" + at(line));
    BOOST_TEST(same(tape.slot("other", xg::DType::float32, {2}, 0.5).value<float>(), xt::xarray<float>{0.5f, 0.5f}));
}

BOOST_AUTO_TEST_CASE(a_var_that_outlives_its_tape_is_noticed) {
    Var x;
    {
        xg::Tape tape;
        x = tape.parameter(three);
    }
    BOOST_TEST(error_of([&] { x.shape(); }) == "shape: " + outlived + at(__LINE__));
    BOOST_TEST(error_of([&] { x.value<double>(); }) == "value: " + outlived + at(__LINE__));
    xg::Tape next; // takes the same place in the table of tapes
    next.parameter(three);
    BOOST_TEST(error_of([&] { x.dtype(); }) == "dtype: " + outlived + at(__LINE__));
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)exp(x); }) == "exp: " + outlived + at(line));
    BOOST_TEST(error_of([&] { (void)(1 + x); }) == "add: " + outlived + at(line + 1));
}

BOOST_AUTO_TEST_CASE(a_function_that_outlives_its_tape_says_so) {
    auto tape = std::make_unique<xg::Tape>();
    auto twice = tape->function([](Var v) { return v * 2; });
    BOOST_TEST(twice(three).array<double>()(2) == 6);
    tape.reset();
    BOOST_TEST(twice(three).array<double>()(2) == 6); // compiled, and needs no tape
    BOOST_TEST(error_of([&] { twice(1.0); }).find("outlived its tape") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_empty_var_is_noticed) {
    const Var none;
    BOOST_TEST(!none.valid());
    const std::string text = "a Var{} without a node was used; it is what a missing adjoint or a default Var is";
    BOOST_TEST(error_of([&] { none.shape(); }) == "shape: " + text + at(__LINE__));
    xg::Tape tape;
    const Var x = tape.parameter(three);
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)(x * none); }) == "multiply: " + text + at(line));
    BOOST_TEST(error_of([&] { (void)(none - 1); }) == "subtract: " + text + at(line + 1));
    BOOST_TEST(error_of([&] { (void)sum(none); }) == "sum: " + text + at(line + 2));
    BOOST_TEST(error_of([&] { (void)reshape(none, {1}); }) == "reshape: " + text + at(line + 3));
    BOOST_TEST(error_of([&] { (void)where(x > 0, x, none); }) == "where: " + text + at(line + 4));
    BOOST_TEST(error_of([&] { (void)gradient(sum(x), none); }) == "gradient: " + text + at(line + 5));
    BOOST_TEST(error_of([&] { (void)xg::concatenate({x, none}); }) == "concatenate: " + text + at(line + 6));
}

BOOST_AUTO_TEST_SUITE_END()
