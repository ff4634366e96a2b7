#pragma once
// What is drawn: boxes of text and arrows between them.

#include <cstddef>
#include <string>
#include <vector>

#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad::draw_detail {

enum class Part { none, leaf, forward, backward, update, result };
const char* name(Part part);

struct Box {
    Part part;
    std::vector<std::string> lines;
};

/// Between boxes, by their places in the list.
struct Arrow {
    std::size_t from, to;
    bool operator==(const Arrow&) const = default;
};

/// Arrows go to boxes further down the list.
struct Picture {
    std::vector<Box> boxes;
    std::vector<Arrow> arrows;

    std::size_t add(Part part, std::vector<std::string> lines);
    void connect(std::size_t from, std::size_t to);
};

Picture picture_of(const Graph& graph);
Picture picture_of(Graph& graph, const Step& step, Var loss);
Picture picture_of(const Plan& plan);

std::string dot(const Picture& picture);
std::string svg(const Picture& picture);

std::string leaf_text(LeafKind kind, const std::string& name); // parameter "w"
/// With something between them, if neither is empty.
std::string joined(std::string a, const char* between, const std::string& b);
/// UTF-8 without control characters; what is none becomes question marks.
std::string printable(std::string text);
std::size_t characters(const std::string& text);

} // namespace xgrad::draw_detail
