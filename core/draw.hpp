#pragma once
// Pictures of tapes, steps and programs.

#include <string>

#include <xgrad/core/program.hpp>
#include <xgrad/core/step.hpp>
#include <xgrad/core/tape.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

enum class DrawFormat {
    dot, // text for Graphviz
    svg  // a whole picture, laid out in layers; it stays readable up to a hundred nodes or so
};

struct DrawOptions {
    DrawFormat format = DrawFormat::dot;
    /// Of a step: what was differentiated, if it is not among its outputs.
    Var loss = {};
};

/// All nodes of a tape: op, inputs, dtype, shape and the line that recorded them. Numbers stand in the nodes that use
/// them.
[[nodiscard]] std::string draw(const Tape& tape, const DrawOptions& options = {}, Location where = Location::current());

/// The nodes that a step needs, each with its part in words and by its border:
///  - forward: what the losses follow from (the loss of the options and the outputs of one element that were
///    differentiated), and what other outputs follow from and no gradient has to do with;
///  - backward: what the gradients of a loss by the leaves follow from, and what outputs make of that;
///  - update: what only updates need; those of Tape::update_with are in the program alone.
/// Gradients are found by recording them once more, which finds the nodes that stand; what they have recorded anew is
/// forgotten. So they are not found if what was differentiated is neither an output nor the loss of the options, or was
/// differentiated by what is no leaf, or through an op with fields and without operator==: then all that only updates
/// need counts as update.
[[nodiscard]] std::string draw(const Step& step, const DrawOptions& options = {}, Location where = Location::current());

/// A compiled program: its loops with their instructions, its products, opaque calls and copies, and which of them
/// reads what another one made. A program knows no nodes any more, so parts are told by where the results go: forward
/// is what the first output follows from, update what overwrites a parameter or a state, backward what only updates
/// follow from; the rest is named after the output that follows from it.
[[nodiscard]] std::string draw(const Program& program, const DrawOptions& options = {});

} // namespace xgrad
#pragma GCC visibility pop
