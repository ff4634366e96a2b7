// Runs plans.

#include <xgrad/core/program/executable.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/base/blas.hpp>
#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/group.hpp>
#include <xgrad/core/program/stopwatch.hpp>
#include <xgrad/core/threads.hpp>

namespace xgrad {

Executable::Executable(std::shared_ptr<const Plan> p)
    : plan(std::move(p)), faults_(std::make_unique<Fault[]>(plan->faults.size())), arena_(plan->arena_bytes),
      accumulators_(plan->accumulator_bytes), staging_(8 * (plan->inputs.size() + 1)) {
    take_over_blas_threads();
    prepare_workers();
    resolved_.resize(plan->loops.size());
    for (std::size_t i = 0; i < plan->loops.size(); ++i)
        if (plan->loops[i].one_block())
            resolved_[i].calls.reserve(plan->loops[i].prologue.size() + plan->loops[i].body.size());
    std::size_t most_inputs = 0;
    for (const OpaqueCall& call : plan->opaques)
        most_inputs = std::max(most_inputs, call.in.size());
    opaque_inputs_.reserve(most_inputs);
    // Two, so that a call allocates nothing while the results of the one before are still held.
    for (int i = 0; i < 2; ++i)
        blocks_.push_back(std::make_shared<Results::Block>(*plan));
}

std::shared_ptr<Executable> Executable::copy() const {
    auto result = std::make_shared<Executable>(plan);
    if (constants) result->constants = std::make_unique<ConstantResults>(constants->shared_plan());
    return result;
}

void Executable::prepare_workers() {
    const std::size_t threads = num_threads();
    if (workers_.size() >= threads) return;
    std::size_t longest = 0;
    for (const Loop& loop : plan->loops)
        if (!loop.one_block()) longest = std::max(longest, loop.body.size());
    while (workers_.size() < threads) {
        Worker w;
        w.bases.assign(plan->bases, nullptr);
        w.registers = std::make_unique<Buffer>(plan->register_bytes);
        w.calls.reserve(longest);
        w.moving.reserve(5 * longest); // a result and up to four operands
        w.bases[base_registers] = w.registers->data();
        w.bases[base_arena] = arena_.data();
        w.bases[base_accumulators] = accumulators_.data();
        w.bases[base_numbers] = const_cast<std::byte*>(plan->numbers.data()); // read only
        for (const auto& [base, leaf] : plan->leaves)
            w.bases[base] = leaf->buffer->data();
        workers_.push_back(std::move(w)); // whole, or not at all
    }
}

void Executable::set_base(std::uint32_t base, std::byte* pointer) {
    if (workers_[0].bases[base] == pointer && workers_.back().bases[base] == pointer) return;
    ++version_;
    for (Worker& w : workers_)
        w.bases[base] = pointer;
}

void Executable::bind(std::span<const Value* const> arguments, Location where) {
    const auto& inputs = plan->inputs;
    auto label = [&](std::size_t i) {
        return inputs[i].name.empty() ? fmt::format("argument {}", i)
                                      : fmt::format("argument {} \"{}\"", i, inputs[i].name);
    };
    if (arguments.size() != inputs.size())
        throw Error(fmt::format("the program takes {} arguments and was given {}", inputs.size(), arguments.size()),
                    where);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Value& given = *arguments[i];
        given.check();
        const Type& wanted = inputs[i].type;
        if (given.is_number() && wanted.shape.numel() == 1 &&
            (is_floating(wanted.dtype) || !is_floating(given.type().dtype))) {
            // A number takes the dtype of the input.
            std::byte* to = staging_.data() + 8 * i;
            detail::visit(wanted.dtype, [&]<class T>(T) {
                if (std::int64_t number = 0; given.type().dtype == DType::int64) {
                    std::memcpy(&number, given.data(), sizeof(number));
                    if (!detail::holds<T>(number))
                        throw Error(fmt::format("{} of the program is {}, which does not fit {}; {}", label(i), number,
                                                name(wanted.dtype), detail::advice_to_store<T>()),
                                    where);
                }
                detail::convert_elements(given.type().dtype, given.data(), 1, reinterpret_cast<T*>(to));
            });
            set_base(inputs[i].base, to);
            continue;
        }
        if (given.type() != wanted)
            throw Error(fmt::format("{} of the program is {} {}, was given {} {}; dtype and shape must be equal (a "
                                    "tape.function is traced anew for other shapes)",
                                    label(i), name(wanted.dtype), wanted.shape.str(), name(given.type().dtype),
                                    given.type().shape.str()),
                        where);
        set_base(inputs[i].base, static_cast<std::byte*>(const_cast<void*>(given.data())));
    }
}

