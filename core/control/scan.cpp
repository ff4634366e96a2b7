// scan: a loop as an op.
//
// A node has one array, so a loop is a node for each dtype among its results: in its array lie, one after the other, the
// carries after the last step, the ys, and, where a derivative asks for them, the carries before each step. The node
// without those gives the first elements of the node with them, and need not run where the other one does.
//
// The derivatives are loops, too: the body's adjoint, or its tangent, is recorded from the body's own stand-ins.

#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/control.hpp>
#include <xgrad/core/control/body.hpp>
#include <xgrad/core/control/parts.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

/// What a step takes, and what it gives.
struct StepBody {
    std::vector<Var> carry, x, captured;
    std::vector<Var> next, y;
};

/// The type of so many of these along a new first axis.
Type repeated(const Type& type, std::size_t length) {
    Shape shape{length};
    for (const std::size_t extent : type.shape)
        shape.append(static_cast<std::int64_t>(extent));
    return {type.dtype, shape};
}

std::vector<Type> result_types(const StepBody& body, std::size_t length) {
    std::vector<Type> types = types_of(body.next);
    for (const Type& type : types_of(joined(body.y, body.carry)))
        types.push_back(repeated(type, length));
    return types;
}

void copy(std::byte* to, const std::byte* from, std::size_t bytes) {
    switch (bytes) { // most carries of many are single numbers
    case 0: return;
    case 4: std::memcpy(to, from, 4); return;
    case 8: std::memcpy(to, from, 8); return;
    default: std::memcpy(to, from, bytes);
    }
}

struct LoopOptions {
    std::size_t length;
    bool reverse;
    Location where;
};

/// A loop, shared by the nodes that are made of it and by the programs that run it.
class ScanLoop {
  public:
    ScanLoop(const Graph& graph, StepBody b, LoopOptions o)
        : body(std::move(b)), options(o), results(result_types(body, o.length)),
          program_(graph, {joined(joined(body.carry, body.x), body.captured), joined(body.next, body.y)}, o.where) {
        for (const Type& type : types_of(body.x))
            slice_bytes_.push_back(type.shape.numel() * size_of(type.dtype));
        carries_ = body.carry.size();
        ys_ = body.y.size();
    }

    /// How many elements of a dtype there are, with the carries before each step or without.
    std::size_t count(DType dtype, bool traced) const {
        for (std::size_t i = carries_ + ys_; !traced && i < results.size(); ++i)
            if (results.type(i).dtype == dtype) return results.first(i);
        return results.count(dtype);
    }

    /// Writes the results of one dtype. `in`: the first carries, the xs, what the body captures.
    void run(DType dtype, bool traced, ConstArrays in, std::byte* out) const;

    const StepBody body; // as long as its nodes stand
    const LoopOptions options;
    const Packing results; // carries after the last step, ys, carries before each step

  private:
    /// Slices of up to so many bytes are copied to where the body's program found the one before. Larger ones are read
    /// where they lie, and at each step the program has to find its operands anew.
    static constexpr std::size_t copied_bytes = 4096;

    std::size_t carries_, ys_;
    std::vector<std::size_t> slice_bytes_;
    BodyProgram program_;
};
using LoopPtr = std::shared_ptr<const ScanLoop>;

