#pragma once
// Calls functions with all that may be wrong about their arguments, and looks at each error: whose name, whose line.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <thread>

#include "support.hpp"

namespace test {

using Operands = std::vector<xg::Operand>;

struct NamedFunction {
    std::string function; // as it is declared
    std::string name;     // in errors
    int line;
    const char* file;
    std::size_t operands;
    std::function<void(const Operands& x, std::int64_t k)> call; // k stands for an axis, a count, an extent
};

/// One row of a table, on one line: its name in errors, the number of its operands x[0], x[1] ..., and the call.
#define NAMED_AS(FUNCTION, NAME, COUNT, ...)                                                                           \
    test::NamedFunction {                                                                                              \
        FUNCTION, NAME, __LINE__, __FILE__, COUNT, []([[maybe_unused]] const test::Operands& x, [[maybe_unused]] std::int64_t k) { (void)(__VA_ARGS__); } \
    }
#define NAMED(FUNCTION, COUNT, ...) NAMED_AS(FUNCTION, FUNCTION, COUNT, __VA_ARGS__)

/// Operands of every kind, most of them wrong for most functions.
struct Candidates {
    mutable xg::Tape tape, other;
    std::vector<xg::Var> vars{xg::Var{},
                              other.input<float>({3, 4}),
                              tape.input<float>({}),
                              tape.input<float>({3}),
                              tape.input<float>({3, 4}),
                              exp(tape.input<float>({3, 4})),
                              tape.input<double>({3, 4}),
                              tape.input<float>({2, 3, 5}),
                              tape.input<float>({1, 2, 3, 5}),
                              tape.input<float>({0, 4}),
                              tape.input<std::int64_t>({3}),
                              1 + tape.input<std::int64_t>({3}),
                              tape.input<std::int64_t>({3, 4}),
                              tape.input<std::uint8_t>({3, 4})};

    /// One whose node a rewind has taken away.
    xg::Var forgotten = [this] {
        const xg::Mark mark = tape.mark();
        vars.push_back(tape.input<float>({3, 4}));
        tape.rewind(mark);
        return vars.back();
    }();

    /// Calls f in another thread while this one is inside the tape.
    void while_used(const std::function<void()>& f) const {
        tape.function([&](xg::Var x) {
            std::thread(f).join();
            return x;
        })(xt::xarray<float>{1});
    }

    std::vector<xg::Operand> at(xg::Location where) const {
        std::vector<xg::Operand> result{xg::Operand(2.5, where), xg::Operand(-3, where)};
        for (const xg::Var& v : vars)
            result.emplace_back(v, where);
        return result;
    }
};

/// Every combination of the candidates, with several numbers: each error begins with the function's name and ends with the line.
inline void check_names(const NamedFunction& f) {
    const Candidates candidates;
    const std::vector<xg::Operand> all = candidates.at({f.file, static_cast<std::uint64_t>(f.line)});
    const std::string end = at(f.line, f.file);
    std::size_t combinations = 1, errors = 0, wrong = 0;
    for (std::size_t i = 0; i < f.operands; ++i)
        combinations *= all.size();
    for (std::size_t c = 0; c < combinations; ++c)
        for (const std::int64_t k : {0, 1, -1, 3, -9, 100}) {
            Operands x;
            for (std::size_t i = 0, rest = c; i < f.operands; ++i, rest /= all.size())
                x.push_back(all[rest % all.size()]);
            const std::string text = error_of([&] { f.call(x, k); });
            if (text == "no error") continue;
            ++errors;
            const bool right = text.starts_with(f.name + ": ") && text.ends_with(end) &&
                               text.find("from 0 to -1") == std::string::npos;
            if (!right && ++wrong <= 5) BOOST_ERROR(fmt::format("{} says: {}", f.function, text));
        }
    // The same while another thread uses the tape: nothing is recorded then, however right the arguments are.
    if (f.operands != 0) candidates.while_used([&] {
        for (const xg::Operand& x : all) {
            if (x.is_number || !x.var.valid() || x.var.is(candidates.vars[1])) continue;
            for (const std::int64_t k : {0, 1, 3}) {
                const std::string text = error_of([&] { f.call(Operands(f.operands, x), k); });
                if (!(text.starts_with(f.name + ": ") && text.ends_with(end)) && ++wrong <= 5)
                    BOOST_ERROR(fmt::format("{} while another thread uses the tape says: {}", f.function, text));
            }
        }
    });
    BOOST_TEST(wrong == 0u);
    BOOST_TEST(errors != 0u); // else the row provokes nothing
}

/// The functions that a header declares for users: those that return something and are not in a namespace detail.
inline std::set<std::string> declared_functions(const std::filesystem::path& header) {
    std::ifstream file(header);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (const std::size_t first = text.find("namespace detail {"); first != text.npos)
        text.erase(first, text.find("} // namespace detail") - first);
    const std::regex declaration(R"(\n\[\[nodiscard\]\] (?:inline )?[A-Za-z:<>]+ (operator[^(]+|\w+)\()");
    std::set<std::string> names;
    for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it)
        names.insert((*it)[1]);
    return names;
}

/// Fails for every function of the header that no row of the table calls.
inline void check_all_named(const std::filesystem::path& header, const std::vector<NamedFunction>& table) {
    for (const std::string& function : declared_functions(header))
        if (std::none_of(table.begin(), table.end(), [&](const NamedFunction& f) { return f.function == function; }))
            BOOST_ERROR(fmt::format("{} of {} is missing from the table", function, header.filename().string()));
}

} // namespace test