void Executable::bind_constants() {
    const Results& results = constants->get();
    for (std::size_t i = 0; i < plan->constants.size(); ++i)
        set_base(plan->constants[i].base, static_cast<std::byte*>(const_cast<void*>(results.data(i))));
}

Results Executable::call(std::span<const Value* const> arguments, Location where) {
    const OneUser::Inside inside(user_, "a program", where);
    Stopwatch watch(plan);
    prepare_workers();
    bind(arguments, where);
    if (constants) bind_constants();
    auto free = std::find_if(blocks_.begin(), blocks_.end(), [](const auto& block) { return block.use_count() == 1; });
    if (free == blocks_.end()) free = blocks_.insert(free, std::make_shared<Results::Block>(*plan));
    std::shared_ptr<Results::Block> block = *free;
    set_base(base_outputs, block->buffer.data());

    const detail::CallerScope running({}); // an op that fails has its own line
    try {
        run_items(watch);
    } catch (...) {
        forget_faults(); // another exception may have come before one that they would have been
        throw;
    }
    std::byte* const* bases = workers_[0].bases.data();
    for (const Copy& copy : plan->copies)
        std::memcpy(address(copy.to, bases), address(copy.from, bases), copy.bytes);
    watch.end_copies();
    return Results(std::move(block));
}

void Executable::run_bound(std::byte* outputs) {
    Stopwatch watch(plan);
    if (constants) bind_constants();
    set_base(base_outputs, outputs);
    try {
        run_items(watch);
    } catch (...) {
        forget_faults();
        throw;
    }
}

void Executable::run_items(Stopwatch& watch) {
    next_check_ = next_fault_ = 0;
    watch.begin_items();
    check_numerics(-1);
    if constexpr (red_zones) close_memory(arena_.data(), arena_.bytes());
    for (std::size_t s = 0; s < plan->items.size(); ++s) {
        const PlanItem& item = plan->items[s];
        if (s < plan->zones.size())
            for (const Stretch& value : plan->zones[s].made)
                open_memory(arena_.data() + value.offset, value.bytes);
        switch (item.kind) {
        case PlanItem::Kind::loop: run(plan->loops[item.index]); break;
        case PlanItem::Kind::product: run(plan->products[item.index]); break;
        case PlanItem::Kind::opaque: run(plan->opaques[item.index]); break;
        }
        raise_faults(s);
        check_numerics(static_cast<int>(s));
        if (s < plan->zones.size())
            for (const Stretch& value : plan->zones[s].dying)
                close_memory(arena_.data() + value.offset, value.bytes);
        watch.end_item(s);
    }
}

void Executable::run(const OpaqueCall& call) {
    std::byte* const* bases = workers_[0].bases.data();
    opaque_inputs_.clear();
    for (std::size_t i = 0; i < call.in.size(); ++i)
        opaque_inputs_.push_back({call.types[i], address(call.in[i], bases)});
    try {
        call.info->eval(call.op, opaque_inputs_, {call.type, address(call.out, bases)});
    } catch (const Error& error) {
        if (error.where().known() || dynamic_cast<const GroupError*>(&error)) throw;
        fail(call, error.message());
    } catch (const std::bad_alloc&) { throw; } catch (const std::exception& error) {
        fail(call, error.what());
    }
}

void Executable::fail(const OpaqueCall& call, std::string_view what) {
    const xgrad::Call named(call.info->name, call.where);
    throw Error(std::string(what), call.where);
}

void Executable::check_numerics(int item) {
    for (; next_check_ < plan->numerics.size() && plan->numerics[next_check_].item == item; ++next_check_)
        require_finite(plan->numerics[next_check_], workers_[0].bases.data());
}

void Executable::forget_faults() {
    for (std::size_t i = 0; i < plan->faults.size(); ++i)
        faults_[i].position.store(~0ull, std::memory_order_relaxed);
}

void Executable::raise_faults(std::size_t item) {
    for (; next_fault_ < plan->faults.size() && plan->faults[next_fault_].item == item; ++next_fault_) {
        const FaultCheck& check = plan->faults[next_fault_];
        const std::uint64_t position = faults_[next_fault_].position.load(std::memory_order_relaxed);
        if (position == ~0ull) continue;
        std::int64_t value;
        std::memcpy(&value, address(check.integers, workers_[0].bases.data()) + 8 * position, 8);
        throw Error(fmt::format("{}: {}", check.info->name, check.info->fault(check.op, check.types, value, position)),
                    check.where);
    }
}

} // namespace xgrad