void ScanLoop::run(DType dtype, bool traced, ConstArrays in, std::byte* out) const {
    const BodyProgram::Lent lent(program_);
    BodyProgram::Run& step = *lent;
    const std::size_t xs = slice_bytes_.size(), element = size_of(dtype);
    for (std::size_t i = 0; i < in.size(); ++i) {
        const auto* elements = static_cast<const std::byte*>(in[i].data);
        if (i < carries_) copy(step.taken(i), elements, results.bytes(i));
        if (i < carries_ || (i < carries_ + xs && slice_bytes_[i - carries_] <= copied_bytes))
            step.bind_own(i);
        else if (i >= carries_ + xs)
            step.bind(i, elements);
    }
    /// Puts an array, or the slice of a step, where result i lies.
    const auto put = [&](std::size_t i, std::size_t slice, const std::byte* from, std::size_t bytes) {
        if (results.type(i).dtype == dtype) copy(out + results.first(i) * element + slice * bytes, from, bytes);
    };
    for (std::size_t done = 0; done < options.length; ++done) {
        const std::size_t at = options.reverse ? options.length - 1 - done : done;
        for (std::size_t i = 0; traced && i < carries_; ++i)
            put(carries_ + ys_ + i, at, step.taken(i), results.bytes(i));
        for (std::size_t i = 0; i < xs; ++i) {
            const auto* slice = static_cast<const std::byte*>(in[carries_ + i].data) + at * slice_bytes_[i];
            if (slice_bytes_[i] <= copied_bytes)
                copy(step.taken(carries_ + i), slice, slice_bytes_[i]);
            else
                step.bind(carries_ + i, slice);
        }
        try {
            step();
        } catch (const Error& error) {
            throw Error(fmt::format("{}; in step {} of {} of the scan of {}", error.message(), done, options.length,
                                    options.where.str()),
                        error.where().known() ? error.where() : options.where);
        }
        for (std::size_t i = 0; i < ys_; ++i)
            put(carries_ + i, at, step.given(carries_ + i), results.bytes(carries_ + i) / options.length);
        for (std::size_t i = 0; i < carries_; ++i)
            copy(step.taken(i), step.given(i), results.bytes(i));
    }
    for (std::size_t i = 0; i < carries_; ++i)
        put(i, 0, step.taken(i), results.bytes(i));
}

/// The arrays that a loop is recorded with.
struct LoopInputs {
    std::vector<Var> init, xs, captured;
    std::vector<Var> all() const { return joined(joined(init, xs), captured); }
};

std::vector<Var> pull_back(const LoopPtr& shared, DType dtype, bool traced, Var g, std::span<const Var> inputs,
                           std::span<const char> wanted);
Var push_forward(const ScanLoop& loop, DType dtype, bool traced, std::span<const Var> tangents,
                 std::span<const Var> inputs);

/// The results of one dtype. Without the carries before each step its first input is the node that has them.
template <bool traced>
struct Scan {
    static constexpr auto name = "scan";
    static constexpr bool prefix = !traced;
    static constexpr std::size_t skipped = traced ? 0 : 1; // of the inputs
    LoopPtr loop;
    DType results;

    Shape shape(Types) const { return Shape{loop->count(results, traced)}; }
    DType dtype(Types) const { return results; }
    void eval(ConstArrays in, Array out) const { loop->run(results, traced, in, static_cast<std::byte*>(out.data)); }
    std::vector<Var> vjp(Var g, Var y, std::span<const Var> x) const {
        return vjp_of_wanted(g, y, x, std::vector<char>(x.size(), 1));
    }
    std::vector<Var> vjp_of_wanted(Var g, Var, std::span<const Var> x, std::span<const char> wanted) const {
        std::vector<Var> result(skipped);
        for (const Var& adjoint : pull_back(loop, results, traced, g, x.subspan(skipped), wanted.subspan(skipped)))
            result.push_back(adjoint);
        return result;
    }
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> x) const {
        return push_forward(*loop, results, traced, tangents.subspan(skipped), x.subspan(skipped));
    }
    std::size_t hash() const { return std::hash<LoopPtr>{}(loop) + static_cast<std::size_t>(results); }
    std::string str() const { return fmt::format("of {} steps", loop->options.length); }
    bool operator==(const Scan& other) const { return loop == other.loop && results == other.results; }
};

Var record_op(const auto& op, const std::vector<Var>& inputs) {
    const std::vector<Operand> operands(inputs.begin(), inputs.end());
    return record(op, std::span<const Operand>(operands));
}

/// The node with the carries before each step.
Var traced_node(const LoopPtr& loop, DType dtype, const std::vector<Var>& inputs) {
    return record_op(Scan<true>{loop, dtype}, inputs);
}

