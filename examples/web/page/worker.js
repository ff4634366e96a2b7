// The engine in its worker: a request comes as text, and its reply goes as an object. The page has the engine as a
// text, xgradCompressed: base64 of gzip.

"use strict";

/// JSON has no number for these.
const numbersAsText = {"NaN": NaN, "Infinity": Infinity, "-Infinity": -Infinity};
const numberOf = (_, value) => (typeof value === "string" && value in numbersAsText ? numbersAsText[value] : value);

async function start() {
    const packed = Uint8Array.from(atob(xgradCompressed), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return xgrad({wasmBinary: await new Response(stream).arrayBuffer()});
}

const started = start();

onmessage = async ({data}) => {
    const begin = performance.now();
    let reply;
    try {
        const module = await started;
        reply = JSON.parse(module.ccall("xgrad_web", "string", ["string"], [data]), numberOf);
    } catch (error) {
        reply = {error: String(error)};
    }
    postMessage({reply, milliseconds: performance.now() - begin});
};
