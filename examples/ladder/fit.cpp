#include "fit.hpp"

#include <fmt/format.h>

namespace ladder {

namespace {

std::string counted(std::size_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

} // namespace

Loss softmax() {
    return [](xg::Var scores, xg::Var labels) { return xg::models::softmax_loss(scores, labels); };
}

Loss svm() {
    return [](xg::Var scores, xg::Var labels) { return xg::models::svm_loss(scores, labels); };
}

double accuracy(xg::Tape& tape, const Scores& scores, const ArraySet& set) {
    constexpr std::size_t at_once = 500; // so that the layers of a network take little memory
    xg::Function right = tape.function(
        [&](xg::Var x, xg::Var labels) { return sum(argmax(scores(x, false), 1) == labels); });
    std::int64_t count = 0;
    for (const xg::data::Batch& batch : xg::data::Batches(set, {.batch_size = at_once, .shuffle = false}).epoch(0))
        count += right(batch.features(), batch.targets()).scalar<std::int64_t>();
    return static_cast<double>(count) / static_cast<double>(set.size());
}

Outcome fit(xg::Tape& tape, const Scores& scores, const Sets& sets, const Recipe& recipe) {
    xg::Function learn = tape.function([&](xg::Var x, xg::Var labels) {
        xg::Var loss = recipe.loss(scores(x, true), labels);
        for (const xg::Var weights : recipe.weights)
            loss = loss + recipe.l2 * xg::models::l2(weights);
        return xg::Step{.outputs = {}, .updates = minimize(recipe.rule, loss)};
    });
    const Stopwatch watch;
    const xg::data::Batches batches(sets.train,
                                    {.batch_size = recipe.batch_size, .shuffle = recipe.shuffle, .seed = recipe.seed});
    const std::size_t steps = recipe.steps.value_or(recipe.epochs * batches.count());
    std::size_t seen = 0, step = 0;
    for (std::size_t epoch = 0; step < steps; ++epoch)
        for (const xg::data::Batch& batch : batches.epoch(epoch)) {
            if (step++ == steps) break;
            learn(batch.features(), batch.targets());
            seen += batch.size();
        }
    const double seconds = watch.seconds();
    return {.train = accuracy(tape, scores, sets.train),
            .test = accuracy(tape, scores, sets.test),
            .seconds = watch.seconds(),
            .examples_per_second = static_cast<double>(seen) / seconds,
            .remark = recipe.steps ? counted(steps, "step") : counted(recipe.epochs, "epoch")};
}

} // namespace ladder
