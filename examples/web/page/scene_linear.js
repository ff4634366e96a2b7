// Scene 1: the linear classifier of the lecture. Points of three classes in a plane, scores = W x + b.

"use strict";

const reach = 1.2;    // the plane is [-reach, reach] in x and y
const squares = 160;  // along a side of its background

const lossHelp = {
    "weston-watkins": "Lᵢ = Σⱼ max(0, sⱼ − s_y + 1) over the wrong classes j: each should be lower by a margin of 1.",
    "one-versus-all": "Lᵢ = max(0, 1 − s_y) + Σⱼ max(0, 1 + sⱼ): three binary SVMs.",
    "crammer-singer": "Lᵢ = max(0, maxⱼ sⱼ − s_y + 1): only the worst wrong class j counts.",
    "softmax": "Lᵢ = −log(exp(s_y) / Σⱼ exp(sⱼ)): cross-entropy, never quite zero."
};
const penaltyHelp = {
    "l2": "R(W) = Σ w²: prefers many small weights.",
    "l1": "R(W) = Σ |w|: prefers few weights, others near zero.",
    "elastic-net": "R(W) = Σ w² + Σ |w|: a little of both."
};

const toText = (rows) => rows.map((row) => row.map((x) => Number(x.toPrecision(9))).join(",")).join("_");
const fromText = (text) => text.split("_").filter(Boolean).map((row) => row.split(",").map(Number));
/// Whether a text (of a link that somebody changed, perhaps) has so many rows and columns of numbers.
const isTable = (text, rows, columns) => {
    const found = fromText(text);
    return found.length > 0 && (rows === null || found.length === rows) &&
        found.every((row) => row.length === columns && row.every(Number.isFinite)) &&
        (rows !== null || found.every((row) => [0, 1, 2].includes(row[2])));
};
const within = (x) => Math.min(reach, Math.max(-reach, Number(x.toFixed(3))));

class LinearScene {
    constructor() {
        this.name = "linear";
        this.defaults = {
            loss: "weston-watkins",
            penalty: "l2",
            rule: "gd",
            strength: 0.1,
            rate: 0.1,
            points: "0.5,0.4,0_0.8,0.3,0_0.3,0.8,0_-0.4,0.3,1_-0.3,0.7,1_-0.7,0.2,1_0.7,-0.4,2_0.5,-0.6,2_-0.4,-0.5,2",
            weights: "1,2_2,-4_3,-1",
            bias: "0,0.5,-0.5",
            memory: ""
        };
        this.history = new History();
        this.loop = new Loop(() => this.step(2));
        Object.assign(this, {points: [], chosen: 0, dragged: null, lastTap: null, shown: null, turn: 0});
    }

    /// The controls.
    async build() {
        this.classifier = new LinearClassifier(engine);
        const [, run] = addButtons(element("linear-buttons"), [
            [
                "Step",
                () => {
                    this.loop.set(false);
                    act(() => this.step(1));
                }
            ],
            [
                "Run",
                () => {
                    this.loop.set(!this.loop.running);
                    act(() => this.draw());
                },
                {className: "main"}
            ],
            ["Randomize", () => act(() => this.randomize())], ["Reset", () => act(() => this.reset())]
        ]);
        this.loop.button = run;
        this.showFields = addFields(
            element("linear-fields"), this,
            [
                {
                    name: "rate",
                    label: "Step size",
                    from: 1e-3,
                    to: 10,
                    help: "The learning rate: how far a step goes against the gradient. Too large and the loss rises."
                },
                {name: "rule", label: "Update rule", options: ruleOptions(), help: ""},
                {name: "loss", label: "Loss of the data", options: lossHelp, help: ""},
                {name: "penalty", label: "Regularization", options: penaltyHelp, help: ""}, {
                    name: "strength",
                    label: "Strength λ",
                    from: 1e-4,
                    to: 10,
                    zero: true,
                    help: "L = mean of Lᵢ + λ R(W): how much simple weights count beside the data."
                }
            ],
            (name) => this.change(name));
        this.buildParameters();
        this.buildPointButtons();
        this.connectPlane();
        for (const id of ["check", "program"]) element(id).ontoggle = () => act(() => this.draw());
    }

    /// The table of W and b: boxes of numbers, which stay the same elements while their numbers change.
    buildParameters() {
        this.boxes = [];
        const cell = (c, k) => {
            const label = `${k < 2 ? `W, class ${c}, ${"xy"[k]}` : `b, class ${c}`}`;
            const box = make("input", {className: "number drag", inputMode: "decimal", "aria-label": label});
            const gradient = document.createElement("small");
            makeDraggable(box, (value) => act(() => this.setParameter(c, k, value), box));
            this.boxes.push({c, k, box, gradient});
            return make("td", {}, box, gradient);
        };
        element("parameters")
            .append(
                make("tr", {}, ...["", "W · x", "W · y", "b"].map((text) => make("th", {scope: "col"}, text))),
                ...[0, 1, 2].map(
                    (c) => make(
                        "tr", {}, make("th", {scope: "row"}, glyph(c), ` ${c}`), cell(c, 0), cell(c, 1), cell(c, 2))));
    }

