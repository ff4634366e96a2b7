// Scene 3: a net learns the library's drawn digits, and says what the reader draws.

"use strict";

const side = 20;  // the images that the net sees are side x side pixels

class DigitsScene {
    constructor() {
        this.name = "digits";
        this.defaults = {
            model: "softmax classifier",
            hidden: 16,
            rule: "adam",
            rate: 0.003,
            penalty: 0.001,
            batch: 50,
            seed: 1,
            pace: "slow",
            drawing: "",
            steps: 0,
            changes: ""
        };
        this.runs = true;
        this.history = new History();
        this.loop = new Loop(() => this.frame());
        Object.assign(this, {
            strokes: [],
            pixels: null,
            pen: {x: 0.5, y: 0.3, down: false, shown: false},
            turn: 0,
            nextTest: 0,
            nextTemplates: 0,
            mean: null,
            accuracy: null
        });
    }

    /// The controls. The digits are drawn here; that takes a moment, once.
    async build() {
        this.digits = new Digits(engine);
        await this.digits.draw(1200, 300);
        const [, run] = addButtons(element("digits-buttons"), [
            [
                "Step",
                () => {
                    this.loop.set(false);
                    act(async () => {
                        await this.take(() => this.digits.step(1));
                        await this.showAll();
                    });
                }
            ],
            ["Run", () => this.loop.set(!this.loop.running), {className: "main"}],
            ["Start anew", () => act(() => this.restart(this.settings.seed + 1))]
        ]);
        this.loop.button = run;
        this.showFields = addFields(
            element("digits-fields"), this,
            [
                {
                    name: "model",
                    label: "Model",
                    help: "",
                    options: {
                        "softmax classifier": "Scores = W x + b of the 400 pixels, softmax loss.",
                        "MLP": "A hidden layer with ReLU between pixels and scores."
                    }
                },
                {
                    name: "hidden",
                    label: "Hidden units",
                    least: 4,
                    most: 36,
                    help: "For the MLP: how many features it may learn."
                },
                {
                    name: "rate",
                    label: "Step size",
                    from: 1e-4,
                    to: 10,
                    help: "The learning rate. Where the loss jumps up it is too high."
                },
                {name: "rule", label: "Update rule", options: ruleOptions(), help: ""}, {
                    name: "penalty",
                    label: "Weight penalty λ",
                    from: 1e-5,
                    to: 1,
                    zero: true,
                    help: "L2 regularization: smoother templates."
                },
                {
                    name: "batch",
                    label: "Batch size",
                    least: 1,
                    most: 200,
                    help: "Images a step. Few: cheap and noisy gradients."
                },
                {
                    name: "pace",
                    label: "Pace",
                    help: "",
                    options: {
                        "slow": "One step a frame, to watch the templates form.",
                        "full speed": "As many steps as fit into 9 ms of each frame."
                    }
                }
            ],
            (name) => this.change(name));
        addButtons(element("paper-buttons"), [
            ["Clear", () => this.clear()],
            [
                "Take back a stroke",
                () => {
                    this.strokes.pop();
                    this.drawn();
                }
            ],
            ["A training digit", () => act(() => this.borrow())]
        ]);
        element("probabilities")
            .append(...Array.from(
                {length: 10},
                (_, i) => make("tr", {}, make("td", {textContent: i}), make("td", {}, make("i")), make("td"))));
        this.connectPaper();
    }

    /// A new net by the settings, what it learned before, and the drawing of the address.
    async apply() {
        const points = (text) => (text.match(/\d{4}/g) ?? []).map((p) => [p.slice(0, 2) / 100, p.slice(2) / 100]);
        const {drawing, steps, changes} = this.settings;
        this.strokes = drawing.split("_").map(points).filter((stroke) => stroke.length);
        this.pixels = this.strokes.length ? this.render() : null;
        await this.begin();
        await repeatPast(this, {steps, changes}, (count) => this.take(() => this.digits.step(count)),
                         (_, rate) => this.setRate(rate));
    }

    async begin() {
        const {model, hidden, rule, rate, penalty, batch, seed} = this.settings;
        this.history.clear();
        Object.assign(this, {mean: null, accuracy: null, nextTest: 0, nextTemplates: 0, time: 0, examples: 0});
        beginPast(this, {rate});
        await this.digits.begin({rule, rate, penalty, batch, seed, hidden: model === "MLP" ? [hidden] : []});
    }

    /// A new net with other random weights.
    async restart(seed) {
        this.settings.seed = seed;
        saveSettings(this);
        if (await attempt(() => this.begin())) say("");
        await this.draw();
        if (!calm.matches) this.loop.set(true);
    }

    /// After a control was moved. All but the rate begin a new net.
    async change(name) {
        if (name === "pace") return;
        if (await attempt(() => (name === "rate" ? this.setRate(this.settings.rate) : this.begin()))) say("");
        await this.draw();
    }

