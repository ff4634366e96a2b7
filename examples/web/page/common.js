// What the scenes share: elements, controls, the loop that animates, and drawing.

"use strict";

const element = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const glyphs = ["●", "▲", "■", "◆", "✚"];
let engine;

/// An element with properties and children: make("p", {className: "help"}, "text").
function make(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    for (const name of Object.keys(properties))
        if (name.startsWith("aria-")) made.setAttribute(name, properties[name]);
    made.append(...children);
    return made;
}

/// Shows a text in the status line at the top.
function say(text, isError = false) {
    const line = element("message");
    if (line.textContent !== text) line.textContent = text;
    line.classList.toggle("error", isError);
}

let lastAction = Promise.resolve();
const waitingActions = new Map();  // by their keys

/// Does something that asks the engine and waits for its answers. Actions run one after the other, each to its end, so
/// none sees the work of another half done. An action takes the place of one with the same key that still waits: the
/// pointer moves on while the engine works, and only where it is now counts. What the library has to say against an
/// action is shown. An action may begin another, but not wait for it.
function act(action, key = Symbol()) {
    const replaces = waitingActions.has(key);
    waitingActions.set(key, action);
    if (!replaces)
        lastAction = lastAction.then(() => {
            const newest = waitingActions.get(key);
            waitingActions.delete(key);
            return attempt(newest);
        }).catch(reportError);
    return lastAction;
}

/// Runs a part of an action, and shows what the library has to say against it, with advice. Says whether all went well.
async function attempt(action, advice = "") {
    try {
        await action();
        return true;
    } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        say([error.message, advice].filter(Boolean).join(". "), true);
        return false;
    }
}

/// Trains by a slice and keeps what the engine says of it. If the library refused, the scene stops, and it is false.
async function trainSlice(scene, train, keep, advice) {
    const good = await attempt(async () => {
        const done = await train();
        keep(done);
        if (done.problem) throw new EngineError(done.problem);
    }, advice);
    if (!good) scene.loop.set(false);
    return good;
}

/// A number for people: four digits, or with an exponent where it is very small or large.
function short(x, digits = 4) {
    if (!Number.isFinite(x)) return String(x);
    const size = Math.abs(x);
    return size !== 0 && (size < 1e-3 || size >= 1e5) ? x.toExponential(1) : String(Number(x.toPrecision(digits)));
}

/// With two digits after the point, as in tables.
const fixed = (x) => (Math.abs(x) >= 1e4 ? short(x, 2) : x.toFixed(2));

/// Buttons in a bar: [[text, action, properties], ...]. Gives them as a list.
function addButtons(bar, table) {
    const made = table.map(
        ([text, onclick, properties]) => make("button", {type: "button", textContent: text, onclick, ...properties}));
    bar.append(...made);
    return made;
}

/// Rows of cells into a table. The first row is its head. A cell is a text, an element, or {text, className, style}.
function fillTable(table, [head, ...rows], decorate = () => {}) {
    const cell = (tag, given) => {
        const made = document.createElement(tag);
        if (given instanceof Node || typeof given === "string")
            made.append(given);
        else {
            made.textContent = given.text;
            made.className = given.className ?? "";
            if (given.part !== undefined) made.style.setProperty("--part", `${given.part}%`);
        }
        return made;
    };
    const lines = rows.map((row, i) => {
        const line = make("tr", {}, ...row.map((given) => cell("td", given)));
        decorate(line, i);
        return line;
    });
    table.replaceChildren(
        ...(table.caption ? [table.caption] : []),
        make("thead", {}, make("tr", {}, ...head.map((given) => cell("th", given)))), make("tbody", {}, ...lines));
}

/// A sign of a class: its shape, in its colour.
function glyph(c) {
    const made = make("span", {className: "glyph", textContent: glyphs[c]});
    made.style.color = `var(--c${c})`;
    return made;
}

