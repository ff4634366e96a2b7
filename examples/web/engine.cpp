#include "engine.hpp"

#include <exception>

#include <fmt/format.h>

#include "digits_scene.hpp"
#include "linear_scene.hpp"
#include "race_scene.hpp"
#include "reply.hpp"
#include "rules.hpp"
#include "spiral_scene.hpp"

namespace web {

namespace {

template <class Scene>
Reply answer_in(std::string_view action, Request& request) {
    static Scene scene; // made when the page comes to it
    return scene.answer(action, request);
}

/// The rules of the library, by their names.
Reply rules() {
    std::vector<std::string> names;
    for (const examples::NamedRule& rule : examples::rules())
        names.emplace_back(rule.name);
    Reply reply;
    reply.texts("rules", names);
    return reply;
}

Reply dispatch(Request& request) {
    const std::string_view scene = request.word("the scene"), action = request.word("the action");
    if (scene == "engine" && action == "rules") return rules();
    if (scene == "linear") return answer_in<LinearScene>(action, request);
    if (scene == "race") return answer_in<RaceScene>(action, request);
    if (scene == "digits") return answer_in<DigitsScene>(action, request);
    if (scene == "spirals") return answer_in<SpiralScene>(action, request);
    throw RequestError(fmt::format("there is no scene {}", scene));
}

} // namespace

std::string answer(std::string_view text) {
    Reply wrong;
    try {
        Request request(text);
        return dispatch(request).str();
    } catch (const RequestError& error) {
        wrong.text("error", error.what());
        if (error.position != RequestError::nowhere) wrong.number("position", static_cast<double>(error.position));
    } catch (const xg::Error& error) { wrong.text("error", error.message()); } catch (const std::exception& error) {
        wrong.text("error", error.what());
    }
    return wrong.str();
}

} // namespace web

const char* xgrad_web(const char* request) {
    static std::string reply;
    reply = web::answer(request);
    return reply.c_str();
}
