#include <xgrad/models/summary.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad::models {
namespace {

/// What a call of a model records is forgotten, whatever happens, and the draws that it has counted.
struct Forgotten {
    Graph& graph;
    Mark mark = graph.mark();
    std::uint64_t draws = graph.draws;
    ~Forgotten() {
        graph.draws = draws;
        graph.rewind(mark);
    }
};

/// The layer of an array of this name: what stands before its last dot, or all of it. Where the tape has told two
/// layers of one name apart, "linear.weights_1" beside "linear.weights", it is "linear_1".
std::string layer_of(const std::string& name, const std::set<std::string>& names) {
    const std::size_t dot = name.rfind('.'), number = name.rfind('_');
    if (dot == name.npos) return name;
    const bool numbered = number != name.npos && number > dot && names.contains(name.substr(0, number));
    return name.substr(0, dot) + (numbered ? name.substr(number) : "");
}

bool is_of_model(const Leaf* leaf) {
    return leaf && (leaf->kind == LeafKind::parameter || (leaf->kind == LeafKind::state && !leaf->of_training));
}

/// Finds the layers of what was recorded. A layer's output is what last reads one of its arrays beside what depends on
/// an input.
class Layers {
  public:
    Layers(const Graph& graph, std::uint32_t result) : graph_(graph), nodes_(result + 1) {
        nodes_[result].used = true;
        for (std::uint32_t i = result + 1; i-- > 0;)
            if (nodes_[i].used)
                for (const std::uint32_t input : graph.inputs(i))
                    nodes_[input].used = true;
        std::set<std::string> names;
        for (std::uint32_t i = 0; i <= result; ++i)
            if (const Leaf* leaf = graph.leaf(i); is_of_model(leaf)) names.insert(leaf->name);
        for (std::uint32_t i = 0; i <= result; ++i)
            if (nodes_[i].used) look_at(i, i == result, names);
    }

    std::vector<LayerSummary> in_order_of_calls() const {
        std::vector<const Found*> found;
        for (const auto& [name, layer] : layers_)
            found.push_back(&layer);
        std::stable_sort(found.begin(), found.end(), [](auto* a, auto* b) { return a->output < b->output; });
        std::vector<LayerSummary> result;
        for (const Found* layer : found) {
            result.push_back(layer->summary);
            result.back().output = graph_.type(layer->output);
        }
        return result;
    }

  private:
    struct Found {
        LayerSummary summary;
        std::uint32_t output = 0;
    };
    struct State {
        bool used = false, of_input = false;
        std::set<Found*> layers; // whose arrays it is computed from, if from no input
    };

    void look_at(std::uint32_t i, bool is_result, const std::set<std::string>& names) {
        State& node = nodes_[i];
        const Leaf* const leaf = graph_.leaf(i);
        if (is_of_model(leaf)) node.layers.insert(add(*leaf, names));
        node.of_input = leaf && leaf->kind == LeafKind::input;
        for (const std::uint32_t input : graph_.inputs(i)) {
            node.of_input = node.of_input || nodes_[input].of_input;
            node.layers.insert(nodes_[input].layers.begin(), nodes_[input].layers.end());
        }
        if (!node.of_input && !is_result) return;
        for (Found* layer : node.layers)
            layer->output = i;
        node.layers.clear();
    }

    Found* add(const Leaf& leaf, const std::set<std::string>& names) {
        const std::string name = layer_of(leaf.name, names);
        Found& layer = layers_[name];
        layer.summary.name = name;
        const std::size_t count = leaf.type.shape.numel();
        (leaf.kind == LeafKind::parameter ? layer.summary.parameters : layer.summary.states) += count;
        layer.summary.bytes += count * size_of(leaf.type.dtype);
        return &layer;
    }

    const Graph& graph_;
    std::vector<State> nodes_;
    std::map<std::string, Found> layers_;
};

std::string text_of(const Type& type) { return fmt::format("{} {}", name(type.dtype), type.shape.str()); }

} // namespace

Summary detail::summary(Tape& tape, const std::function<Var(Var)>& model, const Type& input, Location where) {
    const Call call("summary", where);
    Graph& graph = tape.graph();
    const GraphUse use(graph, where);
    const Forgotten forgotten{graph};
    const Var x = tape.input(input.dtype, input.shape, "", where);
    const Var y = [&] {
        const xgrad::detail::CallerScope users_own({}); // what the model does, it does at its own lines
        return model(x);
    }();
    const std::uint32_t result = graph.index(y, where);
    return {input, graph.type(result), Layers(graph, result).in_order_of_calls()};
}

LayerSummary Summary::total() const {
    LayerSummary sum{.name = "total", .output = output};
    for (const LayerSummary& layer : layers) {
        sum.parameters += layer.parameters;
        sum.states += layer.states;
        sum.bytes += layer.bytes;
    }
    return sum;
}

std::string Summary::str() const {
    using Row = std::array<std::string, 5>;
    std::vector<Row> rows{{"layer", "output", "parameters", "states", "bytes"}, {"input", text_of(input)}};
    const auto add = [&](const LayerSummary& layer) {
        rows.push_back({layer.name, text_of(layer.output), std::to_string(layer.parameters),
                        std::to_string(layer.states), std::to_string(layer.bytes)});
    };
    for (const LayerSummary& layer : layers)
        add(layer);
    add(total());
    std::array<std::size_t, 5> widths{};
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const Row& row : rows) {
        std::string line = fmt::format("{:<{}}  {:<{}}", row[0], widths[0], row[1], widths[1]);
        for (std::size_t i = 2; i < row.size(); ++i)
            line += fmt::format("  {:>{}}", row[i], widths[i]);
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

} // namespace xgrad::models
