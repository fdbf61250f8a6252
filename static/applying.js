/* An application is saved as it is typed. Without this file the buttons do all of it. */
(() => {
  "use strict";
  const form = document.getElementById("application");
  if (!form) return;
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  document.querySelectorAll("time[data-clock]").forEach((time) => {
    time.textContent = new Date(time.dateTime).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  });

  /* What was sent before is changed by the button only: whoever leaves is asked. */
  if (form.dataset.leaving !== undefined) {
    let isChanged = false;
    form.addEventListener("input", () => (isChanged = true));
    form.addEventListener("submit", () => (isChanged = false));
    addEventListener("beforeunload", (event) => isChanged && event.preventDefault());
    return;
  }
  const address = form.dataset.save;
  if (!address) return;

  const EVERY = 3000;
  const PRESENCE = 60000;
  const words = form.dataset;
  const status = document.getElementById("saved");
  const clock = (iso) => new Date(iso).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
  const memories = [...form.querySelectorAll('input[type="hidden"][name^="was-"]')];
  const memory = new Map(memories.map((input) => [input.name.slice(4), input]));
  const controls = (name) => [...form.elements].filter((one) => one.name === name);

  /* Boxes are a list; disabled controls do not apply at present and stay as they were. */
  const valueOf = (name) => {
    const found = controls(name).filter((one) => !one.disabled);
    if (!found.length) return null;
    if (found[0].type === "checkbox") return found.filter((one) => one.checked).map((one) => one.value);
    if (found[0].type === "radio") return found.find((one) => one.checked)?.value ?? "";
    return found[0].value;
  };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const lastSaved = new Map([...memory.keys()].map((name) => [name, valueOf(name)]));
  const inConflict = new Set();
  let isStopped = false;
  let isSaving = false;
  let isLeaving = false;

  const changed = () =>
    [...memory.keys()].filter((name) => {
      const value = valueOf(name);
      return value !== null && !inConflict.has(name) && !same(value, lastSaved.get(name));
    });

  const say = (text, isBad = false) => {
    status.textContent = text;
    status.classList.toggle("field-error", isBad);
    if (isBad) status.setAttribute("role", "alert");
    else status.removeAttribute("role");
  };

  /* One sentence beside a field, in place of what was said there before. */
  const sayBeside = (name, text) => {
    const control = controls(name)[0];
    const block = control?.closest(".field");
    if (!block) return;
    const id = `${control.id}-live`;
    let line = document.getElementById(id);
    if (!text) {
      line?.remove();
      return;
    }
    if (!line) {
      line = document.createElement("p");
      line.id = id;
      line.className = "field-error";
      line.setAttribute("role", "alert");
      block.append(line);
    }
    line.textContent = text;
  };

  const showOthers = (others) => {
    const list = document.getElementById("presence") ?? document.createElement("ul");
    list.id = "presence";
    list.className = "plain hint";
    list.replaceChildren(
      ...others.map((one) => {
        const item = document.createElement("li");
        item.dir = "auto";
        item.textContent = words.others.replace("{name}", one.name).replace("{time}", clock(one.seen_at));
        return item;
      }),
    );
    if (others.length) status.after(list);
    else list.remove();
  };

  /* Gender is never shown again, so an empty answer would leave an earlier one as it is. */
  const asSent = (name, value) => (name.endsWith("_gender") && value === "" ? "none" : value);

  const send = async (names) => {
    const sent = new Map(names.map((name) => [name, valueOf(name)]));
    const fields = Object.fromEntries(
      names.map((name) => [name, { value: asSent(name, sent.get(name)), was: memory.get(name).value }]),
    );
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": form.elements._csrf_token.value },
      body: JSON.stringify({ fields }),
    });
    const found = await answer.json();
    if (found.stopped) {
      isStopped = true;
      say(found.said, true);
      return;
    }
    if (answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status));
    for (const [name, digest] of Object.entries(found.kept ?? {})) {
      if (!name.endsWith("_gender")) memory.get(name).value = digest;
      lastSaved.set(name, sent.get(name));
      sayBeside(name, "");
    }
    for (const name of Object.keys(found.conflicts ?? {})) {
      inConflict.add(name);
      sayBeside(name, words.conflict);
    }
    for (const [name, sentence] of Object.entries(found.problems ?? {})) {
      lastSaved.set(name, sent.get(name));
      sayBeside(name, sentence);
    }
    if (found.said) say(found.said, true);
    else if (names.length && found.saved_at) say(words.saved.replace("{time}", clock(found.saved_at)));
    showOthers(found.others ?? []);
  };

  const save = async (isPresence = false) => {
    if (isSaving || isStopped || form.dataset.sending) return;
    const names = changed();
    if (!names.length && !isPresence) return;
    isSaving = true;
    if (names.length) say(words.saving);
    try {
      await send(names);
    } catch {
      say(words.notSaved, true);
    } finally {
      isSaving = false;
    }
  };

  setInterval(() => save(), EVERY);
  setInterval(() => document.visibilityState === "visible" && save(true), PRESENCE);
  document.addEventListener("visibilitychange", () => save());
  form.addEventListener("submit", () => (isLeaving = true));
  addEventListener("beforeunload", (event) => {
    if (!isLeaving && !isStopped && (changed().length || inConflict.size)) event.preventDefault();
  });
  save(true);
})();
