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
    scene.addressTimer = setTimeout(() => act(async () => {
        scene.addressTimer = 0;
        await scene.collect?.();
        const address = addressOf(scene);
        scene.link.href = address;
        if (scene === current) history.replaceState(null, "", address);
    }), 400);
}

// A net has too many weights for a link. What made them fits: the seed, how many steps were taken, and which settings
// were changed on the way. A scene keeps these as its settings `steps` and `changes`, such as
// "0:rate:0.01_300:rate:0.001".

const mostSteps = 50000, mostChanges = 300;

const changesOf = (text) => text.split("_").filter(Boolean).map((part) => {
    const [at, name, value] = part.split(":");
    return {at: Number(at), name, value: Number(value)};
});

/// Training begins; `initial` are those settings that may be changed on the way.
function beginPast(scene, initial) {
    Object.assign(scene.settings, {steps: 0, changes: ""});
    Object.assign(scene, {initial, tooLong: false});
}

/// So many steps were taken.
function noteSteps(scene, count) {
    if (!scene.tooLong) scene.settings.steps += count;
    if (scene.settings.steps > mostSteps) forgetPast(scene);
    saveSettings(scene);
}

/// One of those settings was changed.
function noteChange(scene, name, value) {
    const {steps, changes} = scene.settings;
    if (steps === 0) return void (scene.initial[name] = value);
    const all = changesOf(changes).filter((old) => old.at !== steps || old.name !== name);
    if (!all.some((old) => old.name === name)) all.unshift({at: 0, name, value: scene.initial[name]});
    all.push({at: steps, name, value});
    scene.settings.changes = all.map((one) => `${one.at}:${one.name}:${one.value}`).join("_");
    if (all.length > mostChanges) forgetPast(scene);
}

/// What happened is more than a link should hold, or anybody wait for: links have the settings alone.
function forgetPast(scene) {
    scene.tooLong = true;
    Object.assign(scene.settings, {steps: 0, changes: ""});
}

/// Takes so many steps with those changes: step(count) says whether all went well, set(name, value) changes.
async function repeatPast(scene, {steps, changes}, step, set) {
    const goal = Math.min(Math.floor(steps), mostSteps);
    let done = 0;
    for (const {at, name, value} of [...changesOf(changes), {at: goal}]) {
        while (done < Math.min(at, goal)) {
            const count = Math.min(100, at - done, goal - done);
            if (goal > 1000) say(`Taking the ${goal} steps of the link: ${done}`);
            if (!await step(count)) return;
            done += count;
        }
        if (name in scene.initial) await set(name, value);
    }
    if (goal > 1000) say("");
}
