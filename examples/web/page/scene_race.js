// Scene 2: rules of the library on their way down one surface.

"use strict";

const racerCount = 5, lastStep = 3000, grid = 120;
/// Rates that show the rules at work, for each surface.
const goodRates = {
    "saddle": {gd: 0.02, momentum: 0.005, adagrad: 0.1, rmsprop: 0.01, adam: 0.02},
    "Beale": {gd: 0.003, momentum: 0.001, adagrad: 0.3, rmsprop: 0.01, adam: 0.03},
    "Rosenbrock": {gd: 0.001, momentum: 0.0003, adagrad: 0.3, rmsprop: 0.01, adam: 0.1},
    "ravine": {gd: 0.3, momentum: 0.03, adagrad: 0.3, rmsprop: 0.03, adam: 0.1},
    "formula": {gd: 0.01, momentum: 0.003, adagrad: 0.3, rmsprop: 0.01, adam: 0.03}
};
const surfaceHelp = {
    "saddle": "The gradient nearly vanishes where the way down is not yet found.",
    "Beale": "Flat in the middle, steep walls: a rate that is good for one is bad for the other.",
    "Rosenbrock": "A narrow curved valley: easy to reach, hard to follow. The minimum is at (1, 1).",
    "ravine": "Steep in y, shallow in x: plain descent zigzags or crawls.",
    "formula": "Your own, below."
};

class RaceScene {
    constructor() {
        this.name = "race";
        this.defaults = {
            surface: "Rosenbrock",
            formula: "",
            half: 3,
            start: "",
            pace: 1,
            racers: "gd:0.001:1_momentum:0.0003:1_adagrad:0.3:1_rmsprop:0.01:1_adam:0.1:1",
            steps: 0,
            changes: ""
        };
        this.runs = true;
        this.loop = new Loop(() => this.frame());
        Object.assign(this, {
            ways: [],
            problems: [],
            heights: null,
            picture: null,
            valid: false,
            window: [-1, 1, -1, 1],
            from: [0, 0]
        });
    }

    /// The controls.
    async build() {
        this.race = new Race(engine);
        this.surfaces = await this.race.surfaces();
        const [, run] = addButtons(element("race-buttons"), [
            [
                "Step",
                () => {
                    this.loop.set(false);
                    act(async () => {
                        await this.step(1);
                        this.draw();
                    });
                }
            ],
            ["Run", () => this.loop.set(!this.loop.running && this.valid), {className: "main"}],
            ["From the start", () => act(() => this.restart())]
        ]);
        this.loop.button = run;
        const names = [...this.surfaces.map(({name}) => name), "formula"];
        this.showFields = addFields(
            element("race-fields"), this,
            [
                {
                    name: "surface",
                    label: "Surface",
                    help: "",
                    options: Object.fromEntries(names.map((name) => [name, surfaceHelp[name] ?? ""]))
                },
                {name: "pace", label: "Steps a frame", least: 1, most: 20, help: "How fast the race is shown."}, {
                    name: "half",
                    label: "Window",
                    from: 0.1,
                    to: 100,
                    help: "For your own formula: x and y go from minus this to this."
                },
                {
                    name: "formula",
                    label: "Formula",
                    full: true,
                    help:
                        "Of x and y, as x^2 + 3 sin(2 x) y^2. There are abs, cos, exp, log, sin, sqrt, tan, tanh, pi and e."
                }
            ],
            (name) => this.change(name));
        element("race-formula").setAttribute("aria-describedby", "race-formula-help formula-error");
        this.buildRacers();
        this.connectSurface();
    }

