#include <xgrad/ops/einsum.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad {
namespace {

/// The axes of `...` are the labels from here down, so that the last one has the same label in every operand.
constexpr char last_of_rest = '\x7f';
constexpr std::size_t most_of_rest = max_rank;

bool is_rest(char label) { return label > last_of_rest - static_cast<char>(most_of_rest); }

/// An array whose axes have labels, each one only once.
struct Labelled {
    Var x;
    std::string labels;

    std::size_t find(char label) const { return labels.find(label); }
    bool has(char label) const { return find(label) != std::string::npos; }
    std::size_t extent(char label) const { return x.shape()[find(label)]; }
};

class Einsum {
  public:
    Einsum(std::string_view equation, std::vector<Var> x, Location where) : equation_(equation), where_(where) {
        const std::string text = without_spaces(equation);
        const std::size_t arrow = text.find("->");
        std::vector<std::string> terms(1);
        for (const char c : text.substr(0, arrow))
            if (c == ',')
                terms.emplace_back();
            else
                terms.back() += c;
        if (terms.size() != x.size()) fail(fmt::format("{} operands are named, {} were given", terms.size(), x.size()));
        to_one_dtype(x);
        for (std::size_t i = 0; i < x.size(); ++i)
            operands_.push_back(labelled(x[i], terms[i]));
        output_ = arrow == std::string::npos ? implicit_output(terms) : explicit_output(text.substr(arrow + 2));
        broadcast_ones();
    }

    Var result() {
        for (std::size_t i = 0; i < operands_.size(); ++i)
            sum_what_is_alone(i);
        while (operands_.size() > 1) {
            const auto [i, j] = cheapest_pair();
            const Labelled a = operands_[i], b = operands_[j];
            operands_.erase(operands_.begin() + static_cast<std::ptrdiff_t>(j));
            operands_.erase(operands_.begin() + static_cast<std::ptrdiff_t>(i));
            operands_.push_back(combine(a, b));
        }
        return ordered(operands_[0], output_);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(fmt::format("einsum: \"{}\": {}", equation_, what), where_);
    }

    /// Bytes beside real numbers take their dtype, as they do in products; other dtypes must be equal.
    void to_one_dtype(std::vector<Var>& x) const {
        const auto floating = std::find_if(x.begin(), x.end(), [](Var v) { return is_floating(v.dtype()); });
        const DType dtype = (floating == x.end() ? x.front() : *floating).dtype();
        for (Var& v : x)
            if (v.dtype() == DType::uint8 && is_floating(dtype))
                v = cast(Operand(v, where_), dtype);
            else if (v.dtype() != dtype)
                fail(fmt::format("dtypes differ, {} and {} {}; {}", name(dtype), name(v.dtype()), v.shape().str(),
                                 detail::advice_to_cast(dtype, v.dtype())));
    }

    static std::string without_spaces(std::string_view text) {
        std::string result;
        std::copy_if(text.begin(), text.end(), std::back_inserter(result), [](char c) { return c != ' '; });
        return result;
    }

    /// The labels of a term for an array of that rank (`rest` axes for the dots).
    std::string expand(const std::string& term, std::size_t rest) const {
        std::string labels;
        for (std::size_t i = 0; i < term.size(); ++i) {
            const bool letter = (term[i] >= 'a' && term[i] <= 'z') || (term[i] >= 'A' && term[i] <= 'Z');
            if (letter) {
                labels += term[i];
            } else if (term.compare(i, 3, "...") == 0 && term.find("...", i + 1) == std::string::npos) {
                for (std::size_t k = rest; k-- > 0;)
                    labels += static_cast<char>(last_of_rest - static_cast<char>(k));
                i += 2;
            } else
                fail(fmt::format("'{}' is no letter; a term has letters and at most one ...", term[i]));
        }
        return labels;
    }