    async setRate(rate) {
        await this.digits.setRate(rate);
        this.settings.rate = rate;
        noteChange(this, "rate", rate);
    }

    /// A slice of training. False if the library refused.
    take(train) {
        return trainSlice(this, train, ({losses, epoch}) => {
            this.time += engine.milliseconds;
            this.examples += losses.length * this.settings.batch;
            for (const loss of losses) {
                this.mean = this.mean === null ? loss : 0.9 * this.mean + 0.1 * loss;
                this.history.add([loss, this.mean]);
            }
            this.epoch = epoch;
            noteSteps(this, losses.length);
        }, "Lower the step size and start anew");
    }

    /// One frame: a slice of training, or instead something to show.
    async frame() {
        const now = performance.now();
        if (now > this.nextTemplates) {
            await this.showTemplates();
            this.nextTemplates = now + 300;
        } else if (now > this.nextTest) {
            await this.test();
            this.nextTest = now + 700;
        } else if (!await this.take(
                       () => (this.settings.pace === "slow" ? this.digits.step(1) : this.digits.train(9)))) {
            await this.showAll();
            return false;
        } else if (++this.turn % 3 === 0)
            await this.showNumbers();
        return true;
    }

    async test() { this.accuracy = (await this.digits.test()).accuracy; }

    async draw() {
        this.showFields();
        this.drawPaper();
        await this.showAll();
    }

    async showAll() {
        await attempt(() => this.test());
        await this.showNumbers();
        await this.showTemplates();
    }

    /// The losses, the speed and the answer.
    async showNumbers() {
        drawCurves(element("digits-curve"), this.history, [
            {name: "loss of a batch", colour: "c0", dash: [], width: 1}, {name: "running mean", colour: "ink", dash: []}
        ]);
        const loss = this.mean === null ? "–" : short(this.mean, 3),
              speed = Number((1000 * this.examples / (this.time || 1)).toPrecision(2));
        const accuracy = this.accuracy === null ? "–" : `${(100 * this.accuracy).toFixed(1)} %`;
        element("digits-parts")
            .replaceChildren(
                "Test accuracy ", make("b", {}, accuracy),
                `, loss ${loss}, epoch ${this.epoch ?? 0}, ${
                    speed.toLocaleString("en")} examples per second of training`);
        await this.classify();
    }

    /// The first layer's weights as images.
    async showTemplates() {
        const linear = this.settings.model !== "MLP", canvas = element("templates");
        const templates = await this.digits.templates();
        const columns = linear ? 5 : 6, rows = Math.ceil(templates.length / columns);
        canvas.style.aspectRatio = `${columns} / ${rows}`;
        const {pen, width} = penOf(canvas), tile = width / columns;
        const shadesTo = (name) => Array.from({length: 64}, (_, i) => pixelOf(mix(rgb("paper"), rgb(name), i / 63)));
        const less = shadesTo("c1"), more = shadesTo("c0");
        pen.imageSmoothingEnabled = false;
        pen.font = "bold 14px system-ui, sans-serif";
        templates.forEach((weights, i) => {
            const most = Math.max(1e-9, ...weights.map(Math.abs));
            const image = imageOf(
                side, side, (j) => (weights[j] > 0 ? more : less)[Math.round(63 * Math.abs(weights[j]) / most) || 0]);
            const [x, y] = [i % columns * tile, Math.floor(i / columns) * tile];
            pen.drawImage(image, x + 2, y + 2, tile - 4, tile - 4);
            pen.fillStyle = colour("ink");
            if (linear) pen.fillText(i, x + 6, y + 17);
        });
        element("templates-title").textContent =
            linear ? "Templates: one row of W for each digit" : "Weights of the hidden units";
        element("templates-help").textContent = "Blue: ink here raises the score; orange: ink here lowers it. " +
            (linear ? "The score of a class is the inner product of its template with the image." :
                      "Each hidden unit looks for a feature; the next layer combines them.");
    }

    /// Mouse, finger and keys on the paper.
    connectPaper() {
        const paper = element("paper");
        let drawing = false;
        paper.onpointerdown = (event) => {
            paper.setPointerCapture(event.pointerId);
            drawing = true;
            Object.assign(this.pen, {down: false, shown: false});
            this.startStroke(placeOf(event, paper));
        };
        paper.onpointermove = (event) => {
            if (!drawing) return;
            const events = event.getCoalescedEvents?.() ?? [];
            for (const each of events.length ? events : [event]) this.extendStroke(placeOf(each, paper));
            this.drawn();
        };
        paper.onpointerup = paper.onpointercancel = () => {
            drawing = false;
        };
        paper.onkeydown = (event) => this.press(event);
    }

    startStroke(place) {
        this.strokes.push([place]);
        this.drawn();
    }

    /// A point further on the stroke, unless it is very near the last.
    extendStroke([x, y]) {
        const stroke = this.strokes.at(-1), last = stroke.at(-1), clamp = (z) => Math.min(0.99, Math.max(0, z));
        if (Math.hypot(x - last[0], y - last[1]) > 0.015) stroke.push([clamp(x), clamp(y)]);
    }