    /// What can be done with the chosen point.
    buildPointButtons() {
        const button = (text, action, title, label = text) => [text, () => act(action), {title, "aria-label": label}];
        addButtons(element("point-buttons"), [
            button("‹", () => this.choose(this.chosen - 1), "Previous point (P)", "Previous point"),
            button("›", () => this.choose(this.chosen + 1), "Next point (N)", "Next point"),
            ...[0, 1, 2].map((c) => button(
                `${glyphs[c]} ${c}`, () => this.setClass(c), `Class ${c} for the chosen point`, `Class ${c}`)),
            button("Add", () => this.add(0, 0), "Add a point in the middle (Insert)"),
            button("Remove", () => this.remove(), "Remove the chosen point (Delete)")
        ]);
    }

    /// All settings go to the engine.
    async apply() {
        this.history.clear();
        for (const [name, rows, columns] of [["points", null, 3], ["weights", 3, 2], ["bias", 1, 3]])
            if (!isTable(this.settings[name], rows, columns)) this.settings[name] = this.defaults[name];
        const {points, weights, bias} = this.settings, [memory = []] = fromText(this.settings.memory);
        this.points = fromText(points);
        this.chosen = Math.min(this.chosen, this.points.length - 1);
        await this.classifier.setPoints(this.points);
        await this.classifier.setWeights(fromText(weights));
        await this.classifier.setBias(fromText(bias)[0]);
        for (const name of ["loss", "penalty", "rule", "strength", "rate"]) await this.tell(name);
        if (memory.length && memory.every(Number.isFinite)) await this.classifier.setMemory(memory);
    }

    /// One setting goes to the engine.
    tell(name) {
        const setters =
            {loss: "setLoss", penalty: "setPenalty", rule: "setRule", strength: "setStrength", rate: "setRate"};
        return this.classifier[setters[name]](this.settings[name]);
    }

    /// After a control was moved.
    async change(name) {
        if (await attempt(() => this.tell(name))) say("");
        await this.draw();
    }

    /// So many steps of the rule. Gives false if the library refused.
    async step(count) {
        const good = await trainSlice(
            this, () => this.classifier.step(count),
            ({total, data, regularization}) =>
                total.forEach((loss, i) => this.history.add([loss, data[i], regularization[i]])),
            "Lower the step size, then randomize or reset");
        if (good) say("");
        await this.draw();
        return good;
    }

    /// New weights. The rule is set again, since it may remember what was no number.
    async randomize() {
        await this.classifier.randomize(Math.floor(Math.random() * 1e6));
        await this.begin();
    }

    /// The weights and points of the beginning; the other settings stay.
    async reset() {
        this.loop.set(false);
        const {points, weights, bias, memory} = this.defaults;
        Object.assign(this.settings, {points, weights, bias, memory});
        await this.apply();
        await this.begin();
    }

    async begin() {
        await this.tell("rule");
        this.history.clear();
        say("");
        await this.draw();
    }

    /// Sets one number of W (k = 0, 1) or b (k = 2).
    async setParameter(c, k, value) {
        const {weights, bias} = this.shown;
        if (k < 2)
            weights[c][k] = value;
        else
            bias[c] = value;
        const clean = (x) => (Number.isFinite(x) ? x : 0);
        const good = await attempt(
            () => (k < 2 ? this.classifier.setWeights(weights.map((row) => row.map(clean))) :
                           this.classifier.setBias(bias.map(clean))));
        if (good) say("");
        await this.draw();
    }

    /// Other points; the one chosen may be another, too.
    async setPoints(points, chosen = this.chosen) {
        await this.classifier.setPoints(points);
        say("");
        this.points = points;
        await this.choose(chosen);
    }

    /// Another chosen point.
    choose(i) {
        this.chosen = (i + this.points.length) % this.points.length;
        return this.draw();
    }

    add(x, y) {
        const c = this.points[this.chosen]?.[2] ?? 0;
        return this.setPoints([...this.points, [within(x), within(y), c]], this.points.length);
    }

    remove() { return this.setPoints(this.points.filter((_, i) => i !== this.chosen), Math.max(0, this.chosen - 1)); }

    /// Puts another point in the place of the chosen one.
    replace(point) { return this.setPoints(this.points.map((p, i) => (i === this.chosen ? point(p) : p))); }

