// Scene 1 of the page. It talks to the engine by engine.js alone.

"use strict";

const reach = 1.2; // the plane is [-reach, reach] in x and y
const colours = [[214, 69, 65], [38, 133, 80], [44, 99, 200]];
const element = (id) => document.getElementById(id);
const css = (c, alpha = 1) => `rgba(${colours[c].join(",")},${alpha})`;

let engine, classifier, shown, running = false;
let points = [], chosen = -1, dragged = -1, losses = [];

function say(text) { element("message").textContent = text; }

/// Does something with the engine; what it has to say against it is shown.
function attempt(action) {
    try {
        action();
        say("");
    } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        running = false;
        say(error.message);
    }
    show();
}

function toCanvas(x, y, canvas) {
    return [(x / reach + 1) / 2 * canvas.width, (1 - y / reach) / 2 * canvas.height];
}

function fromEvent(event) {
    const canvas = element("plane"), box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width * 2 - 1) * reach,
            (1 - (event.clientY - box.top) / box.height * 2) * reach];
}

function drawPlane() {
    const canvas = element("plane"), pen = canvas.getContext("2d"), n = 60, side = canvas.width / n;
    const classes = classifier.regions(n, reach);
    for (let i = 0; i < n * n; ++i) {
        pen.fillStyle = css(Number(classes[i]), 0.25);
        pen.clearRect(i % n * side, Math.floor(i / n) * side, side, side);
        pen.fillRect(i % n * side, Math.floor(i / n) * side, side, side);
    }
    shown.weights.forEach(([a, b], c) => { // the line where the score is zero
        const length = a * a + b * b;
        if (!(length > 0)) return;
        const x = -shown.bias[c] * a / length, y = -shown.bias[c] * b / length, far = 4 * reach / Math.sqrt(length);
        pen.strokeStyle = css(c);
        pen.lineWidth = 2;
        pen.beginPath();
        pen.moveTo(...toCanvas(x - far * b, y + far * a, canvas));
        pen.lineTo(...toCanvas(x + far * b, y - far * a, canvas));
        pen.moveTo(...toCanvas(x, y, canvas));
        pen.lineTo(...toCanvas(x + 0.15 * a / Math.sqrt(length), y + 0.15 * b / Math.sqrt(length), canvas));
        pen.stroke();
    });
    points.forEach(([x, y, c], i) => {
        pen.beginPath();
        pen.arc(...toCanvas(x, y, canvas), i === chosen ? 10 : 7, 0, 2 * Math.PI);
        pen.fillStyle = css(c);
        pen.fill();
        pen.strokeStyle = "white";
        pen.stroke();
    });
}

function drawCurve() {
    const canvas = element("curve"), pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const last = losses.slice(-canvas.width).filter(Number.isFinite), top = Math.max(...last, 1e-9);
    pen.strokeStyle = css(2);
    pen.beginPath();
    last.forEach((loss, i) => pen.lineTo(i, canvas.height * (1 - 0.95 * loss / top)));
    pen.stroke();
}

function fill(table, rows, worst = -1) {
    table.replaceChildren(...rows.map((row, i) => {
        const line = document.createElement("tr");
        if (i === worst + 1 && worst >= 0) line.className = "worst";
        line.append(...row.map((text) => {
            const cell = document.createElement(i === 0 ? "th" : "td");
            cell.textContent = typeof text === "number" ? text.toFixed(2) : text;
            return cell;
        }));
        return line;
    }));
}

function show() {
    try {
        shown = classifier.look();
    } catch (error) {
        return say(error.message);
    }
    points = shown.points;
    drawPlane();
    drawCurve();
    const [total, data, regularization] = [shown.total, shown.data, shown.regularization].map((x) => x.toFixed(4));
    element("parts").textContent = `loss ${total} = data ${data} + regularization ${regularization}`;
    fill(element("parameters"), [["", "W x", "W y", "b", "gradient", "", ""], ...shown.weights.map((row, c) =>
        [`class ${c}`, ...row, shown.bias[c], ...shown.weights_gradient[c], shown.bias_gradient[c]])]);
    const worst = shown.losses.indexOf(Math.max(...shown.losses));
    fill(element("points"), [["x", "y", "class", "s0", "s1", "s2", "loss"], ...points.map(([x, y, c], i) =>
        [x, y, String(c), ...shown.scores[i], shown.losses[i]])], shown.losses[worst] > 0 ? worst : -1);
    for (const name of ["loss", "penalty", "rule", "strength", "rate"])
        if (document.activeElement !== element(name)) element(name).value = shown[name];
}

function step(count) {
    const done = classifier.step(count);
    losses.push(...done.total);
    if (done.problem) throw new EngineError(done.problem);
}

function frame() {
    if (!running) return;
    attempt(() => step(5));
    requestAnimationFrame(frame);
}

function nearest(x, y) {
    let best = -1, distance = 0.1;
    points.forEach((p, i) => {
        const d = Math.hypot(p[0] - x, p[1] - y);
        if (d < distance) [best, distance] = [i, d];
    });
    return best;
}

function connect() {
    element("rule").append(...engine.rules().map((name) => new Option(name)));
    element("step").onclick = () => attempt(() => step(1));
    element("run").onclick = () => {
        running = !running;
        frame();
    };
    element("randomize").onclick = () => attempt(() => {
        losses = [];
        classifier.randomize(Math.floor(Math.random() * 1e6));
    });
    element("check").onclick = () => attempt(() => {
        const found = classifier.check();
        const rows = found.weights_error.map((row, c) => row.map((error, i) =>
            `W[${c}][${i}]  numerical ${found.weights_numerical[c][i].toFixed(6)}  analytic ` +
            `${found.weights_analytic[c][i].toFixed(6)}  relative error ${error.toExponential(1)}`));
        element("text").textContent = rows.flat().join("\n");
    });
    element("program").onclick = () => attempt(() => { element("text").textContent = classifier.program(); });
    const setters = {loss: "setLoss", penalty: "setPenalty", rule: "setRule", strength: "setStrength", rate: "setRate"};
    for (const [name, setter] of Object.entries(setters))
        element(name).onchange = (event) => attempt(() => classifier[setter](event.target.value));

    const plane = element("plane");
    plane.onpointerdown = (event) => {
        chosen = dragged = nearest(...fromEvent(event));
        if (dragged >= 0) plane.setPointerCapture(event.pointerId);
        attempt(() => {});
    };
    plane.onpointermove = (event) => {
        if (dragged < 0) return;
        const moved = points.map((p) => [...p]);
        moved[dragged].splice(0, 2, ...fromEvent(event));
        attempt(() => classifier.setPoints(moved));
    };
    plane.onpointerup = () => { dragged = -1; };
    plane.ondblclick = (event) => attempt(() => classifier.setPoints([...points, [...fromEvent(event), 0]]));
    plane.onkeydown = (event) => {
        if (chosen < 0 || chosen >= points.length) return;
        if ("012".includes(event.key))
            attempt(() => classifier.setPoints(
                points.map((p, i) => (i === chosen ? [p[0], p[1], Number(event.key)] : p))));
        if (event.key === "Delete") attempt(() => classifier.setPoints(points.filter((_, i) => i !== chosen)));
    };
}

openEngine().then((opened) => {
    engine = opened;
    classifier = new LinearClassifier(engine);
    connect();
    document.querySelector("main").hidden = false;
    attempt(() => {});
}, (error) => say(`The engine does not start: ${error.message}`));
