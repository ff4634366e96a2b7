#pragma once
// The other end of serve.hpp.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "contender.hpp"

namespace bench {

class Process {
  public:
    /// Starts a program with these variables ("NAME=VALUE") added to its environment.
    Process(const std::vector<std::string>& command, const std::vector<std::string>& environment);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Sends a line and waits for the answer.
    std::string ask(const std::string& line);
    /// Null if the process has nothing for it. The process holds one contender at a time.
    std::unique_ptr<Contender> make(const Work& work);
    /// Until its threads sleep, a fifth of a second at most: after their work they look around for more, at the cost of
    /// others.
    void wait_until_idle() const;
    double peak_memory() { return std::stod(ask("memory")); }

  private:
    int pid_ = 0;
    std::FILE* to_ = nullptr;
    std::FILE* from_ = nullptr;
};

} // namespace bench
