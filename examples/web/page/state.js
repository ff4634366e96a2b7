// The state of the page in its address: #scene=linear&loss=softmax&rate=0.1. What is not there has its default.

"use strict";

/// The words of the address as an object.
function readAddress() {
    const words = {};
    for (const part of location.hash.slice(1).split("&")) {
        const [name, value = ""] = part.split("=");
        try {
            if (name) words[name] = decodeURIComponent(value);
        } catch {
            // A link that was cut off within a %-code: the default is used instead.
        }
    }
    return words;
}

/// The address of a scene. Only what differs from the defaults is named, so that links stay short.
function addressOf(scene) {
    const words =
        Object.entries(scene.settings).filter(([name, value]) => String(value) !== String(scene.defaults[name]));
    return "#" +
        [["scene", scene.name], ...words]
            .map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":")}`)
            .join("&");
}

/// Takes the settings of a scene from the words of an address. Numbers stay numbers within their range; words that
/// are no setting's name are ignored.
function readSettings(scene, words) {
    for (const [name, usual] of Object.entries(scene.defaults)) {
        const word = words[name];
        if (word === undefined)
            scene.settings[name] = usual;
        else if (typeof usual !== "number")
            scene.settings[name] = word;
        else if (word === "" || !Number.isFinite(Number(word)))
            scene.settings[name] = usual;
        else {
            const [least, most] = scene.ranges[name] ?? [-Infinity, Infinity];
            scene.settings[name] = Math.min(most, Math.max(least, Number(word)));
        }
    }
}

/// Writes a scene's settings into the address, a moment later: browsers refuse more than a hundred changes in half a
/// minute. The link to the scene at the top of the page gets them at the same time.
function saveSettings(scene) {
    if (scene.addressTimer) return;
    scene.addressTimer = setTimeout(() => {
        scene.addressTimer = 0;
        const address = addressOf(scene);
        scene.link.href = address;
        if (scene.link.hasAttribute("aria-current")) history.replaceState(null, "", address);
    }, 400);
}
