#include "process.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

Process::Process(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
    int down[2], up[2];
    if (pipe(down) != 0 || pipe(up) != 0) throw std::runtime_error("no pipe for another process");
    std::vector<char*> arguments, variables;
    for (const std::string& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    for (char** variable = environ; *variable; ++variable)
        variables.push_back(*variable);
    for (const std::string& variable : environment)
        variables.insert(variables.begin(), const_cast<char*>(variable.c_str())); // the first of a name counts
    variables.push_back(nullptr);

    std::signal(SIGPIPE, SIG_IGN);
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("no further process");
    if (pid_ == 0) {
        dup2(down[0], STDIN_FILENO);
        dup2(up[1], STDOUT_FILENO);
        for (const int end : {down[0], down[1], up[0], up[1]})
            close(end);
        execve(arguments[0], arguments.data(), variables.data());
        _exit(127);
    }
    close(down[0]);
    close(up[1]);
    to_ = fdopen(down[1], "w");
    from_ = fdopen(up[0], "r");
}

Process::~Process() {
    std::fclose(to_);
    std::fclose(from_);
    waitpid(pid_, nullptr, 0);
}

std::string Process::ask(const std::string& line) {
    std::fputs((line + '\n').c_str(), to_);
    std::fflush(to_);
    std::string answer;
    for (int c; (c = std::fgetc(from_)) != '\n';) {
        if (c == EOF) throw std::runtime_error(fmt::format("the process that was asked \"{}\" has ended", line));
        answer += static_cast<char>(c);
    }
    if (answer.starts_with("error")) throw std::runtime_error(fmt::format("\"{}\": {}", line, answer));
    return answer;
}

void Process::wait_until_idle() const {
    const auto sleeps = [](const std::filesystem::path& thread) {
        std::ifstream file(thread / "stat"); // its number, its name in parentheses, its state
        std::string line;
        std::getline(file, line);
        const std::size_t end = line.rfind(')');
        return end == std::string::npos || line.substr(end, 3) != ") R";
    };
    std::error_code gone;
    for (int turn = 0, quiet = 0; turn < 1000 && quiet < 3; ++turn) {
        bool all = true;
        for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid_), gone))
            all &= sleeps(thread.path());
        quiet = all ? quiet + 1 : 0;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
}

namespace {

class Remote : public Contender {
  public:
    explicit Remote(Process& process) : process_(process) {}

    Outcome outcome() override {
        std::istringstream words(process_.ask("outcome"));
        Outcome outcome;
        std::size_t n = 0;
        words >> outcome.loss >> n;
        for (double g; words >> g;)
            outcome.gradient.push_back(g);
        return outcome;
    }
    double seconds(std::size_t steps) override {
        const double seconds = std::stod(process_.ask(fmt::format("time {}", steps)));
        process_.wait_until_idle();
        return seconds;
    }

  private:
    Process& process_;
};

} // namespace

std::unique_ptr<Contender> Process::make(const Work& work) {
    const std::string answer = ask(fmt::format("make {} {} {}", work.id, work.size, work.variant));
    return answer == "ok" ? std::make_unique<Remote>(*this) : nullptr;
}

} // namespace bench
