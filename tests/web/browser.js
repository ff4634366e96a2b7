// browser.js SESSION NATIVE PAGE CHROMIUM PICTURES TEST: one of the tests below, of the lecture's page in a real
// browser. Whatever a test does, the page must not complain on the console, and it must fetch nothing.

"use strict";
const assert = require("assert/strict");
const fs = require("fs");
const path = require("path");
const url = require("url");
const {Chromium} = require("./chromium.js");
const {linesOf, sameSession} = require("./compare.js");

const [session, native, file, program, pictures, name] = process.argv.slice(2);
const address = url.pathToFileURL(path.resolve(file)).href;

/// Waits until all that the page was asked to do is done.
const settle = (page) => page.get(async () => {
    for (let last; last !== lastAction;) await (last = lastAction);
});

const ready = async (page) => {
    await page.until("document.querySelector('nav [aria-current]')");
    await settle(page);
};

/// The page with an address such as "#scene=race".
async function open(browser, hash = "", options = {}) {
    const page = await browser.page(options);
    await page.send("Page.addScriptToEvaluateOnNewDocument", {source: `
        longTasks = [];
        new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((task) => Math.round(task.duration))))
            .observe({type: "longtask", buffered: true});`});
    await page.open(address + hash);
    await ready(page);
    return page;
}

const text = (page, selector) => page.get((selector) => document.querySelector(selector).textContent, selector);
const click = async (page, selector) => {
    await page.click(await page.at(selector));
    await settle(page);
};
/// Clicks the button of that name in a bar.
const button = (page, bar, name) => page.get((bar, name) => {
    const found = [...document.querySelectorAll(`#${bar} button`)];
    return 1 + found.findIndex((one) => (one.getAttribute("aria-label") ?? one.textContent) === name);
}, bar, name).then((i) => click(page, `#${bar} button:nth-of-type(${i})`));

/// The loss that the page shows for the linear classifier, and the same by the lecture's formulas: the mean of
/// sum_j max(0, s_j - s_y + 1) and the strength times the sum of the squared weights.
async function losses(page) {
    await settle(page);
    const {points, weights, bias, strength} = await page.get(() => ({points: current.points, ...current.shown}));
    const scores = ([x, y]) => weights.map(([a, b], c) => a * x + b * y + bias[c]);
    const loss = (point) => scores(point).reduce(
        (sum, s, j, all) => sum + (j === point[2] ? 0 : Math.max(0, s - all[point[2]] + 1)), 0);
    const expected = points.reduce((sum, point) => sum + loss(point), 0) / points.length +
        strength * weights.flat().reduce((sum, w) => sum + w * w, 0);
    return {shown: Number(await text(page, "#linear-parts b")), expected, points};
}

async function checkLoss(page, count) {
    const {shown, expected, points} = await losses(page);
    assert.equal(points.length, count);
    assert.ok(Math.abs(shown - expected) < 1e-3 * expected, `the page shows a loss of ${shown}, it is ${expected}`);
    return shown;
}

/// Where a point of the plane is on the screen.
const inPlane = (page, x, y) => page.at("#plane", (x / 1.2 + 1) / 2, (1 - y / 1.2) / 2);

const near = (point, x, y, c) =>
    assert.ok(Math.hypot(point[0] - x, point[1] - y) < 0.02 && point[2] === c, `${point} is not ${[x, y, c]}`);