/// Leaves out what no step reads.
void leave_out(std::vector<Var>& stand_ins, std::vector<Var>& inputs, const Graph& graph,
               const std::vector<char>& needed, std::size_t least) {
    for (std::size_t i = stand_ins.size(); i-- > 0 && stand_ins.size() > least;) {
        const std::uint32_t node = graph.index(stand_ins[i]);
        if (node < needed.size() && needed[node]) continue;
        stand_ins.erase(stand_ins.begin() + static_cast<std::ptrdiff_t>(i));
        inputs.erase(inputs.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

ScanResult record_loop(Graph& graph, StepBody body, LoopInputs inputs, LoopOptions options) {
    std::vector<std::uint32_t> ends;
    for (const Var& end : joined(body.next, body.y))
        ends.push_back(graph.index(end));
    const std::vector<char> needed = ancestors(graph, ends);
    leave_out(body.captured, inputs.captured, graph, needed, 0);
    leave_out(body.x, inputs.xs, graph, needed, body.carry.empty() ? 1 : 0);

    const auto loop = std::make_shared<const ScanLoop>(graph, std::move(body), options);
    const std::size_t carries = loop->body.next.size(), results = carries + loop->body.y.size();
    std::array<Var, dtype_count> nodes;
    ScanResult result;
    for (std::size_t i = 0; i < results; ++i) {
        const Type& type = loop->results.type(i);
        Var& node = nodes[static_cast<std::size_t>(type.dtype)];
        if (!node.valid()) {
            const Var with_carries = traced_node(loop, type.dtype, inputs.all());
            node = record_op(Scan<false>{loop, type.dtype}, joined({with_carries}, inputs.all()));
        }
        (i < carries ? result.carry : result.ys).push_back(part(node, loop->results.first(i), type.shape));
    }
    return result;
}

/// The inputs of a node in their roles.
LoopInputs in_roles(const ScanLoop& loop, std::span<const Var> inputs) {
    const auto carries = inputs.begin() + static_cast<std::ptrdiff_t>(loop.body.carry.size());
    const auto xs = carries + static_cast<std::ptrdiff_t>(loop.body.x.size());
    return {{inputs.begin(), carries}, {carries, xs}, {xs, inputs.end()}};
}

/// Of flags for all inputs: those of one role, and of floating ones.
std::vector<char> flags_of(std::span<const char> wanted, std::size_t first, const std::vector<Var>& vars) {
    std::vector<char> result = floating(vars);
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = result[i] && wanted[first + i];
    return result;
}

std::vector<char> flags_of_dtype(const std::vector<Var>& vars, DType dtype) {
    std::vector<char> result;
    for (const Var& var : vars)
        result.push_back(var.dtype() == dtype);
    return result;
}

/// The adjoints of the inputs, from g, that of the results of one dtype: a loop from the last step to the first. Its
/// carries are the adjoints of the carries after a step, and the sums of those of what the body captures.
std::vector<Var> pull_back(const LoopPtr& shared, DType dtype, bool traced, Var g, std::span<const Var> inputs,
                           std::span<const char> wanted) {
    const GraphUse use(g);
    Graph& graph = *use;
    const ScanLoop& loop = *shared;
    const StepBody& b = loop.body;
    const LoopInputs in = in_roles(loop, inputs);
    const std::vector<char> carries = floating(b.carry), xs = flags_of(wanted, b.carry.size(), b.x),
                            captured = flags_of(wanted, b.carry.size() + b.x.size(), b.captured),
                            ys = flags_of_dtype(b.y, dtype), traces = flags_of_dtype(b.carry, dtype);

    const std::vector<Var> of_next = stand_ins(graph, types_of(chosen(b.next, carries))),
                           of_y = stand_ins(graph, types_of(chosen(b.y, ys))),
                           of_trace = stand_ins(graph, types_of(chosen(b.carry, traces))),
                           sums = stand_ins(graph, types_of(chosen(b.captured, captured)));
    const std::vector<Var> of_taken = adjoints(
        graph, joined(chosen(b.next, carries), chosen(b.y, ys)),
        joined(joined(chosen(b.carry, carries), chosen(b.x, xs)), chosen(b.captured, captured)), joined(of_next, of_y));

    StepBody r{.carry = joined(of_next, sums),
               .x = joined(joined(b.carry, b.x), joined(of_y, traced ? of_trace : std::vector<Var>())),
               .captured = b.captured,
               .next = {},
               .y = {}};
    LoopInputs of_r{.init = {}, .xs = {}, .captured = in.captured};
    // How a carry's adjoint goes on to the step before, and where it starts.
    const std::size_t first_trace = b.next.size() + b.y.size();
    std::size_t next_taken = 0, next_trace = 0;
    for (std::size_t i = 0; i < b.carry.size(); ++i) {
        const Var before = traced && traces[i] ? of_trace[next_trace++] : Var();
        if (carries[i]) {
            const Var adjoint = of_taken[next_taken++];
            r.next.push_back(before.valid() ? adjoint + before : adjoint);
            of_r.init.push_back(traces[i] ? part(g, loop.results.first(i), b.carry[i].shape())
                                          : zeros_like(graph, b.carry[i]));
        }
        const Type& all = loop.results.type(first_trace + i);
        of_r.xs.push_back(
            part(traced_node(shared, all.dtype, in.all()), loop.results.first(first_trace + i), all.shape));
    }
    of_r.xs = joined(of_r.xs, in.xs);
    for (std::size_t i = 0; i < b.y.size(); ++i)
        if (const std::size_t k = b.next.size() + i; ys[i])
            of_r.xs.push_back(part(g, loop.results.first(k), loop.results.type(k).shape));
    for (std::size_t i = first_trace; traced && i < loop.results.size(); ++i)
        if (traces[i - first_trace]) of_r.xs.push_back(part(g, loop.results.first(i), loop.results.type(i).shape));
    for (std::size_t i = 0; i < b.x.size(); ++i)
        if (xs[i]) r.y.push_back(of_taken[next_taken++]);
    for (const Var& sum : sums) {
        r.next.push_back(sum + of_taken[next_taken++]);
        of_r.init.push_back(zeros_like(graph, sum));
    }

    LoopOptions options = loop.options;
    options.reverse = !options.reverse;
    const ScanResult result = record_loop(graph, r, of_r, options);
    std::vector<Var> all(inputs.size());
    std::size_t next_carry = 0, next_y = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::size_t x = i - b.carry.size(), k = x - b.x.size();
        if (i < b.carry.size())
            all[i] = carries[i] ? result.carry[next_carry++] : Var();
        else if (x < b.x.size())
            all[i] = xs[x] ? result.ys[next_y++] : Var();
        else
            all[i] = captured[k] ? result.carry[next_carry++] : Var();
    }
    return all;
}

/// The tangent of the results of one dtype: a loop that carries tangents beside the carries.
Var push_forward(const ScanLoop& loop, DType dtype, bool traced, std::span<const Var> tangents,
                 std::span<const Var> inputs) {
    const GraphUse use(inputs[0]);
    Graph& graph = *use;
    const StepBody& b = loop.body;
    LoopInputs in = in_roles(loop, inputs);
    const LoopInputs given = in_roles(loop, tangents);
    const auto valid = [](const std::vector<Var>& vars) {
        std::vector<char> result;
        for (const Var& var : vars)
            result.push_back(var.valid());
        return result;
    };
    const std::vector<char> carries = floating(b.carry), xs = valid(given.xs), captured = valid(given.captured),
                            ys = flags_of_dtype(b.y, dtype), traces = flags_of_dtype(b.carry, dtype);
    const std::vector<Var> of_carry = stand_ins(graph, types_of(chosen(b.carry, carries))),
                           of_x = stand_ins(graph, types_of(chosen(b.x, xs))),
                           of_captured = stand_ins(graph, types_of(chosen(b.captured, captured)));
    const std::vector<Var> of_given = tangents_of(
        graph, joined(chosen(b.next, carries), chosen(b.y, ys)),
        joined(joined(chosen(b.carry, carries), chosen(b.x, xs)), chosen(b.captured, captured)),
        joined(joined(of_carry, of_x), of_captured));
    const auto first_y = of_given.begin() + static_cast<std::ptrdiff_t>(of_carry.size());

    StepBody r{.carry = joined(b.carry, of_carry),
               .x = joined(b.x, of_x),
               .captured = joined(b.captured, of_captured),
               .next = joined(b.next, {of_given.begin(), first_y}),
               .y = {first_y, of_given.end()}};
    for (std::size_t i = 0, next = 0; i < b.carry.size(); ++i) {
        if (!carries[i]) continue;
        in.init.push_back(given.init[i].valid() ? given.init[i] : zeros_like(graph, b.carry[i]));
        if (traced && traces[i]) r.y.push_back(of_carry[next]);
        ++next;
    }
    in.xs = joined(in.xs, chosen(given.xs, xs));
    in.captured = joined(in.captured, chosen(given.captured, captured));
    const ScanResult result = record_loop(graph, r, in, loop.options);

    std::vector<Var> parts;
    for (std::size_t i = 0, next = b.carry.size(); i < b.carry.size(); ++i)
        if (carries[i]) {
            if (traces[i]) parts.push_back(result.carry[next]);
            ++next;
        }
    return pack(joined(parts, result.ys));
}

std::size_t length_of(const std::vector<Var>& xs, const ScanOptions& options, Location where) {
    for (std::size_t i = 0; i < xs.size(); ++i) {
        if (xs[i].rank() == 0)
            throw Error(fmt::format("scan: x {} is {} (); what is gone over must have a first axis, of one slice for "
                                    "each step. What is the same at each step is just used by the body",
                                    i, name(xs[i].dtype())),
                        where);
        if (xs[i].shape()[0] != xs[0].shape()[0])
            throw Error(fmt::format("scan: x {} has {} slices, {}, and x 0 has {}, {}; all need as many, one for each "
                                    "step",
                                    i, xs[i].shape()[0], xs[i].shape().str(), xs[0].shape()[0], xs[0].shape().str()),
                        where);
    }
    if (xs.empty()) return options.length;
    const std::size_t slices = xs[0].shape()[0];
    if (options.length != 0 && options.length != slices)
        throw Error(
            fmt::format("scan: {} steps were asked for, and x 0, {}, has {} slices; leave the length out, or cut "
                        "the xs",
                        options.length, xs[0].shape().str(), slices),
            where);
    return slices;
}

} // namespace

namespace detail {

ScanResult record_scan(const ScanBody& body, const std::vector<Var>& init, const std::vector<Var>& xs,
                       ScanOptions options, Location where) {
    const std::vector<Var> given = joined(init, xs);
    if (given.empty())
        throw Error("scan: there is neither a first carry nor an x, so the body has nothing to depend on", where);
    const GraphUse use(given, "scan", where);
    Graph& graph = *use;
    std::size_t length = 0;
    std::vector<Type> slices = types_of(xs);
    {
        const Call call("scan", where);
        require_of_tape(graph, "scan", "the first carry", init, where);
        require_of_tape(graph, "scan", "x", xs, where);
        length = length_of(xs, options, where);
        for (Type& slice : slices)
            slice.shape = Shape(std::vector<std::size_t>(slice.shape.begin() + 1, slice.shape.end()));
    }
    StepBody step{
        .carry = stand_ins(graph, types_of(init)), .x = stand_ins(graph, slices), .captured = {}, .next = {}, .y = {}};
    const Trace trace(graph, "scan", where);
    std::tie(step.next, step.y) = body(step.carry, step.x); // the user's own code: an error there has its own line
    const Call call("scan", where);
    trace.check();
    require_of_tape(graph, "scan", "the next carry", step.next, where);
    require_of_tape(graph, "scan", "y", step.y, where);
    require_carries("scan", init, step.next, where);
    const ClosedBody closed = trace.close(joined(step.carry, step.x), joined(step.next, step.y));
    const auto results = closed.body.gives.begin(), ys = results + static_cast<std::ptrdiff_t>(step.next.size());
    step.next.assign(results, ys);
    step.y.assign(ys, closed.body.gives.end());
    step.captured.assign(closed.body.takes.begin() + static_cast<std::ptrdiff_t>(step.carry.size() + step.x.size()),
                         closed.body.takes.end());
    return record_loop(graph, std::move(step), {init, xs, closed.captured}, {length, options.reverse, where});
}

std::vector<Var> record_fori(std::int64_t lower, std::int64_t upper,
                             const std::function<std::vector<Var>(Var, const std::vector<Var>&)>& body,
                             const std::vector<Var>& init, Location where) {
    if (init.empty()) throw Error("fori_loop: there is no first carry, so the loop has no result", where);
    const GraphUse use(init, "fori_loop", where);
    const auto length = static_cast<std::size_t>(std::max<std::int64_t>(0, upper - lower));
    const Shape shape{length};
    auto indices = std::make_shared<Leaf>(Leaf{LeafKind::constant, {DType::int64, shape}, "", nullptr});
    indices->buffer = std::make_shared<Buffer>(length * sizeof(std::int64_t));
    for (std::size_t i = 0; i < length; ++i) {
        const std::int64_t index = lower + static_cast<std::int64_t>(i);
        std::memcpy(indices->buffer->data() + i * sizeof(index), &index, sizeof(index));
    }
    const auto step = [&](const std::vector<Var>& carry, const std::vector<Var>& x) {
        return std::pair{body(x[0], carry), std::vector<Var>()};
    };
    return record_scan(step, init, {use->var(use->record_leaf(indices, where))}, {}, where).carry;
}

} // namespace detail
} // namespace xgrad
