#include <xgrad/core/compiler/compile.hpp>

#include <algorithm>
#include <limits>
#include <unordered_set>

#include <fmt/format.h>

#include <xgrad/core/compiler/emit.hpp>
#include <xgrad/core/compiler/request.hpp>
#include <xgrad/core/compiler/verify.hpp>
#include <xgrad/core/program/executable.hpp>
#include <xgrad/core/program/stopwatch.hpp>

namespace xgrad {
namespace {

void check_step(const Graph& graph, const Step& step, const std::vector<Var>& inputs, Location where) {
    std::unordered_set<std::uint32_t> seen;
    for (const Var& input : inputs) {
        const Leaf* leaf = graph.leaf(graph.index(input, where));
        if (!leaf || leaf->buffer) throw Error("compile: an input of a program must come from tape.input(...)", where);
    }
    for (const Var& output : step.outputs) {
        if (!output.valid()) throw Error("compile: an output is a Var{} without a node", where);
        graph.index(output, where);
    }
    for (const Update& update : step.updates) {
        const std::uint32_t i = graph.index(update.leaf, where), next = graph.index(update.next, where);
        const Leaf* leaf = graph.leaf(i);
        if (!leaf || (leaf->kind != LeafKind::parameter && leaf->kind != LeafKind::state))
            throw Error("compile: only a parameter or a state can be updated", where);
        if (graph.type(i) != graph.type(next))
            throw Error(fmt::format("compile: the update of \"{}\" is {} {}, and it is {} {}; they must be equal",
                                    leaf->name, name(graph.node(next).dtype), graph.shape(next).str(),
                                    name(graph.node(i).dtype), graph.shape(i).str()),
                        where);
        if (!seen.insert(i).second)
            throw Error(fmt::format("compile: \"{}\" is updated twice in one step", leaf->name), where);
    }
}

/// Every input that the program reads must be among its arguments.
void check_inputs(const LoopIR& ir, Location where) {
    for (const auto& [node, value] : ir.leaf_values) {
        const Leaf* leaf = ir.graph.leaf(node);
        if (!leaf || leaf->buffer) continue;
        if (std::find(ir.inputs.begin(), ir.inputs.end(), node) == ir.inputs.end())
            throw Error(
                fmt::format(
                    "the value depends on the input \"{}\" {} {}, recorded at {}, which has a value only when a "
                    "program is called; compile with it among the inputs",
                    leaf->name, name(leaf->type.dtype), leaf->type.shape.str(), ir.graph.node(node).where.str()),
                where);
    }
}

CompileRequest request_of(const Graph& graph, const Step& step, const std::vector<Var>& inputs,
                          CompileOptions options) {
    CompileRequest request{.options = options, .outputs = {}, .inputs = {}, .updates = {}};
    for (const Var& output : step.outputs)
        request.outputs.push_back(graph.index(output));
    for (const Var& input : inputs)
        request.inputs.push_back(graph.index(input));
    for (const Update& update : step.updates)
        request.updates.emplace_back(graph.index(update.leaf), graph.index(update.next));
    return request;
}

/// Thousands of the largest arrays together would have more bytes than offsets can count.
void check_bytes(const LoopIR& ir, Location where) {
    std::size_t bytes = 0;
    auto add = [&](std::size_t more) {
        bytes += more;
        if (bytes > std::numeric_limits<std::size_t>::max() / 4)
            throw Error("the arrays of this program have more bytes than can be addressed", where);
    };
    for (const IrValue& value : ir.values)
        if (value.in_memory) add(value.bytes());
    for (const Type& type : ir.output_types)
        add(type.shape.numel() * size_of(type.dtype));
}

/// The passes, in their order. `seen`, if given, gets the text of what each of them leaves.
std::unique_ptr<Plan> plan_loops(const Graph& graph, const Step& step, const CompileRequest& request,
                                 const ConstantPart& constants, Location where, PassTexts* seen = nullptr) {
    LoopIR ir(graph, constants, request.options);
    auto done = [&](const char* pass) {
        check(ir);
        if (seen) seen->emplace_back(pass, text_of(ir));
    };
    ir.inputs = request.inputs;
    fuse(ir, step, prune(graph, step, constants));
    check_inputs(ir, where);
    done("fuse");
    sink(ir);
    done("sink");
    find_memory(ir);
    find_in_place(ir);
    check_bytes(ir, where);
    auto plan = std::make_unique<Plan>();
    plan->where = where;
    place_memory(ir, *plan);
    done("memory");
    choose_superinstructions(ir);
    read_bytes_in_products(ir);
    done("superinstructions");
    emit(ir, *plan);
    return plan;
}

std::unique_ptr<Plan> make_plan(const Graph& graph, const Step& step, const CompileRequest& request,
                                const ConstantPart& constants, Location where) {
    std::unique_ptr<Plan> plan = plan_loops(graph, step, request, constants, where);
    if (verifying()) verify(graph, request, *plan);
    return plan;
}

/// The program that works out what the other one reads as constants.
std::unique_ptr<ConstantResults> plan_constants(const Graph& graph, const ConstantPart& constants,
                                                CompileOptions options, Location where) {
    Step step;
    for (const std::uint32_t i : constants.nodes())
        step.outputs.push_back(graph.var(i));
    return std::make_unique<ConstantResults>(make_plan(graph, step, request_of(graph, step, {}, options), {}, where));
}

} // namespace

std::shared_ptr<Executable> compile(const Graph& graph, const Step& step, const std::vector<Var>& inputs,
                                    CompileOptions options, Location where) {
    const SpanStopwatch watch("compile", where);
    check_step(graph, step, inputs, where);
    if (options.check_numerics) options.fuse = false;
    const CompileRequest request = request_of(graph, step, inputs, options);
    const ConstantPart constants(graph, request);
    auto executable = std::make_shared<Executable>(make_plan(graph, step, request, constants, where));
    if (!constants.nodes().empty()) executable->constants = plan_constants(graph, constants, options, where);
    return executable;
}

PassTexts passes_of(const Graph& graph, const Step& step, const std::vector<Var>& inputs) {
    PassTexts texts;
    const CompileRequest request = request_of(graph, step, inputs, {});
    const auto plan = plan_loops(graph, step, request, ConstantPart(graph, request), {}, &texts);
    texts.emplace_back("emit", plan->str());
    return texts;
}

} // namespace xgrad
