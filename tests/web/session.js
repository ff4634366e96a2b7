// session.js SESSION NATIVE ENGINE: has the engine, as WebAssembly in this Node, answer the requests of a session, and
// compares the replies with those of the native program, which NATIVE holds line by line.

"use strict";
const fs = require("fs");
const path = require("path");
const {linesOf, sameSession} = require("./compare.js");

async function run([session, native, build]) {
    const makeModule = require(path.resolve(build, "xgrad.js"));
    const module = await makeModule({wasmBinary: fs.readFileSync(path.join(build, "xgrad.wasm"))});
    const ask = (request) => JSON.parse(module.ccall("xgrad_web", "string", ["string"], [request]));
    process.exitCode = sameSession(session, linesOf(session).map(ask), native) ? 0 : 1;
}

run(process.argv.slice(2));
