// Opens the engine and shows the scene that the address names. A scene is an object with
//     name, defaults, settings    what the address keeps
//     build()                     once, when it is first shown: its controls
//     apply()                     its settings go to the engine
//     draw()                      shows all, also after the window changed
//     loop                        what runs

"use strict";

const scenes = [linearScene, raceScene, digitsScene, spiralsScene];
let current = null;

/// Shows the scene of the address. A link to a scene as it is already shown changes nothing.
function followAddress() {
    const words = readAddress(), next = scenes.find((scene) => scene.name === words.scene) ?? scenes[0];
    if (current && current !== next) current.loop.set(false);
    const changed = current !== next || location.hash !== addressOf(next);
    current = next;
    for (const scene of scenes) {
        element(scene.name).hidden = scene !== next;
        if (scene === next)
            scene.link.setAttribute("aria-current", "page");
        else
            scene.link.removeAttribute("aria-current");
    }
    document.title = `${next.link.textContent} – xgrad`;
    if (!changed) return;
    say("");
    next.loop.set(false);
    const same = next.built && location.hash === addressOf(next);
    if (!next.built) {
        next.built = true;
        next.build();
    }
    if (!same) readSettings(next, words);
    if (!same) attempt(() => next.apply());
    next.draw();
    if (next.runs && !calm.matches) next.loop.set(true);
}

/// Connects what is there for the whole page.
function connectPage() {
    scenes.forEach((scene) => {
        scene.link = document.querySelector(`nav a[href="#scene=${scene.name}"]`);
        scene.settings = {...scene.defaults};
        scene.link.addEventListener("click", () => {
            scene.link.href = addressOf(scene);
        });
    });
    let asked = 0;
    const redraw = () => {
        cancelAnimationFrame(asked);
        asked = requestAnimationFrame(() => current.draw());
    };
    addEventListener("hashchange", followAddress);
    addEventListener("resize", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

openEngine().then((opened) => {
    engine = opened;
    connectPage();
    followAddress();
}, (error) => say(`The engine does not start: ${error.message}`, true));
