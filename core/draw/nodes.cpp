// Pictures of nodes: of a whole tape, and of a step with its parts.

#include <xgrad/core/draw/picture.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/base/element_text.hpp>
#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/ancestors.hpp>

namespace xgrad::draw_detail {
namespace {

using Nodes = std::vector<std::uint32_t>;
using Flags = std::vector<char>; // one for each node

/// The nodes and all that they follow from.
Flags with_ancestors(const Graph& graph, const Nodes& nodes) {
    Flags result = ancestors(graph, nodes);
    result.resize(graph.size());
    return result;
}

void add(Flags& all, const Flags& more) {
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] |= more[i];
}

// --- The parts of a step -----------------------------------------------------------------------------------------

struct Roots {
    Nodes outputs, updates, losses;
};

/// Forgets what was recorded while it lived.
struct Forget {
    Graph& graph;
    Mark mark = graph.mark();
    std::uint64_t draws = graph.draws;
    ~Forget() {
        graph.rewind(mark);
        graph.draws = draws;
    }
};

/// The gradients of y by the leaves that it follows from, as far as they stood before.
Nodes gradients_of(Graph& graph, std::uint32_t y, const Flags& leads_to_y) {
    std::vector<Var> leaves;
    for (std::uint32_t i = 0; i < leads_to_y.size(); ++i)
        if (leads_to_y[i] && graph.leaf(i) && is_floating(graph.node(i).dtype)) leaves.push_back(graph.var(i));
    const Forget anew{graph};
    Nodes result;
    try {
        for (const Var& g : gradient(graph.var(y), leaves)) {
            const std::uint32_t i = graph.index(g);
            if (i < anew.mark.nodes && !leads_to_y[i] && !graph.scalar(i)) result.push_back(i);
        }
    } catch (const Error&) { // y was never differentiated: an op on the way has no derivative
    }
    return result;
}

/// See draw(const Step&).
std::vector<Part> parts_of(Graph& graph, const Roots& roots) {
    const Flags for_outputs = with_ancestors(graph, roots.outputs), for_updates = with_ancestors(graph, roots.updates);
    Flags forward(graph.size()), backward(graph.size());
    for (const std::uint32_t y : roots.losses) {
        if (!is_floating(graph.node(y).dtype) || !graph.is_single(y)) continue;
        const Flags leads_to_y = with_ancestors(graph, {y});
        Nodes used;
        for (const std::uint32_t g : gradients_of(graph, y, leads_to_y))
            if (for_outputs[g] || for_updates[g]) used.push_back(g);
        if (used.empty()) continue;
        add(forward, leads_to_y);
        add(backward, with_ancestors(graph, used));
    }
    std::vector<Part> parts(graph.size(), Part::none);
    for (std::uint32_t i = 0; i < parts.size(); ++i) {
        const auto inputs = graph.inputs(i);
        const bool follows = std::any_of(inputs.begin(), inputs.end(), [&](std::uint32_t k) {
            return parts[k] == Part::backward || parts[k] == Part::update;
        });
        if (graph.leaf(i) || graph.scalar(i))
            parts[i] = Part::leaf;
        else if (forward[i])
            parts[i] = Part::forward;
        else if (backward[i])
            parts[i] = Part::backward;
        else if (for_outputs[i])
            parts[i] = follows ? Part::backward : Part::forward;
        else if (for_updates[i])
            parts[i] = Part::update;
    }
    return parts;
}

// --- Boxes -------------------------------------------------------------------------------------------------------

std::string number_text(const Graph& graph, std::uint32_t i) {
    return elements_text({graph.node(i).dtype, Shape()}, graph.scalar(i)->bytes.data());
}

/// As in the text of the tape, but with the numbers in their places.
std::string node_text(const Graph& graph, std::uint32_t i) {
    if (const Leaf* leaf = graph.leaf(i)) return fmt::format("%{} = {}", i, leaf_text(leaf->kind, leaf->name));
    if (graph.scalar(i)) return fmt::format("%{} = {}", i, number_text(graph, i));
    const Node& node = graph.node(i);
    std::string text = joined(node.info->name, " ", node.info->describe ? node.info->describe(node.op) : "");
    for (const std::uint32_t input : graph.inputs(i))
        text += fmt::format(" {}", graph.scalar(input) ? number_text(graph, input) : fmt::format("%{}", input));
    return fmt::format("%{} = {}", i, text);
}

/// The boxes of the nodes that are drawn; of each node, the box.
std::vector<std::size_t> add_boxes(Picture& picture, const Graph& graph, const Flags& drawn,
                                   const std::vector<Part>& parts) {
    std::vector<std::size_t> boxes(graph.size());
    for (std::uint32_t i = 0; i < graph.size(); ++i) {
        if (!drawn[i]) continue;
        const Node& node = graph.node(i);
        const std::string line = joined(name(parts[i]), ", ", node.where.known() ? node.where.str() : "");
        std::vector<std::string> lines{node_text(graph, i),
                                       fmt::format("{} {}", xgrad::name(node.dtype), graph.shape(i).str())};
        if (!line.empty()) lines.push_back(line);
        boxes[i] = picture.add(parts[i], std::move(lines));
        for (const std::uint32_t input : graph.inputs(i))
            if (drawn[input]) picture.connect(boxes[input], boxes[i]);
    }
    return boxes;
}

} // namespace

Picture picture_of(const Graph& graph) {
    Picture picture;
    Flags drawn(graph.size());
    std::vector<Part> parts(graph.size(), Part::none);
    for (std::uint32_t i = 0; i < graph.size(); ++i) {
        drawn[i] = !graph.scalar(i);
        if (graph.leaf(i)) parts[i] = Part::leaf;
    }
    add_boxes(picture, graph, drawn, parts);
    return picture;
}

Picture picture_of(Graph& graph, const Step& step, Var loss) {
    Roots roots;
    for (const Var& output : step.outputs)
        roots.outputs.push_back(graph.index(output));
    for (const Update& update : step.updates) {
        roots.updates.push_back(graph.index(update.next));
        graph.index(update.leaf);
    }
    roots.losses = roots.outputs;
    if (loss.valid()) roots.losses.push_back(graph.index(loss));

    const std::vector<Part> parts = parts_of(graph, roots);
    Flags drawn = with_ancestors(graph, roots.outputs);
    add(drawn, with_ancestors(graph, roots.updates));
    for (std::uint32_t i = 0; i < drawn.size(); ++i)
        drawn[i] = drawn[i] && !graph.scalar(i);
    for (const Nodes* ends : {&roots.outputs, &roots.updates})
        for (const std::uint32_t i : *ends)
            drawn[i] = 1;

    Picture picture;
    const std::vector<std::size_t> boxes = add_boxes(picture, graph, drawn, parts);
    for (std::size_t k = 0; k < step.outputs.size(); ++k)
        picture.connect(boxes[roots.outputs[k]], picture.add(Part::result, {fmt::format("output {}", k)}));
    for (std::size_t k = 0; k < step.updates.size(); ++k) {
        const std::uint32_t i = graph.index(step.updates[k].leaf);
        const Leaf* const leaf = graph.leaf(i);
        const std::string what = leaf && !leaf->name.empty() ? fmt::format("\"{}\"", leaf->name)
                                                             : fmt::format("%{}", i);
        picture.connect(boxes[roots.updates[k]], picture.add(Part::result, {fmt::format("update of {}", what)}));
    }
    return picture;
}

} // namespace xgrad::draw_detail
