#include "serve.hpp"

#include <algorithm>
#include <exception>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace bench {

std::vector<double> sample(const std::vector<double>& all) {
    const std::size_t stride = all.size() / 4096 + 1;
    std::vector<double> some;
    for (std::size_t i = 0; i < all.size(); i += stride)
        some.push_back(all[i]);
    return some;
}

double proc_bytes(const std::string& file, const std::string& key) {
    std::ifstream lines(file);
    for (std::string word; lines >> word;)
        if (word == key) {
            double kilobytes = 0;
            lines >> kilobytes;
            return kilobytes * 1024;
        }
    return 0;
}

namespace {

std::string answer(const std::string& line, const Makers& makers, std::unique_ptr<Contender>& contender) {
    std::istringstream words(line);
    std::ostringstream text;
    text << std::setprecision(17);
    std::string command;
    words >> command;
    if (command == "make") {
        Work work;
        words >> work.id >> work.size >> work.variant;
        contender.reset(); // first, so that there are not two at a time
        contender = find(makers, work);
        text << (contender ? "ok" : "none");
    } else if (command == "outcome") {
        const Outcome outcome = contender->outcome();
        text << outcome.loss << ' ' << outcome.gradient.size();
        for (const double g : sample(outcome.gradient))
            text << ' ' << g;
    } else if (command == "time") {
        std::size_t steps = 0;
        words >> steps;
        text << contender->seconds(steps);
    } else if (command == "memory")
        text << proc_bytes("/proc/self/status", "VmHWM:");
    else
        text << "error: no such command: " << line;
    return text.str();
}

} // namespace

void serve(const Makers& makers) {
    std::unique_ptr<Contender> contender;
    for (std::string line; std::getline(std::cin, line);) {
        std::string text;
        try {
            text = answer(line, makers, contender);
        } catch (const std::exception& e) {
            text = std::string("error: ") + e.what();
            std::replace(text.begin(), text.end(), '\n', ' ');
        }
        std::cout << text << std::endl;
    }
}

} // namespace bench
