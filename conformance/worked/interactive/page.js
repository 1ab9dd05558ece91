"use strict";
// Shows and hides; every number is in the data. The state is the page's address, so that it can be
// linked to: #weight=0,1,0&step=3&sample=1 (or bias=0,1 for a weight).
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const lastStep = 2 * data.depth + 1;
  const find = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const network = find("network");
  const buttons = all("[data-entry]");
  const parts = all(".weight, .unit");
  let preview = null; // the entry that is pointed at, or has the focus
  let traced = null; // the units of the path that is pointed at

  // ── the state ──

  const clamp = (text, last, otherwise) => {
    const number = Number.parseInt(text ?? "", 10);
    return Number.isNaN(number) ? otherwise : Math.min(Math.max(number, 0), last);
  };

  function state() {
    const given = new URLSearchParams(location.hash.slice(1));
    const named = ["weight", "bias"].filter((kind) => given.has(kind)).map((kind) => `${kind}=${given.get(kind)}`)[0];
    return {
      entry: named in data.entries ? named : null,
      step: clamp(given.get("step"), lastStep, lastStep),
      sample: clamp(given.get("sample"), data.samples.length - 1, 0),
    };
  }

  function go(change) {
    const next = { ...state(), ...change };
    const words = [...(next.entry ? [next.entry] : []), `step=${next.step}`, `sample=${next.sample}`];
    location.replace(`#${words.join("&")}`);
    render();
  }

  const move = (by) => go({ step: Math.min(Math.max(state().step + by, 0), lastStep) });

  // ── the page ──

  function render() {
    const now = state();
    const entry = preview ?? now.entry;
    showNumbers(now);
    for (const caption of all(".caption")) {
      caption.hidden = Number(caption.dataset.step) !== now.step || Number(caption.dataset.sample) !== now.sample;
    }
    for (const part of parts) {
      const role = entry ? roleOf(part.dataset, entry) : "";
      part.classList.toggle("chosen", role === "chosen");
      part.classList.toggle("lit", role === "lit");
      part.classList.toggle("dimmed", entry !== null && role === "");
      part.classList.toggle("path", entry !== null && traced !== null && isOn(part.dataset, entry));
      part.classList.toggle("active", Number(part.dataset.layer) === activeLayer(now.step) && "unit" in part.dataset);
    }
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.entry === now.entry));
    }
    find("sample").value = String(now.sample);
    find("entry").value = now.entry ?? "";
    for (const id of ["first", "back"]) find(id).disabled = now.step === 0;
    for (const id of ["on", "last"]) find(id).disabled = now.step === lastStep;
    showPanel(entry, now.sample);
  }

  // Steps: 0 the inputs, 1..N forward, N + 1 the loss, N + 2..2N + 1 back to layers N..1.
  const activeLayer = (step) => (step <= data.depth ? step : Math.min(2 * data.depth + 2 - step, data.depth));

  function showNumbers({ step, sample }) {
    const { x, delta } = data.samples[sample];
    for (const text of all("[data-x]")) {
      const [layer, unit] = text.dataset.x.split(",").map(Number);
      text.textContent = `x = ${x[layer][unit]}`;
      text.classList.toggle("later", layer > step);
    }
    for (const text of all("[data-delta]")) {
      const [layer, unit] = text.dataset.delta.split(",").map(Number);
      text.textContent = `δ = ${delta[layer][unit]}`;
      text.classList.toggle("later", 2 * data.depth + 2 - layer > step);
    }
  }

  // ── what lights up ──

  const numbersOf = (entry) => entry.split("=")[1].split(",").map(Number);

  // The weight itself is chosen; lit is all that lies on a path from it to the loss.
  function roleOf(place, entry) {
    const [k, i, j] = numbersOf(entry);
    const layer = Number(place.layer);
    if ("unit" in place) {
      const unit = Number(place.unit);
      if (layer === k + 1 && unit === i) return j === undefined ? "chosen" : "lit";
      return layer > k + 1 || (layer === k && unit === j) ? "lit" : "";
    }
    if (layer === k && Number(place.to) === i && Number(place.from) === j) return "chosen";
    return layer > k + 1 || (layer === k + 1 && Number(place.from) === i) ? "lit" : "";
  }

  // Whether a weight or a unit is on the path that is pointed at.
  function isOn(place, entry) {
    const [k] = numbersOf(entry);
    const unitIn = (layer) => traced[layer - k - 1];
    const layer = Number(place.layer);
    if ("unit" in place) return layer > k && unitIn(layer) === Number(place.unit);
    return layer > k && unitIn(layer) === Number(place.from) && unitIn(layer + 1) === Number(place.to);
  }

  // ── the paths in numbers ──

  function showPanel(entry, sample) {
    find("panel").hidden = entry === null;
    if (entry === null || find("panel").dataset.shows === `${entry} ${sample}`) return;
    find("panel").dataset.shows = `${entry} ${sample}`;
    const { name, value, derivative, paths } = data.entries[entry];
    const { listed, more, rest, total } = paths[sample];
    const several = data.samples.length > 1;
    const count = listed.length + more;
    find("derivative").textContent = `${name} = ${value}`;
    find("sum").textContent =
      `∂L${several ? ` of sample ${sample}` : ""}/∂${name} = ${total}, ` +
      `the sum over ${count} path${count > 1 ? "s" : ""} from it to the loss ${entry.startsWith("w") ? "(4.1)" : "(4.2)"}:`;
    find("paths").replaceChildren(...listed.map(pathItem));
    find("rest").textContent = more ? `… and ${more} more, together ${rest}` : "";
    find("mean").textContent = several ? `Over all samples: ∂L/∂${name} = ${derivative} (1.2)` : "";
  }

  function pathItem({ units, symbols, numbers, value }) {
    const item = document.createElement("li");
    const letters = document.createElement("span");
    letters.className = "symbols";
    letters.textContent = symbols;
    item.append(letters, `${numbers} = ${value}`);
    item.tabIndex = 0;
    const trace = (path) => () => { traced = path; render(); };
    for (const event of ["pointerenter", "focus"]) item.addEventListener(event, trace(units));
    for (const event of ["pointerleave", "blur"]) item.addEventListener(event, trace(null));
    return item;
  }

  // ── what a reader does ──

  const point = (entry) => { if (entry !== preview) { preview = entry; render(); } };
  const entryAt = (event) => event.target.closest("[data-entry]")?.dataset.entry ?? null;

  function focusOn(button) {
    for (const each of buttons) each.tabIndex = each === button ? 0 : -1; // one stop for the Tab key
    button.focus();
  }

  function onKey(event) {
    const place = buttons.indexOf(document.activeElement);
    const target = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (place >= 0 && target !== undefined) {
      event.preventDefault();
      focusOn(buttons[(target + buttons.length) % buttons.length]);
    } else if (place >= 0 && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      go({ entry: buttons[place].dataset.entry });
    } else if (event.key === "Escape") {
      preview = null;
      go({ entry: null });
    } else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && !event.target.closest("select")) {
      event.preventDefault();
      move(event.key === "ArrowRight" ? 1 : -1);
    }
  }

  network.addEventListener("pointerover", (event) => point(entryAt(event)));
  network.addEventListener("pointerleave", () => point(null));
  network.addEventListener("focusin", (event) => point(entryAt(event)));
  network.addEventListener("focusout", () => point(null));
  network.addEventListener("click", (event) => { if (entryAt(event)) go({ entry: entryAt(event) }); });
  document.addEventListener("keydown", onKey);
  find("first").addEventListener("click", () => go({ step: 0 }));
  find("back").addEventListener("click", () => move(-1));
  find("on").addEventListener("click", () => move(1));
  find("last").addEventListener("click", () => go({ step: lastStep }));
  find("sample").addEventListener("change", (event) => go({ sample: Number(event.target.value) }));
  find("entry").addEventListener("change", (event) => go({ entry: event.target.value || null }));
  window.addEventListener("hashchange", render);

  buttons[0].tabIndex = 0;
  if (data.opening && !location.hash) go({ entry: data.opening });
  render();
})();
