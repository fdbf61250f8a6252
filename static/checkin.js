/* EventHub: the door. The page works without this file; with it, also without a network. */
(() => {
  "use strict";
  const door = document.querySelector("#door");
  if (!door) return;
  const words = door.dataset;
  const find = (selector) => document.querySelector(selector);
  const QUEUE = `eventhub-door:${words.address}`;
  const RETRY_MILLISECONDS = 10000;
  const PATIENCE_MILLISECONDS = 12000;
  const PEOPLE_MILLISECONDS = 300000;
  const SAME_MILLISECONDS = 4000;
  const SCAN_MILLISECONDS = 200;
  const MOST_FOUND = 20;
  /* Answers after which sending again would change nothing. */
  const isFinal = (status) => status === 200 || (status >= 400 && status < 500 && ![401, 403, 408, 425, 429].includes(status));

  /* What waits for the network, in order: {key, code or registration, item, at}. Nothing else is kept on the device. */
  let memory = [];
  const names = new Map();
  const queue = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(QUEUE) ?? "[]");
      return Array.isArray(kept) && kept.length ? kept : memory;
    } catch {
      return memory;
    }
  };
  const keep = (entries) => {
    try {
      if (entries.length) localStorage.setItem(QUEUE, JSON.stringify(entries));
      else localStorage.removeItem(QUEUE);
      memory = [];
    } catch {
      memory = entries; /* a private window: the page itself remembers */
    }
    showWaiting();
  };
  const drop = (key) => keep(queue().filter((entry) => entry.key !== key));

  const showWaiting = (text) => {
    const number = queue().filter((entry) => entry.tried).length;
    const box = find("#door-waiting");
    const said = text ?? (number === 1 ? words.oneWaits : words.manyWait.replace("{number}", number));
    box.hidden = !number && !text;
    if (!box.hidden) box.querySelector("p").textContent = said;
  };

  const showVerdict = (answer) => {
    const made = find(`#verdict-${["good", "warning", "bad"].includes(answer.kind) ? answer.kind : "neutral"}`).content.cloneNode(true);
    made.querySelector(".verdict-word strong").textContent = answer.word;
    made.querySelector(".name").textContent = answer.name;
    made.querySelector(".verdict-sentence").textContent = answer.sentence;
    const undo = made.querySelector(".verdict-undo");
    undo.hidden = !answer.undo && !answer.queued;
    undo.elements.namedItem("registration").value = answer.undo ?? "";
    if (answer.queued) undo.dataset.queued = answer.queued;
    find("#verdict").replaceChildren(made);
    find("#verdict").scrollIntoView({ block: "nearest" });
    if ("present" in answer) {
      find("#door-present").textContent = answer.present;
      find("#door-confirmed").textContent = answer.confirmed;
    }
  };

  const log = (answer) => {
    const line = document.createElement("li");
    line.dir = "auto";
    line.textContent = `${answer.word}: ${answer.sentence}`;
    const lines = find("#door-log ol") ?? find("#door-log").appendChild(document.createElement("ol"));
    lines.prepend(line);
    find("#door-log").hidden = false;
  };

  const post = async (path, fields) => {
    const answer = await fetch(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Accept: "application/json", "X-CSRF-Token": words.csrf },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    });
    const isJson = (answer.headers.get("content-type") ?? "").includes("json");
    return { status: answer.status, body: isJson ? await answer.json() : null };
  };

  /* The short code of a ticket, as eventhub/checkin/rules.py makes it: 40 bits of SHA-256 in Crockford's base 32. */
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const ticketOf = (text) => (text.includes("/") ? text.split("?")[0].split("#")[0].replace(/\/+$/, "").split("/").pop() : text);
  const shortCode = async (text) => {
    const ticket = ticketOf(text.trim());
    const typed = ticket.toUpperCase().replace(/[\s\-–.]/g, "").replace(/[IL]/g, "1").replaceAll("O", "0");
    if (/^[0-9A-HJKMNP-TV-Z]{8}$/.test(typed)) return typed;
    if (!globalThis.crypto?.subtle) return null;
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(ticket)));
    let number = 0n;
    for (const byte of hash.slice(0, 5)) number = (number << 8n) | BigInt(byte);
    return [35n, 30n, 25n, 20n, 15n, 10n, 5n, 0n].map((shift) => ALPHABET[Number((number >> shift) & 31n)]).join("");
  };

  /* Names by short code, while this page is open; nothing of it is kept on the device. */
  let people = new Map();
  const loadPeople = async () => {
    try {
      const answer = await fetch(`${words.address}/people`, { headers: { Accept: "application/json" } });
      if (answer.ok) people = new Map((await answer.json()).people);
    } catch { /* the list of before stays */ }
  };

  const offlineVerdict = async (entry) => {
    const name = names.get(entry.key) ?? people.get(await shortCode(entry.code ?? ""));
    showVerdict({
      kind: name ? "good" : "warning",
      word: words.keptWord,
      name: name ?? "",
      sentence: name ? words.kept.replace("{name}", name) : words.keptUnseen,
      queued: entry.key,
    });
  };

  /* One sender at a time, in the order of the scans; `own` is the one that somebody waits for. */
  let sending = false;
  const flush = async (own) => {
    if (sending) return;
    sending = true;
    let signedOut = false;
    try {
      for (let entry = queue()[0]; entry; entry = queue()[0]) {
        const { key, tried, code, registration, item, at } = entry;
        const fields = { key, item, ...(code ? { code } : { registration }), ...(tried ? { at } : {}) };
        let answer = null;
        try {
          answer = await post(words.address, fields);
        } catch { /* the network is away */ }
        if (!answer || !isFinal(answer.status)) {
          signedOut = Boolean(answer) && [0, 401, 403].includes(answer.status);
          break;
        }
        drop(key);
        const shown = answer.body?.sentence
          ? answer.body
          : { kind: "bad", word: words.failedWord, name: "", sentence: answer.body?.detail ?? "" };
        const isShown = find("#verdict .verdict-undo")?.dataset.queued === key;
        if (key === own || !tried || isShown) showVerdict(shown);
        if (tried) {
          log(shown);
          if ("present" in shown) find("#door-present").textContent = shown.present;
        }
      }
    } finally {
      sending = false;
    }
    const left = queue();
    if (left.some((entry) => !entry.tried)) {
      keep(left.map((entry) => ({ ...entry, tried: true })));
      await offlineVerdict(left[left.length - 1]);
    }
    showWaiting(signedOut ? words.signedOut : undefined);
  };

  const add = async (entry, name) => {
    const made = { key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, item: words.item, at: new Date().toISOString(), ...entry };
    if (name) names.set(made.key, name);
    keep([...queue(), made]);
    if (sending) {
      keep(queue().map((one) => (one.key === made.key ? { ...one, tried: true } : one)));
      await offlineVerdict(made);
    } else {
      await flush(made.key);
    }
  };

  /* Before app.js, which would lock the form. */
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches("[data-door]")) {
      event.preventDefault();
      const data = new FormData(form);
      const code = (data.get("code") ?? "").trim();
      const registration = data.get("registration");
      const name = form.dataset.name;
      if (!code && !registration) return;
      form.reset();
      await add(code ? { code } : { registration }, name);
      if (form.id === "door-code") find("#code").focus();
      else form.querySelector("button").disabled = true;
    } else if (form.matches("[data-door-undo]")) {
      event.preventDefault();
      await undo(form);
    } else if (form.matches("[data-door-search]")) {
      event.preventDefault();
      await look(form);
    }
  }, true);

  const undo = async (form) => {
    const queued = form.dataset.queued;
    if (queued && queue().some((entry) => entry.key === queued)) {
      drop(queued);
      showVerdict({ kind: "neutral", word: words.droppedWord, name: "", sentence: words.dropped });
      return;
    }
    try {
      const answer = await post(form.getAttribute("action"), Object.fromEntries(new FormData(form)));
      if (answer.status !== 200 || !answer.body) throw new Error("refused");
      showVerdict(answer.body);
    } catch {
      showWaiting(words.noUndo);
    }
  };

  /* Found by the server, or in the list of those with a seat while the network is away. */
  const look = async (form) => {
    const asked = new URLSearchParams(new FormData(form));
    const found = find("#found");
    try {
      const answer = await fetch(`${words.address}?${asked}`, { signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
      if (!answer.ok) throw new Error("no page");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      found.replaceChildren(...page.querySelector("#found").childNodes);
    } catch {
      const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
      const wanted = plain(asked.get("q") ?? "").split(/\s+/).filter(Boolean);
      const matches = wanted.length
        ? [...people].filter(([, name]) => wanted.every((word) => plain(name).includes(word))).slice(0, MOST_FOUND)
        : [];
      const list = document.createElement("ul");
      list.className = "door-list";
      matches.forEach(([code, name]) => list.append(row(code, name)));
      const nobody = document.createElement("p");
      nobody.textContent = words.nobody;
      found.replaceChildren(matches.length ? list : nobody);
    }
  };

  const row = (code, name) => {
    const line = document.createElement("li");
    const who = document.createElement("strong");
    who.dir = "auto";
    who.textContent = name;
    const form = document.createElement("form");
    form.dataset.door = "";
    form.dataset.name = name;
    const hidden = document.createElement("input");
    hidden.type = "hidden";
    hidden.name = "code";
    hidden.value = code;
    const button = document.createElement("button");
    button.className = "button";
    button.textContent = words.mark;
    button.setAttribute("aria-label", `${words.mark}: ${name}`);
    form.append(hidden, button);
    line.append(who, form);
    return line;
  };

  /* The camera */
  const camera = find("#camera");
  const scanner = find("#scanner");
  const video = scanner.querySelector("video");
  let stream = null;
  let last = { text: "", at: 0 };

  const decoder = async () => {
    if ("BarcodeDetector" in globalThis && (await BarcodeDetector.getSupportedFormats().catch(() => [])).includes("qr_code")) {
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      return async () => (await detector.detect(video))[0]?.rawValue;
    }
    if (!globalThis.jsQR) {
      await new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = words.jsqr;
        script.onload = done;
        script.onerror = failed;
        document.head.append(script);
      });
    }
    const canvas = document.createElement("canvas");
    const paper = canvas.getContext("2d", { willReadFrequently: true });
    return async () => {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      if (!canvas.width) return undefined;
      paper.drawImage(video, 0, 0);
      const picture = paper.getImageData(0, 0, canvas.width, canvas.height);
      return jsQR(picture.data, picture.width, picture.height, { inversionAttempts: "dontInvert" })?.data;
    };
  };

  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    scanner.hidden = true;
    camera.setAttribute("aria-pressed", "false");
    camera.textContent = camera.dataset.off;
  };

  const start = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
      video.srcObject = stream;
      scanner.hidden = false;
      camera.setAttribute("aria-pressed", "true");
      camera.textContent = camera.dataset.on;
      await video.play();
      const read = await decoder();
      while (stream) {
        const text = await read().catch(() => undefined);
        const now = Date.now();
        if (text && (text !== last.text || now - last.at > SAME_MILLISECONDS)) {
          await add({ code: text.slice(0, 500) });
        }
        if (text) last = { text, at: now };
        await new Promise((done) => setTimeout(done, SCAN_MILLISECONDS));
      }
    } catch {
      stop();
      showWaiting(words.noCamera);
    }
  };

  if (navigator.mediaDevices?.getUserMedia) {
    camera.hidden = false;
    camera.addEventListener("click", () => (stream ? stop() : start()));
  }

  const again = () => {
    if (queue().length) flush();
  };
  addEventListener("online", again);
  addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
  addEventListener("beforeunload", (event) => {
    if (queue().length) event.preventDefault();
  });
  setInterval(again, RETRY_MILLISECONDS);
  setInterval(loadPeople, PEOPLE_MILLISECONDS);
  loadPeople();
  showWaiting();
  again();
})();
