// Profiles as tables and as traces for Chrome.

#include <algorithm>
#include <numeric>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <xgrad/core/base/json_text.hpp>
#include <xgrad/core/program/stopwatch.hpp>

namespace xgrad {
namespace {

using Times = Profile::Times;

std::string counted(std::size_t n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

double seconds_of(Times::Clock::duration time) { return std::chrono::duration<double>(time).count(); }

bool same(Location a, Location b) { return a.line == b.line && std::string_view(a.file) == b.file; }

/// Ops with their lines, as in "exp, sum at train.cpp:7; divide at train.cpp:8". What only moves data is left out.
std::string ops_of(const Loop& loop) {
    std::vector<std::string_view> names;
    std::string text;
    Location where;
    const auto end_line = [&] {
        if (!names.empty())
            text += fmt::format("{}{} at {}", text.empty() ? "" : "; ", fmt::join(names, ", "), where.str());
        names.clear();
    };
    for (const auto* list : {&loop.setup, &loop.prologue, &loop.body})
        for (const Instruction& i : *list) {
            if (!i.where.known()) continue;
            if (!names.empty() && !same(i.where, where)) end_line();
            where = i.where;
            if (std::find(names.begin(), names.end(), i.name) == names.end()) names.push_back(i.name);
        }
    end_line();
    return text.empty() ? "moves" : text;
}

/// What a step is called, and its ops with their lines.
struct Step {
    const char* kind;
    std::string name, ops;
};

Step step_of(const Plan& plan, std::uint32_t item) {
    if (item == Times::Event::copies) return {"copy", "copies into " + counted(plan.copies.size(), "array"), ""};
    const std::size_t i = plan.items[item].index;
    if (plan.items[item].kind == PlanItem::Kind::product) {
        const Product& p = plan.products[i];
        const std::size_t batch = std::accumulate(p.batch.begin(), p.batch.end(), std::size_t{1},
                                                  std::multiplies<std::size_t>());
        return {"product",
                fmt::format("product {}{} x {} x {}", batch == 1 ? "" : fmt::format("{} times ", batch), p.m, p.k, p.n),
                fmt::format("matmul at {}", p.where.str())};
    }
    if (plan.items[item].kind == PlanItem::Kind::opaque) {
        const OpaqueCall& call = plan.opaques[i];
        return {"op", fmt::format("op {}", call.type.shape.str()),
                fmt::format("{} at {}", call.info->name, call.where.str())};
    }
    return {"loop", "loop over " + counted(plan.loops[i].rows, "row"), ops_of(plan.loops[i])};
}

std::string title_of(const Plan& plan) {
    std::vector<std::string> inputs;
    for (const PlannedInput& input : plan.inputs)
        inputs.push_back(fmt::format("{} {}", name(input.type.dtype), input.type.shape.str()));
    return fmt::format("program of {} ({})", plan.where.str(), fmt::join(inputs, ", "));
}

/// Of a long text the first part, on whole characters: names are the user's, and may be UTF-8.
std::string shortened(std::string text, std::size_t most) {
    if (text.size() <= most) return text;
    while ((static_cast<unsigned char>(text[most]) & 0xC0) == 0x80)
        --most;
    return text.substr(0, most) + " ...";
}

} // namespace

std::string Times::table_of(const OfPlan& of, double seconds) const {
    struct Line {
        Count count;
        std::string text;
    };
    std::vector<Line> lines;
    Clock::duration between = of.calls.all - of.copies.all;
    for (std::uint32_t i = 0; i < of.items.size(); ++i) {
        const Step step = step_of(*of.plan, i);
        lines.push_back({of.items[i], fmt::format("{}: {}", step.name, shortened(step.ops, 100))});
        between -= of.items[i].all;
    }
    if (of.copies.times != 0) lines.push_back({of.copies, step_of(*of.plan, Event::copies).name});
    lines.push_back({{of.calls.times, between}, "arguments and results"});
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Line& a, const Line& b) { return a.count.all > b.count.all; });

    std::string text = fmt::format("{}: {}, {:.4g} s\n", title_of(*of.plan), counted(of.calls.times, "call"),
                                   seconds_of(of.calls.all));
    for (const auto& [count, what] : lines)
        text += fmt::format("{:7.1f} % {:10.2f} ms {:10.1f} us  {}\n", 100 * seconds_of(count.all) / seconds,
                            1e3 * seconds_of(count.all),
                            1e6 * seconds_of(count.all) / static_cast<double>(std::max<std::size_t>(1, count.times)),
                            what);
    return text;
}

std::string Times::str() const {
    const std::lock_guard lock(mutex_);
    const double seconds = std::max(1e-9, seconds_of(Clock::now() - start_));
    const double programs = seconds_of(programs_.all), preparation = seconds_of(preparation_.all);
    std::string text = fmt::format(
        "{:.4g} s, of which {:.1f} % in programs, {:.1f} % tracing and compiling, {:.1f} % elsewhere\n", seconds,
        100 * programs / seconds, 100 * preparation / seconds,
        100 * std::max(0.0, seconds - programs - preparation) / seconds);
    std::vector<const OfPlan*> plans;
    for (const OfPlan& of : plans_)
        plans.push_back(&of);
    std::stable_sort(plans.begin(), plans.end(),
                     [](const OfPlan* a, const OfPlan* b) { return a->calls.all > b->calls.all; });
    for (const OfPlan* of : plans)
        text += table_of(*of, seconds);
    for (const OfSpan& span : spans_)
        text += fmt::format("{} at {}: {}, {:.4g} s\n", span.name, span.where.str(), counted(span.count.times, "time"),
                            seconds_of(span.count.all));
    if (left_out_ != 0)
        text += fmt::format("{} single times were left out of the trace: ProfileOptions::most_events is {}\n",
                            left_out_, options_.most_events);
    return text;
}

std::string Times::event_text(const Event& event) const {
    const auto microseconds = [](Clock::duration time) {
        return std::chrono::duration<double, std::micro>(time).count();
    };
    const auto bar = [&](const char* kind, std::string_view name, const std::string& arguments) {
        return fmt::format(
            R"({{"ph":"X","pid":1,"tid":1,"cat":"{}","name":{},"ts":{:.3f},"dur":{:.3f},"args":{{{}}}}})", kind,
            detail::json_string(name), microseconds(event.begin - start_), microseconds(event.end - event.begin),
            arguments);
    };
    if (event.item == Event::span) {
        const OfSpan& span = spans_[event.subject];
        return bar(span.name, fmt::format("{} at {}", span.name, span.where.str()), "");
    }
    const Plan& plan = *plans_[event.subject].plan;
    if (event.item == Event::call) return bar("program", title_of(plan), "");
    const Step step = step_of(plan, event.item);
    return bar(step.kind, step.ops.empty() ? step.name : shortened(step.ops, 60),
               fmt::format("\"step\":{},\"ops\":{}", detail::json_string(step.name), detail::json_string(step.ops)));
}

std::string Times::chrome_trace() const {
    const std::lock_guard lock(mutex_);
    std::string text = fmt::format(R"({{"displayTimeUnit":"ns","otherData":{{"left_out":"{}"}},"traceEvents":[)",
                                   left_out_);
    text += "\n"
            R"({"ph":"M","pid":1,"name":"process_name","args":{"name":"xgrad"}})";
    for (const Event& event : events_)
        text += ",\n" + event_text(event);
    return text + "\n]}\n";
}

} // namespace xgrad