    move(x, y) { return this.replace((p) => [within(x), within(y), p[2]]); }

    moveBy(dx, dy) { return this.replace(([x, y, c]) => [within(x + dx), within(y + dy), c]); }

    setClass(c) { return this.replace(([x, y]) => [x, y, c]); }

    /// The point nearest to a place, if it is near enough for a finger; else -1.
    nearest(x, y, limit = 22 / element("plane").clientWidth * 2 * reach) {
        const distances = this.points.map((p) => Math.hypot(p[0] - x, p[1] - y));
        const least = Math.min(...distances);
        return least < limit ? distances.indexOf(least) : -1;
    }

    /// Mouse, finger and keys in the plane. A finger that does not hit a point scrolls the page.
    connectPlane() {
        const plane = element("plane");
        const place = (event) => {
            const [u, v] = placeOf(event, plane);
            return [(2 * u - 1) * reach, (1 - 2 * v) * reach];
        };
        plane.addEventListener("touchstart", (event) => {
            if (this.nearest(...place(event.touches[0])) >= 0) event.preventDefault();
        }, {passive: false});
        plane.onpointerdown = (event) => {
            const hit = this.nearest(...place(event));
            if (hit < 0) return this.tap(event, place(event));
            this.dragged = {};
            plane.setPointerCapture(event.pointerId);
            act(() => this.choose(hit));
        };
        plane.onpointermove = (event) => {
            if (this.dragged) act(() => this.move(...place(event)), this.dragged);
        };
        plane.onpointerup = plane.onpointercancel = () => {
            this.dragged = null;
            act(() => this.draw());
        };
        plane.onkeydown = (event) => this.press(event);
    }

    /// The second of two quick taps at one place adds a point. (Not every phone sends dblclick.)
    tap(event, place) {
        const last = this.lastTap;
        this.lastTap = {x: event.clientX, y: event.clientY, time: event.timeStamp};
        if (!last || event.timeStamp - last.time > 450 ||
            Math.hypot(event.clientX - last.x, event.clientY - last.y) > 25)
            return;
        this.lastTap = null;
        act(() => this.add(...place));
    }

    press(event) {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const by = event.shiftKey ? 0.2 : 0.05;
        const actions = {
            ArrowLeft: () => this.moveBy(-by, 0),
            ArrowRight: () => this.moveBy(by, 0),
            ArrowUp: () => this.moveBy(0, by),
            ArrowDown: () => this.moveBy(0, -by),
            n: () => this.choose(this.chosen + 1),
            p: () => this.choose(this.chosen - 1),
            0: () => this.setClass(0),
            1: () => this.setClass(1),
            2: () => this.setClass(2),
            Insert: () => this.add(0, 0),
            Delete: () => this.remove(),
            Backspace: () => this.remove()
        };
        const action = actions[event.key] ?? actions[event.key.toLowerCase()];
        if (!action) return;
        event.preventDefault();
        act(action);
    }

    /// Everything, as the engine has it now.
    async draw() {
        if (!this.points.length) return;
        const [shown, classes] = await Promise.all([this.classifier.look(), this.classifier.regions(squares, reach)]);
        this.shown = shown;
        saveSettings(this);
        this.drawPlane(classes);
        this.showParameters();
        drawCurves(element("linear-curve"), this.history, [
            {name: "loss", colour: "ink", dash: []}, {name: "data", colour: "c0", dash: [6, 4]},
            {name: "regularization", colour: "c1", dash: [2, 3]}
        ]);
        const {total, data, regularization} = shown;
        element("linear-parts")
            .replaceChildren(
                "Loss ", make("b", {}, short(total)),
                ` = data ${short(data)} + regularization ${short(regularization)}`);
        if (this.loop.running && ++this.turn % 5) return;  // tables cost the browser more than the steps do
        this.showFields();
        this.showPoints();
        if (element("check").open) await this.showCheck();
        if (!element("program").open) return;
        const text = await this.classifier.program(), pre = element("program").querySelector("pre");
        if (pre.textContent !== text) pre.textContent = text;
    }

    /// What the address keeps. Weights that are no numbers are not kept.
    async collect() {
        const {weights, bias} = await this.classifier.look(), memory = await this.classifier.memory();
        this.settings.points = toText(this.points);
        if (![...weights.flat(), ...bias, ...memory].every(Number.isFinite)) return;
        this.settings.weights = toText(weights);
        this.settings.bias = toText([bias]);
        this.settings.memory = toText([memory]);
    }

