#include <xgrad/core/graph/additions.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

/// The updates that come with what a step computes, but for those of leaves that it updates itself.
class Additions {
  public:
    Additions(Graph& graph, Step& step, Location where) : graph_(graph), step_(step), where_(where) {
        for (const Var& output : step.outputs)
            if (output.valid()) need(graph.index(output));
        for (const Update& update : step.updates) {
            need(graph.index(update.next));
            own_.push_back(update.leaf);
        }
    }

    /// What layers have registered. An update may need what another one comes with.
    void add_updates_with() {
        std::vector<char> done(graph_.updates_with.size());
        for (bool again = true; again;) {
            again = false;
            for (std::size_t i = 0; i < done.size(); ++i) {
                const auto& [used, update] = graph_.updates_with[i];
                if (done[i] || !needed(used)) continue;
                done[i] = again = true;
                add(update);
            }
        }
    }

    /// The states of random numbers move on.
    void add_advances() {
        for (auto i = static_cast<std::uint32_t>(needed_.size()); i-- > 0;) {
            const OpInfo& info = *graph_.node(i).info;
            if (!needed(i) || !info.advance) continue;
            std::uint32_t state = graph_.inputs(i)[static_cast<std::size_t>(info.state_input)];
            while (graph_.node(state).info->view) // a draw that is made again in the backward pass sees it through one
                state = graph_.inputs(state)[0];
            const Leaf* leaf = graph_.leaf(state);
            const Var var = graph_.var(state);
            if (leaf && leaf->kind == LeafKind::state && !find(var)) step_.updates.push_back({var, info.advance(var)});
        }
    }

  private:
    bool needed(std::uint32_t node) const { return node < needed_.size() && needed_[node]; }
    void need(std::uint32_t node) {
        std::vector<std::uint32_t> open{node};
        while (!open.empty()) {
            const std::uint32_t i = open.back();
            open.pop_back();
            if (i >= needed_.size()) needed_.resize(graph_.size());
            if (needed_[i]) continue;
            needed_[i] = 1;
            for (const std::uint32_t input : graph_.inputs(i))
                open.push_back(input);
        }
    }
    const Update* find(Var leaf) const {
        const auto same = [&](const Update& u) { return u.leaf.is(leaf); };
        const auto at = std::find_if(step_.updates.begin(), step_.updates.end(), same);
        return at == step_.updates.end() ? nullptr : &*at;
    }
    void add(const Update& update) {
        if (std::any_of(own_.begin(), own_.end(), [&](const Var& leaf) { return leaf.is(update.leaf); })) return;
        const Update* other = find(update.leaf);
        if (other && !other->next.is(update.next))
            throw Error(
                fmt::format("compile: two calls of one layer in this step update \"{}\", each in its own way; put "
                            "the update that is meant into the updates of the step",
                            graph_.leaf(graph_.index(update.leaf))->name),
                where_);
        if (other) return;
        step_.updates.push_back(update);
        need(graph_.index(update.next));
    }

    Graph& graph_;
    Step& step_;
    Location where_;
    std::vector<char> needed_;
    std::vector<Var> own_; // leaves that the step updates itself
};

} // namespace

Step with_additions(Graph& graph, const Step& step, bool draws, Location where) {
    Step all = step;
    Additions additions(graph, all, where);
    additions.add_updates_with();
    if (draws) additions.add_advances();
    return all;
}

} // namespace xgrad
