// compare.js SESSION NATIVE PAGE ENGINE: has the engine, as WebAssembly, answer the requests of a session, and
// compares each reply with that of the native program, which NATIVE holds line by line. Numbers may differ by 1e-5 of
// the larger one; all else must be the same.

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

function compare(where, ours, theirs) {
    if (typeof ours === "number" && typeof theirs === "number") {
        ++numbers;
        const scale = Math.max(Math.abs(ours), Math.abs(theirs));
        if (!(Math.abs(ours - theirs) <= 1e-5 * scale + 1e-12)) differ(where, ours, theirs);
    } else if (ours !== null && theirs !== null && typeof ours === "object" && typeof theirs === "object") {
        const keys = Object.keys(ours);
        if (String(keys) !== String(Object.keys(theirs))) differ(where, keys, Object.keys(theirs));
        else keys.forEach((key) => compare(`${where}, ${key}`, ours[key], theirs[key]));
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
