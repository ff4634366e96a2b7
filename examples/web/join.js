// join.js PAGE ENGINE OUTPUT: makes one file of the page. Style sheets and scripts that index.html names are put in
// their places, from the folder of the page or else of the engine; xgrad.wasm becomes a text in xgradCompressed,
// packed by gzip. Lines of the page's scripts that are comments alone, and indentation, stay behind.

"use strict";
const fs = require("fs");
const path = require("path");
const zlib = require("zlib");

const [page, engine, output] = process.argv.slice(2);

function find(file) {
    const own = path.join(page, file);
    if (!fs.existsSync(own)) return fs.readFileSync(path.join(engine, file), "utf8");
    return fs.readFileSync(own, "utf8").replace(/^ *\/\/.*\n/gm, "").replace(/^ +/gm, "");
}

const packed = zlib.gzipSync(fs.readFileSync(path.join(engine, "xgrad.wasm")), {level: 9});
const whole = fs.readFileSync(path.join(page, "index.html"), "utf8")
    .replace(/<link rel="stylesheet" href="([^"]+)">/g, (_, file) => `<style>\n${find(file)}</style>`)
    .replace(/<script( [^>]*)? src="([^"]+)"><\/script>/g, (_, kind, file) => {
        const isEngine = file === "xgrad.wasm.js";
        const text = isEngine ? `const xgradCompressed = "${packed.toString("base64")}";\n` : find(file);
        return `<script${kind ?? ""}>\n${text.replace(/<\/script/g, "<\\/script")}</script>`;
    });
fs.writeFileSync(output, whole);

const size = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
console.log(`${output}: ${size(whole.length)}, ${size(zlib.gzipSync(whole, {level: 9}).length)} gzipped, ` +
            `the engine ${size(packed.length)} of it`);
