// Scene 4: a net with two hidden layers on the arms of a spiral.

"use strict";

const spiralReach = 1.15;

class SpiralsScene {
    constructor() {
        this.name = "spirals";
        this.defaults = {
            first: 24,
            second: 24,
            activation: "relu",
            rule: "adam",
            rate: 0.01,
            penalty: 0,
            arms: 3,
            points: 100,
            noise: 0.03,
            seed: 1,
            steps: 0,
            changes: ""
        };
        this.runs = true;
        this.history = new History();
        this.loop = new Loop(() => this.frame());
        Object.assign(this, {cost: 0.01, turn: 0, accuracy: null, scattered: []});
    }

    /// The controls.
    async build() {
        this.spirals = new Spirals(engine);
        const [, run] = addButtons(element("spirals-buttons"), [
            [
                "Step",
                () => {
                    this.loop.set(false);
                    act(async () => {
                        await this.take(() => this.spirals.step(1));
                        await this.draw();
                    });
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
            [
                "Start anew",
                () => act(async () => {
                    ++this.settings.seed;
                    await this.change("seed");
                    saveSettings(this);
                    if (!calm.matches) this.loop.set(true);
                })
            ]
        ]);
        this.loop.button = run;
        this.showFields = addFields(
            element("spirals-fields"), this,
            [
                {
                    name: "first",
                    label: "First hidden layer",
                    least: 2,
                    most: 64,
                    help: "Its units; more bend the border more."
                },
                {
                    name: "second",
                    label: "Second hidden layer",
                    least: 2,
                    most: 64,
                    help: "Combines what the first one found."
                },
                {
                    name: "activation",
                    label: "Activation",
                    help: "",
                    options: {
                        relu: "max(0, x): the borders are made of straight pieces.",
                        tanh: "Between −1 and 1: smooth borders; large inputs saturate."
                    }
                },
                {name: "rate", label: "Step size", from: 1e-4, to: 10, help: "The learning rate of the rule."},
                {name: "rule", label: "Update rule", options: ruleOptions(), help: ""}, {
                    name: "penalty",
                    label: "Weight penalty λ",
                    from: 1e-5,
                    to: 1,
                    zero: true,
                    help: "L2 regularization: simpler borders."
                },
                {name: "arms", label: "Arms (classes)", least: 2, most: 5, help: "Each has its colour and its shape."},
                {name: "points", label: "Points of an arm", least: 10, most: 200, help: "All are used at each step."}, {
                    name: "noise",
                    label: "Noise",
                    from: 0.003,
                    to: 0.3,
                    zero: true,
                    help: "How far points leave their arm."
                }
            ],
            (name) => this.change(name));
    }

    /// The points, a new net by the settings, and what it learned before.
    async apply() {
        const {steps, changes} = this.settings;
        await this.scatter();
        await this.begin();
        await repeatPast(this, {steps, changes}, (count) => this.take(() => this.spirals.step(count)),
                         (name, value) => this.set(name, value));
    }

    async scatter() {
        const {arms, points, noise} = this.settings;
        await this.spirals.scatter({arms, points, noise, seed: 1});
        this.scattered = await this.spirals.points();
    }

    async begin() {
        const {first, second, activation, rule, rate, penalty, seed} = this.settings;
        this.history.clear();
        this.accuracy = null;
        beginPast(this, {rate, penalty});
        await this.spirals.begin({first, second, activation, rule, rate, penalty, seed});
    }

    /// The rate or the penalty of the net that is there.
    async set(name, value) {
        await (name === "rate" ? this.spirals.setRate(value) : this.spirals.setPenalty(value));
        this.settings[name] = value;
        noteChange(this, name, value);
    }

    /// After a control was moved. Rate and penalty go to the net that is there; all else begins a new one.
    async change(name) {
        const good = await attempt(async () => {
            if (name === "rate" || name === "penalty") return this.set(name, this.settings[name]);
            if (["arms", "points", "noise"].includes(name)) await this.scatter();
            return this.begin();
        });
        if (good) say("");
        await this.draw();
    }

    /// A slice of training. False if the library refused.
    take(train) {
        return trainSlice(this, train, ({losses, accuracy}) => {
            for (const loss of losses) this.history.add([loss]);
            this.accuracy = accuracy;
            noteSteps(this, losses.length);
        }, "Lower the step size and start anew");
    }

    /// Every other frame trains, every other one draws.
    async frame() {
        if (++this.turn % 2) return this.take(() => this.spirals.train(8));
        await this.drawPlane(this.affordable(8));
        this.showNumbers();
        return true;
    }

    async draw() {
        this.showFields();
        await this.drawPlane(this.loop.running ? this.affordable(8) : 128);
        this.showNumbers();
    }

    /// How many squares along a side take so many milliseconds, by what the last ones took.
    affordable(milliseconds) { return Math.round(Math.min(96, Math.max(16, Math.sqrt(milliseconds / this.cost)))); }

    /// Points and decision regions, of n x n squares.
    async drawPlane(n) {
        const classes = await this.spirals.regions(n, spiralReach), cost = Math.max(0.5, engine.milliseconds) / n ** 2;
        this.cost = (this.cost + cost) / 2;
        const {pen, width} = penOf(element("spiral")), scale = width / 2 / spiralReach;
        drawRegions(pen, width, classes, n);
        for (const [x, y, c] of this.scattered)
            drawMark(pen, (x + spiralReach) * scale, (spiralReach - y) * scale, c, Math.min(4, width / 120));
    }

    showNumbers() {
        drawCurves(element("spirals-curve"), this.history, [{name: "loss", colour: "ink", dash: []}]);
        const loss = this.history.last ? short(this.history.last[0], 3) : "–";
        const accuracy = this.accuracy === null ? "–" : `${(100 * this.accuracy).toFixed(1)} %`;
        element("spirals-parts").replaceChildren("Accuracy ", make("b", {}, accuracy), `, loss ${loss}`);
    }
}

const spiralsScene = new SpiralsScene();
