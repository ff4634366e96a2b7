// All that the page says to the engine. See Engine below for what there is to ask; everything else is the page's.
//
// The engine is the library xgrad as WebAssembly behind one function, which takes a line of words and gives an object
// in JSON (examples/web/engine.hpp). It works at once and in this thread: ask for few steps at a time.

"use strict";

/// What the engine says when something is wrong, in the library's own words; `position` is a place in a formula, or
/// undefined.
class EngineError extends Error {
    constructor(message, position) {
        super(message);
        this.name = "EngineError";
        this.position = position;
    }
}

/// JSON has no number for these.
const numbersAsText = {"NaN": NaN, "Infinity": Infinity, "-Infinity": -Infinity};

class Engine {
    /// Wants the function that emscripten's xgrad.js defines, and the bytes of xgrad.wasm.
    static async open(makeModule, wasmBinary) {
        return new Engine(await makeModule({wasmBinary}));
    }

    constructor(module) {
        this.module = module;
    }

    /// One request as text, its words separated by blanks. Gives the reply as an object; throws EngineError.
    ask(request) {
        const text = this.module.ccall("xgrad_web", "string", ["string"], [request]);
        const number = (value) => (typeof value === "string" && value in numbersAsText ? numbersAsText[value] : value);
        const reply = JSON.parse(text, (_, value) => number(value));
        if (reply.error !== undefined) throw new EngineError(reply.error, reply.position);
        return reply;
    }

    /// The names of the library's rules.
    rules() { return this.ask("engine rules").rules; }
}

/// Scene 1: points of three classes in a plane and the linear classifier scores = W (x, y) + b. It begins with some
/// points and weights, and keeps its state between calls.
class LinearClassifier {
    constructor(engine) {
        this.ask = (action, ...words) => engine.ask(["linear", action, ...words.flat(2)].join(" "));
    }

    /// points: [[x, y, class], ...], classes from 0 to 2; at least one point.
    setPoints(points) { this.ask("points", points); }
    /// rows: three rows (one for each class) of two numbers.
    setWeights(rows) { this.ask("set weights", rows); }
    setBias(bias) { this.ask("set bias", bias); }
    /// "weston-watkins", "one-versus-all", "crammer-singer" or "softmax". This, the penalty and the rule begin the rule
    /// anew: its momentum and its like are forgotten.
    setLoss(name) { this.ask("set loss", name); }
    /// "l2", "l1" or "elastic-net", of W alone.
    setPenalty(name) { this.ask("set penalty", name); }
    /// The factor of the penalty.
    setStrength(factor) { this.ask("set strength", factor); }
    /// One of Engine.rules().
    setRule(name) { this.ask("set rule", name); }
    /// The step size. (The rule goes on.)
    setRate(rate) { this.ask("set rate", rate); }
    /// Normally distributed W and b; the same for one seed.
    randomize(seed) { this.ask("randomize", seed); }

    /// All there is to show: {points, scores: [[s0, s1, s2], ...], losses: [...], data, regularization, total, weights
    /// (3 rows of 2), bias, weights_gradient, bias_gradient, loss, penalty, rule, strength, rate}.
    look() { return this.ask("look"); }
    /// So many steps of the rule. {data, regularization, total}: lists with the loss before each step. If the loss is
    /// no number afterwards, {problem} says in the library's words where that began.
    step(count = 1) { return this.ask("step", count); }
    /// The gradient by differences beside the library's: {weights_numerical, weights_analytic, weights_error,
    /// bias_...}; errors are relative.
    check() { return this.ask("check"); }
    /// The class with the highest score in the middle of each of n x n squares that cover [-reach, reach] in x and y: a
    /// string of n * n digits, row by row from the top.
    regions(n, reach) { return this.ask("regions", n, reach).classes; }
    /// What a step was compiled to, as text.
    program() { return this.ask("program").program; }
}

/// Scene 2: rules on their way down a surface. Begins with the first of the surfaces.
class Race {
    constructor(engine) {
        this.ask = (action, ...words) => engine.ask(["race", action, ...words.flat(2)].join(" "));
    }