    /// A row for each racer. The rows stay, their contents follow the settings.
    buildRacers() {
        const table = element("racers");
        table.append(make("tr", {}, ...["", "", "rule", "rate", "", "height"].map((text) => make("th", {}, text))));
        this.rows = Array.from({length: racerCount}, (_, i) => {
            const on = make("input", {type: "checkbox", "aria-label": `Racer ${i + 1} takes part`});
            const sign = make("canvas", {"aria-hidden": "true"});
            const rule = make(
                "select", {"aria-label": `Rule of racer ${i + 1}`}, ...engine.rules.map((name) => new Option(name)));
            const rate = make("input", {type: "range", min: 0, max: 100, "aria-label": `Rate of racer ${i + 1}`});
            const shown = make("td", {}), height = make("td", {});
            on.onchange = rule.onchange = () => act(() => {
                this.keepRacers();
                return this.restart();
            });
            rate.oninput = () => {
                const value = Number((1e-5 * 1e6 ** (rate.value / 100)).toPrecision(2));
                shown.textContent = short(value);
                act(() => this.setRate(i, value), rate);
            };
            table.append(make(
                "tr", {}, make("td", {}, on), make("td", {}, sign), make("td", {}, rule), make("td", {}, rate), shown,
                height));
            return {on, sign, rule, rate, shown, height};
        });
    }

    /// The settings go to the engine and to the rows.
    async apply() {
        const {steps, changes} = this.settings;
        this.racers = this.settings.racers.split("_").slice(0, racerCount).map((text) => {
            const [rule, rate, on] = text.split(":");
            return {rule, rate: Number(rate), on: on === "1"};
        });
        while (this.racers.length < racerCount) this.racers.push({rule: "gd", rate: 0.001, on: false});
        this.showRacers();
        await this.setSurface();
        await repeatPast(this, {steps, changes}, (count) => this.step(count), (i, rate) => this.setRate(i, rate));
    }

    showRacers() {
        this.racers.forEach(({rule, rate, on}, i) => {
            const row = this.rows[i];
            row.on.checked = on;
            row.rule.value = rule;
            row.rate.value = 100 * Math.log(rate / 1e-5) / Math.log(1e6);
            row.shown.textContent = short(rate);
        });
    }

    /// What the rows say goes to the settings.
    keepRacers() {
        this.rows.forEach((row, i) => Object.assign(this.racers[i], {on: row.on.checked, rule: row.rule.value}));
        this.settings.racers = this.racers.map(({rule, rate, on}) => `${rule}:${rate}:${on ? 1 : 0}`).join("_");
        saveSettings(this);
    }

    /// Another rate for a racer, from here on.
    async setRate(i, rate) {
        const k = this.active().indexOf(this.racers[i]);
        if (k >= 0 && this.valid) await this.race.setRate(k, rate);
        this.racers[i].rate = rate;
        noteChange(this, String(i), rate);
        this.showRacers();
        this.keepRacers();
    }

    active() { return this.racers.filter(({on}) => on); }

    /// The surface of the settings: {formula, window, start}.
    surface() {
        const {surface, formula, half} = this.settings, known = this.surfaces.find(({name}) => name === surface);
        return known ?? {formula, window: [-half, half, -half, half], start: [-0.6 * half, 0.5 * half]};
    }

    start() {
        const {start} = this.settings, [x, y] = start.split(",").map(Number);
        return start && Number.isFinite(x) && Number.isFinite(y) ? [x, y] : this.surface().start;
    }

    /// A new surface. What is wrong with a formula is shown below it, at its place.
    async setSurface() {
        const {formula} = this.surface(), box = element("race-formula"), line = element("formula-error");
        if (document.activeElement !== box) box.value = formula;
        try {
            await this.race.setSurface(formula);
            this.valid = true;
            this.window = this.surface().window;
            line.textContent = "";
            say("");
        } catch (error) {
            if (!(error instanceof EngineError)) throw error;
            this.valid = false;
            this.loop.set(false);
            const at = Math.min(error.position ?? 0, formula.length), from = Math.max(0, at - 24);
            line.textContent = `${formula.slice(from, from + 36)}\n${" ".repeat(at - from)}^\n${error.message}`;
            say(error.message, true);
        }
        box.setAttribute("aria-invalid", !this.valid);
        if (!this.valid) return;
        this.setHeights(Float64Array.from((await this.race.heights(grid, this.window)).flat()), grid);
        await this.begin();
    }

