#pragma once

#include <xgrad/core/base/one_user.hpp>
#include <xgrad/core/program.hpp>
#include <xgrad/core/program/constant_results.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad {

/// The outputs of one call; given to the next call again once nobody holds it.
struct Results::Block {
    explicit Block(const Plan& plan) : outputs(plan.outputs), buffer(plan.output_bytes) {
        if constexpr (!red_zones) return;
        std::vector<Stretch> stretches;
        for (const PlannedOutput& output : outputs)
            stretches.push_back({output.offset, output.type.shape.numel() * size_of(output.type.dtype)});
        open_only(buffer.data(), buffer.bytes(), stretches);
    }
    std::vector<PlannedOutput> outputs;
    Buffer buffer;
};

/// Throws if the value is not finite everywhere.
void require_finite(const NumericsCheck& check, std::byte* const* bases);

class Stopwatch;

/// A plan and the memory it runs in.
class Executable {
  public:
    explicit Executable(std::shared_ptr<const Plan> p);
    /// The same plan in memory of its own.
    std::shared_ptr<Executable> copy() const;
    Results call(std::span<const Value* const> arguments, Location where = {});

    /// For what runs it many times over, in memory of its own: where an input lies, whose type is known to be right.
    void bind_input(std::size_t i, const void* elements) {
        set_base(plan->inputs[i].base, static_cast<std::byte*>(const_cast<void*>(elements)));
    }
    /// Runs it; the outputs come to lie at their offsets in `outputs`.
    void run_bound(std::byte* outputs);

    const std::shared_ptr<const Plan> plan;
    std::unique_ptr<ConstantResults> constants; // or null

  private:
    friend class LoopRun;
    struct Call {
        explicit Call(Kernel k) : kernel(k) {}
        Kernel kernel;
        Tile tile; // not initialized: filled in where it is
    };
    struct Worker {
        std::vector<std::byte*> bases;
        std::unique_ptr<Buffer> registers;
        LargeVector<Call> calls; // of the block it is at
        std::vector<std::pair<const void**, std::ptrdiff_t>>
            moving; // their operands that move, and how far, from block to block
    };
    /// A loop of one block does the same calls each time, until an array lies elsewhere.
    struct Resolved {
        LargeVector<Call> calls;
        std::uint64_t version = 0;
    };
    void run_one_block(const Loop& loop);
    void prepare_workers();
    void bind(std::span<const Value* const> arguments, Location where);
    void bind_constants();
    void set_base(std::uint32_t base, std::byte* pointer);
    void run_items(Stopwatch& watch);
    void run(const Loop& loop);
    void run(const Product& product);
    void run(const OpaqueCall& call);
    [[noreturn]] static void fail(const OpaqueCall& call, std::string_view what);
    void raise_faults(std::size_t item);
    void forget_faults();
    void check_numerics(int item);
    std::size_t next_check_ = 0, next_fault_ = 0; // of the plan's lists
    std::unique_ptr<Fault[]> faults_;             // of the plan's checks

    OneUser user_;

    Buffer arena_, accumulators_, staging_;
    std::vector<Worker> workers_;
    std::vector<Resolved> resolved_; // for each loop
    std::uint64_t version_ = 1;      // of the bases
    std::vector<std::shared_ptr<Results::Block>> blocks_;
    std::vector<ConstArray> opaque_inputs_;
};

} // namespace xgrad
