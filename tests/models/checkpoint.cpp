// Checkpoints: what is written is read, bit for bit, or nothing is.

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include <xgrad/models/stored_arrays.hpp>
#include <xgrad/models/whole_file.hpp>

#include "../folder.hpp"
#include "../support.hpp"

using namespace test;
using xg::Var;
namespace models = xg::models;
namespace optim = xg::optim;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> endings = {".npz", ".safetensors"};

void write_text(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// The bytes of everything a tape holds.
std::string contents(xg::Tape& tape) {
    std::string result;
    std::vector<Var> leaves = tape.parameters();
    for (const Var& state : tape.states()) leaves.push_back(state);
    auto add = [&](const auto& array) {
        result.append(reinterpret_cast<const char*>(array.data()), array.size() * sizeof(*array.data()));
    };
    for (const Var& v : leaves) {
        result += tape.name(v) + v.shape().str();
        if (v.dtype() == xg::DType::float32) add(v.value<float>());
        if (v.dtype() == xg::DType::float64) add(v.value<double>());
        if (v.dtype() == xg::DType::int64) add(v.value<std::int64_t>());
        if (v.dtype() == xg::DType::uint8) add(v.value<std::uint8_t>());
    }
    return result;
}

/// All dtypes, no axes, no elements, and the numbers that are easily lost.
void fill_tape(xg::Tape& tape, bool with_values) {
    const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("1234");
    xt::xarray<double> special = {{0.0, -0.0, inf}, {-inf, nan, 5e-324}};
    xt::xarray<float> weights = {0.1f, -2.5f, std::numeric_limits<float>::denorm_min()};
    xt::xarray<std::int64_t> counts = {std::numeric_limits<std::int64_t>::min(), -1, 0, std::numeric_limits<std::int64_t>::max()};
    xt::xarray<std::uint8_t> mask = {{1, 0, 255}};
    if (!with_values) special.fill(7), weights.fill(7), counts.fill(7), mask.fill(7);
    tape.parameter(special, "special");
    tape.parameter(weights, "layer 1/\"Gewichte\" \xC3\xA4");
    tape.parameter(filled<float>({3, 0}, 0.f), "none");
    tape.state(counts, "counts");
    tape.state(mask, "mask");
    tape.state(with_values ? -1.5 : 7.0, "number");
}

} // namespace

BOOST_AUTO_TEST_SUITE(checkpoint)

BOOST_AUTO_TEST_CASE(round_trip) {
    const Folder folder;
    for (const std::string& ending : endings) {
        xg::Tape from, to;
        fill_tape(from, true);
        fill_tape(to, false);
        BOOST_TEST((contents(from) != contents(to)));
        models::save(from, folder.file("all" + ending));
        models::load(to, folder.file("all" + ending));
        BOOST_TEST((contents(from) == contents(to)), ending);
    }
    for (const auto& entry : fs::directory_iterator(folder.path)) BOOST_TEST(entry.path().extension() != ".tmp");
}

BOOST_AUTO_TEST_CASE(an_empty_tape) {
    const Folder folder;
    for (const std::string& ending : endings) {
        xg::Tape from, to;
        models::save(from, folder.file("none" + ending));
        models::load(to, folder.file("none" + ending));
        BOOST_TEST(to.size() == 0u);
    }
}

