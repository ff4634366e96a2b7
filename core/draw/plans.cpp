// Pictures of compiled programs: a box for each loop, product and opaque call. Which of them reads what another made is
// found by following what is written where.

#include <xgrad/core/draw/picture.hpp>

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace xgrad::draw_detail {
namespace {

/// The last writers of memory: for each base, where what they wrote begins and ends.
class Writers {
  public:
    void write(const Place& place, std::size_t bytes, std::size_t call) {
        auto& stretches = bases_[place.base];
        const std::int64_t end = place.offset + static_cast<std::int64_t>(std::max<std::size_t>(1, bytes));
        auto it = stretches.upper_bound(place.offset);
        if (it != stretches.begin() && std::prev(it)->second.end > place.offset) --it;
        while (it != stretches.end() && it->first < end)
            it = stretches.erase(it);
        stretches[place.offset] = {end, call};
    }
    std::optional<std::size_t> find(const Place& place) const {
        const auto of_base = bases_.find(place.base);
        if (of_base == bases_.end()) return {};
        const auto it = of_base->second.upper_bound(place.offset);
        if (it == of_base->second.begin()) return {};
        return std::prev(it)->second.call;
    }
    void forget(std::uint32_t base) { bases_.erase(base); }

  private:
    struct Stretch {
        std::int64_t end;
        std::size_t call;
    };
    std::map<std::uint32_t, std::map<std::int64_t, Stretch>> bases_;
};

/// A call of a kernel, of a product or of an op.
struct Flow {
    std::size_t item;
    std::string text;
    std::vector<std::size_t> reads = {};     // other calls
    std::vector<std::uint32_t> leaves = {};  // the bases of leaves that it reads,
    std::vector<std::uint32_t> updates = {}; // and of those it overwrites
    std::vector<std::size_t> outputs = {};
    bool begins = false;                          // something that is added up
    bool update = false, leads_to_update = false; // of a leaf
    std::size_t first_output = none;              // of those that follow from it
    static constexpr std::size_t none = ~std::size_t{0};

    std::string part() const {
        return first_output == 0      ? "forward"
               : update               ? "update"
               : leads_to_update      ? "backward"
               : first_output != none ? fmt::format("output {}", first_output)
                                      : "";
    }
};

class Flows {
  public:
    explicit Flows(const Plan& plan) : plan_(plan) {
        for (item_ = 0; item_ < plan.items.size(); ++item_) {
            const PlanItem& item = plan.items[item_];
            if (item.kind == PlanItem::Kind::loop)
                add(plan.loops[item.index]);
            else if (item.kind == PlanItem::Kind::product)
                add(plan.products[item.index]);
            else
                add(plan.opaques[item.index]);
        }
        for (const Copy& copy : plan.copies) { // each is an item of its own
            add_call(fmt::format("copy {} bytes", copy.bytes), {&copy.from, 1}, copy.to, copy.bytes);
            ++item_;
        }
        for (std::size_t i = calls.size(); i-- > 0;)
            for (const std::size_t k : calls[i].reads) {
                calls[k].leads_to_update |= calls[i].update || calls[i].leads_to_update;
                calls[k].first_output = std::min(calls[k].first_output, calls[i].first_output);
            }
    }

    std::vector<Flow> calls;

  private:
    void add_call(std::string text, std::span<const Place> in, const Place& out, std::size_t bytes) {
        Flow call{item_, std::move(text)};
        // What adds up reads what a call without operands has begun.
        if (const auto begun = writers_.find(out); begun && calls[*begun].begins) call.reads.push_back(*begun);
        call.begins = in.empty() && out.base < first_free_base;
        for (const Place& place : in)
            if (const auto writer = writers_.find(place))
                call.reads.push_back(*writer);
            else if (place.base >= first_free_base)
                call.leaves.push_back(place.base);
        if (out.base == base_outputs) {
            for (std::size_t k = 0; k < plan_.outputs.size(); ++k)
                if (static_cast<std::int64_t>(plan_.outputs[k].offset) == out.offset) call.outputs.push_back(k);
            if (!call.outputs.empty()) call.first_output = call.outputs[0];
        }
        if (out.base >= first_free_base) {
            call.update = true;
            call.updates.push_back(out.base);
        }
        writers_.write(out, bytes, calls.size());
        calls.push_back(std::move(call));
    }

    /// What a call writes at least: of a register a byte for each element. So nothing beside it is taken for
    /// overwritten.
    static std::size_t bytes_of(const Loop& loop, const Instruction& i) {
        if (i.out.base == base_registers)
            return std::min(loop.rows, loop.block_rows) * i.subrows *
                   static_cast<std::size_t>(std::max<std::int64_t>(0, i.out_stride));
        return loop.rows * static_cast<std::size_t>(std::max<std::int64_t>(0, i.out.row_bytes));
    }
    void add(const Loop& loop) {
        writers_.forget(base_registers);
        writers_.forget(base_accumulators);
        const auto add_all = [&](const LargeVector<Instruction>& list, const char* when) {
            for (const Instruction& i : list)
                add_call(fmt::format("{}{} : {}", when, i.name, i.cols), {i.in, i.inputs}, i.out, bytes_of(loop, i));
        };
        add_all(loop.setup, "first: ");
        add_all(loop.prologue, "once: ");
        add_all(loop.body, "");
        for (const Accumulator& a : loop.accumulators) {
            const Place partial{base_accumulators, static_cast<std::int64_t>(a.offset), 0};
            add_call(fmt::format("at the end: {} of {} partial", a.name, a.count), {&partial, 1}, a.out, a.count);
        }
    }
    void add(const Product& p) {
        std::size_t bytes = p.m * p.n * size_of(p.dtype);
        for (const std::size_t extent : p.batch)
            bytes *= extent;
        const Place in[] = {p.a, p.b};
        add_call(fmt::format("product {} x {} x {}", p.m, p.k, p.n), in, p.out, bytes);
    }
    void add(const OpaqueCall& call) {
        add_call(fmt::format("call {} : {} {}", call.info->name, xgrad::name(call.type.dtype), call.type.shape.str()),
                 call.in, call.out, call.type.shape.numel() * size_of(call.type.dtype));
    }

    const Plan& plan_;
    std::size_t item_ = 0;
    Writers writers_;
};

Part part_named(const std::string& text) {
    for (const Part part : {Part::forward, Part::backward, Part::update})
        if (text == name(part)) return part;
    return Part::none;
}

/// The part of all calls of an item, and nothing if they have several.
std::string common_part(std::span<const Flow* const> calls) {
    const std::string part = calls.empty() ? "" : calls[0]->part();
    return std::all_of(calls.begin(), calls.end(), [&](const Flow* call) { return call->part() == part; }) ? part : "";
}

std::vector<std::string> lines_of(const Plan& plan, std::size_t item, std::span<const Flow* const> calls) {
    std::vector<std::string> lines;
    const bool is_loop = item < plan.items.size() && plan.items[item].kind == PlanItem::Kind::loop;
    const std::string common = common_part(calls);
    if (!is_loop) {
        for (const Flow* call : calls)
            lines.push_back(joined(call->text, ", ", common));
        return lines;
    }
    const Loop& loop = plan.loops[plan.items[item].index];
    lines.push_back(joined(fmt::format("loop over {} rows, {} at a time", loop.rows, loop.block_rows), ": ", common));
    for (const Flow* call : calls)
        lines.push_back(common.empty() ? fmt::format("  {:<9} {}", call->part(), call->text)
                                       : fmt::format("  {}", call->text));
    return lines;
}

} // namespace

Picture picture_of(const Plan& plan) {
    const Flows flows(plan);
    Picture picture;
    std::map<std::uint32_t, std::size_t> leaves; // their boxes, by their bases
    std::map<std::uint32_t, std::string> names;
    const auto add_leaf = [&](std::uint32_t base, const std::string& text, const Type& type) {
        names[base] = text;
        leaves[base] = picture.add(Part::leaf, {text, fmt::format("{} {}", xgrad::name(type.dtype), type.shape.str())});
    };
    for (const PlannedInput& input : plan.inputs)
        add_leaf(input.base, leaf_text(LeafKind::input, input.name), input.type);
    for (const auto& [base, leaf] : plan.leaves)
        add_leaf(base, leaf_text(leaf->kind, leaf->name), leaf->type);
    for (const PlannedConstant& constant : plan.constants) {
        names[constant.base] = "result of constants";
        leaves[constant.base] = picture.add(Part::leaf, {"result of constants, worked out once"});
    }

    std::vector<std::size_t> box_of(plan.items.size() + plan.copies.size());
    for (std::size_t item = 0; item < box_of.size(); ++item) {
        std::vector<const Flow*> calls;
        for (const Flow& call : flows.calls)
            if (call.item == item) calls.push_back(&call);
        box_of[item] = picture.add(part_named(common_part(calls)), lines_of(plan, item, calls));
        for (const Flow* call : calls) {
            for (const std::uint32_t base : call->leaves)
                if (leaves.contains(base)) picture.connect(leaves[base], box_of[item]);
            for (const std::size_t k : call->reads)
                if (flows.calls[k].item != item) picture.connect(box_of[flows.calls[k].item], box_of[item]);
        }
    }
    for (const Flow& call : flows.calls) {
        for (const std::size_t k : call.outputs)
            picture.connect(box_of[call.item], picture.add(Part::result, {fmt::format("output {}", k)}));
        for (const std::uint32_t base : call.updates)
            picture.connect(box_of[call.item], picture.add(Part::result, {fmt::format("update of {}", names[base])}));
    }
    return picture;
}

} // namespace xgrad::draw_detail