    drawPlane(classes) {
        const {pen, width} = penOf(element("plane")), scale = width / 2 / reach;
        const to = (x, y) => [(x + reach) * scale, (reach - y) * scale];
        const numbers = [...this.shown.weights.flat(), ...this.shown.bias].every(Number.isFinite);
        if (numbers) drawRegions(pen, width, classes, squares);
        pen.strokeStyle = colour("line");
        pen.lineWidth = 1;
        pen.strokeRect(...to(-reach, 0), width, 0);
        pen.strokeRect(...to(0, reach), 0, width);
        if (numbers) this.shown.weights.forEach((row, c) => this.drawLine(pen, to, row, this.shown.bias[c], c));
        this.points.forEach(([x, y, c], i) => {
            if (i === this.chosen) {
                pen.beginPath();
                pen.arc(...to(x, y), 15, 0, 2 * Math.PI);
                pen.strokeStyle = colour("ink");
                pen.lineWidth = 2;
                pen.stroke();
            }
            drawMark(pen, ...to(x, y), c, i === this.chosen ? 9 : 7.5);
        });
    }

    /// The line where the score a x + b y + bias is zero, and the arrow of its gradient (a, b), with the class's sign
    /// at its head.
    drawLine(pen, to, [a, b], bias, c) {
        const length = Math.hypot(a, b);
        if (length < 1e-9) return;
        const [u, v] = [a / length, b / length], [x, y] = [-bias * u / length, -bias * v / length];
        const line = (...places) => {
            pen.beginPath();
            places.forEach((place) => pen.lineTo(...to(...place)));
            pen.stroke();
        };
        pen.strokeStyle = colour(`c${c}`);
        pen.lineWidth = 2.5;
        pen.setLineDash([[], [10, 5], [3, 4]][c]);
        line([x - 9 * v, y + 9 * u], [x + 9 * v, y - 9 * u]);
        pen.setLineDash([]);
        const long = 0.12 + 0.05 * Math.min(5, length), [hx, hy] = [x + long * u, y + long * v];
        line([x, y], [hx, hy]);
        line([hx - 0.05 * (u - v), hy - 0.05 * (v + u)], [hx, hy], [hx - 0.05 * (u + v), hy - 0.05 * (v - u)]);
        const [px, py] = to(hx + 0.06 * u, hy + 0.06 * v);
        drawMark(pen, px, py, c, 4, colour("ink"));
    }

    showParameters() {
        const {weights, bias, weights_gradient, bias_gradient} = this.shown;
        for (const {c, k, box, gradient} of this.boxes) {
            if (document.activeElement !== box || this.loop.running) box.value = short(k < 2 ? weights[c][k] : bias[c]);
            gradient.textContent = `∂ ${short(k < 2 ? weights_gradient[c][k] : bias_gradient[c], 3)}`;
        }
    }

    /// The table of points. The three largest losses that are not zero are marked.
    showPoints() {
        const {scores, losses} = this.shown, largest = Math.max(...losses.filter(Number.isFinite), 1e-12);
        const worst = [...losses].sort((a, b) => b - a)[Math.min(2, losses.length - 1)];
        const isWorst = (i) => losses[i] > 1e-9 && losses[i] >= worst;
        const rows = this.points.map(
            ([x, y, c], i) =>
                [make("span", {}, glyph(c), ` ${c}`), fixed(x), fixed(y),
                 ...scores[i].map((s, k) => ({text: fixed(s), className: k === c ? "right" : ""})), {
                     text: (isWorst(i) ? "! " : "") + fixed(losses[i]),
                     className: "loss",
                     part: 100 * losses[i] / largest
                 }]);
        fillTable(element("point-table"), [["class", "x", "y", "s₀", "s₁", "s₂", "loss"], ...rows], (line, i) => {
            line.className = [i === this.chosen ? "chosen" : "", isWorst(i) ? "worst" : ""].join(" ").trim();
            line.onclick = () => act(() => this.choose(i));
        });
        const [x, y, c] = this.points[this.chosen];
        const text = `Point ${this.chosen + 1} of ${this.points.length}: class ${c} at (${fixed(x)}, ${fixed(y)})`;
        if (element("plane-choice").textContent !== text) element("plane-choice").textContent = text;
    }

    async showCheck() {
        const found = await this.classifier.check();
        const row = (name, kind, ...at) => {
            const pick = (what) => at.reduce((part, i) => part[i], found[`${kind}_${what}`]);
            return [name, pick("numerical").toFixed(6), pick("analytic").toFixed(6), pick("error").toExponential(1)];
        };
        fillTable(element("check-table"), [
            ["", "numerical", "analytic", "rel. error"],
            ...[0, 1, 2].flatMap(
                (c) =>
                    [row(`W[${c}, x]`, "weights", c, 0), row(`W[${c}, y]`, "weights", c, 1),
                     row(`b[${c}]`, "bias", c)])
        ]);
    }
}

const linearScene = new LinearScene();
