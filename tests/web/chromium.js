// A headless Chromium for tests, driven by its DevTools protocol through a pipe: messages are JSON, each ended by a
// zero byte.

"use strict";
const {spawn} = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

class Chromium {
    constructor(program) {
        this.profile = fs.mkdtempSync(path.join(os.tmpdir(), "chromium-"));
        const root = process.getuid() === 0 ? ["--no-sandbox"] : []; // there is no sandbox for root
        this.process = spawn(program, ["--headless", "--remote-debugging-pipe", `--user-data-dir=${this.profile}`,
                                       "--disable-gpu", "--no-first-run", "--hide-scrollbars", ...root, "about:blank"],
                             {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
        this.ended = new Promise((resolve) => this.process.on("exit", resolve));
        this.waiting = new Map(); // by the ids of the commands
        this.pages = new Map();   // by the ids of their sessions
        let text = "";
        const decoder = new TextDecoder();
        this.process.stdio[4].on("data", (bytes) => {
            const messages = (text + decoder.decode(bytes, {stream: true})).split("\0");
            text = messages.pop();
            messages.forEach((message) => this.receive(JSON.parse(message)));
        });
    }

    send(method, params = {}, sessionId = undefined) {
        const id = this.lastId = (this.lastId ?? 0) + 1;
        this.process.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + "\0");
        return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject, method}));
    }

    receive({id, result, error, method, params, sessionId}) {
        if (method === "Target.attachedToTarget" && sessionId) return this.watchWorker(params.sessionId, sessionId);
        if (id === undefined) return this.pages.get(sessionId)?.receive(method, params);
        const {resolve, reject, method: asked} = this.waiting.get(id);
        this.waiting.delete(id);
        if (error)
            reject(new Error(`${asked}: ${error.message}`));
        else
            resolve(result);
    }

    /// A page of that size, before anything is opened in it.
    async page({width = 1024, height = 768, dark = false, calm = false, touch = false} = {}) {
        const {targetId} = await this.send("Target.createTarget", {url: "about:blank"});
        const {sessionId} = await this.send("Target.attachToTarget", {targetId, flatten: true});
        const page = new Page((method, params) => this.send(method, params, sessionId));
        this.pages.set(sessionId, page);
        for (const domain of ["Page", "Runtime", "Network", "Log"]) await page.send(`${domain}.enable`);
        await page.send("Target.setAutoAttach", {autoAttach: true, waitForDebuggerOnStart: true, flatten: true});
        await page.send("Emulation.setTouchEmulationEnabled", {enabled: touch});
        await page.resize(width, height);
        await page.prefer({dark, calm});
        return page;
    }

    /// A worker that a page has started: what it asks for and complains about is the page's.
    watchWorker(worker, page) {
        this.pages.set(worker, this.pages.get(page));
        ++this.pages.get(page).workers;
        for (const what of ["Runtime.enable", "Network.enable", "Runtime.runIfWaitingForDebugger"])
            this.send(what, {}, worker).catch(() => {}); // it may have ended already
    }

    async close() {
        this.process.kill();
        await this.ended;
        for (let i = 0; i < 50 && fs.existsSync(this.profile); ++i) {
            try {
                fs.rmSync(this.profile, {recursive: true, force: true});
            } catch {
                // Another of its processes still writes there.
                await new Promise((resolve) => setTimeout(resolve, 100));
            }
        }
    }
}

/// The last of them is the end.
const placesBetween = (from, to, n = 8) => Array.from({length: n}, (_, i) => ({
    x: from.x + (to.x - from.x) * (i + 1) / n,
    y: from.y + (to.y - from.y) * (i + 1) / n
}));

class Page {
    constructor(send) {
        this.send = send;
        this.complaints = []; // errors and warnings on the console, exceptions
        this.requests = [];   // addresses that were asked for
        this.workers = 0;
    }

    receive(method, params) {
        if (method === "Runtime.exceptionThrown")
            this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
        if (method === "Runtime.consoleAPICalled" && params.type !== "log")
            this.complaints.push(params.args.map((arg) => arg.value ?? arg.description).join(" "));
        if (method === "Log.entryAdded") this.complaints.push(params.entry.text);
        if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
        if (method === "Page.loadEventFired") this.loaded?.();
    }

