// Runs plans.

#include <xgrad/core/execute.hpp>

#include <algorithm>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <fmt/format.h>

#include <xgrad/core/blas.hpp>
#include <xgrad/core/threads.hpp>

namespace xgrad {
namespace {

/// Below this many elements times kernels, waking the other threads costs more than they bring.
constexpr double worth_threads = 200000;

} // namespace

void finish_streams() {
#ifdef __SSE2__
    _mm_sfence();
#endif
}

namespace {

std::byte* address(const Place& place, std::byte* const* bases, std::size_t row = 0) {
    return bases[place.base] + place.offset + static_cast<std::int64_t>(row) * place.row_bytes;
}

Tile resolve(const Instruction& i, std::byte* const* bases, std::size_t first_row, std::size_t rows) {
    Tile t;
    t.first_row = first_row;
    t.out = address(i.out, bases, first_row);
    for (std::size_t k = 0; k < i.inputs; ++k) {
        t.in[k] = address(i.in[k], bases, first_row);
        t.in_stride[k] = i.in_stride[k];
    }
    t.out_stride = i.out_stride;
    const std::size_t all = rows * i.subrows;
    t.rows = i.flat ? 1 : all;
    t.cols = i.flat ? all * i.cols : i.cols;
    t.op = i.op;
    t.inner = i.inner;
    t.fault = i.fault;
    return t;
}

void run_block(const std::vector<Instruction>& list, std::byte* const* bases, std::size_t first_row, std::size_t rows) {
    for (const Instruction& i : list)
        i.kernel(resolve(i, bases, first_row, rows));
}

/// Fetches rows of a loop's streams into the second cache, a few lines after each kernel: memory works while the processor does.
class Fetcher {
  public:
    Fetcher(const Loop& loop, std::byte* const* bases, std::size_t first_row, std::size_t rows)
        : stream_(loop.fetched.data()), end_(stream_ + loop.fetched.size()), bases_(bases), row_(first_row),
          rows_(rows) {
        std::size_t lines = 0;
        for (const Stream& stream : loop.fetched)
            lines += static_cast<std::size_t>(stream.place.row_bytes) * rows / 64;
        share_ = lines / loop.body.size() + 1;
        if (stream_ != end_) enter();
    }

    void some() {
        for (std::size_t n = 0; n < share_ && stream_ != end_; ++n, at_ += 64) {
            if (stream_->written)
                __builtin_prefetch(at_, 1, 2);
            else
                __builtin_prefetch(at_, 0, 2);
            if (at_ + 64 >= last_ && ++stream_ != end_) enter(), at_ -= 64;
        }
    }

