// All that the page says to the engine. See Engine below for what there is to ask; everything else is the page's.
//
// The engine is the library xgrad as WebAssembly behind one function, which takes a line of words and gives an object
// in JSON (examples/web/engine.hpp). It works in a worker (worker.js), so that the page is never held up: every request
// gives a promise. Requests are answered in the order in which they were made.

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

class Engine {
    /// Starts the worker, from the scripts of the page that are meant for it: a page from a disk may load no others.
    static async open() {
        const parts = [...document.querySelectorAll("script.worker")].map((script) => script.textContent);
        const engine = new Engine(new Worker(URL.createObjectURL(new Blob(parts, {type: "text/javascript"}))));
        /// The names of the library's rules.
        engine.rules = (await engine.ask("engine rules")).rules;
        return engine;
    }

    constructor(worker) {
        const waiting = [];
        this.request = (text) => new Promise((resolve) => {
            waiting.push(resolve);
            worker.postMessage(text);
        });
        worker.onmessage = ({data: {reply, milliseconds}}) => {
            this.milliseconds = milliseconds;  // what the last reply took
            waiting.shift()(reply);
        };
        worker.onerror = ({message}) => waiting.splice(0).forEach((resolve) => resolve({error: message}));
    }

    /// One request as text, its words separated by blanks. Gives the reply as an object; throws EngineError. (`request`
    /// does not throw: what is wrong is the reply's `error`.)
    async ask(text) {
        const reply = await this.request(text);
        if (reply.error !== undefined) throw new EngineError(reply.error, reply.position);
        return reply;
    }
}

/// For a scene: ask(action, ...words), where words may be numbers and lists.
const askOf = (engine, scene) => (action, ...words) => engine.ask([scene, action, ...words.flat(2)].join(" "));

/// Scene 1: points of three classes in a plane and the linear classifier scores = W (x, y) + b. It begins with some
/// points and weights, and keeps its state between calls.
class LinearClassifier {
    constructor(engine) { this.ask = askOf(engine, "linear"); }

    /// points: [[x, y, class], ...], classes from 0 to 2; at least one point.
    setPoints(points) { return this.ask("points", points); }
    /// rows: three rows (one for each class) of two numbers.
    setWeights(rows) { return this.ask("set weights", rows); }
    setBias(bias) { return this.ask("set bias", bias); }
    /// "weston-watkins", "one-versus-all", "crammer-singer" or "softmax". This, the penalty and the rule begin the rule
    /// anew: its momentum and its like are forgotten.
    setLoss(name) { return this.ask("set loss", name); }
    /// "l2", "l1" or "elastic-net", of W alone.
    setPenalty(name) { return this.ask("set penalty", name); }
    /// The factor of the penalty.
    setStrength(factor) { return this.ask("set strength", factor); }
    /// One of Engine.rules().
    setRule(name) { return this.ask("set rule", name); }
    /// The step size. (The rule goes on.)
    setRate(rate) { return this.ask("set rate", rate); }
    /// What the rule keeps between its steps, such as a momentum, as a list of numbers.
    async memory() { return (await this.ask("memory")).memory; }
    /// What memory() gave, for the same loss, penalty and rule.
    setMemory(numbers) { return this.ask("set memory", numbers); }
    /// Normally distributed W and b; the same for one seed.
    randomize(seed) { return this.ask("randomize", seed); }

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
    async regions(n, reach) { return (await this.ask("regions", n, reach)).classes; }
    /// What a step was compiled to, as text.
    async program() { return (await this.ask("program")).program; }
}

/// Scene 2: rules on their way down a surface. Begins with the first of the surfaces.
class Race {
    constructor(engine) { this.ask = askOf(engine, "race"); }

