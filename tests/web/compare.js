// Compares replies of the engine as WebAssembly with those of the native program. Numbers may differ by 1e-5 of the
// larger one, and those of a list by 1e-5 of the largest in it: of weights that were trained in float32 the small ones
// are known no better. All else must be the same.

"use strict";
const fs = require("fs");

const linesOf = (file) => fs.readFileSync(file, "utf8").trimEnd().split("\n");
const size = (value) => (typeof value === "number" ? Math.abs(value) : 0);

/// Reports a difference by differ(where, ours, theirs), and by count() that two numbers were compared.
function compare(where, ours, theirs, {differ, count}, least = 0) {
    if (typeof ours === "number" && typeof theirs === "number") {
        count();
        const scale = Math.max(size(ours), size(theirs), least);
        if (!(Math.abs(ours - theirs) <= 1e-5 * scale + 1e-12)) differ(where, ours, theirs);
    } else if (ours !== null && theirs !== null && typeof ours === "object" && typeof theirs === "object") {
        const keys = Object.keys(ours);
        if (String(keys) !== String(Object.keys(theirs))) return differ(where, keys, Object.keys(theirs));
        const largest = Array.isArray(ours) ? ours.reduce((most, value) => Math.max(most, size(value)), 0) : 0;
        keys.filter((key) => !key.endsWith("_error")) // of gradients by differences: what rounding leaves
            .forEach((key) => compare(`${where}, ${key}`, ours[key], theirs[key], {differ, count}, largest));
    } else if (ours !== theirs) differ(where, ours, theirs);
}

/// Compares the replies to the requests in the file `session`, objects, with those in the file `native`, a line each.
/// Prints each difference, and says whether there was none.
function sameSession(session, replies, native) {
    let numbers = 0, differences = 0;
    const differ = (where, ours, theirs) => {
        ++differences;
        console.log(`${where}: ${JSON.stringify(ours)} as WebAssembly, ${JSON.stringify(theirs)} natively`);
    };
    const requests = linesOf(session), expected = linesOf(native);
    if (requests.length !== expected.length) differ("replies", requests.length, expected.length);
    requests.forEach((request, i) => compare(`"${request}"`, replies[i], JSON.parse(expected[i] || "null"),
                                             {differ, count: () => ++numbers}));
    console.log(`${requests.length} requests, ${numbers} numbers, ${differences} differences`);
    return differences === 0 && numbers > 0;
}

module.exports = {linesOf, sameSession};
