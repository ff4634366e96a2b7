// The verifier of plans: it passes right plans (every test of this project runs under it) and finds each way to break one.

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <functional>
#include <stdexcept>

#include <xgrad/core/compiler/compile.hpp>
#include <xgrad/core/program/executable.hpp>
#include <xgrad/core/compiler/verify.hpp>
#include <xgrad/xgrad.hpp>

namespace xg = xgrad;
using xgrad::Instruction, xgrad::Loop, xgrad::Plan;

namespace {

/// A program whose plan can be changed and verified again.
struct Broken {
    xg::Tape tape;
    xg::CompileRequest request;
    std::shared_ptr<xg::Executable> executable;
    xg::Graph* graph = nullptr;

    explicit Broken(const std::function<xg::Step(xg::Tape&)>& make, xg::CompileOptions options = {.small_elements = 0}) {
        const xg::Step step = make(tape);
        graph = &xg::Graph::existing_of(step.outputs.empty() ? step.updates[0].next : step.outputs[0], {});
        request.options = options;
        for (const xg::Var& output : step.outputs)
            request.outputs.push_back(graph->index(output));
        for (const xg::Update& update : step.updates)
            request.updates.emplace_back(graph->index(update.leaf), graph->index(update.next));
        executable = xg::compile(*graph, step, {}, options, {});
        xg::verify(*graph, request, plan());
    }
    Plan& plan() { return const_cast<Plan&>(*executable->plan); } // made by compile, not const in itself
    Loop& loop(std::size_t i = 0) { return plan().loops.at(i); }
    Instruction& call(const std::string& name) {
        for (Loop& l : plan().loops)
            for (auto* list : {&l.setup, &l.prologue, &l.body})
                for (Instruction& i : *list)
                    if (i.name == name) return i;
        throw std::runtime_error("no call " + name + " in\n" + plan().str());
    }
    /// The text of the complaint, or nothing.
    std::string complaint() {
        try {
            xg::verify(*graph, request, plan());
            return {};
        } catch (const std::logic_error& e) {
            return e.what();
        }
    }
    bool finds(const std::string& text) {
        const std::string found = complaint();
        BOOST_TEST_INFO(found);
        return found.find("the plan is wrong") != std::string::npos && found.find(text) != std::string::npos;
    }
};

xt::xarray<double> numbers(std::initializer_list<std::size_t> shape) {
    xt::xarray<double> x = xt::xarray<double>::from_shape(shape);
    double v = 0;
    for (double& e : x)
        e = std::cos(++v);
    return x;
}

xg::Step chain(xg::Tape& t) {
    const xg::Var x = t.parameter(numbers({300, 70}), "x"), y = t.parameter(numbers({300, 70}), "y");
    return {.outputs = {exp(x) / log(abs(y) + 2)}};
}

xg::Step softmax_step(xg::Tape& t) {
    const xg::Var x = t.constant(numbers({200, 40})), w = t.parameter(numbers({40, 5}), "w");
    const xg::Var loss = -mean(sum(log(softmax(matmul(x, w))), {1}));
    return {.outputs = {loss}, .updates = {{w, w - 0.1 * gradient(loss, w)}}};
}

/// Ops of a user's own with attributes and without operator==.
struct Scaled {
    static constexpr auto name = "scaled";
    double by;
    auto forward(auto x) const { return x * by; }
};
struct Shifted {
    static constexpr auto name = "shifted";
    double by;
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    void eval(xg::ConstArrays in, xg::Array out) const {
        for (std::size_t i = 0; i < in[0].shape().numel(); ++i)
            out.pointer<double>()[i] = in[0].pointer<double>()[i] + by;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(verifier)

BOOST_AUTO_TEST_CASE(ops_that_cannot_be_compared) {
    Broken b([](xg::Tape& t) {
        const xg::Var x = t.parameter(numbers({30, 7}), "x");
        return xg::Step{.outputs = {xg::record(Scaled{2}, x), xg::record(Shifted{3}, x)}};
    });
    BOOST_TEST(b.complaint() == "");
}

BOOST_AUTO_TEST_CASE(a_kernel_that_is_not_there) {
    Broken b(chain);
    b.call("exp").kernel = nullptr;
    BOOST_TEST(b.finds("there is no kernel"));
}

BOOST_AUTO_TEST_CASE(a_kernel_of_another_op) {
    Broken b(chain);
    b.call("exp").kernel = b.call("log").kernel;
    BOOST_TEST(b.finds("the kernel is not the op's"));
}

BOOST_AUTO_TEST_CASE(operands_that_are_exchanged) {
    Broken b(chain);
    Instruction& i = b.call("divide");
    std::swap(i.in[0], i.in[1]);
    BOOST_TEST(b.finds("operand 0"));
}

BOOST_AUTO_TEST_CASE(an_operand_that_begins_elsewhere) {
    Broken b(chain);
    b.call("exp").in[0].offset += 8;
    BOOST_TEST(b.finds("operand 0"));
}

BOOST_AUTO_TEST_CASE(rows_at_another_distance) {
    Broken b(chain);
    b.call("exp").in[0].row_bytes += 8;
    BOOST_TEST(b.finds("operand 0"));
}

BOOST_AUTO_TEST_CASE(a_register_in_use_that_is_given_back) { // the second defect: exp's result is overwritten by log's
    Broken b(chain);
    b.call("log").out = b.call("exp").out;
    BOOST_TEST(b.finds("divide"));
}

BOOST_AUTO_TEST_CASE(a_call_that_is_left_out) {
    Broken b(chain);
    auto& body = b.loop().body;
    std::erase_if(body, [](const Instruction& i) { return std::strcmp(i.name, "exp") == 0; });
    BOOST_TEST(b.finds("divide"));
}

BOOST_AUTO_TEST_CASE(calls_in_another_order) {
    Broken b(chain);
    auto& body = b.loop().body;
    std::swap(body.front(), body.back());
    BOOST_TEST(!b.complaint().empty());
}

BOOST_AUTO_TEST_CASE(a_result_outside_of_the_registers) {
    Broken b(chain);
    b.call("exp").out.offset = static_cast<std::int64_t>(b.loop().register_bytes) - 64;
    BOOST_TEST(b.finds("outside the registers"));
}

BOOST_AUTO_TEST_CASE(outputs_that_are_exchanged) {
    Broken b([](xg::Tape& t) {
        const xg::Var x = t.parameter(numbers({30}), "x");
        return xg::Step{.outputs = {exp(x), tanh(x)}};
    });
    std::swap(b.plan().outputs[0].offset, b.plan().outputs[1].offset);
    BOOST_TEST(b.finds("an output"));
}

BOOST_AUTO_TEST_CASE(a_reduction_that_is_added_to_no_sum) {
    Broken b(softmax_step);
    for (Loop& loop : b.plan().loops)
        if (!loop.accumulators.empty()) {
            std::erase_if(loop.body, [&](const Instruction& i) { return i.out.base == xg::base_accumulators; });
            break;
        }
    BOOST_TEST(b.finds("nothing is added"));
}

BOOST_AUTO_TEST_CASE(a_matrix_packed_the_other_way_round) {
    Broken b(softmax_step);
    Instruction& pack = b.call("pack");
    for (const bool single : {true, false}) {
        const xg::NarrowKernels& kernels = xg::narrow_kernels(single);
        if (pack.kernel == kernels.pack)
            pack.kernel = kernels.pack_transposed;
        else if (pack.kernel == kernels.pack_transposed)
            pack.kernel = kernels.pack;
    }
    BOOST_TEST(!b.complaint().empty());
}

BOOST_AUTO_TEST_CASE(a_narrow_product_of_other_rows) {
    Broken b(softmax_step);
    b.call("narrow matmul").in_stride[0] += 1;
    BOOST_TEST(b.finds("narrow matmul"));
}

BOOST_AUTO_TEST_CASE(a_product_with_another_leading_extent) {
    Broken b([](xg::Tape& t) {
        const xg::Var x = t.parameter(numbers({60, 50}), "x"), w = t.parameter(numbers({50, 70}), "w");
        return xg::Step{.outputs = {matmul(x, w)}};
    });
    for (auto change : {+[](xg::Product& p) { ++p.lda; }, +[](xg::Product& p) { ++p.ldb; },
                        +[](xg::Product& p) { p.transpose_a = true; }, +[](xg::Product& p) { std::swap(p.a, p.b); }}) {
        const xg::Product before = b.plan().products.at(0);
        change(b.plan().products[0]);
        BOOST_TEST(b.finds("the product"));
        b.plan().products[0] = before;
    }
    BOOST_TEST(b.complaint().empty());
}

BOOST_AUTO_TEST_CASE(a_leaf_that_is_read_after_it_was_replaced) {
    Broken b([](xg::Tape& t) {
        const xg::Var w = t.parameter(numbers({500}), "w"), v = t.parameter(numbers({500}), "v");
        return xg::Step{.updates = {{w, tanh(w)}, {v, exp(v)}}};
    });
    BOOST_TEST_REQUIRE(b.plan().copies.empty()); // both in place
    Instruction &first = b.call("tanh"), &second = b.call("exp");
    second.in[0] = first.out; // w's place, where there is the new w by now
    BOOST_TEST(b.finds("exp"));
}

BOOST_AUTO_TEST_CASE(an_update_that_is_not_made) {
    Broken b([](xg::Tape& t) {
        const xg::Var w = t.parameter(numbers({50, 60}), "w");
        return xg::Step{.updates = {{w, transpose(reshape(w, {60, 50}))}}};
    });
    BOOST_TEST_REQUIRE(b.plan().copies.size() == 1u);
    b.plan().copies.clear();
    BOOST_TEST(b.finds("a leaf after the call"));
}

BOOST_AUTO_TEST_CASE(joined_arithmetic_that_reads_a_part_of_what_it_joins) { // the first defect
    const auto make = [](bool sliced) {
        return [sliced](xg::Tape& t) {
            const xg::Var p = t.parameter(numbers({20, 20}), "p"), y = t.parameter(numbers({20, 20}), "y");
            const xg::Var product = p * y;
            return xg::Step{.outputs = {(sliced ? slice(product, 1, 0, 1) : product) + y}};
        };
    };
    Broken joined(make(false)), sliced(make(true));
    const Instruction& pair = joined.call("(a*b)+c");
    // What the pass that joined without asking made of the second program, which has the same leaves.
    Instruction& sum = sliced.call("add");
    const std::uint32_t node = sum.node;
    const auto product = sliced.call("multiply");
    sum.kernel = pair.kernel;
    sum.name = pair.name;
    sum.in[2] = product.in[1];
    sum.in_stride[2] = product.in_stride[1];
    for (std::size_t k : {0u, 1u})
        sum.in[k] = product.in[k], sum.in_stride[k] = product.in_stride[k];
    sum.inputs = 3;
    sum.cols = product.cols;
    sum.flat = product.flat;
    sum.node = node;
    BOOST_TEST(sliced.finds("(a*b)+c"));
}

BOOST_AUTO_TEST_CASE(a_moved_operand_with_other_elements) {
    Broken b([](xg::Tape& t) {
        const xg::Var x = t.parameter(numbers({40, 50, 3}), "x");
        return xg::Step{.outputs = {exp(transpose(x, {2, 0, 1}))}};
    });
    Instruction& gather = b.call("gather");
    xg::GatherMap map = *static_cast<const xg::GatherMap*>(gather.op);
    std::swap(map.strides[0], map.strides[1]);
    gather.op = &map;
    BOOST_TEST(!b.complaint().empty());
}

BOOST_AUTO_TEST_CASE(small_graphs_are_followed_too) {
    Broken b(
        [](xg::Tape& t) {
            xg::Var x = t.parameter(numbers({3, 4}), "x");
            const xg::Var y = sum(exp(x), {0});
            return xg::Step{.outputs = {y * 2 + sum(x, {0}), x - y}};
        },
        {});
    BOOST_TEST_REQUIRE(b.plan().loops.size() == 1u);
    Instruction& i = b.call("exp");
    const auto before = i.in[0];
    i.in[0].offset += 8;
    BOOST_TEST(b.finds("exp"));
    i.in[0] = before;
    BOOST_TEST(b.complaint().empty());
}

BOOST_AUTO_TEST_SUITE_END()
