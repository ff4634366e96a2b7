// cond: one of two functions runs. A node for each dtype among the results, in whose array they lie one after the other.

#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/control.hpp>
#include <xgrad/core/control/body.hpp>
#include <xgrad/core/control/parts.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

/// Two bodies that give the same types.
class Branches {
  public:
    Branches(Body f, Body g, Location at)
        : bodies{std::move(f), std::move(g)}, where(at), results(types_of(bodies[0].gives)),
          taken_by_first_(bodies[0].takes.size()) {}

    BodyProgramPtr program(std::size_t k, const Graph& graph, const CompileOptions& options) const {
        return compilers_[k](graph, bodies[k], options, where);
    }
    /// Writes the results of one dtype. `in`: the predicate, what the first body takes, what the second one takes.
    void run(const std::array<BodyProgramPtr, 2>& programs, DType dtype, ConstArrays in, std::byte* out) const;
    std::size_t taken_by_first() const { return taken_by_first_; }

    const std::array<Body, 2> bodies; // as long as their nodes stand
    const Location where;
    const Packing results;

  private:
    std::size_t taken_by_first_;
    std::array<BodyCompiler, 2> compilers_;
};
using BranchesPtr = std::shared_ptr<const Branches>;

void Branches::run(const std::array<BodyProgramPtr, 2>& programs, DType dtype, ConstArrays in, std::byte* out) const {
    const bool first = detail::visit(in[0].dtype(), [&]<class T>(T) { return *in[0].pointer<T>() != T{}; });
    const ConstArrays taken = first ? in.subspan(1, taken_by_first_) : in.subspan(1 + taken_by_first_);
    const BodyProgram::Lent lent(*programs[first ? 0 : 1]);
    BodyProgram::Run& body = *lent;
    for (std::size_t i = 0; i < taken.size(); ++i)
        body.bind(i, taken[i].data);
    body();
    for (std::size_t i = 0; i < results.size(); ++i)
        if (results.type(i).dtype == dtype && results.bytes(i) != 0)
            std::memcpy(out + results.first(i) * size_of(dtype), body.given(i), results.bytes(i));
}

/// The results of both, by their inputs.
std::vector<Var> record_branches(Var predicate, const ClosedBody& f, const ClosedBody& g, Location where);

struct Cond {
    static constexpr auto name = "cond";
    static constexpr std::size_t nondiff = 1;
    BranchesPtr branches;
    DType results;
    std::array<BodyProgramPtr, 2> programs = {}; // in a plan

    Shape shape(Types) const { return Shape{branches->results.count(results)}; }
    DType dtype(Types) const { return results; }
    void prepare(const Graph& graph, const CompileOptions& options) {
        programs = {branches->program(0, graph, options), branches->program(1, graph, options)};
    }
    void eval(ConstArrays in, Array out) const {
        branches->run(programs, results, in, static_cast<std::byte*>(out.data));
    }
    std::vector<Var> vjp_of_wanted(Var g, Var, std::span<const Var> x, std::span<const char> wanted) const;
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> x) const;
    std::size_t hash() const { return std::hash<BranchesPtr>{}(branches) + static_cast<std::size_t>(results); }
    bool operator==(const Cond& other) const { return branches == other.branches && results == other.results; }

  private:
    /// The results that are in this node.
    std::vector<char> own() const {
        std::vector<char> result;
        for (std::size_t i = 0; i < branches->results.size(); ++i)
            result.push_back(branches->results.type(i).dtype == results);
        return result;
    }
    /// What body k takes, among the inputs.
    std::span<const Var> taken(std::span<const Var> x, std::size_t k) const {
        const std::size_t first = branches->taken_by_first();
        return k == 0 ? x.subspan(1, first) : x.subspan(1 + first);
    }
};

std::vector<Var> record_branches(Var predicate, const ClosedBody& f, const ClosedBody& g, Location where) {
    const auto branches = std::make_shared<const Branches>(f.body, g.body, where);
    const std::vector<Var> inputs = joined(joined({predicate}, f.captured), g.captured);
    const std::vector<Operand> operands(inputs.begin(), inputs.end());
    std::vector<Var> result;
    for (std::size_t i = 0; i < branches->results.size(); ++i) {
        const Type& type = branches->results.type(i);
        const Var node = record(Cond{branches, type.dtype}, std::span<const Operand>(operands));
        result.push_back(part(node, branches->results.first(i), type.shape));
    }
    return result;
}