namespace {

/// All kinds of state: slots, counters, a schedule, accumulation, a moving average.
const optim::Transformation with_all =
    optim::chain(optim::ClipByGlobalNorm{1}, optim::Accumulate{optim::NAdam{.learning_rate = optim::Warmup{.steps = 4, .then = optim::Exponential{0.1, 0.9}}}, 2},
                 optim::MovingAverage{0.9});

struct Run {
    xg::Tape tape;
    Var w, b;
    xg::Function train;
    explicit Run(double start, optim::Transformation rule = with_all)
        : w(tape.parameter(filled<float>({4, 3}, static_cast<float>(start)), "w")),
          b(tape.parameter(filled<float>({3}, 0.f), "b")), train(tape.function([this, rule](Var x, Var y) {
              const Var loss = mean(square(matmul(x, w) + b - y));
              return xg::Step{{loss}, minimize(rule, loss, {}, {.skip_nonfinite = true})};
          })) {}
    void steps(int first, int last) {
        for (int i = first; i < last; ++i) {
            Random random(static_cast<std::uint64_t>(i));
            const std::size_t n = i % 3 == 2 ? 5 : 8; // two programs
            train(random_array<float>({n, 4}, random), random_array<float>({n, 3}, random));
        }
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(resumes_bit_for_bit) {
    const Folder folder;
    for (const std::string& ending : endings) {
        const std::string path = folder.file("run" + ending);
        Run whole(0.5), first(0.5), fresh(0), used(0.25);
        whole.steps(0, 20);
        first.steps(0, 7);
        models::save(first.tape, path);
        models::load(fresh.tape, path); // before its function was traced
        fresh.steps(7, 20);
        used.steps(0, 3);
        models::load(used.tape, path); // and after
        used.steps(7, 20);
        models::save(whole.tape, folder.file("whole" + ending));
        models::save(fresh.tape, folder.file("fresh" + ending));
        models::save(used.tape, folder.file("used" + ending));
        const std::string bytes = read_text(folder.file("whole" + ending));
        BOOST_TEST((read_text(folder.file("fresh" + ending)) == bytes), ending);
        BOOST_TEST((read_text(folder.file("used" + ending)) == bytes), ending);
        BOOST_TEST(same(fresh.w.value<float>(), whole.w.value<float>()));
    }
}

BOOST_AUTO_TEST_CASE(every_rule_resumes_bit_for_bit) {
    const optim::Transformation rules[] = {
        optim::GD{.learning_rate = optim::StepDecay{0.1, 0.5, 3}}, optim::SGD{.momentum = 0.9, .dampening = 0.5}, optim::Momentum{}, optim::Nesterov{},
        optim::Nesterov{.look_ahead = true}, optim::Adagrad{.learning_rate_decay = 0.1, .initial_accumulator_value = 0.1}, optim::Adadelta{},
        optim::RMSProp{.momentum = 0.9, .centered = true}, optim::Adam{}, optim::AMSGrad{}, optim::AdamW{}, optim::Adamax{}, optim::NAdam{},
        optim::RAdam{.beta2 = 0.9}, optim::Lion{}, optim::Rprop{}, optim::LARS{}, optim::LAMB{}, optim::chain(optim::SGD{}, optim::MaxNorm{1}),
    };
    const Folder folder(true);
    const std::string path = folder.file("run.npz");
    auto saved = [&](xg::Tape& tape) { // sorted by name
        models::save(tape, path);
        return read_text(path);
    };
    for (const optim::Transformation& rule : rules) {
        Run whole(0.5, rule), first(0.5, rule), rest(0, rule);
        whole.steps(0, 12);
        first.steps(0, 5);
        models::save(first.tape, path);
        models::load(rest.tape, path);
        rest.steps(5, 12);
        BOOST_TEST((saved(rest.tape) == saved(whole.tape)), rule.name());
    }
}

BOOST_AUTO_TEST_CASE(a_plateau_resumes) {
    const Folder folder;
    auto rates = [&](bool stop) {
        std::string result;
        for (int from = 0, to = stop ? 4 : 12; from < 12; from = to, to = 12) {
            xg::Tape tape;
            const Var rate = tape.state(1.0, "rate");
            optim::ReduceOnPlateau plateau(rate, {.factor = 0.5, .patience = 2});
            if (from > 0) models::load(tape, folder.file("a.npz"));
            for (int i = from; i < to; ++i) plateau.step(i < 2 ? 2 - i : 1), result += fmt::format("{} ", plateau.rate());
            models::save(tape, folder.file("a.npz"));
        }
        return result;
    };
    BOOST_TEST(rates(true) == rates(false));
    BOOST_TEST(rates(true) == "1 1 1 1 0.5 0.5 0.5 0.25 0.25 0.25 0.125 0.125 ");
}

BOOST_AUTO_TEST_CASE(slots_that_a_rewind_took_away) {
    const Folder folder;
    xg::Tape tape, other;
    const Var w = tape.parameter(filled<double>({2}, 1.0), "w");
    const xg::Mark mark = tape.mark();
    tape.compile({{}, optim::Momentum{.learning_rate = 0.1}.minimize(sum(square(w)))}, {})();
    tape.rewind(mark);
    models::save(tape, folder.file("a.npz"));
    other.parameter(filled<double>({2}, 0.0), "w");
    models::load(other, folder.file("a.npz"));
    BOOST_TEST(same(other.slot("momentum.velocity/w", xg::DType::float64, {2}).value<double>(), filled<double>({2}, 2.0)));
}

BOOST_AUTO_TEST_CASE(all_mismatches_at_once) {
    const Folder folder;
    for (const std::string& ending : endings) {
        const std::string path = folder.file("a" + ending);
        xg::Tape from, to;
        from.parameter(filled<float>({2, 3}, 1.f), "shape");
        from.parameter(filled<float>({2}, 1.f), "dtype");
        from.parameter(filled<float>({2}, 1.f), "only in the file");
        from.parameter(filled<float>({2}, 1.f), "right");
        from.state(filled<std::int64_t>({1}, 1), "state");
        to.parameter(filled<float>({3, 2}, 2.f), "shape");
        to.parameter(filled<double>({2}, 2.0), "dtype");
        to.parameter(filled<float>({2}, 2.f), "right");
        to.state(2.0, "only on the tape");
        models::save(from, path);
        const std::string before = contents(to), error = error_of([&] { models::load(to, path); });
        BOOST_TEST((contents(to) == before));
        for (const char* part : {"does not fit the tape; nothing was loaded:", 
                                 "\n  \"dtype\" is float32 (2,) in the file and float64 (2,) on the tape",
                                 "\n  \"shape\" is float32 (2, 3) in the file and float32 (3, 2) on the tape",
                                 "\n  \"only in the file\", float32 (2,) in the file, is not on the tape",
                                 "\n  \"state\", int64 (1,) in the file, is not on the tape",
                                 "\n  \"only on the tape\", float64 () on the tape, is not in the file"})
            BOOST_TEST((error.find(part) != error.npos), part << " in " << error);
        BOOST_TEST((error.find("right") == error.npos), error);
    }
}

namespace {

/// A model with a state, and what belongs to its training: a slot, a random key and a counter, a rate.
struct Parts {
    xg::Tape tape;
    Var w, mean, rate;
    explicit Parts(double x)
        : w(tape.parameter(x, "w")), mean(tape.state(x, "mean")), rate(tape.training_state(x, "rate")) {
        xg::Random random(tape, static_cast<std::uint64_t>(x));
        (void)tape.slot("adam.m/w", xg::DType::float64, {}, x);
    }
    /// w, mean, rate, the key and the slot.
    std::array<double, 5> values() {
        return {w.scalar<double>(), mean.scalar<double>(), rate.scalar<double>(),
                static_cast<double>(tape.states()[2].scalar<std::int64_t>()), tape.slot("adam.m/w", xg::DType::float64, {}).scalar<double>()};
    }
};
using Values = std::array<double, 5>;

} // namespace

BOOST_AUTO_TEST_CASE(model_and_training_apart) {
    const Folder folder;
    using models::Group;
    for (const std::string& ending : endings) {
        const std::string all = folder.file("all" + ending), model = folder.file("model" + ending), training = folder.file("training" + ending);
        Parts from(1);
        BOOST_TEST(from.tape.name(from.tape.states()[2]) == "random.key");
        models::save(from.tape, all);
        models::save(from.tape, model, {.group = Group::model});
        models::save(from.tape, training, {.group = Group::training});
        for (const std::string& path : {all, model}) {
            Parts to(2);
            models::load(to.tape, path, {.group = Group::model});
            BOOST_TEST((to.values() == Values{1, 1, 2, 2, 2}), path);
            xg::Tape bare; // a program that only predicts has no training
            const Var w = bare.parameter(2.0, "w"), mean = bare.state(2.0, "mean");
            models::load(bare, path, {.group = Group::model});
            BOOST_TEST((w.scalar<double>() == 1 && mean.scalar<double>() == 1 && bare.states().size() == 1u));
        }
        for (const std::string& path : {all, training}) {
            Parts to(2);
            models::load(to.tape, path, {.group = Group::training});
            BOOST_TEST((to.values() == Values{2, 2, 1, 1, 1}), path);
        }
        // A model without its states is no model.
        xg::Tape no_mean;
        no_mean.parameter(2.0, "w");
        BOOST_TEST((error_of([&] { models::load(no_mean, model, {.group = Group::model}); }).find("\"mean\", float64 () in the file, is not on the tape") !=
                    std::string::npos));
        // All of it from a file of the model: the message says how the model is loaded.
        Parts to(2);
        const std::string error = error_of([&] { models::load(to.tape, model); });
        BOOST_TEST((error.find("That belongs to the training; to load the model, pass {.group = xgrad::models::Group::model}") != std::string::npos), error);
        BOOST_TEST((to.values() == Values{2, 2, 2, 2, 2}));
    }
}

BOOST_AUTO_TEST_CASE(partial_loads_report) {
    const Folder folder;
    using Names = std::vector<std::string>;
    for (const std::string& ending : endings) {
        const std::string path = folder.file("a" + ending);
        xg::Tape from;
        from.parameter(filled<float>({2}, 1.f), "body"), from.parameter(filled<float>({3}, 1.f), "head");
        from.parameter(1.0, "old"), (void)from.slot("adam.m/body", xg::DType::float32, {2}, 1);
        models::save(from, path);
        xg::Tape to;
        const Var body = to.parameter(filled<float>({2}, 2.f), "body"), head = to.parameter(filled<float>({5}, 2.f), "head");
        to.parameter(2.0, "fresh");
        const models::LoadReport report = models::load_partial(to, path, {.group = models::Group::model});
        BOOST_TEST(report.loaded == Names{"body"});
        BOOST_TEST(report.converted == Names{});
        BOOST_TEST(report.not_in_file == Names{"fresh"});
        BOOST_TEST(report.not_on_tape == Names{"old"});
        BOOST_TEST(report.unfit == Names{"\"head\" is float32 (3,) in the file and float32 (5,) on the tape"});
        BOOST_TEST(!report.complete());
        BOOST_TEST(report.str() == "loaded: body\nnot in the file: fresh\nnot on the tape: old\n"
                                   "unfit: \"head\" is float32 (3,) in the file and float32 (5,) on the tape\n");
        BOOST_TEST(same(body.value<float>(), filled<float>({2}, 1.f)));
        BOOST_TEST(same(head.value<float>(), filled<float>({5}, 2.f)));
        BOOST_TEST(to.states().empty());
        xg::Tape stranger;
        stranger.parameter(1.0, "nothing of the kind");
        BOOST_TEST((error_of([&] { (void)models::load_partial(stranger, path); }).starts_with(path + " has nothing that fits the tape:\nnot in the file: ")));
        BOOST_TEST(models::load_partial(from, path).complete());
    }
}

BOOST_AUTO_TEST_CASE(float64_into_float32_and_back) {
    const Folder folder;
    const double inf = std::numeric_limits<double>::infinity();
    for (const std::string& ending : endings) {
        const std::string path = folder.file("a" + ending);
        xg::Tape from, to;
        const xt::xarray<double> numbers = {{0.1, -inf, 3}, {1e-300, 5, 3.4028234663852886e38}};
        from.parameter(numbers, "w"), from.parameter(1e300, "large"), from.parameter(1.5f, "small"), from.state(std::int64_t{7}, "count");
        models::save(from, path);
        const Var w = to.parameter(filled<float>({2, 3}, 9.f), "w"), large = to.parameter(9.f, "large"), small = to.parameter(9.0, "small");
        to.state(9.0, "count");
        BOOST_TEST((error_of([&] { models::load(to, path); }).find("\"w\" is float64 (2, 3) in the file and float32 (2, 3)") != std::string::npos));
        BOOST_TEST((error_of([&] { (void)models::load_partial(to, path); }).find("has nothing that fits") != std::string::npos));
        const models::LoadReport report = models::load_partial(to, path, {.convert = true});
        BOOST_TEST(report.converted == (std::vector<std::string>{"small", "w"}) , boost::test_tools::per_element());
        BOOST_TEST(report.unfit.size() == 2u);
        BOOST_TEST((report.str().find("\"large\" is float64 () in the file and holds a number beyond float32") != std::string::npos), report.str());
        BOOST_TEST((report.str().find("\"count\" is int64 () in the file and float64 () on the tape") != std::string::npos), report.str());
        BOOST_TEST(same(w.value<float>(), xt::xarray<float>(xt::cast<float>(numbers))));
        BOOST_TEST((large.scalar<float>() == 9 && small.scalar<double>() == 1.5));
    }
}

namespace {

/// What numpy.savez_compressed made of w = [[0, 0.5, 1], [1.5, 2, 2.5]] float32, n = zeros(2000), k = 7.
std::string compressed_by_numpy() {
    constexpr std::string_view digits =
        "504b0304140000000800000021000bc0b076570000009800000005001400772e6e707901001000980000000000000057000000000000009bec17ea1b"
        "10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a0ac69a3a0ab5"
        "0a64032e0608b067606800e20340cce0c0c0a0e00000504b030414000000080000002100642a625571000000003f0000050014006e2e6e7079010010"
        "00003f0000000000007100000000000000edc8310e01410040d1d53ac57443b2c54625a2d6118d42251b3b1b855899118d38850b5b5750bfd7fdffd9"
        "1db6fbe3a47a56afd8a572ce7115e2ba5fc63ac47ec88fdcde4e43eed2ef6fda6b49e32f97f69ec69e2d9aa6a9e77578877f4d2b0000000000000000"
        "00000000000000187d01504b03041400000008000000210023b8f06c4600000088000000050014006b2e6e7079010010008800000000000000460000"
        "00000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402"
        "f91a9a3a0ab50a14012e7606080000504b01021403140000000800000021000bc0b07657000000980000000500000000000000000000008001000000"
        "00772e6e7079504b0102140314000000080000002100642a625571000000003f000005000000000000000000000080018e0000006e2e6e7079504b01"
        "0214031400000008000000210023b8f06c46000000880000000500000000000000000000008001360100006b2e6e7079504b05060000000003000300"
        "99000000b30100000000";
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    return bytes;
}

} // namespace

BOOST_AUTO_TEST_CASE(compressed_files_are_read) {
    const Folder folder(true);
    const std::string path = folder.file("a.npz"), whole = compressed_by_numpy();
    xg::Tape tape;
    [[maybe_unused]] const Var w = tape.parameter(filled<float>({2, 3}, 9.f), "w"), n = tape.parameter(filled<double>({2000}, 9.0), "n");
    [[maybe_unused]] const Var k = tape.state(std::int64_t{9}, "k");
    write_text(path, whole);
    const std::string error = error_of([&] { models::load(tape, path); });
#ifdef XGRAD_ZLIB
    BOOST_TEST(error == "no error");
    BOOST_TEST(same(w.value<float>(), xt::xarray<float>{{0, 0.5, 1}, {1.5, 2, 2.5}}));
    BOOST_TEST(same(n.value<double>(), filled<double>({2000}, 0.0)));
    BOOST_TEST(k.scalar<std::int64_t>() == 7);
    // Damage of any kind is noticed, or met something that means nothing.
    const auto reset = [&] { tape.assign(w, 9), tape.assign(n, 9), tape.assign(k, 9); };
    const std::string right = contents(tape);
    reset();
    const std::string before = contents(tape);
    int wrong = 0, noticed = 0;
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        std::string flipped = whole;
        flipped[bit / 8] ^= static_cast<char>(1 << (bit % 8));
        write_text(path, flipped);
        const bool threw = error_of([&] { models::load(tape, path); }) != "no error";
        noticed += threw;
        wrong += contents(tape) != (threw ? before : right);
        if (!threw) reset();
    }
    BOOST_TEST(wrong == 0);
    BOOST_TEST(noticed > static_cast<int>(5 * whole.size()));
    for (std::size_t length = 0; length < whole.size(); length += 3) {
        write_text(path, whole.substr(0, length));
        BOOST_TEST((error_of([&] { models::load(tape, path); }) != "no error"));
    }
    // A size that so few bytes cannot give: nothing is allocated for it.
    std::string huge = whole;
    const std::size_t entry = huge.find("PK\x01\x02");
    huge.replace(entry + 24, 4, std::string("\xff\xff\xff\x7f"));
    write_text(path, huge);
    BOOST_TEST((error_of([&] { models::load(tape, path); }).find("\"w.npy\" cannot be unpacked: so few bytes do not hold that many") != std::string::npos));
#else
    BOOST_TEST((error.find("\"w.npy\" is compressed, and this xgrad was built without zlib") != std::string::npos), error);
#endif
}

BOOST_AUTO_TEST_CASE(files_that_killed_processes_left) {
    const Folder folder;
    const std::string path = folder.file("a.npz");
    xg::Tape tape;
    tape.parameter(1.0, "w");
    models::save(tape, path);
    pid_t dead = ::fork();
    if (dead == 0) ::_exit(0);
    ::waitpid(dead, nullptr, 0);
    const std::string abandoned = fmt::format("{}.{}.0.tmp", path, dead), own = fmt::format("{}.{}.3.tmp", path, ::getpid());
    const std::string of_parent = fmt::format("{}.{}.0.tmp", path, ::getppid()), locked = fmt::format("{}.{}.1.tmp", path, dead);
    const std::string others[] = {of_parent, locked, path + ".tmp", path + ".1.tmp", path + ".x.0.tmp", path + ".-5.0.tmp",
                                  fmt::format("{}.{}.0.tmp", folder.file("b.npz"), dead), path + ".old"};
    for (const std::string& other : others) write_text(other, "x");
    write_text(abandoned, "x"), write_text(own, "x");
    const int held = ::open(locked.c_str(), O_RDONLY); // by a process of another container, say
    BOOST_REQUIRE(::flock(held, LOCK_EX) == 0);
    models::remove_abandoned(path, {});
    ::close(held);
    BOOST_TEST(!fs::exists(abandoned));
    BOOST_TEST(!fs::exists(own));
    BOOST_TEST(fs::exists(path));
    for (const std::string& other : others) BOOST_TEST(fs::exists(other), other);
}

BOOST_AUTO_TEST_CASE(errors_name_the_file) {
    const Folder folder;
    xg::Tape tape;
    tape.parameter(1.0, "w");
    const std::string missing = folder.file("missing.npz");
    BOOST_TEST(error_of([&] { models::load(tape, missing); }) == missing + ": cannot be opened: No such file or directory" + at(__LINE__));
    const std::string nowhere = folder.file("no/where.npz");
    BOOST_TEST((error_of([&] { models::save(tape, nowhere); }).find("No such file or directory") != std::string::npos));
    BOOST_TEST((error_of([&] { models::save(tape, "a.pt"); }).starts_with("a.pt: the name of a checkpoint ends in .npz or .safetensors")));
    for (const std::string& ending : endings) { // what the formats keep for themselves
        const std::string path = folder.file("reserved" + ending);
        for (const char* name : {"__metadata__", "__slots__", "__training__", "two\nlines"}) {
            xg::Tape named;
            named.parameter(1.0, name);
            BOOST_TEST((error_of([&] { models::save(named, path); }).find("cannot be called") != std::string::npos));
            BOOST_TEST(!fs::exists(path));
        }
    }
    for (const std::string& ending : endings) {
        const std::string path = folder.file("garbage" + ending);
        for (const std::string& garbage : {std::string(), std::string("PK"), std::string(100, '\0'), std::string(1000, '\xff')}) {
            write_text(path, garbage);
            const std::string error = error_of([&] { models::load(tape, path); });
            BOOST_TEST((error.starts_with(path + ": not a whole ") || error.starts_with(path + ": the header is not JSON")), error);
        }
    }
}

BOOST_AUTO_TEST_CASE(truncated_at_every_length) {
    const Folder folder(true);
    for (const std::string& ending : endings) {
        const std::string path = folder.file("a" + ending);
        xg::Tape from, to;
        fill_tape(from, true), fill_tape(to, false);
        models::save(from, path);
        const std::string whole = read_text(path), before = contents(to);
        int loaded = 0;
        for (std::size_t length = 0; length < whole.size(); ++length) {
            write_text(path, whole.substr(0, length));
            loaded += error_of([&] { models::load(to, path); }) == "no error";
        }
        BOOST_TEST(loaded == 0);
        BOOST_TEST((contents(to) == before));
    }
}

BOOST_AUTO_TEST_CASE(every_bit_flipped) {
    // A flip is either noticed, or met something that means nothing (a date): then all is as it was written.
    const Folder folder(true);
    for (const std::string& ending : endings) {
        const std::string path = folder.file("a" + ending);
        xg::Tape from, to;
        auto fill = [](xg::Tape& tape, float value) {
            tape.parameter(filled<float>({2, 3}, value), "w");
            tape.state(static_cast<std::int64_t>(value), "count");
        };
        fill(from, 1), fill(to, 2);
        (void)from.slot("adam.m/w", xg::DType::float32, {2, 3}, 1), (void)to.slot("adam.m/w", xg::DType::float32, {2, 3}, 2);
        models::save(from, path);
        std::string bytes = read_text(path);
        const std::string right = contents(from), before = contents(to);
        int wrong = 0, noticed = 0;
        for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
            const auto flip = static_cast<char>(1 << (bit % 8));
            bytes[bit / 8] ^= flip;
            write_text(path, bytes);
            const bool threw = error_of([&] { models::load(to, path); }) != "no error";
            noticed += threw;
            wrong += contents(to) != (threw ? before : right);
            bytes[bit / 8] ^= flip;
            if (threw) continue;
            for (const Var& p : to.parameters()) to.assign(p, 2);
            for (const Var& s : to.states()) to.assign(s, 2);
        }
        BOOST_TEST(wrong == 0);
        BOOST_TEST(noticed > static_cast<int>(5 * bytes.size()));
    }
}

BOOST_AUTO_TEST_CASE(random_damage) {
    const Folder folder(true);
    Random random(5);
    for (const std::string& ending : endings) {
        const std::string path = folder.file("a" + ending);
        xg::Tape from, to;
        fill_tape(from, true), fill_tape(to, false);
        models::save(from, path);
        const std::string whole = read_text(path), before = contents(to), right = contents(from);
        for (int i = 0; i < 2000; ++i) {
            std::string bytes = whole;
            for (std::int64_t k = random.integer(1, 8); k > 0; --k) {
                const auto at = static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(bytes.size()) - 1));
                const auto n = std::min<std::size_t>(static_cast<std::size_t>(random.integer(1, 8)), bytes.size() - at);
                for (std::size_t j = 0; j < n; ++j) bytes[at + j] = static_cast<char>(random.coin() ? 0xff : random.bits());
            }
            write_text(path, bytes);
            xg::Tape target;
            fill_tape(target, false);
            const bool threw = error_of([&] { models::load(target, path); }) != "no error";
            if (threw) BOOST_REQUIRE((contents(target) == before)); // else it happened to hit what means nothing
        }
    }
}