  private:
    void enter() {
        at_ = address(stream_->place, bases_, row_);
        last_ = at_ + static_cast<std::size_t>(stream_->place.row_bytes) * rows_;
    }
    const Stream *stream_, *end_;
    std::byte* const* bases_;
    std::size_t row_, rows_, share_ = 0;
    const std::byte *at_ = nullptr, *last_ = nullptr;
};

/// The block from first_row on, while the next rows are fetched.
void run_block(const Loop& loop, std::byte* const* bases, std::size_t first_row, std::size_t rows,
               std::size_t next_rows) {
    Fetcher fetcher(loop, bases, first_row + rows, next_rows);
    for (const Instruction& i : loop.body) {
        fetcher.some();
        i.kernel(resolve(i, bases, first_row, rows));
    }
}

void call(Kernel kernel, void* out, const void* in, std::size_t count, std::size_t inner = 0) {
    Tile t{};
    t.inner = inner;
    t.out = out;
    t.in[0] = in;
    t.rows = 1;
    t.cols = count;
    kernel(t);
}

} // namespace

Executable::Executable(std::unique_ptr<Plan> p)
    : plan(std::move(p)), arena_(plan->arena_bytes), accumulators_(plan->accumulator_bytes),
      staging_(8 * (plan->inputs.size() + 1)) {
    take_over_blas_threads();
    prepare_workers();
    resolved_.resize(plan->loops.size());
    for (std::size_t i = 0; i < plan->loops.size(); ++i)
        if (plan->loops[i].one_block())
            resolved_[i].calls = Spare<Resolved::Call>::take(),
            resolved_[i].calls.reserve(plan->loops[i].prologue.size() + plan->loops[i].body.size());
    // Two, so that a call allocates nothing while the results of the one before are still held.
    for (int i = 0; i < 2; ++i)
        blocks_.push_back(std::make_shared<Results::Block>(*plan));
}

void Executable::prepare_workers() {
    const std::size_t threads = num_threads();
    if (workers_.size() >= threads) return;
    const std::size_t before = workers_.size();
    workers_.resize(threads);
    for (std::size_t t = before; t < threads; ++t) {
        Worker& w = workers_[t];
        w.bases.assign(plan->bases, nullptr);
        w.registers = std::make_unique<Buffer>(plan->register_bytes);
        w.bases[base_registers] = w.registers->data();
        w.bases[base_arena] = arena_.data();
        w.bases[base_accumulators] = accumulators_.data();
        w.bases[base_numbers] = plan->numbers.data();
        for (const auto& [base, leaf] : plan->leaves)
            w.bases[base] = leaf->buffer->data();
    }
}

void Executable::set_base(std::uint32_t base, std::byte* pointer) {
    if (workers_[0].bases[base] == pointer && workers_.back().bases[base] == pointer) return;
    ++version_;
    for (Worker& w : workers_)
        w.bases[base] = pointer;
}

void Executable::bind(std::span<const detail::Argument* const> arguments) {
    const auto& inputs = plan->inputs;
    auto label = [&](std::size_t i) {
        return inputs[i].name.empty() ? fmt::format("argument {}", i)
                                      : fmt::format("argument {} \"{}\"", i, inputs[i].name);
    };
    if (arguments.size() != inputs.size())
        throw Error(fmt::format("the program takes {} arguments and was given {}", inputs.size(), arguments.size()));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const detail::Argument& given = *arguments[i];
        const Type& wanted = inputs[i].type;
        if (given.is_number && wanted.shape.numel() == 1 &&
            (is_floating(wanted.dtype) || !is_floating(given.type.dtype))) {
            // A number takes the dtype of the input.
            std::byte* to = staging_.data() + 8 * i;
            auto put = [&](auto* out) { detail::convert_elements(given.type.dtype, given.data, 1, out); };
            switch (wanted.dtype) {
            case DType::float32: put(reinterpret_cast<float*>(to)); break;
            case DType::float64: put(reinterpret_cast<double*>(to)); break;
            case DType::int64: put(reinterpret_cast<std::int64_t*>(to)); break;
            case DType::uint8: put(reinterpret_cast<std::uint8_t*>(to)); break;
            }
            set_base(inputs[i].base, to);
            continue;
        }
        if (given.type != wanted)
            throw Error(fmt::format("{} of the program is {} {}, was given {} {}; dtype and shape must be equal (a "
                                    "tape.function is traced anew for other shapes)",
                                    label(i), name(wanted.dtype), wanted.shape.str(), name(given.type.dtype),
                                    given.type.shape.str()));
        set_base(inputs[i].base, static_cast<std::byte*>(const_cast<void*>(given.data)));
    }
}

Results Executable::call(std::span<const detail::Argument* const> arguments) {
    prepare_workers();
    bind(arguments);
    auto free = std::find_if(blocks_.begin(), blocks_.end(), [](const auto& block) { return block.use_count() == 1; });
    if (free == blocks_.end()) free = blocks_.insert(free, std::make_shared<Results::Block>(*plan));
    std::shared_ptr<Results::Block> block = *free;
    set_base(base_outputs, block->buffer.data());

    next_check_ = 0;
    check_numerics(-1);
    for (std::size_t s = 0; s < plan->steps.size(); ++s) {
        const PlanStep& step = plan->steps[s];
        switch (step.kind) {
        case PlanStep::Kind::loop: run(plan->loops[step.index]); break;
        case PlanStep::Kind::product: run(plan->products[step.index]); break;
        case PlanStep::Kind::opaque: run(plan->opaques[step.index]); break;
        }
        if (!plan->faults.empty()) raise_faults(s);
        check_numerics(static_cast<int>(s));
    }
    std::byte* const* bases = workers_[0].bases.data();
    for (const Copy& copy : plan->copies)
        std::memcpy(address(copy.to, bases), address(copy.from, bases), copy.bytes);
    return Results(std::move(block));
}

/// A loop at work: its chunks, shared out to threads.
class LoopRun {
  public:
    LoopRun(Executable& executable, const Loop& loop) : executable_(executable), loop_(loop) {}

    void all() {
        const std::size_t chunks = loop_.chunks();
        if (!loop_.setup.empty()) run_block(loop_.setup, executable_.workers_[0].bases.data(), 0, 1);
        if (loop_.work > worth_threads && chunks > 1 && executable_.workers_.size() > 1 && num_threads() > 1)
            detail::parallel_for(
                chunks, executable_.workers_.size(),
                [](void* self, std::size_t c, std::size_t t) { static_cast<LoopRun*>(self)->chunk(c, t); }, this);
        else
            for (std::size_t c = 0; c < chunks; ++c)
                chunk(c, 0);
        if (!loop_.accumulators.empty()) finish(chunks);
    }

