#include <xgrad/core/derivative/dependence.hpp>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include <xgrad/core/derivative/moves.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/structural_ops.hpp>

namespace xgrad {
namespace {

using Set = std::vector<std::uint32_t>;

/// Sets are collected, and then put in order.
void sort_once(Set& set) {
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
}
void add(Set& to, std::span<const std::uint32_t> more) { to.insert(to.end(), more.begin(), more.end()); }

/// Pairs of elements of x, both ways round.
class Pairs {
  public:
    explicit Pairs(std::size_t elements) : of_(elements), sorted_(elements) {}

    void add(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
        for (const std::uint32_t i : a)
            add_to(i, b);
        for (const std::uint32_t i : b)
            add_to(i, a);
    }
    void add_all(const Set& set) {
        for (const std::uint32_t i : set)
            add_to(i, set);
    }
    Sets take() {
        Sets result;
        for (Set& set : of_) {
            sort_once(set);
            result.push_back(set);
        }
        return result;
    }

  private:
    /// What is in a set several times goes out whenever the set has doubled.
    void add_to(std::uint32_t i, std::span<const std::uint32_t> more) {
        Set& set = of_[i];
        xgrad::add(set, more);
        if (set.size() < 64 + 2 * sorted_[i]) return;
        sort_once(set);
        sorted_[i] = set.size();
    }
    std::vector<Set> of_;
    std::vector<std::size_t> sorted_;
};

/// Goes over the nodes between x and y: what each element depends on, and, if asked for, which elements of x meet in
/// something that is not linear.
class Walk {
  public:
    Walk(const Graph& graph, std::uint32_t y, std::uint32_t x, Pairs* pairs)
        : graph_(graph), x_(x), y_(y), pairs_(pairs) {}

    Sets run() {
        if (y_ >= x_) {
            const std::vector<char> needed = ancestors(graph_, std::array{y_});
            Sets& of_x = sets_[x_];
            for (std::uint32_t i = 0; i < graph_.shape(x_).numel(); ++i)
                of_x.push_back(std::array{i});
            for (std::uint32_t i = x_ + 1; i <= y_; ++i)
                if (needed[i]) visit(i);
        }
        if (const auto found = sets_.find(y_); found != sets_.end()) return std::move(found->second);
        Sets none;
        for (std::size_t i = 0; i < graph_.shape(y_).numel(); ++i)
            none.push_back({});
        return none;
    }

  private:
    /// Of an input that derivatives do not go through, null.
    const Sets* sets_of(std::uint32_t node) const {
        const auto found = sets_.find(node);
        return found == sets_.end() ? nullptr : &found->second;
    }

    void visit(std::uint32_t i) {
        const Node& node = graph_.node(i);
        const OpInfo& info = *node.info;
        if (!is_floating(node.dtype) || info.zero_derivative) return;
        in_.clear();
        for (const std::uint32_t input : graph_.inputs(i))
            in_.push_back(in_.size() < info.nondiff ? nullptr : sets_of(input));
        if (std::all_of(in_.begin(), in_.end(), [](const Sets* s) { return s == nullptr; })) return;
        node_ = i;
        result_ = {};
        if (info.elementwise)
            elementwise(info);
        else if (info.reduction)
            reduction(info);
        else if (info.view && in_[0])
            view(info);
        else if (info.contraction)
            contraction(info);
        else if (info.rowwise)
            by_rows(info);
        else
            whole(info);
        sets_[i] = std::move(result_);
    }

    /// The set collected for the next element of the result, of those that met in it.
    void put(Set& set, bool linear) {
        sort_once(set);
        if (pairs_ && !linear) pairs_->add_all(set);
        result_.push_back(set);
        set.clear();
    }

    const Shape& shape() const { return graph_.shape(node_); }
    const Shape& input_shape(std::size_t k) const { return graph_.shape(graph_.inputs(node_)[k]); }
    std::size_t following() const {
        return static_cast<std::size_t>(std::count_if(in_.begin(), in_.end(), [](const Sets* s) { return s; }));
    }

    void elementwise(const OpInfo& info) {
        const bool product = &info == &xgrad::info<Multiply>();
        const bool linear = info.linear || info.negates || &info == &xgrad::info<Add>() ||
                            &info == &xgrad::info<Subtract>() || (product && following() == 1) ||
                            (&info == &xgrad::info<Divide>() && !in_[1]);
        std::vector<Layout> layouts;
        for (std::size_t k = 0; k < in_.size(); ++k)
            layouts.push_back(Layout::contiguous(input_shape(k)).broadcast_to(shape()));
        Set set;
        for (std::size_t e = 0; e < shape().numel(); ++e) {
            for (std::size_t k = 0; k < in_.size(); ++k)
                if (in_[k]) add(set, (*in_[k])[static_cast<std::size_t>(layouts[k].place_of(e))]);
            if (pairs_ && product && !linear)
                pairs_->add((*in_[0])[static_cast<std::size_t>(layouts[0].place_of(e))],
                            (*in_[1])[static_cast<std::size_t>(layouts[1].place_of(e))]);
            put(set, linear || product);
        }
    }

    void reduction(const OpInfo& info) {
        // Elements of the input, in their order, go to where they are reduced to.
        const Layout to = Layout::contiguous(shape()).broadcast_to(input_shape(0));
        std::vector<Set> sets(shape().numel());
        for (std::size_t e = 0; e < input_shape(0).numel(); ++e)
            add(sets[static_cast<std::size_t>(to.place_of(e))], (*in_[0])[e]);
        for (Set& set : sets)
            put(set, info.linear);
    }