    /// The racers go to the start.
    async begin() {
        Object.assign(this, {from: this.start(), ways: [], problems: []});
        beginPast(this, this.racers.map(({rate}) => rate));
        const racers = this.active();
        if (!this.valid || !racers.length) return;
        await this.race.begin(this.from, racers.map(({rule, rate}) => [rule, rate]));
        this.ways = racers.map(() => []);
    }

    async restart() {
        say("");
        await this.begin();
        this.draw();
        if (!calm.matches && this.valid) this.loop.set(true);
    }

    /// After a control was moved.
    async change(name) {
        if (name === "pace") return;
        const text = element("race-formula").value;
        if (name === "surface") {
            const rates = goodRates[this.settings.surface] ?? {};
            if (this.settings.surface === "formula") this.settings.formula = text;
            for (const racer of this.racers) racer.rate = rates[racer.rule] ?? racer.rate;
            this.showRacers();
            this.keepRacers();
        } else
            Object.assign(this.settings, {surface: "formula", formula: text});
        this.settings.start = "";
        await this.setSurface();
        this.draw();
        if (this.valid && !calm.matches) this.loop.set(true);
    }

    setHeights(heights, n) {
        const sorted = heights.filter(Number.isFinite).sort(), bands = 16;
        const levels = Array.from(
            {length: bands - 1}, (_, k) => sorted[Math.floor((sorted.length - 1) * ((k + 1) / bands) ** 1.6)] ?? 0);
        this.heights = {heights, n, levels};
        this.picture = null;
    }

    /// The surface as bands of equal height with lines between them.
    paint() {
        const {heights, n, levels} = this.heights, size = 420, band = new Uint8Array(size * size);
        const scale = (n - 1) / (size - 1);
        for (let j = 0, i = 0; j < size; ++j) {
            const y = Math.min(n - 2, Math.floor(j * scale)), q = j * scale - y;
            for (let k = 0; k < size; ++k, ++i) {
                const x = Math.min(n - 2, Math.floor(k * scale)), p = k * scale - x, at = y * n + x;
                const height = (heights[at] * (1 - p) + heights[at + 1] * p) * (1 - q) +
                    (heights[at + n] * (1 - p) + heights[at + n + 1] * p) * q;
                let count = 0;
                while (count < levels.length && !(height < levels[count])) ++count;
                band[i] = count;
            }
        }
        const dark = matchMedia("(prefers-color-scheme: dark)").matches;
        const low = mix(rgb("paper"), dark ? [0, 0, 0] : rgb("ink"), dark ? 0.6 : 0.4);
        const high = mix(rgb("paper"), rgb("ink"), dark ? 0.3 : 0);
        const shades = Array.from({length: levels.length + 1}, (_, k) => mix(low, high, k / levels.length));
        const pixels = shades.map(pixelOf), lines = shades.map((shade) => pixelOf(mix(shade, rgb("soft"), 0.35)));
        const isBorder = (i) =>
            (i % size && band[i] !== band[i - 1]) || (i >= size && band[i] !== band[i - size]);
        return imageOf(size, size, (i) => (isBorder(i) ? lines : pixels)[band[i]]);
    }

    /// So many steps of all racers.
    async step(count) {
        if (!this.valid || !this.ways.length) return false;
        const {ways, problems} = await this.race.step(count);
        ways.forEach((way, i) => this.ways[i].push(...way));
        noteSteps(this, count);
        problems.forEach((problem, i) => {
            if (!problem || this.problems[i]) return;
            this.problems[i] = problem;
            const {rule, rate} = this.active()[i];
            say(`${rule} at rate ${short(rate)}: ${problem}. Lower its rate`, true);
        });
        return true;
    }

    async frame() {
        const good = await this.step(this.settings.pace);
        this.drawSurface();
        return good && this.ways[0].length < lastStep && !this.ways.every((_, i) => this.problems[i]);
    }

