// Opens the engine and shows the scene that the address names. A scene is an object with
//     name, defaults, settings    what the address keeps
//     build()                     once, when it is first shown: its controls
//     apply()                     its settings go to the engine
//     draw()                      shows all, also after the window changed
//     collect()                   if it has that: the engine's state goes to its settings, before these are kept
//     loop                        what runs
// Since they ask the engine they give promises, and are called by actions (see act).

"use strict";

const scenes = [linearScene, raceScene, digitsScene, spiralsScene];
let current = null;

/// Shows the scene of the address. A link to a scene as it is already shown changes nothing.
async function followAddress() {
    const words = readAddress(), next = scenes.find((scene) => scene.name === words.scene) ?? scenes[0];
    if (current === next && location.hash === addressOf(next)) return;
    if (current) {
        current.resumes = current.loop.running;
        current.loop.set(false);
    }
    current = next;
    for (const scene of scenes) {
        element(scene.name).hidden = scene !== next;
        if (scene === next)
            scene.link.setAttribute("aria-current", "page");
        else
            scene.link.removeAttribute("aria-current");
    }
    document.title = `${next.link.textContent} – xgrad`;
    say("");
    const asBefore = next.built && location.hash === addressOf(next);
    if (!next.built) await next.build();
    next.built = true;
    if (!asBefore) {
        readSettings(next, words);
        await attempt(() => next.apply());
    }
    await next.draw();
    next.loop.set(asBefore ? next.resumes : next.runs && !calm.matches && !next.settings.steps);
}

/// Connects what is there for the whole page.
function connectPage() {
    scenes.forEach((scene) => {
        scene.link = document.querySelector(`nav a[href="#scene=${scene.name}"]`);
        scene.settings = {...scene.defaults};
        scene.link.addEventListener("click", (event) => {
            if (scene === current) event.preventDefault();
            scene.link.href = addressOf(scene);
        });
    });
    const redraw = () => act(() => current.draw(), "redraw");
    addEventListener("hashchange", () => act(followAddress));
    addEventListener("resize", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

Engine.open().then((opened) => {
    engine = opened;
    connectPage();
    act(followAddress);
}, (error) => say(`The engine does not start: ${error.message}`, true));
