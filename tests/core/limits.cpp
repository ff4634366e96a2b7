// Numbers that are large: of inputs, of elements, of leaves with one name, of rewinds.

#include <algorithm>
#include <chrono>

#include <xgrad/core/base/blas.hpp>
#include <xgrad/core/graph/node_table.hpp>
#include <xgrad/core/graph/tape_entries.hpp>

#include "../support.hpp"

using namespace test;
using xg::Shape;
using xg::Var;

namespace {

/// A user's op whose shape is what a sum of extents came to.
struct Huge {
    static constexpr auto name = "huge";
    static Shape shape(xg::Types) {
        Shape shape(1, 1, 1);
        shape[0] = shape[1] = std::size_t{1} << 32;
        return shape;
    }
    static void eval(xg::ConstArrays, xg::Array) {}
};

/// A user's op with a kernel for rows.
struct SumOfRows {
    static constexpr auto name = "sum_of_rows";
    static Shape shape(xg::Types in) { return in[0].shape; }
    static std::size_t row_count(xg::Types in) { return in[0].shape[0]; }
    static xg::Kernel kernel(xg::Types) {
        return [](const xg::Tile&) {};
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(a_node_takes_any_number_of_inputs) {
    constexpr std::size_t count = 65'537;
    xg::Tape tape;
    const Var x = tape.parameter(filled<double>({2}, 1.0), "x"), y = tape.parameter(filled<double>({2}, 3.0), "y");
    std::vector<Var> parts(count, x);
    parts.back() = y;
    const Var whole = xg::concatenate(parts);
    BOOST_TEST(whole.shape() == Shape(2 * count));
    const auto values = whole.value<double>();
    BOOST_TEST(values(0) == 1);
    BOOST_TEST(values(2 * count - 3) == 1);
    BOOST_TEST(values(2 * count - 1) == 3);
    BOOST_TEST(xg::stack(parts).shape() == Shape(count, 2));
    BOOST_TEST(xg::gradient(sum(whole), y).value<double>()(1) == 1);
}

BOOST_AUTO_TEST_CASE(shapes_of_a_users_op_are_checked) {
    xg::Tape tape;
    const Var x = tape.input<float>({3});
    const int line = __LINE__ + 1;
    const std::string error = error_of([&] { (void)xg::record(Huge{}, xg::Operand(x)); });
    BOOST_TEST(error == "huge: shape (4294967296, 4294967296, 1) is too large; the product of an array's extents, zeros left "
                        "out, is at most 2^48" + at(line));
}

BOOST_AUTO_TEST_CASE(a_kernel_of_rows_takes_few_inputs) {
    xg::Tape tape;
    const std::vector<xg::Operand> five(5, xg::Operand(tape.input<float>({3, 2})));
    BOOST_TEST(error_of([&] { (void)xg::record(SumOfRows{}, std::span(five)); })
                   .starts_with("sum_of_rows: 5 inputs were given; a kernel that works on rows takes at most 4"));
}

BOOST_AUTO_TEST_CASE(leaves_that_no_memory_holds) {
    xg::Tape tape;
    const std::size_t before = tape.size();
    const auto error = [](auto f) { return error_of(f).find("is too large") != std::string::npos; };
    BOOST_TEST(error([&] { (void)tape.slot("m", xg::DType::float64, Shape((std::int64_t{1} << 61) + 1)); }));
    Shape wide(1, 1);
    wide[0] = wide[1] = std::size_t{1} << 32;
    BOOST_TEST(error([&] { (void)tape.slot("m", xg::DType::float64, wide); }));
    BOOST_TEST(error([&] { (void)tape.input<float>(wide, "x"); }));
    BOOST_TEST(tape.size() == before);
}

BOOST_AUTO_TEST_CASE(programs_whose_bytes_cannot_be_counted) {
    xg::Tape tape;
    const Var x = tape.input<double>({}, "x");
    const Var wide = broadcast_to(x, {std::int64_t{1} << 48});
    const std::vector<Var> outputs(8192, wide + 1);
    BOOST_TEST(error_of([&] { (void)tape.compile({.outputs = outputs, .updates = {}}, {x}); })
                   .starts_with("compile: the arrays of this program have more bytes than can be addressed"));
}

BOOST_AUTO_TEST_CASE(products_beyond_the_integers_of_blas) {
    const float a = 2, b = 3;
    float c = 0;
    const std::size_t wide = std::size_t{1} << 32;
    xg::gemm({.dtype = xg::DType::float32, .m = 1, .n = 1, .k = 1, .transpose_a = false, .transpose_b = false,
              .a = &a, .lda = wide, .b = &b, .ldb = wide, .c = &c, .ldc = wide});
    BOOST_TEST(c == 6);
}

BOOST_AUTO_TEST_CASE(names_are_told_apart) {
    xg::Tape tape;
    const auto add = [&](const char* wanted) { return tape.name(tape.parameter(1.0, wanted)); };
    BOOST_TEST(add("w") == "w");
    BOOST_TEST(add("w_2") == "w_2");
    BOOST_TEST(add("w") == "w_1");
    const xg::Mark mark = tape.mark();
    BOOST_TEST(add("w") == "w_3");
    BOOST_TEST(add("w_2") == "w_2_1");
    BOOST_TEST(add("w") == "w_4");
    tape.rewind(mark);
    BOOST_TEST(add("w_4") == "w_4");
    BOOST_TEST(add("w") == "w_3");
    BOOST_TEST(add("w") == "w_5");
    tape.rewind({});
    BOOST_TEST(add("w") == "w");
    BOOST_TEST(add("") == "parameter1");
    BOOST_TEST(tape.name(tape.state(1.0)) == "state0");
    BOOST_TEST(add("w") == "w_1");
}

BOOST_AUTO_TEST_CASE(a_slot_is_found_after_rewinds) {
    xg::Tape tape;
    const xg::Mark start = tape.mark();
    const Var first = tape.slot("m", xg::DType::float32, {2}, 5);
    BOOST_TEST(tape.slot("m", xg::DType::float32, {2}).is(first));
    tape.rewind(start);
    const Var other = tape.state(1.0f, "m"); // in the place of its node, and with its name
    const Var again = tape.slot("m", xg::DType::float32, {2});
    BOOST_TEST(!again.is(other));
    BOOST_TEST(again.value<float>()(1) == 5);
    BOOST_TEST(tape.slot("m", xg::DType::float32, {2}).is(again));
}

BOOST_AUTO_TEST_CASE(names_take_no_longer_the_more_there_are) {
    // Beside constants, which have none. Where each name was compared with all others it took a hundred times as long.
    const auto seconds = [](std::size_t count, auto add) {
        double least = 1e9;
        for (int round = 0; round < 3; ++round) {
            const auto begin = std::chrono::steady_clock::now();
            xg::Tape tape;
            for (std::size_t i = 0; i < count; ++i) add(tape, i);
            least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        }
        return least;
    };
    const xt::xarray<float> number = filled<float>({1}, 0.f);
    const auto is_quick = [&](std::size_t count, auto add) {
        const double named = seconds(count, add);
        const double plain = seconds(count, [&](xg::Tape& tape, std::size_t) { (void)tape.constant(number); });
        BOOST_TEST(named < 25 * plain);
    };
    is_quick(2'000, [&](xg::Tape& tape, std::size_t) { tape.parameter(number, "w"); });
    is_quick(20'000, [&](xg::Tape& tape, std::size_t i) { tape.parameter(number, fmt::format("w{}", i)); });
    is_quick(20'000, [&](xg::Tape& tape, std::size_t) { tape.state(number); });
    is_quick(20'000, [&](xg::Tape& tape, std::size_t i) {
        for (int again = 0; again < 2; ++again) (void)tape.slot(fmt::format("m{}", i), xg::DType::float32, {});
    });
}

BOOST_AUTO_TEST_CASE(only_rewinds_are_counted) {
    xg::Tape tape;
    Var x = tape.parameter(1.0, "x");
    const xg::Mark mark = tape.mark();
    for (int i = 0; i < 1000; ++i) x = x * 1.5;
    BOOST_TEST(tape.mark().generation == mark.generation); // Vars are told apart without a number for each node
    tape.rewind(mark);
    tape.rewind(mark); // forgets nothing
    BOOST_TEST(tape.mark().generation == mark.generation + 1);
    BOOST_TEST(error_of([&] { x.shape(); }).starts_with("shape: a Var was used whose node a rewind has forgotten"));
}

BOOST_AUTO_TEST_CASE(nodes_and_inputs_are_numbered_in_32_bits) {
    const xg::NodeTable none;
    BOOST_TEST(none.has_room(65'537));
    BOOST_TEST(none.has_room((std::size_t{1} << 32) - 1));
    BOOST_TEST(!none.has_room(std::size_t{1} << 32));
}

BOOST_AUTO_TEST_CASE(a_slot_of_a_tape_whose_epochs_are_used_up) {
    const std::uint32_t slot = xg::acquire_entry(nullptr);
    xg::tape_entries[slot].epoch = ~0u; // as if 2^31 tapes had been there
    xg::release_entry(slot);
    const std::uint32_t next = xg::acquire_entry(nullptr);
    BOOST_TEST(next != slot);
    xg::release_entry(next);
}

BOOST_AUTO_TEST_CASE(a_mark_within_what_was_forgotten) {
    xg::Tape tape;
    Var x = tape.parameter(1.0, "x");
    const xg::Mark early = tape.mark();
    x = x * 2;
    const xg::Mark late = tape.mark();
    tape.rewind(early);
    BOOST_TEST(error_of([&] { tape.rewind(late); }).starts_with("rewind: what stood at this mark was forgotten"));
    Var y = tape.parameters()[0] * 3;
    BOOST_TEST(error_of([&] { tape.rewind(late); }).starts_with("rewind: what stood at this mark was forgotten"));
    y = y * 2;
    tape.rewind(early);
    BOOST_TEST(tape.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
