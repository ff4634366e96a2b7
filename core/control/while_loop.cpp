// while_loop: a loop whose number of steps is known when it has ended. A node for each dtype among its carries, in whose
// array they lie one after the other.

#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/control.hpp>
#include <xgrad/core/control/body.hpp>
#include <xgrad/core/control/parts.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

/// What the condition and the body take: the carries, and then each what it captures. The condition may take fewer of
/// the carries, the first ones.
struct WhileBody {
    std::vector<Var> carry, captured, next;
    std::vector<Var> condition_carry, condition_captured;
    Var condition;
};

class WhileLoop {
  public:
    WhileLoop(WhileBody b, Location at)
        : body(std::move(b)), where(at), carries(types_of(body.carry)), tested_(body.condition_carry.size()),
          captured_(body.captured.size()), predicate_(body.condition.dtype()) {}

    BodyProgramPtr program(const Graph& graph, const CompileOptions& options) const {
        return compiler_(graph, {joined(body.carry, body.captured), body.next}, options, where);
    }
    BodyProgramPtr condition(const Graph& graph, const CompileOptions& options) const {
        return condition_compiler_(graph, {joined(body.condition_carry, body.condition_captured), {body.condition}},
                                   options, where);
    }
    /// Writes the carries of one dtype. `in`: the first carries, what the body captures, what the condition captures.
    void run(const BodyProgram& program, const BodyProgram& condition, DType dtype, ConstArrays in,
             std::byte* out) const;

    const WhileBody body; // as long as its nodes stand
    const Location where;
    const Packing carries;

  private:
    std::size_t tested_, captured_;
    DType predicate_;
    BodyCompiler compiler_, condition_compiler_;
};
using WhilePtr = std::shared_ptr<const WhileLoop>;

void WhileLoop::run(const BodyProgram& program, const BodyProgram& tested, DType dtype, ConstArrays in,
                    std::byte* out) const {
    const BodyProgram::Lent lent(program), lent_condition(tested);
    BodyProgram::Run &step = *lent, &condition = *lent_condition;
    for (std::size_t i = 0; i < carries.size(); ++i) {
        if (carries.bytes(i) != 0) std::memcpy(step.taken(i), in[i].data, carries.bytes(i));
        step.bind_own(i);
        if (i < tested_) condition.bind(i, step.taken(i));
    }
    for (std::size_t i = carries.size(); i < in.size(); ++i)
        if (i < carries.size() + captured_)
            step.bind(i, in[i].data);
        else
            condition.bind(tested_ + i - carries.size() - captured_, in[i].data);
    const auto holds = [&] {
        condition();
        return detail::visit(predicate_, [&]<class T>(T value) {
            std::memcpy(&value, condition.given(0), sizeof(value));
            return value != T{};
        });
    };
    while (holds()) {
        step();
        for (std::size_t i = 0; i < carries.size(); ++i)
            if (carries.bytes(i) != 0) std::memcpy(step.taken(i), step.given(i), carries.bytes(i));
    }
    for (std::size_t i = 0; i < carries.size(); ++i)
        if (carries.type(i).dtype == dtype && carries.bytes(i) != 0)
            std::memcpy(out + carries.first(i) * size_of(dtype), step.taken(i), carries.bytes(i));
}

std::vector<Var> record_loop(const WhilePtr& loop, const std::vector<Var>& inputs);

struct While {
    static constexpr auto name = "while_loop";
    WhilePtr loop;
    DType results;
    BodyProgramPtr program = nullptr, condition = nullptr; // in a plan

    Shape shape(Types) const { return Shape{loop->carries.count(results)}; }
    DType dtype(Types) const { return results; }
    void prepare(const Graph& graph, const CompileOptions& options) {
        program = loop->program(graph, options);
        condition = loop->condition(graph, options);
    }
    void eval(ConstArrays in, Array out) const {
        loop->run(*program, *condition, results, in, static_cast<std::byte*>(out.data));
    }
    Var vjp(Var, Var, std::span<const Var>) const {
        throw Error("gradient: while_loop has no derivative in reverse mode, as it is not known before how many steps "
                    "there will be; use scan with a largest number of steps, and where(done, carry, next) in its body; "
                    "or forward mode, jvp",
                    loop->where);
    }
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> x) const;
    std::size_t hash() const { return std::hash<WhilePtr>{}(loop) + static_cast<std::size_t>(results); }
    bool operator==(const While& other) const { return loop == other.loop && results == other.results; }
};