/// The controls of a scene. A row of the table is {name, label, help} and
///     options: {value: help, ...} or a list of values   a choice, with an explanation of what is chosen
///     from, to                                          a number on a logarithmic slider, which may also be typed
///     least, most                                       a whole number on a slider
///     neither                                           a text
/// What is entered goes to scene.settings and then to changed(name). Gives a function that shows the settings.
function addFields(parent, scene, table, changed) {
    scene.ranges =
        Object.fromEntries(table.filter((row) => row.most).map(({name, least, most}) => [name, [least, most]]));
    const fields = table.map((row) => {
        const id = `${scene.name}-${row.name}`, help = make("small", {id: `${id}-help`});
        const field = row.options ? choiceField(row, id) :
            row.from || row.most  ? numberField(row, id) :
                                    textField(row, id);
        for (const entry of field.entries) entry.setAttribute("aria-describedby", help.id);
        const explain = () => {
            const chosen = row.options && !Array.isArray(row.options) ? row.options[scene.settings[row.name]] : "";
            help.textContent = [row.help, chosen].filter(Boolean).join(" ");
        };
        field.onEntry((value) => {
            scene.settings[row.name] = value;
            explain();
            act(() => changed(row.name), id);
            saveSettings(scene);
        });
        parent.append(make(
            "div", {className: row.full ? "field full" : "field"}, make("label", {htmlFor: id}, row.label),
            make("div", {className: "entry"}, ...field.entries), help));
        return () => {
            field.show(scene.settings[row.name]);
            explain();
        };
    });
    return () => fields.forEach((show) => show());
}

/// A choice among values.
function choiceField(row, id) {
    const names = Array.isArray(row.options) ? row.options : Object.keys(row.options);
    const select = make("select", {id}, ...names.map((name) => new Option(name)));
    return {
        entries: [select],
        show: (value) => {
            select.value = value;
        },
        onEntry: (use) => {
            select.onchange = () => use(select.value);
        }
    };
}

/// A slider and, where it is logarithmic, a box to type the number into. A slider that has a zero has it at its left
/// end.
function numberField(row, id) {
    const log = row.from !== undefined;
    const slider = make("input", {type: "range", id, min: log ? 0 : row.least, max: log ? 100 : row.most, step: 1});
    const box = make("input", {className: "number", inputMode: "decimal", "aria-label": `${row.label}, as a number`});
    const toValue = (at) =>
        (log ? (row.zero && at === 0 ? 0 : Number((row.from * (row.to / row.from) ** (at / 100)).toPrecision(2))) : at);
    const toSlider = (value) =>
        (log ? (value > 0 ? 100 * Math.log(value / row.from) / Math.log(row.to / row.from) : 0) : value);
    const show = (value) => {
        slider.value = toSlider(value);
        slider.setAttribute("aria-valuetext", short(value));
        if (document.activeElement !== box) box.value = short(value);
    };
    const onEntry = (use) => {
        slider.oninput = () => {
            const value = toValue(Number(slider.value));
            show(value);
            use(value);
        };
        box.onchange = () => {
            let value = Number(box.value);
            if (!log) value = Math.min(row.most, Math.max(row.least, Math.round(value)));
            if (box.value.trim() === "" || !Number.isFinite(value))
                return say(`${row.label}: ${box.value} is no number`, true);
            use(value);
            show(value);
        };
    };
    return {entries: [slider, box], show, onEntry};
}

/// A text that is taken as it is typed.
function textField(row, id) {
    const box = make("input", {type: "text", id, spellcheck: false, autocapitalize: "off", autocomplete: "off"});
    return {
        entries: [box],
        show: (value) => {
            if (document.activeElement !== box) box.value = value;
        },
        onEntry: (use) => {
            box.oninput = () => use(box.value);
        }
    };
}

/// Makes a number box that can be dragged sideways, and changed by the arrow keys: use(value) is told.
function makeDraggable(box, use) {
    let from = null;
    const enter = (value) => {
        box.value = short(value);
        use(value);
    };
    box.onpointerdown = (event) => {
        from = {x: event.clientX, value: Number(box.value), moved: false};
    };
    box.onpointermove = (event) => {
        if (!from || !Number.isFinite(from.value)) return;
        if (!from.moved && Math.abs(event.clientX - from.x) < 4) return;
        if (!from.moved) box.setPointerCapture(event.pointerId);
        from.moved = true;
        enter(Number((from.value + 0.01 * (event.clientX - from.x)).toFixed(4)));
    };
    box.onpointerup = box.onpointercancel = () => {
        from = null;
    };
    box.onkeydown = (event) => {
        const sign = {ArrowUp: 1, ArrowDown: -1}[event.key];
        if (!sign) return;
        event.preventDefault();
        enter(Number((Number(box.value) + sign * (event.shiftKey ? 1 : 0.1)).toFixed(4)) || 0);
    };
    box.onchange = () => {
        const value = Number(box.value);
        if (box.value.trim() !== "" && Number.isFinite(value))
            use(value);
        else
            say(`${box.value} is no number`, true);
    };
}