    resize(width, height) {
        return this.send("Emulation.setDeviceMetricsOverride", {width, height, deviceScaleFactor: 1, mobile: false});
    }

    /// What the reader's system asks of pages.
    prefer({dark = false, calm = false}) {
        return this.send("Emulation.setEmulatedMedia", {features: [
            {name: "prefers-color-scheme", value: dark ? "dark" : "light"},
            {name: "prefers-reduced-motion", value: calm ? "reduce" : "no-preference"}
        ]});
    }

    /// Opens an address and waits until it is loaded.
    async open(address) {
        const loaded = new Promise((resolve) => { this.loaded = resolve; });
        await this.send("Page.navigate", {url: address});
        await loaded;
    }

    async reload() {
        const loaded = new Promise((resolve) => { this.loaded = resolve; });
        await this.send("Page.reload");
        await loaded;
    }

    /// Waits until a frame was drawn.
    frame() { return this.get(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))); }

    /// The value of an expression, of a promise its result. A function is called with the arguments.
    async get(expression, ...args) {
        const text = typeof expression === "function" ? `(${expression})(...${JSON.stringify(args)})` : expression;
        const {result, exceptionDetails} =
            await this.send("Runtime.evaluate", {expression: text, awaitPromise: true, returnByValue: true});
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    /// Waits until an expression is true.
    async until(expression, seconds = 60) {
        for (const end = Date.now() + 1000 * seconds; Date.now() < end;) {
            if (await this.get(expression)) return;
            await new Promise((resolve) => setTimeout(resolve, 30));
        }
        throw new Error(`after ${seconds} s there is still no ${expression}`);
    }

    /// Where a part of an element is on the screen, after it was scrolled there: (0.5, 0.5) is its middle.
    at(selector, u = 0.5, v = 0.5) {
        return this.get((selector, u, v) => {
            const element = document.querySelector(selector);
            element.scrollIntoView({block: "center"});
            const box = element.getBoundingClientRect();
            return {x: box.left + u * box.width, y: box.top + v * box.height};
        }, selector, u, v);
    }

    mouse(type, {x, y}, held = true) {
        const button = type === "mouseMoved" && !held ? "none" : "left";
        return this.send("Input.dispatchMouseEvent", {type, x, y, button, buttons: held ? 1 : 0, clickCount: 1});
    }

    /// Nothing is waited for between the events, so several clicks on one place are quick ones.
    async click(place, times = 1) {
        const events = [];
        for (let i = 0; i < times; ++i)
            events.push(this.mouse("mousePressed", place), this.mouse("mouseReleased", place, false));
        await Promise.all(events);
    }

    async drag(from, to) {
        await this.mouse("mouseMoved", from, false);
        await this.mouse("mousePressed", from);
        for (const place of placesBetween(from, to)) await this.mouse("mouseMoved", place);
        await this.mouse("mouseReleased", to, false);
    }

    async dragByFinger(from, to) {
        await this.touch("touchStart", from);
        for (const place of placesBetween(from, to)) await this.touch("touchMove", place);
        await this.touch("touchEnd");
    }

    touch(type, ...touchPoints) { return this.send("Input.dispatchTouchEvent", {type, touchPoints}); }

    async tap(place, times = 1) {
        const events = [];
        for (let i = 0; i < times; ++i) events.push(this.touch("touchStart", place), this.touch("touchEnd"));
        await Promise.all(events);
    }

    async press(key) {
        const text = key.length === 1 ? key : undefined;
        await this.send("Input.dispatchKeyEvent", {type: "keyDown", key, text});
        await this.send("Input.dispatchKeyEvent", {type: "keyUp", key});
    }

    async type(text) { await this.send("Input.insertText", {text}); }

    /// The whole page as a picture.
    async screenshot(file) {
        const {data} = await this.send("Page.captureScreenshot", {captureBeyondViewport: true});
        fs.writeFileSync(file, Buffer.from(data, "base64"));
    }
}

module.exports = {Chromium};