std::vector<Var> record_loop(const WhilePtr& loop, const std::vector<Var>& inputs) {
    const std::vector<Operand> operands(inputs.begin(), inputs.end());
    std::vector<Var> result;
    for (std::size_t i = 0; i < loop->carries.size(); ++i) {
        const Type& type = loop->carries.type(i);
        const Var node = record(While{loop, type.dtype}, std::span<const Operand>(operands));
        result.push_back(part(node, loop->carries.first(i), type.shape));
    }
    return result;
}

/// A loop that carries tangents beside the carries, and goes on as long as this one does.
Var While::jvp(std::span<const Var> tangents, Var, std::span<const Var> x) const {
    const GraphUse use(x[0]);
    Graph& graph = *use;
    const WhileBody& b = loop->body;
    const std::size_t n = b.carry.size();
    const std::vector<char> carries = floating(b.carry);
    std::vector<char> captured;
    for (std::size_t i = 0; i < b.captured.size(); ++i)
        captured.push_back(tangents[n + i].valid());
    const std::vector<Var> of_carry = stand_ins(graph, types_of(chosen(b.carry, carries))),
                           of_captured = stand_ins(graph, types_of(chosen(b.captured, captured)));
    WhileBody t = b;
    t.carry = joined(b.carry, of_carry);
    t.captured = joined(b.captured, of_captured);
    t.next = joined(b.next, tangents_of(graph, chosen(b.next, carries),
                                        joined(chosen(b.carry, carries), chosen(b.captured, captured)),
                                        joined(of_carry, of_captured)));
    const auto captures = x.begin() + static_cast<std::ptrdiff_t>(n),
               of_condition = captures + static_cast<std::ptrdiff_t>(b.captured.size());
    std::vector<Var> inputs(x.begin(), captures);
    for (std::size_t i = 0; i < n; ++i)
        if (carries[i]) inputs.push_back(tangents[i].valid() ? tangents[i] : zeros_like(graph, b.carry[i]));
    inputs.insert(inputs.end(), captures, of_condition);
    for (std::size_t i = 0; i < captured.size(); ++i)
        if (captured[i]) inputs.push_back(tangents[n + i]);
    inputs.insert(inputs.end(), of_condition, x.end());
    const std::vector<Var> ends = record_loop(std::make_shared<const WhileLoop>(std::move(t), loop->where), inputs);
    std::vector<Var> parts;
    for (std::size_t i = 0, next = n; i < n; ++i)
        if (carries[i]) {
            if (b.carry[i].dtype() == results) parts.push_back(ends[next]);
            ++next;
        }
    return pack(parts);
}

} // namespace

namespace detail {

std::vector<Var> record_while(const std::function<Var(const std::vector<Var>&)>& condition, const Vars& body,
                              const std::vector<Var>& init, Location where) {
    if (init.empty()) throw Error("while_loop: there is no first carry, so the loop has no result", where);
    const GraphUse use(init, "while_loop", where);
    Graph& graph = *use;
    require_of_tape(graph, "while_loop", "the first carry", init, where);
    WhileBody loop;
    loop.carry = stand_ins(graph, types_of(init), "a carry of while_loop", where);
    loop.condition_carry = stand_ins(graph, types_of(init), "a carry of while_loop", where);

    const Trace trace_condition(graph, "while_loop", where);
    loop.condition = condition(loop.condition_carry); // the user's own code: an error there has its own line
    trace_condition.check();
    require_of_tape(graph, "while_loop", "the condition", {loop.condition}, where);
    if (loop.condition.shape().numel() != 1)
        throw Error(fmt::format("while_loop: the condition is {} {}; it must have one element. Say by all or any which "
                                "of them count",
                                name(loop.condition.dtype()), loop.condition.shape().str()),
                    where);
    const ClosedBody closed_condition = trace_condition.close(loop.condition_carry, {loop.condition});

    const Trace trace(graph, "while_loop", where);
    loop.next = body(loop.carry);
    const Call call("while_loop", where);
    trace.check();
    require_of_tape(graph, "while_loop", "the next carry", loop.next, where);
    require_carries("while_loop", init, loop.next, where);
    const ClosedBody closed = trace.close(loop.carry, loop.next);

    const auto carries = static_cast<std::ptrdiff_t>(init.size());
    loop.next = closed.body.gives;
    loop.captured.assign(closed.body.takes.begin() + carries, closed.body.takes.end());
    loop.condition = closed_condition.body.gives[0];
    loop.condition_captured.assign(closed_condition.body.takes.begin() + carries, closed_condition.body.takes.end());
    return record_loop(std::make_shared<const WhileLoop>(std::move(loop), where),
                       joined(joined(init, closed.captured), closed_condition.captured));
}

} // namespace detail
} // namespace xgrad