BOOST_AUTO_TEST_CASE(hostile_safetensors) {
    const Folder folder;
    const std::string path = folder.file("a.safetensors");
    xg::Tape tape;
    tape.parameter(filled<float>({2}, 0.f), "w");
    auto error = [&](std::string header, const std::string& data, std::uint64_t length = 0) {
        if (length == 0) length = header.size();
        std::string text(reinterpret_cast<const char*>(&length), 8);
        write_text(path, text + header + data);
        return error_of([&] { models::load(tape, path); });
    };
    const std::string eight(8, '\0');
    BOOST_TEST(error(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight) == "no error");
    BOOST_TEST(error(R"( { "w" : { "shape" : [ 2 ] , "data_offsets" : [ 0 , 8 ] , "dtype" : "\u00463\u0032" } } )", eight) == "no error");
    const std::pair<const char*, const char*> wrong[] = {
        {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", ""},
        {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", "outside"},
        {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})", "outside"},
        {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "needs 8"},
        {R"({"w":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]}})", ""},
        {R"({"w":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}})", "too large"},
        {R"({"w":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}})", "smaller number"},
        {R"({"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "whole number"},
        {R"({"w":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", "end of a list"},
        {R"({"w":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}})", "8 axes"},
        {R"({"w":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}})", "BF16 (4,) in the file"},
        {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "no array"},
        {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "overlap"},
        {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}})", "twice"},
        {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x)", "its end"},
        {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})", "end of an object"},
        {R"({"w":{"dtype":"F32","shape":[2]}})", "lacks"},
        {R"({"w":[]})", "an object"},
        {R"({"__metadata__":{"a":1}})", "a string"},
        {R"({"\ud800":{}})", "second half"},
        {R"({"w)", "end of a string"},
        {R"([[[[[[[[)", "an object"},
        {"{}", "no array"},
    };
    for (const auto& [header, part] : wrong) {
        if (*part == '\0') continue;
        const std::string text = error(header, eight);
        BOOST_TEST((text != "no error" && text.find(part) != text.npos), header << ": " << text);
    }
    BOOST_TEST((error("{}", eight, ~0ull).find("its header says") != std::string::npos));
    BOOST_TEST((error("{}", eight, 1000).find("its header says") != std::string::npos));
    BOOST_TEST((error(std::string(100000, '['), eight).find("an object") != std::string::npos));
}