/// Runs an action in every frame: frame() gives false to stop. With a button to run and stop.
class Loop {
    constructor(frame) { Object.assign(this, {frame, running: false, button: null, asked: 0}); }
    set(running) {
        if (this.button) this.button.textContent = running ? "Stop" : "Run";
        if (running && !this.running) this.next();
        this.running = running;
    }
    next() {
        cancelAnimationFrame(this.asked);
        this.asked = requestAnimationFrame(() => act(() => this.tick(), this));
    }
    async tick() {
        if (!this.running) return;
        let goesOn = false;
        await attempt(async () => {
            goesOn = await this.frame() !== false;
        });
        if (!goesOn)
            this.set(false);
        else if (this.running)
            this.next();
    }
}

/// Many losses, one after the other. When there are too many every second one is forgotten.
class History {
    constructor() { this.clear(); }
    clear() { Object.assign(this, {rows: [], stride: 1, count: 0, last: null}); }
    add(row) {
        if (this.count++ % this.stride === 0) this.rows.push(row);
        this.last = row;
        if (this.rows.length < 1200) return;
        this.rows = this.rows.filter((_, i) => i % 2 === 0);
        this.stride *= 2;
    }
}

/// A pen for a canvas, which is made as fine as the screen: {pen, width, height} in CSS pixels.
function penOf(canvas) {
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, {width: w, height: h});
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return {pen, width, height};
}

const colourCache = new Map();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => colourCache.clear());

/// The value of a variable of style.css, such as "ink"; in dark mode it is another.
function colour(name) {
    if (!colourCache.has(name))
        colourCache.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
    return colourCache.get(name);
}

/// The same as three numbers.
function rgb(name) {
    const hex = colour(name).slice(1), wide = hex.length === 3 ? [...hex].map((d) => d + d) : hex.match(/../g);
    return wide.map((d) => parseInt(d, 16));
}

/// A mixture of two colours of three numbers.
const mix = (a, b, part) => a.map((x, i) => x + (b[i] - x) * part);

/// Three numbers as a pixel of imageOf.
const pixelOf = ([red, green, blue]) => (255 << 24 | blue << 16 | green << 8 | red) >>> 0;

/// A small image to draw with pen.drawImage: pixelAt(i) for each of its pixels, row by row.
function imageOf(columns, rows, pixelAt) {
    const small = make("canvas", {width: columns, height: rows}), pen = small.getContext("2d");
    const image = pen.createImageData(columns, rows), pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; ++i) pixels[i] = pixelAt(i);
    pen.putImageData(image, 0, 0);
    return small;
}

/// The classes of Engine's regions() as a background of weak colours. A pixel between the middles of four squares gets
/// the class that is nearest by bilinear weights, so that borders are smooth though the squares are few.
function drawRegions(pen, side, classes, n) {
    const shades = glyphs.map((_, c) => pixelOf(mix(rgb("paper"), rgb(`c${c}`), 0.24)));
    const fine = 200, near = new Int32Array(fine), part = new Float64Array(fine);
    const weights = new Float64Array(shades.length);
    const classAt = (i) => classes.charCodeAt(i) - 48;  // a digit each
    for (let i = 0; i < fine; ++i) {
        const u = Math.min(n - 1, Math.max(0, (i + 0.5) * n / fine - 0.5));
        near[i] = Math.min(n - 2, Math.floor(u));
        part[i] = u - near[i];
    }
    const image = imageOf(fine, fine, (i) => {
        const column = i % fine, row = (i - column) / fine, at = near[row] * n + near[column];
        const a = classAt(at), b = classAt(at + 1), c = classAt(at + n), d = classAt(at + n + 1);
        if (a === b && a === c && a === d) return shades[a];
        const p = part[column], q = part[row];
        weights.fill(0);
        weights[a] += (1 - p) * (1 - q);
        weights[b] += p * (1 - q);
        weights[c] += (1 - p) * q;
        weights[d] += p * q;
        let best = a;
        for (let k = 0; k < weights.length; ++k)
            if (weights[k] > weights[best]) best = k;
        return shades[best];
    });
    pen.imageSmoothingEnabled = true;
    pen.drawImage(image, 0, 0, side, side);
}