    /// The surfaces that the page offers: [{name, formula, window: [left, right, bottom, top], start: [x, y]}, ...].
    async surfaces() {
        const {names, formulas, windows} = await this.ask("surfaces");
        return names.map((name, i) => ({name, formula: formulas[i], window: windows.slice(6 * i, 6 * i + 4),
                                        start: windows.slice(6 * i + 4, 6 * i + 6)}));
    }
    /// A formula of x and y, such as "(1 - x)^2 + 100 (y - x^2)^2"; see formula.hpp for what it may hold. An
    /// EngineError has the `position` of what is wrong. All racers go.
    setSurface(formula) { return this.ask("surface", formula); }
    /// The heights of n x n points of a window, a list for each row, the first one at the top.
    async heights(n, window) { return (await this.ask("heights", n, window)).heights; }
    /// Puts racers at the start: [[rule, rate], ...].
    begin([x, y], racers) { return this.ask("begin", x, y, racers); }
    /// The rate of racer i from now on.
    setRate(i, rate) { return this.ask("rate", i, rate); }
    /// So many steps: {ways, problems}. ways[i] is a list of [x, y, height], where racer i stood before each step;
    /// problems[i] is what the library says if that is no number, else "".
    step(count) { return this.ask("step", count); }
}

/// Scene 3: a classifier of digits that the library draws.
class Digits {
    constructor(engine) { this.ask = askOf(engine, "digits"); }

    /// Draws so many images to train and to test with; to be done first. A thousand take some tens of milliseconds.
    draw(train, test, seed = 231) { return this.ask("draw", train, test, seed); }
    /// A new classifier. hidden: the widths of the hidden layers, [] for a linear one.
    begin({rule = "adam", rate = 0.001, penalty = 0, batch = 100, seed = 1, hidden = []} = {}) {
        return this.ask("begin", rule, rate, penalty, batch, seed, hidden);
    }
    setRate(rate) { return this.ask("rate", rate); }
    /// Trains for so long: {losses, steps, epoch, examples_per_second}, and {problem} as in LinearClassifier.step.
    /// losses are those of the batches, steps and epoch are counted from the beginning.
    train(milliseconds) { return this.ask("train", milliseconds); }
    /// Trains for so many steps.
    step(count) { return this.ask("step", count); }
    /// {loss, accuracy} on the images to test with.
    test() { return this.ask("test"); }
    /// The weights of the first layer: for each of its outputs a list of 20 x 20 numbers, row by row.
    async templates() { return (await this.ask("templates")).templates; }
    /// The probabilities of the ten digits for an image of 20 x 20 pixels from 0 (paper) to 1 (ink), row by row.
    async classify(pixels) {
        return (await this.ask("classify", pixels.map((x) => Number(x.toFixed(3))))).probabilities;
    }
    /// An image to train with: {side, label, pixels}.
    image(i) { return this.ask("image", i); }
}

/// Scene 4: a net with two hidden layers on the arms of a spiral.
class Spirals {
    constructor(engine) { this.ask = askOf(engine, "spirals"); }

    /// Scatters points; to be done first. They lie within 1 of the middle.
    scatter({arms = 3, points = 100, noise = 0.03, seed = 1} = {}) {
        return this.ask("scatter", arms, points, noise, seed);
    }
    /// [[x, y, class], ...]
    async points() {
        const flat = (await this.ask("show")).points;
        return Array.from({length: flat.length / 3}, (_, i) => flat.slice(3 * i, 3 * i + 3));
    }
    /// A new net; activation is "relu" or "tanh".
    begin({first = 32, second = 32, activation = "relu", rule = "adam", rate = 0.01, penalty = 0, seed = 1} = {}) {
        return this.ask("begin", first, second, activation, rule, rate, penalty, seed);
    }
    setRate(rate) { return this.ask("rate", rate); }
    setPenalty(factor) { return this.ask("penalty", factor); }
    /// Trains for so long, by all points at each step: {losses, accuracy}, and {problem} as in LinearClassifier.step.
    train(milliseconds) { return this.ask("train", milliseconds); }
    step(count) { return this.ask("step", count); }
    /// As LinearClassifier.regions.
    async regions(n, reach) { return (await this.ask("regions", n, reach)).classes; }
}