const tests = {
    async mouse(browser) {
        const page = await open(browser), before = await checkLoss(page, 9);
        await page.drag(await inPlane(page, 0.5, 0.4), await inPlane(page, -0.9, 0.9));
        const dragged = await checkLoss(page, 9);
        near((await losses(page)).points[0], -0.9, 0.9, 0);
        assert.notEqual(before, dragged);

        await page.click(await inPlane(page, 0, -0.96), 2); // a double click adds a point
        await checkLoss(page, 10);
        near((await losses(page)).points[9], 0, -0.96, 0);
        await button(page, "point-buttons", "Class 2");
        near((await losses(page)).points[9], 0, -0.96, 2);
        await checkLoss(page, 10);
        await button(page, "point-buttons", "Remove");
        await checkLoss(page, 9);

        const weight = await page.at("#parameters input");
        await page.drag(weight, {x: weight.x + 50, y: weight.y});
        await checkLoss(page, 9);
        assert.equal(await page.get("document.querySelector('#parameters input').value"), "1.5");

        await button(page, "linear-buttons", "Step");
        await button(page, "linear-buttons", "Run");
        await page.until("current.history.count > 20");
        await button(page, "linear-buttons", "Stop");
        assert.ok(await checkLoss(page, 9) < dragged);
        await click(page, "#point-table tbody tr:nth-child(4)");
        assert.match(await text(page, "#plane-choice"), /^Point 4 of 9/);
        for (const panel of ["check", "program"]) await click(page, `#${panel} summary`);
        await page.until("document.querySelector('#program pre').textContent.includes('loop over')");
        assert.equal(await page.get("document.querySelectorAll('#check-table tbody tr').length"), 9);
        await button(page, "linear-buttons", "Reset");
        assert.equal(await checkLoss(page, 9), before);
        return [page];
    },

    async keyboard(browser) {
        const page = await open(browser);
        const tabs = async (id) => {
            for (let i = 0; i < 40; ++i) {
                if (await page.get("document.activeElement.id") === id) return;
                await page.press("Tab");
            }
            assert.fail(`no Tab comes to ${id}`);
        };
        await tabs("plane");
        for (const key of ["n", "ArrowRight", "ArrowUp", "ArrowUp"]) await page.press(key);
        near((await losses(page)).points[1], 0.85, 0.4, 0);
        await page.press("2");
        near((await losses(page)).points[1], 0.85, 0.4, 2);
        await checkLoss(page, 9);
        await page.press("Insert");
        await checkLoss(page, 10);
        await page.press("Delete");
        await page.press("Delete");
        await checkLoss(page, 8);
        for (let i = 0; i < 10; ++i) await page.press("Delete"); // the last one cannot go
        await checkLoss(page, 1);
        assert.match(await text(page, "#message.error"), /add a point/);

        const race = await open(browser, "#scene=race", {calm: true});
        await race.get("document.querySelector('#surface').focus()");
        await race.press("ArrowRight");
        await settle(race);
        assert.match(await text(race, "#race-start"), /\(-1.1, 1\)/);

        const digits = await open(browser, "#scene=digits&steps=150", {calm: true});
        await digits.get("document.querySelector('#paper').focus()");
        for (const key of [" ", ...Array(10).fill("ArrowDown"), " "]) await digits.press(key);
        await settle(digits);
        assert.equal(await text(digits, "#answer"), "It looks like 1.");
        await digits.press("Delete");
        await settle(digits);
        assert.match(await text(digits, "#answer"), /^Draw a digit/);
        return [page, race, digits];
    },

    async touch(browser) {
        const page = await open(browser, "", {width: 360, height: 740, touch: true});
        await page.dragByFinger(await inPlane(page, 0.8, 0.3), await inPlane(page, 0, -0.9));
        await checkLoss(page, 9);
        near((await losses(page)).points[1], 0, -0.9, 0);
        await page.tap(await inPlane(page, -0.9, -0.9), 2);
        await checkLoss(page, 10);
        const tapOn = async (selector) => {
            await page.tap(await page.at(selector));
            await settle(page);
        };
        await tapOn("#point-buttons button[aria-label='Class 1']");
        near((await losses(page)).points[9], -0.9, -0.9, 1);
        await tapOn("#point-buttons button[aria-label='Remove']");
        await checkLoss(page, 9);
        await tapOn("#linear-buttons button");
        assert.equal(await page.get("current.history.count"), 1);
        return [page];
    },

    /// Each scene trains, and shows in the library's words what goes wrong.
    async scenes(browser) {
        const page = await open(browser);
        await page.get("document.querySelector('nav a[href*=race]').click()");
        await page.until("current.name === 'race' && current.ways[0]?.length > 50");
        const heights = await page.get("current.ways.map((way) => way.at(-1)[2])");
        assert.ok(heights.length === 5 && Math.max(...heights) < 24.2, `${heights}`); // it is 24.2 at the start
        await page.get("document.querySelector('#race-formula').select()");
        await page.type("x^2 + (y");
        await settle(page);
        assert.match(await text(page, "#formula-error"), /\^/);
        assert.equal(await page.get("document.querySelector('#race-formula').getAttribute('aria-invalid')"), "true");
        await page.type(")^2");
        await page.until("current.loop.running && current.ways[0].length > 5");
        assert.equal(await text(page, "#formula-error"), "");

        await page.get("document.querySelector('nav a[href*=digits]').click()");
        await page.until("current.name === 'digits' && current.accuracy > 0.7");
        await button(page, "digits-buttons", "Stop");
        const images = await page.get("[...Array(20)].map((_, i) => i)");
        let right = 0;
        for (const i of images) right += await page.get(async (i) => {
            const {label, pixels} = await current.digits.image(i), found = await current.digits.classify(pixels);
            return found.indexOf(Math.max(...found)) === label;
        }, i);
        assert.ok(right > 12, `${right} of 20 digits are right`);

        await page.get("document.querySelector('nav a[href*=spirals]').click()");
        await page.until("current.name === 'spirals' && current.accuracy > 0.9");
        await page.get("document.querySelector('#spirals-rate').parentElement.querySelector('.number').select()");
        await page.type("1e30");
        await page.press("Enter");
        await page.get("document.activeElement.blur()");
        await page.until("document.querySelector('#message').classList.contains('error')");
        assert.match(await text(page, "#message"), /Lower the step size/);
        assert.equal(await page.get("current.loop.running"), false);
        return [page];
    },

    /// Whatever is done to the controls, quickly and while a scene runs, nothing is thrown.
    async controls(browser) {
        const pages = [];
        for (const scene of ["linear", "race", "digits", "spirals"]) {
            const page = await open(browser, `#scene=${scene}`);
            const count = await page.get(async () => {
                const entering = (value) => (control) => {
                    control.value = typeof value === "function" ? value(control) : value;
                    for (const type of ["input", "change"]) control.dispatchEvent(new Event(type));
                };
                const choices = Array.from({length: 20}, (_, i) => (select) => select[i % select.length].value);
                const kinds = {
                    "button, summary, [type=checkbox]": [(control) => control.click(), (control) => control.click()],
                    "select": choices.map(entering),
                    "[type=range]": [0, 100, 50, 30].map(entering),
                    "input:not([type=range], [type=checkbox])": ["?", "", "0.5"].map(entering)
                };
                let count = 0;
                const shown = document.querySelector(".scene:not([hidden])");
                for (const [selector, actions] of Object.entries(kinds))
                    for (const control of shown.querySelectorAll(selector))
                        for (const action of actions) {
                            action(control);
                            await new Promise(requestAnimationFrame);
                            if (++count % 10 === 0) current.loop.set(true);
                        }
                current.loop.set(false);
                return count;
            });
            await settle(page);
            console.log(`${scene}: ${count} actions, then ${await text(page, "#message") || "no message"}`);
            pages.push(page);
        }
        return pages;
    },

    async session(browser) {
        const page = await open(browser);
        const replies = await page.get(async (requests) => {
            const other = await Engine.open();
            const replies = await Promise.all(requests.map((request) => other.request(request)));
            return JSON.stringify(replies, (_, x) => (typeof x === "number" && !Number.isFinite(x) ? String(x) : x));
        }, linesOf(session));
        assert.ok(sameSession(session, JSON.parse(replies), native));
        return [page];
    },

    /// Whoever opens the address sees the same numbers and goes on from them.
    async address(browser) {
        const states = {
            linear: {
                make: async () => {
                    current.settings.rule = "adam";
                    await current.tell("rule");
                    await current.step(7);
                },
                look: async () => ({...await current.classifier.look(), next: await current.classifier.step(3)})
            },
            race: {
                make: async () => {
                    await current.step(20);
                    await current.setRate(4, 0.02);
                    await current.step(15);
                },
                look: async () => (await current.race.step(5)).ways
            },
            digits: {
                make: async () => {
                    await current.take(() => current.digits.step(40));
                    await current.setRate(0.02);
                    await current.take(() => current.digits.step(20));
                },
                look: async () => [await current.digits.templates(), await current.digits.step(3)]
            },
            spirals: {
                make: async () => {
                    await current.take(() => current.spirals.step(30));
                    await current.set("penalty", 0.01);
                    await current.take(() => current.spirals.step(600));
                    await current.set("rate", 0.001);
                },
                look: async () => [await current.spirals.regions(30, 1), await current.spirals.step(3)]
            }
        };
        const pages = [];
        for (const [scene, {make, look}] of Object.entries(states)) {
            const page = await open(browser, `#scene=${scene}`, {calm: true});
            await page.get(`act(${make})`);
            await page.get("act(() => current.draw())");
            await page.until("!current.addressTimer && location.hash.length > 20");
            const hash = await page.get("location.hash");
            await page.reload();
            await ready(page);
            const other = await open(browser, hash, {calm: true});
            assert.equal(await page.get("location.hash"), hash);
            const [ours, theirs] = [await page.get(`(${look})()`), await other.get(`(${look})()`)];
            assert.deepEqual(ours, theirs, `${scene}: a reload and the link`);
            const first = await open(browser, `#scene=${scene}`, {calm: true});
            await first.get(`act(${make})`);
            const wanted = await first.get(`(${look})()`);
            if (scene === "linear") // nine digits of each weight are in the address
                wanted.next.total.forEach((loss, i) => assert.ok(Math.abs(loss - ours.next.total[i]) < 1e-7 * loss));
            else
                assert.deepEqual(ours, wanted, `${scene}: what was there before`);
            pages.push(page, other, first);
        }
        // A slider that is dragged for long while a net trains is more than a link can hold, and so are too many steps.
        const past = await pages.at(-1).get(() => {
            const seen = [], see = () => seen.push(current.settings.steps, current.settings.changes.length > 0);
            for (let i = 0; i < 400; ++i) {
                if (i === 200) see();
                noteChange(current, "rate", 0.01 + i);
                noteSteps(current, 1);
            }
            see();
            beginPast(current, {rate: 0.01});
            noteSteps(current, 50000);
            see();
            noteSteps(current, 1);
            see();
            return seen;
        });
        assert.deepEqual(past.slice(1), [true, 0, false, 50000, false, 0, false]);
        // What somebody has mistyped is the default.
        const page = await open(browser, "#scene=linear&points=1,2&weights=a&rate=&steps=x&%E0%A4%A");
        await checkLoss(page, 9);
        return [...pages, page];
    },

    async appearance(browser) {
        const pages = [];
        for (const scene of ["race", "digits", "spirals"]) {
            const page = await open(browser, `#scene=${scene}`, {calm: true, dark: true});
            assert.equal(await page.get("current.loop.running"), false, `${scene} runs by itself`);
            assert.equal(await page.get("current.settings.steps"), 0);
            const ink = "getComputedStyle(document.body).color";
            assert.equal(await page.get(ink), "rgb(236, 238, 241)");
            await page.prefer({calm: true});
            await page.frame();
            await settle(page);
            assert.equal(await page.get(ink), "rgb(26, 28, 32)");
            pages.push(page);
        }
        return pages;
    },

    /// Writes a picture of each scene, and looks whether anything is wider than the window.
    async pictures(browser) {
        const links = {
            linear: "#scene=linear",
            race: "#scene=race&steps=300",
            digits: "#scene=digits&steps=150&drawing=30153070_30156015_60156030",
            mlp: "#scene=digits&model=MLP&steps=150",
            spirals: "#scene=spirals&steps=300",
            error: "#scene=linear&rate=1e200"
        };
        fs.mkdirSync(pictures, {recursive: true});
        const pages = [];
        for (const [name, link] of Object.entries(links)) {
            const page = await open(browser, link, {calm: true});
            pages.push(page);
            if (name === "error") await page.get("act(() => current.step(5))");
            for (const width of [360, 1024, 1600])
                for (const dark of [false, true]) {
                    await page.resize(width, width === 360 ? 740 : 900);
                    await page.prefer({dark, calm: true});
                    await page.frame();
                    await settle(page);
                    await page.frame();
                    await page.screenshot(path.join(pictures, `${name}-${width}${dark ? "-dark" : ""}.png`));
                    const wide = await page.get("document.documentElement.scrollWidth");
                    assert.ok(wide <= width, `${name} is ${wide} wide in a window of ${width}`);
                }
        }
        console.log(`the pictures are in ${pictures}`);
        return pages;
    },

    /// While the engine works the page answers, because the engine is in a worker and nowhere else.
    async worker(browser) {
        const page = await open(browser);
        assert.equal(page.workers, 1);
        assert.equal(await page.get("typeof xgrad"), "undefined");
        const turns = await page.get(async () => {
            let turns = 0, working = true;
            engine.ask("linear step 50000").finally(() => { working = false; });
            for (; working; ++turns) await new Promise((resolve) => setTimeout(resolve));
            return turns;
        });
        assert.ok(turns > 10, `the page had ${turns} turns while the engine took 50000 steps`);
        const pages = [page];
        for (const scene of ["linear", "race", "digits", "digits&model=MLP&hidden=36", "spirals"]) {
            const page = await open(browser, `#scene=${scene}`);
            await new Promise((resolve) => setTimeout(resolve, 1500));
            const long = await page.get("longTasks.join(', ')");
            console.log(`${scene}: tasks longer than 50 ms, on a machine that may be busy: ${long || "none"}`);
            pages.push(page);
            await page.get("current.loop.set(false)");
        }
        return pages;
    }
};

async function run() {
    const browser = new Chromium(program);
    try {
        for (const page of await tests[name](browser)) {
            assert.deepEqual(page.complaints, []);
            assert.deepEqual(page.requests.filter((asked) => !/^(file|blob|data):/.test(asked)), []);
        }
    } finally {
        await browser.close();
    }
}

run().catch((error) => {
    console.error(error.stack);
    process.exitCode = 1;
});