  private:
    std::byte* accumulators(std::size_t chunk) const {
        return executable_.accumulators_.data() + chunk * loop_.accumulator_bytes;
    }

    void start(std::size_t chunk) const {
        for (const Accumulator& a : loop_.accumulators)
            call(a.start, accumulators(chunk) + a.offset, nullptr, a.count);
    }

    void chunk(std::size_t c, std::size_t thread) {
        auto& bases = executable_.workers_[thread].bases;
        if (!loop_.accumulators.empty()) {
            bases[base_accumulators] = accumulators(c);
            start(c);
        }
        run_chunk(c, thread);
        if (loop_.streams) finish_streams();
    }

    void run_chunk(std::size_t c, std::size_t thread) {
        auto& bases = executable_.workers_[thread].bases;
        if (loop_.one_block() && thread == 0) return executable_.run_one_block(loop_);
        const std::size_t begin = c * loop_.chunk_rows, end = std::min(loop_.rows, begin + loop_.chunk_rows);
        if (!loop_.prologue.empty()) run_block(loop_.prologue, bases.data(), begin, loop_.block_rows);
        for (std::size_t row = begin; row < end; row += loop_.block_rows) {
            const std::size_t rows = std::min(loop_.block_rows, end - row);
            if (loop_.fetched.empty())
                run_block(loop_.body, bases.data(), row, rows);
            else
                run_block(loop_, bases.data(), row, rows, std::min(loop_.block_rows, end - row - rows));
        }
    }

    void finish(std::size_t chunks) const {
        if (chunks == 0) start(0);
        std::byte* const* bases = executable_.workers_[0].bases.data();
        for (const Accumulator& a : loop_.accumulators) {
            for (std::size_t c = 1; c < chunks; ++c)
                call(a.merge, accumulators(0) + a.offset, accumulators(c) + a.offset, a.count);
            call(a.finish, address(a.out, bases), accumulators(0) + a.offset, a.cols, a.inner);
        }
    }

    Executable& executable_;
    const Loop& loop_;
};

void Executable::run_one_block(const Loop& loop) {
    Resolved& resolved = resolved_[static_cast<std::size_t>(&loop - plan->loops.data())];
    if (resolved.version != version_) {
        const auto& bases = workers_[0].bases;
        resolved.calls.clear();
        for (const Instruction& i : loop.prologue)
            resolved.calls.push_back({i.kernel, resolve(i, bases.data(), 0, loop.block_rows)});
        for (const Instruction& i : loop.body)
            resolved.calls.push_back({i.kernel, resolve(i, bases.data(), 0, loop.rows)});
        resolved.version = version_;
    }
    for (const Resolved::Call& call : resolved.calls)
        call.kernel(call.tile);
}

void Executable::run(const Loop& loop) { LoopRun(*this, loop).all(); }

