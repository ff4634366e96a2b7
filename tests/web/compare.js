// compare.js SESSION NATIVE PAGE ENGINE: has the engine, as WebAssembly, answer the requests of a session, and
// compares each reply with that of the native program, which NATIVE holds line by line. Numbers may differ by 1e-5 of
// the larger one, and those of a list by 1e-5 of the largest in it: of weights that were trained in float32 the small
// ones are known no better. All else must be the same.

"use strict";
const fs = require("fs");
const path = require("path");

const [session, native, page, build] = process.argv.slice(2);
const {Engine} = require(path.resolve(page, "engine.js"));

const linesOf = (file) => fs.readFileSync(file, "utf8").trimEnd().split("\n");
let numbers = 0;
let differences = 0;

function differ(where, ours, theirs) {
    ++differences;
    console.log(`${where}: ${JSON.stringify(ours)} as WebAssembly, ${JSON.stringify(theirs)} natively`);
}

const size = (value) => (typeof value === "number" ? Math.abs(value) : 0);

function compare(where, ours, theirs, least = 0) {
    if (typeof ours === "number" && typeof theirs === "number") {
        ++numbers;
        const scale = Math.max(size(ours), size(theirs), least);
        if (!(Math.abs(ours - theirs) <= 1e-5 * scale + 1e-12)) differ(where, ours, theirs);
    } else if (ours !== null && theirs !== null && typeof ours === "object" && typeof theirs === "object") {
        const keys = Object.keys(ours);
        if (String(keys) !== String(Object.keys(theirs))) return differ(where, keys, Object.keys(theirs));
        const largest = Array.isArray(ours) ? ours.reduce((most, value) => Math.max(most, size(value)), 0) : 0;
        keys.filter((key) => !key.endsWith("_error")) // of gradients by differences: what rounding leaves
            .forEach((key) => compare(`${where}, ${key}`, ours[key], theirs[key], largest));
    } else if (ours !== theirs) differ(where, ours, theirs);
}

async function run() {
    const makeModule = require(path.resolve(build, "xgrad.js"));
    const engine = await Engine.open(makeModule, fs.readFileSync(path.join(build, "xgrad.wasm")));
    const requests = linesOf(session);
    const replies = linesOf(native);
    if (requests.length !== replies.length) differ("replies", requests.length, replies.length);
    requests.forEach((request, i) => {
        const text = engine.module.ccall("xgrad_web", "string", ["string"], [request]);
        compare(`"${request}"`, JSON.parse(text), JSON.parse(replies[i] || "null"));
    });
    console.log(`${requests.length} requests, ${numbers} numbers, ${differences} differences`);
    process.exitCode = differences === 0 && numbers > 0 ? 0 : 1;
}

run();
