#include <xgrad/optim/moving_average.hpp>

#include <string_view>

#include <fmt/format.h>

#include <xgrad/core/graph/graph.hpp>
#include <xgrad/ops/arithmetic.hpp>

namespace xgrad::optim {
namespace {

constexpr std::string_view average = "average", averaged = "averaged"; // the second counts the steps

std::string slot_name(std::string_view rule, std::string_view slot, std::string_view parameter) {
    return fmt::format("{}.{}/{}", rule, slot, parameter);
}

/// Whether a parameter has an average; an error if it has some, and none under this name.
bool has_average(Tape& tape, const std::string& rule, const std::string& parameter, Location where) {
    const GraphUse graph(tape.graph(), where);
    if (graph->named_slot(slot_name(rule, averaged, parameter))) return true;
    std::string others;
    for (const auto& [name, slot] : graph->slots())
        if (const std::string ending = slot_name("", averaged, parameter); name.ends_with(ending))
            others += fmt::format("{}\"{}\"", others.empty() ? "" : ", ", name.substr(0, name.size() - ending.size()));
    if (!others.empty())
        throw Error(
            fmt::format("MovingAverage: no average called \"{}\" is kept of \"{}\"; it has one called {}, which is "
                        "what .name should be",
                        rule, parameter, others),
            where);
    return false;
}

template <class T>
void exchange(Tape& tape, Var a, Var b, Location where) {
    const auto of_a = a.value<T>(), of_b = b.value<T>();
    tape.assign(a, of_b, where);
    tape.assign(b, of_a, where);
}

} // namespace

Var MovingAverage::update(Var g, Parameter& p) const {
    p.require({{"decay", decay, Range::up_to_one}});
    const Var old = p.slot(average), steps = p.number(averaged), next = moved(p.value(), g);
    p.keep(old, where(steps == 0, next, decay * old + (1 - decay) * next));
    p.keep(steps, steps + 1);
    return g;
}

Var MovingAverage::of(Var parameter, Location where) const {
    const Call call("MovingAverage", where);
    Tape& tape = parameter.tape(where);
    const std::string& of = tape.name(parameter);
    has_average(tape, name, of, where);
    const Var steps = tape.slot(slot_name(name.str(), averaged, of), DType::float64, {}, 0, where);
    const Var its = tape.slot(slot_name(name.str(), average, of), parameter.dtype(), parameter.shape(), 0, where);
    return xgrad::where(steps == 0, parameter, its);
}

void MovingAverage::swap(Tape& tape, Location where) const {
    const Call call("MovingAverage", where);
    for (const Var& p : tape.parameters()) {
        const std::string& of = tape.name(p);
        if (!is_floating(p.dtype()) || !has_average(tape, name, of, where)) continue;
        if (tape.slot(slot_name(name.str(), averaged, of), DType::float64, {}, 0, where).scalar<double>() == 0)
            continue;
        const Var its = tape.slot(slot_name(name.str(), average, of), p.dtype(), p.shape(), 0, where);
        if (p.dtype() == DType::float32)
            exchange<float>(tape, p, its, where);
        else
            exchange<double>(tape, p, its, where);
    }
}

} // namespace xgrad::optim
