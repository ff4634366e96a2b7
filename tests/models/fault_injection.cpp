// Memory that is refused while a checkpoint is saved or loaded: the file, and the tape, are as they were.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "../fault_injection.hpp"
#include "../folder.hpp"

using namespace test;
using xg::Step;
using xg::Var;
namespace models = xg::models;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> endings = {".npz", ".safetensors"};

std::size_t count_of(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// A model, and a rule whose slots start at something else than 0.
struct Trained {
    xg::Tape tape;
    models::Linear layer{tape, 6, 3, {.seed = 2}};
    Var count = tape.state(std::int64_t{0}, "count");
    xg::optim::Adagrad rule{.learning_rate = 0.5, .initial_accumulator_value = 0.25};
    xg::Function train = tape.function([this](Var x, Var labels) {
        const Var loss = models::softmax_loss(layer(x), labels);
        Step step{.outputs = {loss}, .updates = rule.minimize(loss)};
        step.updates.push_back({count, count + 1});
        return step;
    });
    float steps(int n) {
        Random random(5);
        const auto x = random_array<float>({4, 6}, random);
        float loss = 0;
        for (int i = 0; i < n; ++i) loss = train(x, xt::xarray<std::int64_t>{0, 1, 2, 1}).scalar<float>();
        return loss;
    }
    std::map<std::string, xt::xarray<double>> contents() {
        std::map<std::string, xt::xarray<double>> all;
        for (const Var& v : tape.parameters()) all[tape.name(v)] = v.value<double>();
        for (const Var& v : tape.states()) all[tape.name(v)] = v.value<double>();
        return all;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(fault_injection)

BOOST_AUTO_TEST_CASE(in_saving) {
    for (const std::string& ending : endings) {
        const Folder folder;
        const std::string path = folder.file("model" + ending);
        Trained trained;
        trained.steps(2);
        models::save(trained.tape, path);
        const std::string old = read_text(path);
        trained.steps(1);
        const std::string other = folder.file("new" + ending);
        models::save(trained.tape, other);
        const std::string made = read_text(other);
        fs::remove(other);
        BOOST_TEST((made != old));
        const std::size_t files = count_of("/proc/self/fd");
        const std::size_t count = fail_each_allocation(
            [] { return std::make_unique<int>(); }, [&](int&) { models::save(trained.tape, path); },
            [&](int&) {
                const std::string now = read_text(path);
                require(now == old || now == made, "the file is neither the old one nor the new one");
                require(count_of(folder.path) == 1, "something was left beside it");
                std::ofstream(path, std::ios::binary) << old;
            });
        BOOST_TEST(count > 20u);
        BOOST_TEST(count_of("/proc/self/fd") == files);
    }
}

BOOST_AUTO_TEST_CASE(in_loading) {
    for (const std::string& ending : endings) {
        const Folder folder;
        const std::string path = folder.file("model" + ending);
        Trained trained;
        trained.steps(2);
        models::save(trained.tape, path);
        const auto saved = trained.contents();
        const float next = trained.steps(1);
        Trained fresh_one;
        const float first = fresh_one.steps(1);
        const std::size_t count = fail_each_allocation(
            [] { return std::make_unique<std::pair<Trained, bool>>(); },
            [&](auto& its) {
                models::load(its.first.tape, path);
                its.second = true;
            },
            [&](auto& its) {
                Trained& t = its.first;
                if (its.second) {
                    require(t.steps(1) == next, "it does not go on where the file left off");
                    return;
                }
                require(t.contents().size() == 3, "slots stand that a failed load has made"); // weights, bias, count
                require(t.steps(1) == first, "it does not begin as a fresh one does");
                models::load(t.tape, path);
                require(t.contents() == saved, "another load gives something else");
                require(t.steps(1) == next, "it does not go on where the file left off");
            });
        BOOST_TEST(count > 20u);
    }
}

BOOST_AUTO_TEST_CASE(in_making_and_training_a_model) {
    Trained clean;
    const float loss = clean.steps(2);
    const auto end = clean.contents();
    struct Later {
        std::unique_ptr<Trained> its;
    };
    fail_each_allocation([] { return std::make_unique<Later>(); },
                         [](Later& later) {
                             later.its = std::make_unique<Trained>();
                             later.its->steps(1);
                         },
                         [&](Later& later) {
                             if (!later.its) later.its = std::make_unique<Trained>();
                             Trained& t = *later.its;
                             const auto done = t.count.scalar<std::int64_t>();
                             const float end_loss = t.steps(2 - static_cast<int>(done));
                             require(end_loss == loss, "the second step gives another loss");
                             require(t.contents() == end, "two steps lead elsewhere");
                         });
}

BOOST_AUTO_TEST_SUITE_END()