    Labelled labelled(Var x, const std::string& term) {
        const bool dots = term.find("...") != std::string::npos;
        const std::size_t letters = term.size() - (dots ? 3 : 0), rank = x.shape().rank();
        if (dots ? letters > rank : letters != rank)
            fail(fmt::format("\"{}\" names {} axes, and its operand has shape {}; name each axis", term, letters,
                             x.shape().str()));
        Labelled result{x, expand(term, rank - letters)};
        rest_ = std::max(rest_, rank - letters);
        for (std::size_t i = 0; i < result.labels.size(); ++i)
            for (std::size_t other; (other = result.labels.find(result.labels[i], i + 1)) != std::string::npos;) {
                const char label = result.labels[i];
                if (result.x.shape()[i] != result.x.shape()[other])
                    fail(fmt::format("'{}' names axes of extents {} and {} of shape {}; they must be equal", label,
                                     result.x.shape()[i], result.x.shape()[other], x.shape().str()));
                result.x = diagonal(Operand(result.x, where_), 0, static_cast<std::int64_t>(i),
                                    static_cast<std::int64_t>(other));
                result.labels.erase(other, 1);
                result.labels.erase(i, 1);
                result.labels += label; // diagonal puts it last
                i = 0;
            }
        return result;
    }

    std::string implicit_output(const std::vector<std::string>& terms) const {
        std::map<char, int> count;
        for (const std::string& term : terms)
            for (const char c : term)
                if (c != '.') ++count[c];
        std::string result = expand("...", rest_);
        for (const auto& [label, times] : count)
            if (times == 1) result += label;
        return result;
    }

    std::string explicit_output(const std::string& term) const {
        const std::string labels = expand(term, rest_);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const auto known = [&](const Labelled& x) { return x.has(labels[i]); };
            if (std::none_of(operands_.begin(), operands_.end(), known))
                fail(fmt::format("'{}' of the result is in no operand", labels[i]));
            if (labels.find(labels[i], i + 1) != std::string::npos)
                fail(fmt::format("'{}' is twice in the result", labels[i]));
        }
        return labels;
    }

