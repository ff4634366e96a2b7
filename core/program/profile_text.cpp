// Profiles as tables and as traces for Chrome.

#include <algorithm>
#include <functional>
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

/// Of a long text the first part, on whole characters: names are the user's, and may be UTF-8.
std::string shortened(std::string text, std::size_t most) {
    if (text.size() <= most) return text;
    while ((static_cast<unsigned char>(text[most]) & 0xC0) == 0x80)
        --most;
    return text.substr(0, most) + " ...";
}

} // namespace

std::string Times::title_of(const Plan& plan) {
    std::vector<std::string> inputs;
    for (const PlannedInput& input : plan.inputs)
        inputs.push_back(fmt::format("{} {}", name(input.type.dtype), input.type.shape.str()));
    return fmt::format("program of {} ({})", plan.where.str(), fmt::join(inputs, ", "));
}

auto Times::label_of(const Plan& plan, std::size_t item) -> Label {
    if (item == plan.items.size()) return {"copy", "copies into " + counted(plan.copies.size(), "array")};
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

std::string Times::table_of(const OfPlan& of, double seconds) const {
    struct Line {
        Count count;
        std::string text;
    };
    std::vector<Line> lines;
    Clock::duration between = of.calls.all;
    for (const auto& [label, count] : of.steps) {
        lines.push_back({count, label.ops.empty() ? label.name : label.name + ": " + shortened(label.ops, 100)});
        between -= count.all;
    }
    lines.push_back({{of.calls.times, between}, "arguments and results"});
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Line& a, const Line& b) { return a.count.all > b.count.all; });

    std::string text = fmt::format("{}: {}, {:.4g} s\n", of.title, counted(of.calls.times, "call"),
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

std::string Times::chrome_trace() const {
    const std::lock_guard lock(mutex_);
    const auto microseconds = [](Clock::duration time) {
        return std::chrono::duration<double, std::micro>(time).count();
    };
    // What is the same for all bars of a kind: worked out once.
    const auto head = [](const char* kind, std::string_view name, const std::string& arguments = "") {
        return fmt::format(R"("cat":"{}","name":{},"args":{{{}}})", kind, detail::json_string(name), arguments);
    };
    std::vector<std::string> spans, calls;
    std::vector<std::vector<std::string>> steps;
    for (const OfSpan& span : spans_)
        spans.push_back(head(span.name, fmt::format("{} at {}", span.name, span.where.str())));
    for (const OfPlan& of : plans_) {
        calls.push_back(head("program", of.title));
        std::vector<std::string>& its = steps.emplace_back();
        for (const auto& [label, count] : of.steps)
            its.push_back(head(label.kind, label.ops.empty() ? label.name : shortened(label.ops, 60),
                               fmt::format("\"step\":{},\"ops\":{}", detail::json_string(label.name),
                                           detail::json_string(label.ops))));
    }
    std::string text = fmt::format(R"({{"displayTimeUnit":"ns","otherData":{{"left_out":"{}"}},"traceEvents":[)",
                                   left_out_);
    text += "\n"
            R"({"ph":"M","pid":1,"name":"process_name","args":{"name":"xgrad"}})";
    for (const Event& event : events_)
        text += fmt::format(",\n"
                            R"({{"ph":"X","pid":1,"tid":1,"ts":{:.3f},"dur":{:.3f},{}}})",
                            microseconds(event.begin - start_), microseconds(event.end - event.begin),
                            event.step == Event::span   ? spans[event.subject]
                            : event.step == Event::call ? calls[event.subject]
                                                        : steps[event.subject][event.step]);
    return text + "\n]}\n";
}

} // namespace xgrad