void Executable::run(const Product& p) {
    // Work that is worth it is split in fixed pieces of rows, or of columns where rows are few, each a product of its own on one
    // thread. A piece packs the whole of the other matrix, so it should be large.
    std::size_t batches = 1;
    for (const std::size_t extent : p.batch)
        batches *= extent;
    constexpr std::size_t worth = 4u << 20, least_rows = 128, least_columns = 64;
    const std::size_t flops = 2 * p.m * p.n * p.k;
    std::size_t rows = p.m, columns = p.n;
    if (flops > worth && p.m >= 2 * least_rows)
        rows = std::max(least_rows, (p.m / (flops / worth + 1) + 15) / 16 * 16);
    else if (flops > 4 * worth && p.n >= 2 * least_columns)
        columns = std::max(least_columns, ((p.n + 1) / 2 + 15) / 16 * 16);
    struct Context {
        const Product& p;
        std::byte* const* bases;
        std::size_t rows, columns, row_pieces, pieces;
    } context{p, workers_[0].bases.data(), rows, columns, 1, 1};
    context.row_pieces = rows == 0 ? 0 : (p.m + rows - 1) / rows;
    context.pieces = columns == 0 ? 0 : context.row_pieces * ((p.n + columns - 1) / columns);
    if (context.pieces == 0) return;

    auto task = [](void* data, std::size_t i, std::size_t) {
        const auto& [p, bases, rows, columns, row_pieces, pieces] = *static_cast<Context*>(data);
        const std::size_t batch = i / pieces, first = i % pieces % row_pieces * rows,
                          column = i % pieces / row_pieces * columns;
        std::int64_t offset_a = 0, offset_b = 0;
        std::size_t rest = batch;
        for (std::size_t axis = p.batch.size(); axis-- > 0;) {
            const auto at = static_cast<std::int64_t>(rest % p.batch[axis]);
            rest /= p.batch[axis];
            offset_a += at * p.stride_a[axis];
            offset_b += at * p.stride_b[axis];
        }
        const std::size_t element = size_of(p.dtype);
        gemm({.dtype = p.dtype,
              .m = std::min(rows, p.m - first),
              .n = std::min(columns, p.n - column),
              .k = p.k,
              .transpose_a = p.transpose_a,
              .transpose_b = p.transpose_b,
              .a = address(p.a, bases) + offset_a + first * (p.transpose_a ? 1 : p.lda) * element,
              .lda = p.lda,
              .b = address(p.b, bases) + offset_b + column * (p.transpose_b ? p.ldb : 1) * element,
              .ldb = p.ldb,
              .c = address(p.out, bases) + ((batch * p.m + first) * p.n + column) * element,
              .ldc = p.n});
    };
    const std::size_t count = batches * context.pieces;
    if (count > 1 && num_threads() > 1 && batches * flops > worth)
        detail::parallel_for(count, workers_.size(), task, &context);
    else
        for (std::size_t i = 0; i < count; ++i)
            task(&context, i, 0);
}

void Executable::run(const OpaqueCall& call) {
    std::byte* const* bases = workers_[0].bases.data();
    opaque_inputs_.clear();
    for (std::size_t i = 0; i < call.in.size(); ++i)
        opaque_inputs_.push_back({call.types[i], address(call.in[i], bases)});
    try {
        call.info->eval(call.op, opaque_inputs_, {call.type, address(call.out, bases)});
    } catch (const Error& error) {
        if (error.where().known()) throw;
        fail(call, error.what());
    } catch (const std::bad_alloc&) { throw; } catch (const std::exception& error) {
        fail(call, error.what());
    }
}

void Executable::fail(const OpaqueCall& call, std::string_view what) {
    const std::string name = fmt::format("{}: ", call.info->name);
    throw Error(what.starts_with(name) ? std::string(what) : name + std::string(what), call.where);
}

void Executable::check_numerics(int step) {
    for (; next_check_ < plan->numerics.size() && plan->numerics[next_check_].step == step; ++next_check_)
        require_finite(plan->numerics[next_check_], workers_[0].bases.data());
}

void Executable::raise_faults(std::size_t step) {
    for (const auto& check : plan->faults) {
        if (check->step != step) continue;
        const std::uint64_t position = check->fault.position.load(std::memory_order_relaxed);
        if (position == ~0ull) continue;
        for (const auto& other : plan->faults)
            other->fault.position.store(~0ull, std::memory_order_relaxed);
        std::int64_t value;
        std::memcpy(&value, address(check->integers, workers_[0].bases.data()) + 8 * position, 8);
        throw Error(
            fmt::format("{}: {}", check->info->name, check->info->fault(check->op, check->types, value, position)),
            check->where);
    }
}

// --- Public faces --------------------------------------------------------------------------------------------------

Results Program::call(std::span<const detail::Argument* const> arguments) { return executable_->call(arguments); }
std::string Program::str() const { return executable_->plan->str(); }
std::size_t Program::steps() const { return executable_->plan->steps.size(); }
std::size_t Program::loops() const { return executable_->plan->loops.size(); }
std::size_t Program::arena_bytes() const { return executable_->plan->arena_bytes; }

std::size_t Results::size() const { return block_->slots.size(); }
const Type& Results::type(std::size_t i) const {
    if (i >= block_->slots.size())
        throw Error(fmt::format("output {} was asked for, and the program has {}", i, block_->slots.size()));
    return block_->slots[i].type;
}
const void* Results::data(std::size_t i) const {
    type(i);
    return block_->buffer.data() + block_->slots[i].offset;
}
void Results::fail_scalar(std::size_t i) const {
    throw Error(
        fmt::format("scalar: output {} has shape {}; it must have one element. Use array", i, type(i).shape.str()));
}
void Results::fail_type(std::size_t i, const char* wanted) const {
    throw Error(fmt::format("output {} is {}, and was asked for as {}; ask for a floating type, or cast it", i,
                            name(type(i).dtype), wanted));
}

} // namespace xgrad
