// Loops at work: a block of rows after the other, chunks of blocks shared out to threads.

#include <algorithm>

#include <xgrad/core/program/executable.hpp>
#include <xgrad/core/threads.hpp>

namespace xgrad {

namespace {

/// Below so many elements times kernels, only threads that are awake help.
constexpr double worth_waking = 200000;

void resolve(const Instruction& i, std::byte* const* bases, std::size_t first_row, std::size_t rows, Fault* faults,
             Tile& t) {
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
    t.fault = i.fault == Instruction::no_fault ? nullptr : faults + i.fault;
}

void run_once(const LargeVector<Instruction>& list, std::byte* const* bases, std::size_t first_row, std::size_t rows,
              Fault* faults) {
    Tile tile;
    for (const Instruction& i : list) {
        resolve(i, bases, first_row, rows, faults, tile);
        i.kernel(tile);
    }
}

/// Fetches a loop's next rows into the second cache, a few lines before each kernel: memory works while the processor
/// does.
class Prefetcher {
  public:
    Prefetcher(const Loop& loop, std::byte* const* bases) : loop_(loop), bases_(bases), end_(loop.prefetched.size()) {
        std::ptrdiff_t lines = 0;
        for (const Prefetched& array : loop.prefetched)
            lines += array.place.row_bytes * static_cast<std::ptrdiff_t>(loop.block_rows) / line;
        share_ = lines / static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, loop.body.size())) + 1;
    }

    /// The rows that come next.
    void begin(std::size_t first_row, std::size_t rows) {
        row_ = first_row;
        rows_ = static_cast<std::ptrdiff_t>(rows);
        array_ = 0;
        if (end_ != 0) enter();
    }

    void some() {
        for (std::ptrdiff_t left = share_ * line; left > 0 && array_ != end_;) {
            const std::byte* const stop = at_ + std::min(left, last_ - at_);
            left -= stop - at_;
            if (loop_.prefetched[array_].written)
                for (; at_ < stop; at_ += line)
                    __builtin_prefetch(at_, 1, 2);
            else
                for (; at_ < stop; at_ += line)
                    __builtin_prefetch(at_, 0, 2);
            if (at_ >= last_ && ++array_ != end_) enter();
        }
    }

  private:
    static constexpr std::ptrdiff_t line = 64;
    void enter() {
        const Place& place = loop_.prefetched[array_].place;
        at_ = address(place, bases_, row_);
        last_ = at_ + place.row_bytes * rows_;
    }
    const Loop& loop_;
    std::byte* const* bases_;
    std::size_t array_ = 0, end_, row_ = 0;
    std::ptrdiff_t rows_ = 0, share_;
    const std::byte *at_ = nullptr, *last_ = nullptr;
};

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

/// A loop at work: its chunks, shared out to threads.
class LoopRun {
  public:
    LoopRun(Executable& executable, const Loop& loop) : executable_(executable), loop_(loop) {}

    void all() {
        const std::size_t chunks = loop_.chunks();
        open_registers(0);
        run_once(loop_.setup, executable_.workers_[0].bases.data(), 0, 1, executable_.faults_.get());
        if (loop_.work > worth_sharing && chunks > 1 && executable_.workers_.size() > 1 && num_threads() > 1)
            detail::parallel_for(
                chunks, executable_.workers_.size(), loop_.work > worth_waking,
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

    void open_registers(std::size_t thread) const {
        const Buffer& registers = *executable_.workers_[thread].registers;
        open_only(registers.data(), registers.bytes(), loop_.registers);
    }

    void start(std::size_t chunk) const {
        close_memory(accumulators(chunk), loop_.accumulator_bytes);
        for (const Accumulator& a : loop_.accumulators)
            open_memory(accumulators(chunk) + a.offset, a.bytes);
        for (const Accumulator& a : loop_.accumulators)
            call(a.start, accumulators(chunk) + a.offset, nullptr, a.count);
    }

    void chunk(std::size_t c, std::size_t thread) {
        auto& bases = executable_.workers_[thread].bases;
        if (thread != 0) open_registers(thread);
        if (!loop_.accumulators.empty()) {
            bases[base_accumulators] = accumulators(c);
            start(c);
        }
        run_chunk(c, thread);
    }

    void run_chunk(std::size_t c, std::size_t thread) {
        if (loop_.one_block()) return executable_.run_one_block(loop_);
        Executable::Worker& worker = executable_.workers_[thread];
        const std::size_t begin = c * loop_.chunk_rows, end = std::min(loop_.rows, begin + loop_.chunk_rows);
        run_once(loop_.prologue, worker.bases.data(), begin, loop_.block_rows, executable_.faults_.get());
        Prefetcher next(loop_, worker.bases.data());
        for (std::size_t row = begin; row < end; row += loop_.block_rows) {
            const std::size_t rows = std::min(loop_.block_rows, end - row);
            if (row == begin || rows < loop_.block_rows)
                find_operands(worker, row, rows);
            else
                for (const auto& [operand, bytes] : worker.moving)
                    *operand = static_cast<const std::byte*>(*operand) + bytes;
            const std::size_t next_row = std::min(end, row + loop_.prefetched_ahead * rows);
            next.begin(next_row, std::min(loop_.block_rows, end - next_row));
            for (Executable::Call& call : worker.calls) {
                next.some();
                call.kernel(call.tile);
                call.tile.first_row += rows;
            }
        }
    }

    /// The calls of a block, and which of their operands lie elsewhere for the next one: pointers into `calls`, which
    /// has room.
    void find_operands(Executable::Worker& worker, std::size_t row, std::size_t rows) const {
        worker.calls.clear();
        worker.moving.clear();
        for (const Instruction& i : loop_.body) {
            Tile& tile = worker.calls.emplace_back(i.kernel).tile;
            resolve(i, worker.bases.data(), row, rows, executable_.faults_.get(), tile);
            const auto block = static_cast<std::int64_t>(loop_.block_rows);
            if (i.out.row_bytes != 0)
                worker.moving.emplace_back(const_cast<const void**>(&tile.out), i.out.row_bytes * block);
            for (std::size_t k = 0; k < i.inputs; ++k)
                if (i.in[k].row_bytes != 0) worker.moving.emplace_back(&tile.in[k], i.in[k].row_bytes * block);
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
        std::byte* const* bases = workers_[0].bases.data();
        resolved.calls.clear();
        for (const Instruction& i : loop.prologue)
            resolve(i, bases, 0, loop.block_rows, faults_.get(), resolved.calls.emplace_back(i.kernel).tile);
        for (const Instruction& i : loop.body)
            resolve(i, bases, 0, loop.rows, faults_.get(), resolved.calls.emplace_back(i.kernel).tile);
        resolved.version = version_;
    }
    for (const Call& call : resolved.calls)
        call.kernel(call.tile);
}

void Executable::run(const Loop& loop) { LoopRun(*this, loop).all(); }

} // namespace xgrad
