// Leaves out of a failing program what it fails without.

#include <algorithm>
#include <chrono>
#include <set>

#include "check.hpp"

namespace test {
namespace {

class Shrinker {
  public:
    Shrinker(const Program& program, Check check, double seconds)
        : best_(pruned(program)), check_(check),
          until_(Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))) {}

    Program run() {
        for (bool smaller = true; smaller && !late();) {
            smaller = false;
            for (const auto pass :
                 {&Shrinker::drop_results, &Shrinker::replace_nodes, &Shrinker::shrink_extents, &Shrinker::simplify})
                smaller |= (this->*pass)();
        }
        return best_;
    }

  private:
    using Clock = std::chrono::steady_clock;

    bool late() const { return Clock::now() > until_; }

    /// Takes the candidate if it is a program, and fails.
    bool take(const Program& candidate) {
        if (late()) return false;
        Program program = pruned(candidate);
        if (program.outputs.empty() && program.updates.empty()) return false;
        const Outcome outcome = isolated([&](std::uint64_t&) { return check_(program); });
        if (outcome.kind != Outcome::Kind::failed) return false;
        best_ = std::move(program);
        return true;
    }

    template <class F>
    bool attempt(F change) {
        Program candidate = best_;
        change(candidate);
        return take(candidate);
    }

    bool drop_results() {
        bool any = false;
        for (std::size_t i = best_.outputs.size(); i-- > 0;)
            any |= attempt([&](Program& p) { p.outputs.erase(p.outputs.begin() + static_cast<std::ptrdiff_t>(i)); });
        for (std::size_t i = best_.updates.size(); i-- > 0;)
            any |= attempt([&](Program& p) { p.updates.erase(p.updates.begin() + static_cast<std::ptrdiff_t>(i)); });
        // An output further up.
        for (std::size_t i = 0; i < best_.outputs.size(); ++i)
            for (std::size_t x = 0; x < best_.outputs[i] && x < best_.nodes.size() && i < best_.outputs.size(); ++x)
                if (!best_.nodes[x].is("number") && !best_.nodes[x].is_leaf())
                    any |= attempt([&](Program& p) { p.outputs[i] = x; });
        return any;
    }

    static void replace(Program& p, std::size_t node, std::size_t by) {
        for (Node& n : p.nodes)
            std::replace(n.in.begin(), n.in.end(), node, by);
        std::replace(p.outputs.begin(), p.outputs.end(), node, by);
        for (Program::Update& u : p.updates)
            if (u.next == node) u.next = by;
    }

    /// By one of their operands, or a leaf.
    bool replace_nodes() {
        bool any = false;
        for (std::size_t i = best_.nodes.size(); i-- > 0;) {
            if (i >= best_.nodes.size()) i = best_.nodes.size() - 1;
            bool gone = false;
            for (std::size_t k = 0; !gone && k < best_.nodes[i].in.size(); ++k)
                gone = attempt([&](Program& p) { replace(p, i, p.nodes[i].in[k]); });
            if (!gone && !best_.nodes[i].is_leaf() && !best_.nodes[i].is("number")) gone = replace_by_leaf(i);
            // Two leaves of one shape may be one.
            for (std::size_t k = 0; !gone && k < i && best_.nodes[i].is_leaf(); ++k)
                if (best_.nodes[k].is_leaf() && best_.nodes[k].at == best_.nodes[i].at &&
                    best_.nodes[k].dtype == best_.nodes[i].dtype)
                    gone = attempt([&](Program& p) { replace(p, i, k); });
            any |= gone;
            if (best_.nodes.empty()) break;
        }
        return any;
    }

    bool replace_by_leaf(std::size_t i) {
        Node leaf{.kind = &kind("parameter"), .low = 0.5, .high = 2, .seed = i};
        try {
            xg::Tape tape;
            const xg::Operand value = record(tape, best_).values[i];
            leaf.at.assign(value.shape().begin(), value.shape().end());
            leaf.dtype = value.dtype();
        } catch (const xg::Error&) { return false; }
        return attempt([&](Program& p) { p.nodes[i] = leaf; });
    }

    /// An extent wherever it stands, as a part of shapes and as the end of slices.
    bool shrink_extents() {
        std::set<std::int64_t> all;
        for (const Node& n : best_.nodes)
            for (const std::int64_t a : n.at)
                if (a > 1) all.insert(a);
        bool any = false;
        for (auto extent = all.rbegin(); extent != all.rend(); ++extent)
            for (const std::int64_t less :
                 {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, *extent / 2, *extent * 3 / 4, *extent - 1}) {
                if (less >= *extent || less < 1) continue;
                const bool done = attempt([&](Program& p) {
                    for (Node& n : p.nodes)
                        std::replace(n.at.begin(), n.at.end(), *extent, less);
                });
                any |= done;
                if (done) break;
            }
        for (std::size_t i = 0; i < best_.nodes.size(); ++i)
            if (best_.nodes[i].is("slice") && best_.nodes[i].at[1] > 0 && best_.nodes[i].at[2] > best_.nodes[i].at[1])
                any |= attempt([&](Program& p) { p.nodes[i].at[2] -= p.nodes[i].at[1], p.nodes[i].at[1] = 0; });
        for (std::size_t i = 0; i < best_.nodes.size(); ++i) // one number at a time
            for (std::size_t k = 0; i < best_.nodes.size() && k < best_.nodes[i].at.size(); ++k)
                for (const std::int64_t less :
                     {std::int64_t{0}, std::int64_t{1}, best_.nodes[i].at[k] / 2, best_.nodes[i].at[k] - 1})
                    if (less >= 0 && less < best_.nodes[i].at[k] &&
                        attempt([&](Program& p) { p.nodes[i].at[k] = less; })) {
                        any = true;
                        break;
                    }
        return any;
    }

    /// Parameters for other leaves, float64, plain numbers.
    bool simplify() {
        bool any = false;
        for (std::size_t i = 0; i < best_.nodes.size(); ++i) {
            const Node& n = best_.nodes[i];
            if (!n.is_leaf()) continue;
            const bool floating = xg::is_floating(n.dtype);
            if (floating && !n.is("parameter"))
                any |= attempt([&](Program& p) { p.nodes[i].kind = &kind("parameter"); });
            if (!floating && !n.is("constant"))
                any |= attempt([&](Program& p) { p.nodes[i].kind = &kind("constant"); });
            if (floating && n.seed != 0) any |= attempt([&](Program& p) { p.nodes[i].seed = 0; });
        }
        const bool single = std::any_of(best_.nodes.begin(), best_.nodes.end(),
                                        [](const Node& n) { return n.dtype == xg::DType::float32 && !n.is("number"); });
        if (single)
            any |= attempt([](Program& p) {
                for (Node& n : p.nodes)
                    if (n.dtype == xg::DType::float32) n.dtype = xg::DType::float64;
            });
        return any;
    }

    Program best_;
    Check check_;
    Clock::time_point until_;
};

} // namespace

Program shrink(const Program& program, Check check, double seconds) { return Shrinker(program, check, seconds).run(); }

} // namespace test