    /// The two operands whose product takes the fewest multiplications; of equal ones the first.
    std::pair<std::size_t, std::size_t> cheapest_pair() const {
        std::pair<std::size_t, std::size_t> best;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < operands_.size(); ++i)
            for (std::size_t j = i + 1; j < operands_.size(); ++j) {
                const Labelled &a = operands_[i], &b = operands_[j];
                double cost = static_cast<double>(a.x.shape().numel());
                for (const char label : b.labels)
                    if (!a.has(label)) cost *= static_cast<double>(b.extent(label));
                if (cost < least) least = cost, best = {i, j};
            }
        return best;
    }

    /// An axis of extent 1 that meets a longer one is left out, which is what broadcasting comes to.
    void broadcast_ones() {
        for (std::size_t i = 0; i < operands_.size(); ++i)
            for (std::size_t j = i + 1; j < operands_.size(); ++j)
                for (const char label : std::string(operands_[i].labels)) {
                    if (!operands_[j].has(label) || !operands_[i].has(label)) continue;
                    const std::size_t first = operands_[i].extent(label), second = operands_[j].extent(label);
                    if (first == second) continue;
                    if (first != 1 && second != 1)
                        fail(fmt::format(
                            "{} is {} in one operand, {}, and {} in the other, {}; the extents must be equal or 1",
                            is_rest(label) ? "an axis of ..." : fmt::format("'{}'", label), first,
                            operands_[i].x.shape().str(), second, operands_[j].x.shape().str()));
                    Labelled& one = operands_[first == 1 ? i : j];
                    one.x = squeeze(Operand(one.x, where_), static_cast<std::int64_t>(one.find(label)));
                    one.labels.erase(one.find(label), 1);
                }
    }

    bool in_output(char label) const { return output_.find(label) != std::string::npos; }

    bool in_another(std::size_t i, char label) const {
        for (std::size_t j = 0; j < operands_.size(); ++j)
            if (j != i && operands_[j].has(label)) return true;
        return false;
    }

    void sum_what_is_alone(std::size_t i) {
        Dims axes;
        std::string left;
        for (std::size_t axis = 0; axis < operands_[i].labels.size(); ++axis) {
            const char label = operands_[i].labels[axis];
            if (in_output(label) || in_another(i, label))
                left += label;
            else
                axes.push_back(static_cast<std::int64_t>(axis));
        }
        if (axes.empty()) return;
        operands_[i] = {sum(Operand(operands_[i].x, where_), axes), left};
    }

    /// The array with its axes in the order of `labels`, which are the same.
    Var ordered(const Labelled& x, const std::string& labels) const {
        Dims order;
        for (const char label : labels)
            order.push_back(static_cast<std::int64_t>(x.find(label)));
        return order.empty() ? x.x : transpose(Operand(x.x, where_), order);
    }

    /// With an axis for each label, of extent 1 where x has none.
    Var expanded(const Labelled& x, const std::string& labels) const {
        std::string own;
        Shape shape;
        for (const char label : labels) {
            if (x.has(label)) own += label;
            shape.append(x.has(label) ? static_cast<std::int64_t>(x.extent(label)) : 1);
        }
        return reshape_to(Operand(ordered(x, own), where_), shape);
    }

    /// The product of two, summed over the labels that are neither in the result nor in an operand that is left.
    Labelled combine(const Labelled& a, const Labelled& b) const {
        std::string batch, summed, of_a, of_b;
        for (const char label : a.labels)
            (!b.has(label) ? of_a : in_output(label) || in_another(operands_.size(), label) ? batch : summed) += label;
        for (const char label : b.labels)
            if (!a.has(label)) of_b += label;
        const std::string all = batch + of_a + of_b;
        // Without a sum it is a product element by element; sums of integers have no matmul.
        if (summed.empty() || !is_floating(a.x.dtype())) {
            const Var product = Operand(expanded(a, all + summed), where_) * Operand(expanded(b, all + summed), where_);
            Dims axes;
            for (std::size_t i = 0; i < summed.size(); ++i)
                axes.push_back(static_cast<std::int64_t>(all.size() + i));
            return {axes.empty() ? product : sum(Operand(product, where_), axes), all};
        }
        const auto extents = [](const Labelled& x, const std::string& labels) {
            Shape shape;
            for (const char label : labels)
                shape.append(static_cast<std::int64_t>(x.extent(label)));
            return shape;
        };
        const Shape batches = extents(a, batch), rows = extents(a, of_a), inner = extents(a, summed),
                    columns = extents(b, of_b);
        const auto matrix = [&](const Labelled& x, const std::string& labels, std::size_t m, std::size_t n) {
            const Shape shape = batch.empty() ? Shape(m, n) : Shape(batches.numel(), m, n);
            return reshape_to(Operand(ordered(x, batch + labels), where_), shape);
        };
        const Var product = matmul(Operand(matrix(a, of_a + summed, rows.numel(), inner.numel()), where_),
                                   Operand(matrix(b, summed + of_b, inner.numel(), columns.numel()), where_));
        Shape shape = batches;
        for (const std::size_t extent : rows)
            shape.append(static_cast<std::int64_t>(extent));
        for (const std::size_t extent : columns)
            shape.append(static_cast<std::int64_t>(extent));
        return {reshape_to(Operand(product, where_), shape), all};
    }

    std::string equation_, output_;
    Location where_;
    std::vector<Labelled> operands_;
    std::size_t rest_ = 0;
};

} // namespace

Var einsum(std::string_view equation, const std::vector<Var>& operands, Location where) {
    const Call call("einsum", where);
    if (operands.empty()) throw Error(fmt::format("einsum: \"{}\": no operands were given", equation), where);
    return Einsum(equation, operands, where).result();
}

namespace {

std::vector<Var> vars_of(std::initializer_list<const Operand*> operands) {
    std::vector<Var> result;
    for (const Operand* operand : operands) {
        (void)operand->shape(); // a number has none
        result.push_back(operand->var);
    }
    return result;
}

} // namespace

Var einsum(std::string_view equation, Operand a, Location where) {
    const Call call("einsum", where);
    return einsum(equation, vars_of({&a}), where);
}
Var einsum(std::string_view equation, Operand a, Operand b, Location where) {
    const Call call("einsum", where);
    return einsum(equation, vars_of({&a, &b}), where);
}
Var einsum(std::string_view equation, Operand a, Operand b, Operand c, Location where) {
    const Call call("einsum", where);
    return einsum(equation, vars_of({&a, &b, &c}), where);
}

} // namespace xgrad