/// A point of a class: a shape and a colour of its own, with a rim that stands out from the background.
function drawMark(pen, x, y, c, size, rim = colour("paper")) {
    const corners = [
        null, [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]], [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
        [[0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]],
        [
            [-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4], [0.4, 1.2], [-0.4, 1.2],
            [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]
        ]
    ][c % 5];
    pen.beginPath();
    if (corners)
        corners.forEach(([u, v]) => pen.lineTo(x + size * u, y + size * v));
    else
        pen.arc(x, y, size, 0, 2 * Math.PI);
    pen.closePath();
    pen.fillStyle = colour(`c${c}`);
    pen.fill();
    pen.lineWidth = 1.5;
    pen.strokeStyle = rim;
    pen.stroke();
}

/// The curves of a History whose rows are lists of numbers. lines: [{name, colour, dash}, ...].
function drawCurves(canvas, history, lines) {
    const {pen, width, height} = penOf(canvas), rows = history.rows;
    const left = 44, right = 8, top = 20, bottom = 18;
    const first = rows.length && Number.isFinite(rows[0][0]) ? rows[0][0] : 1;  // far above it, curves are cut off
    const largest = rows.flat().reduce((a, b) => (b > a && b < Infinity ? b : a), 0) || 1;
    const highest = Math.max(1e-9, Math.min(largest, 4 * first));
    const across = (i) => left + (width - left - right) * i / Math.max(1, rows.length - 1);
    const up = (loss) => height - bottom - (height - top - bottom) * Math.min(1, loss / highest);
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = colour("soft");
    pen.strokeStyle = colour("line");
    pen.lineWidth = 1;
    pen.textAlign = "right";
    for (const part of [0, 0.5, 1]) {
        const value = highest * part;
        pen.fillText(value < 1e5 ? short(value, 2) : value.toExponential(0), left - 5, up(highest * part) + 4);
        pen.beginPath();
        pen.moveTo(left, up(highest * part));
        pen.lineTo(width - right, up(highest * part));
        pen.stroke();
    }
    pen.fillText(`step ${history.count}`, width - right, height - 4);
    pen.textAlign = "left";
    if (rows.length === 0) pen.fillText("The curve begins with the first step.", left + 8, height / 2 - 8);
    let at = left;
    lines.forEach((line, k) => {
        pen.strokeStyle = colour(line.colour);
        pen.lineWidth = line.width ?? 2;
        pen.setLineDash(line.dash);
        pen.beginPath();
        rows.forEach((row, i) => {
            if (Number.isFinite(row[k])) pen.lineTo(across(i), up(row[k]));
        });
        pen.moveTo(at, 10);
        pen.lineTo(at + 22, 10);
        pen.stroke();
        pen.fillStyle = colour("ink");
        pen.fillText(line.name, at + 27, 14);
        at += 42 + pen.measureText(line.name).width;
    });
    pen.setLineDash([]);
}

/// Where an event is in a canvas, from 0 to 1 in both directions.
function placeOf(event, canvas) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

/// What each rule does, in a line.
const ruleHelp = {
    gd: "w −= rate · gradient, of all points.",
    sgd: "w −= rate · gradient, of a batch.",
    momentum: "v = μ v − rate · g, w += v: speed builds up where the gradient stays.",
    nesterov: "Momentum with the gradient taken where the speed leads.",
    adagrad: "Divides by the root of the sum of all squared gradients: steps only shrink.",
    adadelta: "Adagrad with a decaying sum, and a rate from past steps. Wants a rate near 1.",
    rmsprop: "Divides by the root of a decaying mean of squared gradients.",
    adam: "RMSProp with momentum, both corrected for their start at zero.",
    amsgrad: "Adam whose divisor never shrinks.",
    adamw: "Adam with weight decay apart from the gradient.",
    adamax: "Adam with the largest gradient in place of the mean square.",
    nadam: "Adam with Nesterov's look ahead.",
    radam: "Adam that waits until its variance can be trusted.",
    lion: "The sign of a momentum: every weight moves by the rate.",
    lamb: "Adam scaled to the size of each layer's weights."
};

/// The rules of the library with their explanations.
const ruleOptions = () => Object.fromEntries(engine.rules.map((name) => [name, ruleHelp[name] ?? ""]));
