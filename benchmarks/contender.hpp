#pragma once
// What takes part in a benchmark: one way of doing the work of a case.

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// A case of the table, with a size and, where it has several, a variant.
struct Work {
    std::string id;
    std::size_t size = 0;
    std::string variant = {};
};

/// What the first step gives. Contenders are only timed if theirs agree.
struct Outcome {
    double loss = 0;
    std::vector<double> gradient;
};

class Contender {
  public:
    virtual ~Contender() = default;
    /// Runs the first step; to be called once, before anything is timed.
    virtual Outcome outcome() = 0;
    /// Of so many steps.
    virtual double seconds(std::size_t steps) = 0;
};

/// A contender of this process: W is made from a Work, and has `Outcome outcome()` and `void step()`.
template <class W>
class Local : public Contender {
  public:
    explicit Local(const Work& work) : work_(work) {}
    Outcome outcome() override { return work_.outcome(); }
    double seconds(std::size_t steps) override {
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < steps; ++i)
            work_.step();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }

  private:
    W work_;
};

using Maker = std::unique_ptr<Contender> (*)(const Work&);
template <class W>
std::unique_ptr<Contender> make(const Work& work) {
    return std::make_unique<Local<W>>(work);
}

/// The contenders of one side, by the letter of the case.
using Makers = std::map<std::string, Maker>;

/// Null if this side has nothing for the case.
inline std::unique_ptr<Contender> find(const Makers& makers, const Work& work) {
    const auto maker = makers.find(work.id);
    return maker == makers.end() ? nullptr : maker->second(work);
}

} // namespace bench