    /// A click, or the arrow keys, set the start.
    connectSurface() {
        const canvas = element("surface");
        const set = (x, y) => {
            this.settings.start = [x, y].map((z) => Number(z.toPrecision(4))).join(",");
            saveSettings(this);
            act(() => this.restart(), canvas);
        };
        canvas.onclick = (event) => {
            const [u, v] = placeOf(event, canvas), [left, right, bottom, top] = this.window;
            set(left + u * (right - left), top - v * (top - bottom));
        };
        canvas.onkeydown = (event) => {
            const by = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
            if (!by) return;
            event.preventDefault();
            const [left, right, bottom, top] = this.window, [x, y] = this.start();
            set(x + by[0] * (right - left) / 40, y + by[1] * (top - bottom) / 40);
        };
    }

    draw() {
        this.picture = null;
        this.showFields();
        const box = element("race-formula");
        if (document.activeElement !== box) box.value = this.surface().formula;
        this.rows.forEach(({sign}, i) => {
            const {pen, width, height} = penOf(sign);
            pen.fillStyle = colour(`c${i}`);
            pen.fillRect(0, height / 2 - 1.5, width, 3);
            drawMark(pen, width / 2, height / 2, i, 6);
        });
        this.drawSurface();
    }

    drawSurface() {
        const [left, right, bottom, top] = this.window, canvas = element("surface");
        canvas.style.aspectRatio = (right - left) / (top - bottom);
        const {pen, width, height} = penOf(canvas);
        if (this.heights) this.picture ??= this.paint();
        if (this.picture) pen.drawImage(this.picture, 0, 0, width, height);
        const to = ([x, y]) => [(x - left) / (right - left) * width, (top - y) / (top - bottom) * height];
        const all = this.racers.map((racer, i) => ({racer, i})).filter(({racer}) => racer.on);
        this.rows.forEach((row) => {
            row.height.textContent = "";
        });
        all.forEach(({i}, k) => this.drawWay(pen, to, this.ways[k] ?? [], i, this.problems[k]));
        this.drawStart(pen, to(this.from), width, height);
    }

    /// The way of one racer, with its sign where it is now.
    drawWay(pen, to, way, i, problem) {
        const last = way.findLast((p) => p.every(Number.isFinite)), far = 1e5;
        this.rows[i].height.textContent = problem ? "diverged" : last ? short(last[2], 3) : "";
        if (!last) return;
        pen.beginPath();
        for (const p of way) {
            const [u, v] = to(p);
            if (!(Math.abs(u) < far && Math.abs(v) < far)) break;
            pen.lineTo(u, v);
        }
        pen.lineJoin = "round";
        for (const [name, wide] of [["paper", 4.5], [`c${i}`, 2.2]]) {
            pen.strokeStyle = colour(name);
            pen.lineWidth = wide;
            pen.stroke();
        }
        const [u, v] = to(last);
        if (Math.abs(u) < far && Math.abs(v) < far) drawMark(pen, u, v, i, 7);
    }

    /// A cross at the start, the window's corners, and the start in words.
    drawStart(pen, [u, v], width, height) {
        pen.strokeStyle = colour("ink");
        pen.lineWidth = 2;
        pen.beginPath();
        pen.moveTo(u - 7, v - 7);
        pen.lineTo(u + 7, v + 7);
        pen.moveTo(u - 7, v + 7);
        pen.lineTo(u + 7, v - 7);
        pen.stroke();
        const [left, right, bottom, top] = this.window, [x, y] = this.from;
        pen.fillStyle = colour("ink");
        pen.font = "12px system-ui, sans-serif";
        pen.textAlign = "left";
        pen.fillText(`(${short(left)}, ${short(bottom)})`, 5, height - 6);
        pen.textAlign = "right";
        pen.fillText(`(${short(right)}, ${short(top)})`, width - 5, 15);
        const text = `Start (${short(x, 3)}, ${short(y, 3)})`;
        if (element("race-start").textContent !== text) element("race-start").textContent = text;
        element("race-steps").textContent = `${this.ways[0]?.length ?? 0} steps`;
    }
}

const raceScene = new RaceScene();
