#include <xgrad/core/draw.hpp>

#include <fmt/format.h>

#include <xgrad/core/draw/picture.hpp>
#include <xgrad/core/program/executable.hpp>

namespace xgrad {
namespace {

std::string text_of(const draw_detail::Picture& picture, const DrawOptions& options) {
    return options.format == DrawFormat::dot ? draw_detail::dot(picture) : draw_detail::svg(picture);
}

} // namespace

std::string draw(const Tape& tape, const DrawOptions& options, Location where) {
    const Call call("draw", where);
    const OneUser::Inside inside(tape.graph().user, "a tape", where);
    return text_of(draw_detail::picture_of(tape.graph()), options);
}

std::string draw(const Step& step, const DrawOptions& options, Location where) {
    const Call call("draw", where);
    std::vector<Var> vars = step.outputs;
    for (const Update& update : step.updates)
        vars.insert(vars.end(), {update.leaf, update.next});
    if (vars.empty()) throw Error("draw: the step has neither outputs nor updates; give it some", where);
    if (options.loss.valid()) vars.push_back(options.loss);
    const GraphUse graph(vars, "draw", where);
    return text_of(draw_detail::picture_of(*graph, step, options.loss), options);
}

std::string draw(const Program& program, const DrawOptions& options) {
    return text_of(draw_detail::picture_of(*program.executable_->plan), options);
}

} // namespace xgrad