/// Each body's adjoint gives the adjoints of what it takes, and zeros for what the other one takes.
std::vector<Var> Cond::vjp_of_wanted(Var g, Var, std::span<const Var> x, std::span<const char> wanted) const {
    const GraphUse use(g);
    Graph& graph = *use;
    const std::vector<char> ours = own();
    std::vector<Var> cotangents;
    for (std::size_t i = 0; i < ours.size(); ++i)
        if (ours[i]) cotangents.push_back(part(g, branches->results.first(i), branches->results.type(i).shape));
    std::array<ClosedBody, 2> r;
    std::array<std::vector<char>, 2> chosen_of;
    for (std::size_t k = 0; k < 2; ++k) {
        const Body& body = branches->bodies[k];
        for (std::size_t i = 0; i < body.takes.size(); ++i)
            chosen_of[k].push_back(wanted[1 + (k == 0 ? 0 : branches->taken_by_first()) + i] &&
                                   is_floating(body.takes[i].dtype()));
    }
    for (std::size_t k = 0; k < 2; ++k) {
        const Body &body = branches->bodies[k], &other = branches->bodies[1 - k];
        const std::vector<Var> gives = chosen(body.gives, ours), of_gives = stand_ins(graph, types_of(gives));
        const std::vector<Var> own_adjoints = adjoints(graph, gives, chosen(body.takes, chosen_of[k]), of_gives);
        std::vector<Var> zeros;
        for (const Var& var : chosen(other.takes, chosen_of[1 - k]))
            zeros.push_back(zeros_like(graph, var));
        const auto inputs = taken(x, k);
        r[k].body = {joined(body.takes, of_gives), k == 0 ? joined(own_adjoints, zeros) : joined(zeros, own_adjoints)};
        r[k].captured = joined({inputs.begin(), inputs.end()}, cotangents);
    }
    const std::vector<Var> given = record_branches(x[0], r[0], r[1], branches->where);
    std::vector<Var> all(1);
    std::size_t next = 0;
    for (const std::vector<char>& flags : chosen_of)
        for (const char flag : flags)
            all.push_back(flag ? given[next++] : Var());
    return all;
}

Var Cond::jvp(std::span<const Var> tangents, Var, std::span<const Var> x) const {
    const GraphUse use(x[0]);
    Graph& graph = *use;
    std::array<ClosedBody, 2> t;
    for (std::size_t k = 0; k < 2; ++k) {
        const Body& body = branches->bodies[k];
        const auto inputs = taken(x, k), given = taken(tangents, k);
        std::vector<char> valid;
        for (const Var& tangent : given)
            valid.push_back(tangent.valid());
        const std::vector<Var> takes = chosen(body.takes, valid), of_takes = stand_ins(graph, types_of(takes));
        t[k].body = {joined(body.takes, of_takes), tangents_of(graph, chosen(body.gives, own()), takes, of_takes)};
        t[k].captured = joined({inputs.begin(), inputs.end()}, chosen({given.begin(), given.end()}, valid));
    }
    return pack(record_branches(x[0], t[0], t[1], branches->where));
}

} // namespace

namespace detail {

std::vector<Var> record_cond(Var predicate, const std::function<std::vector<Var>()>& f,
                             const std::function<std::vector<Var>()>& g, Location where) {
    const Call named("cond", where);
    const GraphUse use(predicate, where);
    Graph& graph = *use;
    if (predicate.shape().numel() != 1)
        throw Error(fmt::format("cond: the predicate is {} {}; it must have one element. Where each element is to be "
                                "chosen by itself, where(mask, a, b) does it",
                                name(predicate.dtype()), predicate.shape().str()),
                    where);
    const Trace trace(graph, "cond", where);
    std::array<std::vector<Var>, 2> results;
    {
        const detail::CallerScope users({}); // the user's own code: an error there has its own line
        results = {f(), g()};
    }
    trace.check();
    for (const std::vector<Var>& given : results)
        require_of_tape(graph, "cond", "result", given, where);
    if (results[0].size() != results[1].size())
        throw Error(fmt::format("cond: the first function returns {} Vars and the second {}; both must return as many",
                                results[0].size(), results[1].size()),
                    where);
    for (std::size_t i = 0; i < results[0].size(); ++i) {
        const Var a = results[0][i], b = results[1][i];
        if (a.dtype() != b.dtype() || a.shape() != b.shape())
            throw Error(fmt::format("cond: result {} is {} {} of the first function and {} {} of the second; dtype and "
                                    "shape must be the same. Cast or broadcast one of them",
                                    i, xgrad::name(a.dtype()), a.shape().str(), xgrad::name(b.dtype()),
                                    b.shape().str()),
                        where);
    }
    return record_branches(predicate, trace.close({}, results[0], true), trace.close({}, results[1], true), where);
}

} // namespace detail
} // namespace xgrad