    /// The surfaces that the page offers: [{name, formula, window: [left, right, bottom, top], start: [x, y]}, ...].
    surfaces() {
        const {names, formulas, windows} = this.ask("surfaces");
        return names.map((name, i) => ({name, formula: formulas[i], window: windows.slice(6 * i, 6 * i + 4),
                                        start: windows.slice(6 * i + 4, 6 * i + 6)}));
    }
    /// A formula of x and y, such as "(1 - x)^2 + 100 (y - x^2)^2"; see formula.hpp for what it may hold. An
    /// EngineError has the `position` of what is wrong. All racers go.
    setSurface(formula) { this.ask("surface", formula); }
    /// The heights of n x n points of a window, a list for each row, the first one at the top.
    heights(n, window) { return this.ask("heights", n, window).heights; }
    /// Puts racers at the start: [[rule, rate], ...].
    begin([x, y], racers) { this.ask("begin", x, y, racers); }
    /// The rate of racer i from now on.
    setRate(i, rate) { this.ask("rate", i, rate); }
    /// So many steps: {ways, problems}. ways[i] is a list of [x, y, height], where racer i stood before each step;
    /// problems[i] is what the library says if that is no number, else "".
    step(count) { return this.ask("step", count); }
}

/// Scene 3: a classifier of digits that the library draws.
class Digits {
    constructor(engine) {
        this.ask = (action, ...words) => engine.ask(["digits", action, ...words.flat(2)].join(" "));
    }

    /// Draws so many images to train and to test with; to be done first. A thousand take some tens of milliseconds.
    draw(train, test, seed = 231) { this.ask("draw", train, test, seed); }
    /// A new classifier. hidden: the widths of the hidden layers, [] for a linear one.
    begin({rule = "adam", rate = 0.001, penalty = 0, batch = 100, seed = 1, hidden = []} = {}) {
        this.ask("begin", rule, rate, penalty, batch, seed, hidden);
    }
    setRate(rate) { this.ask("rate", rate); }
    /// Trains for so long: {losses, steps, epoch, examples_per_second}, and {problem} as in LinearClassifier.step.
    /// losses are those of the batches, steps and epoch are counted from the beginning.
    train(milliseconds) { return this.ask("train", milliseconds); }
    /// Trains for so many steps.
    step(count) { return this.ask("step", count); }
    /// {loss, accuracy} on the images to test with.
    test() { return this.ask("test"); }
    /// The weights of the first layer: for each of its outputs a list of 20 x 20 numbers, row by row.
    templates() { return this.ask("templates").templates; }
    /// The probabilities of the ten digits for an image of 20 x 20 pixels from 0 (paper) to 1 (ink), row by row.
    classify(pixels) { return this.ask("classify", pixels.map((x) => Number(x.toFixed(3)))).probabilities; }
    /// An image to train with: {side, label, pixels}.
    image(i) { return this.ask("image", i); }
}

/// Scene 4: a net with two hidden layers on the arms of a spiral.
class Spirals {
    constructor(engine) {
        this.ask = (action, ...words) => engine.ask(["spirals", action, ...words.flat(2)].join(" "));
    }

    /// Scatters points; to be done first. They lie within 1 of the middle.
    scatter({arms = 3, points = 100, noise = 0.03, seed = 1} = {}) { this.ask("scatter", arms, points, noise, seed); }
    /// [[x, y, class], ...]
    points() {
        const flat = this.ask("show").points;
        return Array.from({length: flat.length / 3}, (_, i) => flat.slice(3 * i, 3 * i + 3));
    }
    /// A new net; activation is "relu" or "tanh".
    begin({first = 32, second = 32, activation = "relu", rule = "adam", rate = 0.01, penalty = 0, seed = 1} = {}) {
        this.ask("begin", first, second, activation, rule, rate, penalty, seed);
    }
    setRate(rate) { this.ask("rate", rate); }
    setPenalty(factor) { this.ask("penalty", factor); }
    /// Trains for so long, by all points at each step: {losses, accuracy}, and {problem} as in LinearClassifier.step.
    train(milliseconds) { return this.ask("train", milliseconds); }
    step(count) { return this.ask("step", count); }
    /// As LinearClassifier.regions.
    regions(n, reach) { return this.ask("regions", n, reach).classes; }
}

/// For the page, which has the engine in it as a text: base64 of gzip.
async function openEngine() {
    const packed = Uint8Array.from(atob(xgradCompressed), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return Engine.open(xgrad, await new Response(stream).arrayBuffer());
}

if (typeof module !== "undefined") module.exports = {Engine, EngineError, LinearClassifier, Race, Digits, Spirals};
