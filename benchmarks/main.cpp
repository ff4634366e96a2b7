// Times xgrad beside programs that do the same work. Exit status: 0 done, 1 contenders do not agree or something else
// is wrong, 2 something is wrong with the options.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <set>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <xgrad/core/threads.hpp>

#include "cases.hpp"
#include "measure.hpp"
#include "process.hpp"
#include "report.hpp"
#include "scaling.hpp"
#include "serve.hpp"
#include "team.hpp"

extern "C" void openblas_set_num_threads(int) __attribute__((weak));

namespace bench {

Team* team = nullptr;

namespace {

std::filesystem::path this_program() { return std::filesystem::read_symlink("/proc/self/exe"); }

struct Options {
    std::size_t threads = 1;
    std::vector<std::string> only;
    std::size_t repetitions = 31;
    bool quick = false, scaling = false, without_torch = false;
    std::string json = (this_program().parent_path() / "benchmarks.json").string();
    std::string serve;
};

class Benchmark {
  public:
    explicit Benchmark(const Options& options) : options_(options) {
        const std::filesystem::path program = this_program().parent_path() / "xgrad_bench_torch";
        if (std::filesystem::exists(program) && !options.without_torch) torch_ = program.string();
    }

    std::vector<Measured> run() const {
        std::vector<Measured> all;
        fmt::print("Medians of {} samples of each, taken in turns and in both orders; threads: {}{}.\n\n{}\n",
                   options_.repetitions, options_.threads, torch_.empty() ? "; without libtorch" : "", heading());
        for (const Row& row : rows(options_.quick)) {
            if (!wanted(row)) continue;
            all.push_back(run(row));
            fmt::print("{}\n", line(all.back()));
            std::fflush(stdout);
        }
        return all;
    }

  private:
    bool wanted(const Row& row) const {
        const auto& only = options_.only;
        if (!only.empty()) return std::find(only.begin(), only.end(), row.work.id) != only.end();
        if (row.memory <= proc_bytes("/proc/meminfo", "MemAvailable:")) return true;
        fmt::print("{:<14} needs {:.0f} GB of free memory\n", row.name(), row.memory / 1e9);
        return false;
    }

    Measured run(const Row& row) const {
        std::vector<Entry> entries;
        for (const Side& side : sides())
            if (auto contender = find(side.makers, row.work)) entries.push_back({side.name, std::move(contender), {}});
        std::unique_ptr<Process> torch;
        if (!torch_.empty()) {
            torch = start_torch();
            if (auto contender = torch->make(row.work)) entries.push_back({"torch", std::move(contender), {}});
        }
        compare_outcomes(row.name(), entries, row.tolerance);
        measure(entries, options_.repetitions, options_.quick ? 1e-4 : 0.01);
        Measured measured{row, std::move(entries), {}};
        if (row.memory > 0) measured.memory = memory(row.work);
        return measured;
    }

    /// The threads of libtorch's OpenMP and those of its OpenBLAS wait for work in a loop, and take the processors from
    /// each other; it is up to ten times faster when they soon go to sleep.
    std::unique_ptr<Process> start_torch() const {
        return std::make_unique<Process>(
            std::vector<std::string>{torch_},
            std::vector<std::string>{fmt::format("OMP_NUM_THREADS={}", options_.threads),
                                     fmt::format("OPENBLAS_NUM_THREADS={}", options_.threads), "GOMP_SPINCOUNT=1000",
                                     "OPENBLAS_THREAD_TIMEOUT=18"});
    }

    /// Each side once more, in a process of its own.
    std::map<std::string, double> memory(const Work& work) const {
        std::map<std::string, double> peaks;
        const auto ask = [&](const std::string& side, Process& process) {
            if (const auto contender = process.make(work)) {
                contender->seconds(2);
                peaks[side] = process.peak_memory();
            }
        };
        for (const Side& side : sides()) {
            Process process(
                {this_program().string(), "--serve", side.name, "--threads", std::to_string(options_.threads)}, {});
            ask(side.name, process);
        }
        if (!torch_.empty()) ask("torch", *start_torch());
        return peaks;
    }

    const Options& options_;
    std::string torch_;
};

std::set<std::string> letters() {
    std::set<std::string> all;
    for (const Row& row : rows(false))
        all.insert(row.work.id);
    return all;
}

int run(const Options& options) {
    xgrad::set_num_threads(options.threads);
    if (openblas_set_num_threads) openblas_set_num_threads(1);
    Team threads(options.threads);
    team = &threads;

    if (!options.serve.empty()) {
        for (const Side& side : sides())
            if (side.name == options.serve) serve(side.makers);
        return 0;
    }
    if (options.scaling) {
        run_scaling(options.repetitions, options.quick);
        return 0;
    }
    const std::vector<Measured> all = Benchmark(options).run();
    write_json(options.json, all, options.threads, options.repetitions);
    return 0;
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    using namespace bench;
    Options options;
    CLI::App app{"Times xgrad beside hand-written programs for the same work, and beside libtorch where it was found."};
    app.add_option("--threads", options.threads, "For everybody")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--only", options.only, "Letters of cases: A,E")
        ->delimiter(',')
        ->transform(CLI::IsMember(letters(), CLI::ignore_case));
    app.add_option("--repetitions", options.repetitions, "Samples of each contender")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_flag("--quick", options.quick, "Small sizes and short samples: do they agree? The times say little");
    app.add_flag("--scaling", options.scaling, "Cost against batch, width, depth and nodes instead");
    app.add_flag("--without-torch", options.without_torch, "Leave libtorch out");
    app.add_option("--json", options.json,
                   "Where the results go, too; benchmarks.json beside this program, if not given");
    app.add_option("--serve", options.serve)->group("");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) { return app.exit(e) == 0 ? 0 : 2; }
    try {
        return bench::run(options);
    } catch (const std::exception& e) {
        fmt::print(stderr, "xgrad_bench: {}\n", e.what());
        return 1;
    }
}
