// Traced functions: a program for each signature.

#include <algorithm>
#include <list>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/base/one_user.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/program/executable.hpp>
#include <xgrad/core/program/stopwatch.hpp>
#include <xgrad/core/tape.hpp>

namespace xgrad {

struct Function::Impl {
    Tape& tape;
    std::uint64_t number; // among the functions of the tape, from 1
    std::size_t arity;
    std::function<Step(const std::vector<Var>&)> trace;
    Location where;
    std::weak_ptr<const bool> tape_alive;
    struct Traced {
        std::vector<Type> signature;
        bool checked; // its numerics
        Program program;
    };
    std::list<Traced> programs; // the one called last stands first
    OneUser user;

    template <class Same>
    Program* find(Same same) {
        const bool alive = !tape_alive.expired();
        const bool checked = alive && tape.graph().options().check_numerics;
        for (auto traced = programs.begin(); traced != programs.end(); ++traced)
            if (same(traced->signature) && (traced->checked == checked || !alive)) {
                if (traced != programs.begin()) programs.splice(programs.begin(), programs, traced);
                return &traced->program;
            }
        return nullptr;
    }

    Program& add(const std::vector<Type>& signature, Location call) {
        if (tape_alive.expired())
            throw Error(
                "a function has outlived its tape; it can be called with arguments of known dtypes and shapes only",
                call);
        Graph& graph = tape.graph();
        const GraphUse use(graph, call);
        const SpanStopwatch watch("trace", where);
        const detail::CallerScope users_own({}); // what the trace does, it does at its own lines
        struct Restore {                         // what the trace has recorded is forgotten, whatever happens
            Graph& graph;
            Mark mark = graph.mark();
            std::uint64_t draws = graph.draws;
            Graph::Traced traced = graph.traced;
            bool rewound = false;
            ~Restore() {
                graph.draws = draws;
                graph.traced = traced;
                if (!rewound) graph.rewind(mark);
            }
        } restore{graph};
        std::vector<Var> inputs;
        for (const Type& type : signature)
            inputs.push_back(tape.input(type.dtype, type.shape, "", where));
        graph.draws = Graph::traced_draws;
        graph.traced = {number, where};
        const Step step = trace(inputs);
        Program program = tape.compile(step, inputs, {}, where);
        restore.rewound = true;
        graph.rewind_trace(restore.mark);
        programs.push_front({signature, graph.options().check_numerics, std::move(program)});
        if (programs.size() > most_programs) programs.pop_back();
        return programs.front().program;
    }

    void check_count(std::size_t given, Location call) const {
        if (given != arity)
            throw Error(
                fmt::format("the function of {} takes {} arguments and was given {}", where.str(), arity, given), call);
    }
};

Function Tape::make_function(std::size_t arity, std::function<Step(const std::vector<Var>&)> trace, Location where) {
    const Call call("function", where);
    const GraphUse use(*graph_, where);
    std::shared_ptr<Function::Impl> impl(
        new Function::Impl{*this, ++graph_->functions, arity, std::move(trace), where, graph_->alive, {}, {}});
    return Function(std::move(impl));
}

Results Function::run(std::span<const Value* const> arguments, Location where) {
    const OneUser::Inside inside(impl_->user, "a function", where);
    impl_->check_count(arguments.size(), where);
    Program* program = impl_->find([&](const std::vector<Type>& signature) {
        for (std::size_t i = 0; i < arguments.size(); ++i)
            if (arguments[i]->type() != signature[i]) return false;
        return true;
    });
    if (!program) {
        std::vector<Type> signature;
        for (const Value* argument : arguments)
            signature.push_back(argument->type());
        program = &impl_->add(signature, where);
    }
    return program->run(arguments, where);
}

Program Function::program(const std::vector<Type>& signature, Location where) {
    const OneUser::Inside inside(impl_->user, "a function", where);
    impl_->check_count(signature.size(), where);
    Program* program = impl_->find([&](const std::vector<Type>& known) { return known == signature; });
    return Program((program ? *program : impl_->add(signature, where)).executable_);
}

std::size_t Function::programs() const { return impl_->programs.size(); }

} // namespace xgrad