    void view(const OpInfo& info) {
        Layout out{.shape = shape()};
        info.view(graph_.node(node_).op, Layout::contiguous(input_shape(0)), out);
        for (std::size_t e = 0; e < shape().numel(); ++e)
            result_.push_back((*in_[0])[static_cast<std::size_t>(out.place_of(e))]);
    }

    /// Rows of a meet columns of b.
    void contraction(const OpInfo& info) {
        const Contraction form = info.contraction(graph_.node(node_).op);
        const std::size_t rank = shape().rank(), m = shape()[rank - 2], n = shape()[rank - 1];
        const std::size_t inner = input_shape(0)[input_shape(0).rank() - (form.transpose_a ? 2 : 1)];
        std::array<Layout, 2> layouts;
        for (std::size_t k = 0; k < 2; ++k) { // leading axes as those of the result
            Shape to = shape();
            const std::size_t its = input_shape(k).rank();
            to[rank - 2] = input_shape(k)[its - 2], to[rank - 1] = input_shape(k)[its - 1];
            layouts[k] = Layout::contiguous(input_shape(k)).broadcast_to(to);
        }
        const auto line = [&](std::size_t k, std::size_t matrix, std::size_t at, bool by_rows) {
            Set set;
            const Shape& shape = layouts[k].shape;
            const std::size_t rows = shape[rank - 2], columns = shape[rank - 1];
            for (std::size_t i = 0; in_[k] && i < inner; ++i) {
                const std::size_t e = by_rows ? at * columns + i : i * columns + at;
                add(set, (*in_[k])[static_cast<std::size_t>(layouts[k].place_of(matrix * rows * columns + e))]);
            }
            sort_once(set);
            return set;
        };
        Set set;
        for (std::size_t matrix = 0; m * n != 0 && matrix < shape().numel() / (m * n); ++matrix) {
            std::vector<Set> columns;
            for (std::size_t j = 0; j < n; ++j)
                columns.push_back(line(1, matrix, j, form.transpose_b));
            for (std::size_t i = 0; i < m; ++i) {
                const Set row = line(0, matrix, i, !form.transpose_a);
                for (std::size_t j = 0; j < n; ++j) {
                    if (pairs_ && following() == 2) pairs_->add(row, columns[j]);
                    add(set, row);
                    add(set, columns[j]);
                    put(set, true);
                }
            }
        }
    }

    bool is_linear(const OpInfo& info) const { return info.linear || (info.multilinear && following() == 1); }

    /// Each row of the result of the same rows of the inputs, and of all of those that are read at once.
    void by_rows(const OpInfo& info) {
        std::vector<Type> types;
        for (const std::uint32_t input : graph_.inputs(node_))
            types.push_back(graph_.type(input));
        const std::size_t rows = info.row_count(graph_.node(node_).op, types);
        if (rows == 0) return whole(info);
        Set common, set;
        for (std::size_t k = 0; k < in_.size(); ++k)
            if (in_[k] && (info.whole >> k & 1))
                for (std::size_t e = 0; e < in_[k]->size(); ++e)
                    add(common, (*in_[k])[e]);
        sort_once(common);
        for (std::size_t row = 0; row < rows; ++row) {
            add(set, common);
            for (std::size_t k = 0; k < in_.size(); ++k) {
                if (!in_[k] || (info.whole >> k & 1)) continue;
                const std::size_t width = in_[k]->size() / rows;
                for (std::size_t e = row * width; e < (row + 1) * width; ++e)
                    add(set, (*in_[k])[e]);
            }
            repeat(set, shape().numel() / rows, is_linear(info));
        }
    }

    void whole(const OpInfo& info) {
        if (const auto moves = moves_of(graph_, node_)) {
            for (const auto& [input, element] : *moves) {
                const Sets* const from = input < 0 ? nullptr : in_[static_cast<std::size_t>(input)];
                result_.push_back(from ? (*from)[element] : std::span<const std::uint32_t>());
            }
            return;
        }
        Set set;
        for (const Sets* sets : in_)
            for (std::size_t e = 0; sets && e < sets->size(); ++e)
                add(set, (*sets)[e]);
        repeat(set, shape().numel(), is_linear(info));
    }

    /// So many elements have the same set.
    void repeat(Set& set, std::size_t times, bool linear) {
        sort_once(set);
        if (pairs_ && !linear && times != 0) pairs_->add_all(set);
        for (std::size_t e = 0; e < times; ++e)
            result_.push_back(set);
        set.clear();
    }

    const Graph& graph_;
    const std::uint32_t x_, y_;
    Pairs* const pairs_;
    std::unordered_map<std::uint32_t, Sets> sets_;
    // Of the node that is visited.
    std::uint32_t node_ = 0;
    std::vector<const Sets*> in_;
    Sets result_;
};

} // namespace

Sets dependence(const Graph& graph, std::uint32_t y, std::uint32_t x) { return Walk(graph, y, x, nullptr).run(); }

Sets interactions(const Graph& graph, std::uint32_t y, std::uint32_t x) {
    Pairs pairs(graph.shape(x).numel());
    (void)Walk(graph, y, x, &pairs).run();
    return pairs.take();
}

} // namespace xgrad