    press(event) {
        const by = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
        this.pen.shown = true;
        if (by) {
            this.pen.x = Math.min(0.95, Math.max(0.05, this.pen.x + 0.05 * by[0]));
            this.pen.y = Math.min(0.95, Math.max(0.05, this.pen.y + 0.05 * by[1]));
            if (this.pen.down && this.strokes.length) this.extendStroke([this.pen.x, this.pen.y]);
        } else if (event.key === " ") {
            this.pen.down = !this.pen.down;
            if (this.pen.down) this.strokes.push([[this.pen.x, this.pen.y]]);
        } else if (event.key === "Delete" || event.key === "Backspace")
            return this.clear();
        else
            return;
        event.preventDefault();
        this.drawn();
    }

    clear() {
        this.strokes = [];
        this.pen.down = false;
        this.drawn();
    }

    /// An image of those to train with.
    async borrow() {
        const image = await this.digits.image(Math.floor(Math.random() * 1200));
        this.strokes = [];
        this.drawn();
        this.pixels = image.pixels;
        this.drawPaper();
    }

    /// After the drawing changed.
    drawn() {
        const digits = (z) => String(Math.min(99, Math.round(100 * z))).padStart(2, "0");
        this.settings.drawing =
            this.strokes.map((stroke) => stroke.map(([x, y]) => digits(x) + digits(y)).join("")).join("_");
        saveSettings(this);
        this.pixels = this.strokes.length ? this.render() : null;
        this.drawPaper();
        act(() => this.classify(), "classify");
    }

    /// The strokes as the net wants them: 13 pixels high or 12 wide, in the middle, by a pen of 2.2 pixels. So are most
    /// of the training digits.
    render() {
        const all = this.strokes.flat(), xs = all.map((p) => p[0]), ys = all.map((p) => p[1]);
        const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
        const scale = Math.min(13 / (bottom - top), 12 / (right - left), 60);
        const canvas = make("canvas", {width: side, height: side}),
              pen = canvas.getContext("2d", {willReadFrequently: true});
        pen.translate(side / 2, side / 2);
        pen.scale(scale, scale);
        pen.translate(-(left + right) / 2, -(top + bottom) / 2);
        this.trace(pen, 2.2 / scale, "#000");
        const {data} = pen.getImageData(0, 0, side, side);
        return Array.from({length: side * side}, (_, i) => data[4 * i + 3] / 255);
    }

    /// Draws the strokes with a pen whose unit is the side of the paper.
    trace(pen, width, ink) {
        Object.assign(pen, {lineWidth: width, lineCap: "round", lineJoin: "round", strokeStyle: ink});
        for (const stroke of this.strokes) {
            pen.beginPath();
            stroke.forEach(([x, y]) => pen.lineTo(x, y));
            if (stroke.length === 1) pen.lineTo(stroke[0][0] + 1e-3, stroke[0][1]);
            pen.stroke();
        }
    }

    /// The paper, and beside it what the net sees.
    drawPaper() {
        const {pen, width, height} = penOf(element("paper"));
        const seen = penOf(element("seen")), [ink, paper] = [rgb("ink"), rgb("paper")];
        const image = this.pixels && imageOf(side, side, (i) => pixelOf(mix(paper, ink, this.pixels[i])));
        seen.pen.imageSmoothingEnabled = pen.imageSmoothingEnabled = false;
        if (image) seen.pen.drawImage(image, 0, 0, seen.width, seen.height);
        if (image && !this.strokes.length) pen.drawImage(image, 0, 0, width, height);
        pen.save();
        pen.scale(width, height);
        this.trace(pen, 0.06, colour("ink"));
        pen.restore();
        if (!this.pen.shown) return;
        pen.beginPath();
        pen.arc(this.pen.x * width, this.pen.y * height, 5, 0, 2 * Math.PI);
        pen.lineWidth = 2;
        pen.strokeStyle = colour(this.pen.down ? "c1" : "line");
        pen.stroke();
    }

    /// The bars of the probabilities. Without a drawing they are empty.
    async classify() {
        const found = this.pixels && await this.digits.classify(this.pixels);
        const best = found ? found.indexOf(Math.max(...found)) : -1;
        [...element("probabilities").rows].forEach((row, i) => {
            const percent = found && Number.isFinite(found[i]) ? 100 * found[i] : 0;
            row.className = i === best ? "best" : "";
            row.cells[1].firstChild.style.width = `${percent}%`;
            row.cells[2].textContent = found ? `${percent.toFixed(0)} %` : "";
        });
        const text = best < 0 ? "Draw a digit to see its probabilities." : `It looks like ${best}.`;
        if (element("answer").textContent !== text) element("answer").textContent = text;
    }
}

const digitsScene = new DigitsScene();