/// A .npz file of one array "w" of `elements` doubles, whose directory names it `times` times.
std::string npz_that_repeats(const Folder& folder, std::size_t elements, std::uint32_t times) {
    const std::string path = folder.file("one.npz");
    xg::Tape tape;
    tape.parameter(filled<double>({elements}, 1.0), "w");
    models::save(tape, path);
    const std::string whole = read_text(path);
    const auto number = [&](std::size_t at) {
        std::uint32_t n = 0;
        std::memcpy(&n, whole.data() + at, 4);
        return n;
    };
    constexpr std::size_t end_size = 22;
    const std::size_t end = whole.size() - end_size;
    const std::uint32_t size = number(end + 12), offset = number(end + 16);
    std::string result = whole.substr(0, offset), ending = whole.substr(end);
    for (std::uint32_t i = 0; i < times; ++i) result += whole.substr(offset, size);
    const std::uint32_t all = size * times;
    const auto count = static_cast<std::uint16_t>(times);
    std::memcpy(ending.data() + 8, &count, 2), std::memcpy(ending.data() + 10, &count, 2);
    std::memcpy(ending.data() + 12, &all, 4);
    return result + ending;
}

BOOST_AUTO_TEST_CASE(an_array_that_the_directory_names_often) {
    const Folder folder;
    const std::string path = folder.file("a.npz");
    xg::Tape tape;
    tape.parameter(filled<double>({3}, 0.0), "w");
    write_text(path, npz_that_repeats(folder, 3, 1));
    BOOST_TEST(error_of([&] { models::load(tape, path); }) == "no error");
    write_text(path, npz_that_repeats(folder, 3, 20'000));
    BOOST_TEST(error_of([&] { models::load(tape, path); }) == path + ": \"w.npy\" is in it twice" + at(__LINE__));

    // Under other names, too: together they would be longer than the file.
    std::string text = npz_that_repeats(folder, 1000, 2);
    text.replace(text.rfind("w.npy"), 5, "v.npy");
    write_text(path, text);
    const std::string error = error_of([&] { models::load(tape, path); });
    BOOST_TEST((error.starts_with(path + ": not a whole .npz file: its arrays overlap")), error);
}

BOOST_AUTO_TEST_CASE(what_is_no_file) {
    const Folder folder;
    xg::Tape tape;
    tape.parameter(1.0, "w");
    const std::string pipe = folder.file("pipe.npz"), link = folder.file("link.npz");
    const std::string directory = folder.file("folder.npz");
    BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    fs::create_symlink(pipe, link), fs::create_directory(directory);
    for (const std::string& path : {pipe, link, directory}) { // nobody writes to the pipe
        BOOST_TEST(error_of([&] { models::load(tape, path); }) == path + ": is not a file" + at(__LINE__));
        const std::string error = error_of([&] { models::save(tape, path); });
        BOOST_TEST((error.find("is not a file, and only a file is replaced") != std::string::npos), error);
    }
    BOOST_TEST((fs::is_fifo(pipe) && fs::is_symlink(link) && fs::is_directory(directory)));
}

BOOST_AUTO_TEST_CASE(several_save_to_one_path) {
    const Folder folder(true);
    for (const std::string& ending : endings) {
        const std::string path = folder.file("a" + ending);
        std::vector<std::string> errors(4);
        std::vector<std::thread> threads;
        for (std::size_t k = 0; k < errors.size(); ++k)
            threads.emplace_back([&, k] {
                xg::Tape tape;
                tape.parameter(filled<double>({1000}, static_cast<double>(k)), "w");
                errors[k] = error_of([&] {
                    for (int i = 0; i < 50; ++i) models::save(tape, path);
                });
            });
        for (std::thread& thread : threads) thread.join();
        for (const std::string& error : errors) BOOST_TEST(error == "no error");
        xg::Tape tape;
        const Var w = tape.parameter(filled<double>({1000}, -1.0), "w");
        models::load(tape, path);
        const auto values = w.value<double>();
        BOOST_TEST(same(values, filled<double>({1000}, values(0))));
    }
    BOOST_TEST(std::distance(fs::directory_iterator(folder.path), {}) == 2); // nothing is left beside them
}

BOOST_AUTO_TEST_CASE(keeps_mode_and_links) {
    const Folder folder;
    xg::Tape tape;
    tape.parameter(1.0, "w");
    const std::string path = folder.file("a.npz"), deep = folder.file("below/deep.npz"), link = folder.file("link.npz");
    models::save(tape, path);
    for (const auto mode : {fs::perms(0600), fs::perms(0640), fs::perms(0664)}) {
        fs::permissions(path, mode);
        models::save(tape, path);
        BOOST_TEST((fs::status(path).permissions() == mode));
    }
    fs::create_directory(folder.file("below"));
    fs::create_symlink("below/second.npz", link); // two links, one after the other, to a file that is not there yet
    fs::create_symlink("deep.npz", folder.file("below/second.npz"));
    for (int i = 0; i < 2; ++i) {
        models::save(tape, link);
        BOOST_TEST((fs::is_symlink(link) && fs::is_symlink(folder.file("below/second.npz")) && !fs::is_symlink(deep)));
        BOOST_TEST(fs::exists(deep));
    }
    const std::string circle = folder.file("circle.npz");
    fs::create_symlink(circle, circle);
    BOOST_TEST((error_of([&] { models::save(tape, circle); }).find("too many symbolic links") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(names_that_are_not_utf8) {
    const Folder folder;
    // Latin-1, an overlong zero, half of a pair of UTF-16, a number beyond Unicode, and one that is cut off.
    for (const char* name : {"gr\xFC\xDF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "cut \xE2\x82"}) {
        xg::Tape tape, other;
        tape.parameter(2.0, name);
        const Var w = other.parameter(1.0, name);
        const std::string path = folder.file("a.safetensors"), npz = folder.file("a.npz");
        const std::string error = error_of([&] { models::save(tape, path); });
        BOOST_TEST((error.starts_with(path + ": the name \"") && error.find("is not UTF-8") != std::string::npos), error);
        BOOST_TEST(!fs::exists(path));
        models::save(tape, npz); // there a name may be of any bytes
        models::load(other, npz);
        BOOST_TEST(w.scalar<double>() == 2);
    }
    xg::Tape tape;
    tape.parameter(2.0, "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80");
    models::save(tape, folder.file("a.safetensors"));
    models::load(tape, folder.file("a.safetensors"));
}

BOOST_AUTO_TEST_CASE(column_major_and_foreign_dtypes) {
    // As numpy.savez writes an array of Fortran order, and one of int32.
    const Folder folder;
    const std::string path = folder.file("a.npz");
    xg::Tape from, to;
    from.parameter(xt::xarray<float>{{1, 2, 3}, {4, 5, 6}}, "w");
    const Var w = to.parameter(filled<float>({2, 3}, 0.f), "w");
    models::save(from, path);
    std::string bytes = read_text(path);
    auto rewritten = [&](std::string_view old, std::string_view text) { // and the checksums put right
        std::string copy = bytes;
        copy.replace(copy.find(old), old.size(), text);
        const std::size_t start = copy.find("\x93NUMPY"), size = 128 + 24;
        const std::uint32_t crc = models::crc32(std::as_bytes(std::span(copy.data() + start, size)));
        const std::size_t central = copy.find("PK\x01\x02");
        std::memcpy(copy.data() + 14, &crc, 4);
        std::memcpy(copy.data() + central + 16, &crc, 4);
        write_text(path, copy);
        return error_of([&] { models::load(to, path); });
    };
    BOOST_TEST(rewritten("False", "True ") == "no error");
    BOOST_TEST(same(w.value<float>(), xt::xarray<float>{{1, 3, 5}, {2, 4, 6}}));
    BOOST_TEST((rewritten("<f4", "<i4").find("\"w\" is <i4 (2, 3) in the file and float32 (2, 3) on the tape") != std::string::npos));
    BOOST_TEST((rewritten("(2, 3)", "(2, 9)").find("needs 72") != std::string::npos));
    BOOST_TEST((rewritten("'shape'", "'shapf'").find("not one of NumPy's") != std::string::npos));
    BOOST_TEST(rewritten("False", "False") == "no error");
}

BOOST_AUTO_TEST_CASE(killed_while_saving) {
    // A child saves one of two states over and over and is killed at a random moment: the file is one of them, whole.
    const Folder folder;
    Random random(11);
    for (const std::string& ending : endings) {
        const std::string path = folder.file("a" + ending);
        const std::size_t n = 200'000;
        xg::Tape tapes[2], result;
        for (int k = 0; k < 2; ++k) tapes[k].parameter(filled<double>({n}, k + 1.0), "w");
        const Var w = result.parameter(filled<double>({n}, 0.0), "w");
        models::save(tapes[0], path);
        int seen[3] = {};
        for (int round = 0; round < 40; ++round) {
            const pid_t child = ::fork();
            if (child == 0) {
                for (int k = round;; ++k) models::save(tapes[k % 2], path);
            }
            ::usleep(static_cast<useconds_t>(random.integer(0, 12'000)));
            ::kill(child, SIGKILL);
            int status = 0;
            ::waitpid(child, &status, 0);
            BOOST_REQUIRE(WIFSIGNALED(status));
            BOOST_REQUIRE(error_of([&] { models::load(result, path); }) == "no error");
            const auto values = w.value<double>();
            const double first = values(0);
            BOOST_REQUIRE((first == 1 || first == 2));
            BOOST_REQUIRE(same(values, filled<double>({n}, first)));
            ++seen[static_cast<int>(first)];
        }
        BOOST_TEST_MESSAGE(ending << ": " << seen[1] << " of the first, " << seen[2] << " of the second");
    }
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_the_old_file) {
    const Folder folder;
    xg::Tape tape;
    const Var w = tape.parameter(1.0, "w");
    const std::string path = folder.file("a.npz");
    models::save(tape, path);
    const std::string before = read_text(path);
    tape.assign(w, 2);
    // As if the disk were full after a hundred bytes.
    struct rlimit limit {};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const struct rlimit small { 100, limit.rlim_max };
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string error = error_of([&] { models::save(tape, path); });
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, handler);
    BOOST_TEST((error.find("cannot write") != std::string::npos), error);
    BOOST_TEST((read_text(path) == before));
    BOOST_TEST(std::distance(fs::directory_iterator(folder.path), {}) == 1);
}

BOOST_AUTO_TEST_CASE(crc) {
    const std::string digits = "123456789";
    BOOST_TEST(models::crc32(std::as_bytes(std::span(digits))) == 0xCBF43926u);
    const std::string text(1000, 'x');
    const auto bytes = std::as_bytes(std::span(text));
    for (const std::size_t cut : {0u, 1u, 7u, 8u, 999u})
        BOOST_TEST(models::crc32(bytes.subspan(cut), models::crc32(bytes.first(cut))) == models::crc32(bytes));
}

BOOST_AUTO_TEST_CASE(numpy) {
    // Both directions with the NumPy at hand.
    std::string python;
    for (const char* candidate : {"python3", "/usr/bin/python3"})
        if (python.empty() && std::system(fmt::format("{} -c 'import numpy' >/dev/null 2>&1", candidate).c_str()) == 0) python = candidate;
    if (python.empty()) {
        BOOST_TEST_MESSAGE("skipped: no python3 with numpy is here (apt-get install python3-numpy)");
        return;
    }
    const Folder folder;
    xg::Tape from, to;
    for (xg::Tape* tape : {&from, &to}) fill_tape(*tape, tape == &from), (void)tape->slot("adam.m/w", xg::DType::float32, {2, 3}, tape == &from);
    const std::string ours = folder.file("ours.npz"), theirs = folder.file("theirs.npz"), small = folder.file("small.npz");
    models::save(from, ours);
    write_text(folder.file("check.py"), R"(
import sys, zipfile, numpy as np
ours, theirs, small = sys.argv[1:]
assert zipfile.ZipFile(ours).testzip() is None
a = dict(np.load(ours))
assert sorted(a) == sorted(['special', 'layer 1/"Gewichte" \u00e4', 'none', 'counts', 'mask', 'number', 'adam.m/w', '__slots__']), sorted(a)
assert a['special'].dtype == np.float64 and a['special'].shape == (2, 3)
assert np.signbit(a['special'][0, 1]) and np.isposinf(a['special'][0, 2]) and np.isnan(a['special'][1, 1])
assert a['counts'].tolist() == [-2**63, -1, 0, 2**63 - 1] and a['mask'].tolist() == [[1, 0, 255]]
assert a['none'].shape == (3, 0) and a['number'] == -1.5 and a['adam.m/w'].dtype == np.float32
a['special'] = np.asfortranarray(a['special'])
np.savez(theirs, **a)
np.savez_compressed(small, **a)
)");
    BOOST_REQUIRE(std::system(fmt::format("{} {} {} {} {}", python, folder.file("check.py"), ours, theirs, small).c_str()) == 0);
    models::load(to, theirs);
    BOOST_TEST((contents(to) == contents(from)));
#ifdef XGRAD_ZLIB
    xg::Tape third;
    fill_tape(third, false), (void)third.slot("adam.m/w", xg::DType::float32, {2, 3}, 0);
    models::load(third, small);
    BOOST_TEST((contents(third) == contents(from)));
#endif
}

BOOST_AUTO_TEST_SUITE_END()
