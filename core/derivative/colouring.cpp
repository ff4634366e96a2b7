#include <xgrad/core/derivative/colouring.hpp>

#include <cstdint>
#include <numeric>
#include <unordered_map>

namespace xgrad {
namespace {

constexpr std::size_t none = ~std::size_t{0};

template <class F>
void each(const Sparsity& p, std::size_t row, F f) {
    for (std::int64_t i = p.row_starts[row]; i < p.row_starts[row + 1]; ++i)
        f(static_cast<std::size_t>(p.columns_of[static_cast<std::size_t>(i)]));
}

/// Gives each column in turn the first group that is not forbidden to it.
class Choice {
  public:
    Choice(Groups& groups, std::size_t columns) : groups_(groups) { groups.of.assign(columns, none); }
    bool has(std::size_t column) const { return groups_.of[column] != none; }
    std::size_t of(std::size_t column) const { return groups_.of[column]; }
    /// The group of `other`, which may have none yet, is not for `column`.
    void forbid(std::size_t column, std::size_t other) {
        if (has(other)) forbidden_by_[of(other)] = column;
    }
    void choose(std::size_t column) {
        std::size_t group = 0;
        while (group < groups_.count && forbidden_by_[group] == column)
            ++group;
        if (group == groups_.count) {
            ++groups_.count;
            forbidden_by_.push_back(none);
        }
        groups_.of[column] = group;
    }

  private:
    Groups& groups_;
    std::vector<std::size_t> forbidden_by_; // for each group the last column that it was forbidden to
};

/// Vertices with their neighbours of one group: a vertex is the hub of a star if there are two or more.
class Stars {
  public:
    Stars(std::size_t vertices, const Groups& groups) : groups_(groups), hubs_(vertices) {}

    /// The hubs of the stars that a vertex is a leaf of.
    const std::vector<std::size_t>& hubs(std::size_t leaf) const { return hubs_[leaf]; }
    bool is_hub(std::size_t vertex, std::size_t group) const {
        const auto found = leaves_.find(key(vertex, group));
        return found != leaves_.end() && found->second.several;
    }
    void add(std::size_t vertex, std::size_t leaf) {
        const auto [place, is_first] = leaves_.try_emplace(key(vertex, groups_.of[leaf]), Leaves{leaf, false});
        if (is_first) return;
        if (!place->second.several) hubs_[place->second.first].push_back(vertex);
        place->second.several = true;
        hubs_[leaf].push_back(vertex);
    }

  private:
    struct Leaves {
        std::size_t first;
        bool several;
    };
    std::size_t key(std::size_t vertex, std::size_t group) const { return group * groups_.of.size() + vertex; }

    const Groups& groups_;
    std::unordered_map<std::size_t, Leaves> leaves_;
    std::vector<std::vector<std::size_t>> hubs_;
};

} // namespace

Sparsity transposed(const Sparsity& p) {
    Sparsity result{.rows = p.columns, .columns = p.rows, .row_starts = {}, .columns_of = {}};
    result.row_starts.assign(p.columns + 1, 0);
    result.columns_of.resize(p.count());
    for (const std::int64_t column : p.columns_of)
        ++result.row_starts[static_cast<std::size_t>(column) + 1];
    std::partial_sum(result.row_starts.begin(), result.row_starts.end(), result.row_starts.begin());
    std::vector<std::int64_t> next(result.row_starts.begin(), result.row_starts.end() - 1);
    const std::vector<std::int64_t> rows = p.rows_of();
    for (std::size_t i = 0; i < p.count(); ++i)
        result.columns_of[static_cast<std::size_t>(next[static_cast<std::size_t>(p.columns_of[i])]++)] = rows[i];
    return result;
}

Groups groups_of_columns(const Sparsity& p) {
    Groups groups;
    Choice choice(groups, p.columns);
    const Sparsity by_columns = transposed(p);
    for (std::size_t column = 0; column < p.columns; ++column) {
        each(by_columns, column,
             [&](std::size_t row) { each(p, row, [&](std::size_t other) { choice.forbid(column, other); }); });
        choice.choose(column);
    }
    for (std::size_t row = 0; row < p.rows; ++row)
        each(p, row, [&](std::size_t column) { groups.places.push_back(groups.of[column] * p.rows + row); });
    return groups;
}

Groups groups_of_symmetric(const Sparsity& p) {
    Groups groups;
    Choice choice(groups, p.columns);
    Stars stars(p.rows, groups);
    const auto each_neighbour = [&](std::size_t v, auto f) {
        each(p, v, [&](std::size_t w) {
            if (w != v) f(w);
        });
    };
    for (std::size_t v = 0; v < p.rows; ++v) {
        const auto forbid_neighbours_of = [&](std::size_t w) {
            each_neighbour(w, [&](std::size_t x) { choice.forbid(v, x); });
        };
        each_neighbour(v, [&](std::size_t w) {
            if (!choice.has(w)) return;
            choice.forbid(v, w);
            for (const std::size_t hub : stars.hubs(w)) // v, w, hub, another leaf
                choice.forbid(v, hub);
            stars.add(v, w);
        });
        each_neighbour(v, [&](std::size_t w) { // another leaf of v, v, w, x
            if (choice.has(w) && stars.is_hub(v, choice.of(w))) forbid_neighbours_of(w);
        });
        choice.choose(v);
        each_neighbour(v, [&](std::size_t w) {
            if (choice.has(w)) stars.add(w, v);
        });
    }
    // Element (i, j) stands alone in row i of the product of j's group, or in row j of that of i's group.
    for (std::size_t i = 0; i < p.rows; ++i)
        each(p, i, [&](std::size_t j) {
            const bool there = i == j || !stars.is_hub(i, groups.of[j]);
            groups.places.push_back(there ? groups.of[j] * p.rows + i : groups.of[i] * p.rows + j);
        });
    return groups;
}

} // namespace xgrad
