/* EventHub: enhancements only. Every page works without this file. */
(() => {
  "use strict";
  const all = (selector, root = document) => root.querySelectorAll(selector);

  /* The error summary takes the focus, so that it is read first. */
  const focusSummary = () => document.querySelector("#error-summary, #refusal")?.focus();

  /* A form that is on its way is not sent a second time. The button stays
     focusable and keeps its name and value; the server guards as well. */
  const LOCK_MILLISECONDS = 8000;

  const unlock = (form) => {
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
    all('[aria-disabled="true"][data-locked]', form).forEach((button) => {
      button.removeAttribute("aria-disabled");
      delete button.dataset.locked;
    });
  };

  const lock = (form, button) => {
    form.dataset.sending = "1";
    form.setAttribute("aria-busy", "true");
    if (button) {
      button.setAttribute("aria-disabled", "true");
      button.dataset.locked = "1";
    }
    /* An answer that is a download does not leave the page. */
    setTimeout(() => unlock(form), LOCK_MILLISECONDS);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented || form.method !== "post") return;
    lock(form, event.submitter);
  });

  addEventListener("pageshow", () => all("form[data-sending]").forEach(unlock));

  /* The zone of this device is suggested where nothing was chosen before. */
  const suggestZone = (form) => {
    const select = form.elements.namedItem("tz");
    if (!select || select.value) return;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (![...select.options].some((option) => option.value === zone)) return;
    select.value = zone;
    const hint = form.querySelector("[data-zone-hint]");
    if (!hint) return;
    hint.querySelector("[data-zone-name]").textContent = zone.replaceAll("_", " ");
    hint.hidden = false;
  };

  const deviceZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  /* Times of an event, beside it on the clocks of this device, unless a zone was chosen. */
  const showOwnTimes = () => {
    const words = document.body.dataset.forYou;
    if (!words || !deviceZone) return;
    const page = document.documentElement.lang;
    const language = page === "en" ? "en-GB" : page;
    const say = (date, timeZone, options) => new Intl.DateTimeFormat(language, { ...options, timeZone }).format(date);
    const clock = { hour: "2-digit", minute: "2-digit" };
    const day = { day: "numeric", month: "short" };
    all(".times[data-start]").forEach((times) => {
      if (times.querySelector(".yours")) return;
      const start = new Date(times.dataset.start);
      const there = times.dataset.zone;
      const here = (options) => say(start, deviceZone, options);
      const sameDay = here(day) === say(start, there, day);
      if (sameDay && here(clock) === say(start, there, clock)) return;
      let text = here(clock);
      if (times.dataset.end) text += `–${say(new Date(times.dataset.end), deviceZone, clock)}`;
      if (!sameDay) text = `${here(day)}, ${text}`;
      const yours = document.createElement("span");
      yours.className = "yours";
      yours.textContent = words.replace("{time}", text).replace("{zone}", deviceZone.replaceAll("_", " "));
      times.append(" ", yours);
    });
  };

  /* How long a call is open, kept true while the page is. */
  const countDown = () => {
    const page = document.documentElement.lang;
    const words = new Intl.RelativeTimeFormat(page === "en" ? "en-GB" : page, { numeric: "always" });
    all("[data-closes]").forEach((place) => {
      const minutes = Math.floor((new Date(place.dataset.closes) - Date.now()) / 60000);
      if (minutes < 0) return;
      const [number, unit] =
        minutes >= 1440 ? [Math.floor(minutes / 1440), "day"]
        : minutes >= 60 ? [Math.floor(minutes / 60), "hour"]
        : [Math.max(minutes, 1), "minute"];
      place.textContent = place.dataset.closesWords.replace("{when}", words.format(number, unit));
    });
  };
  setInterval(countDown, 30000);

  /* Letters show the reader's clock too: a form without a zone takes that of the device. */
  const fillZone = (field) => {
    if (!field.value && deviceZone) field.value = deviceZone;
  };

  /* Said by screen readers, shown to nobody. */
  const announce = (text) => {
    const region = document.getElementById("announcer");
    if (region) region.textContent = text;
  };

  /* data-copy holds a text, or "#id" of the element whose text is meant. */
  const copy = async (button) => {
    const wanted = button.dataset.copy;
    const source = wanted.startsWith("#") ? document.getElementById(wanted.slice(1)) : null;
    const text = source ? (source.value ?? source.textContent).trim() : wanted;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const selection = getSelection();
      if (source && selection) selection.selectAllChildren(source);
      return;
    }
    const label = button.textContent;
    const done = button.dataset.done;
    if (!done || label === done) return;
    button.textContent = done;
    announce(done);
    setTimeout(() => {
      button.textContent = label;
      announce("");
    }, 2500);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-print], [data-copy], [aria-disabled=true][data-locked]");
    if (!button) return;
    if (button.dataset.locked) event.preventDefault();
    else if ("print" in button.dataset) print();
    else copy(button);
  });

  /* Timetables: an item is dragged, or moved with arrow keys from its “Move” link, to a free place. The server
     decides, and asks when it would clash there. Free cells bear their time and column; items those of their cell. */
  const moveForm = document.getElementById("move-item");
  let carried = null;
  let target = null;

  const mark = (cell) => {
    target?.classList.remove("target");
    target = cell;
    target?.classList.add("target");
  };

  const sendTo = (cell) => {
    const [day, time] = cell.dataset.at.split("T");
    moveForm.action = `/staff/programme/${carried.dataset.item}/move`;
    moveForm.elements.namedItem("starts_on").value = day;
    moveForm.elements.namedItem("starts_time").value = time;
    moveForm.elements.namedItem("room").value = cell.dataset.column;
    moveForm.requestSubmit();
  };

  const isPlace = (cell) => cell?.matches?.("[data-timetable] td.free[data-at]");

  /* The free place nearest in the wanted direction, from where the item is or the last place that was marked. */
  const nextPlace = (from, key) => {
    const here = from.getBoundingClientRect();
    const sideways = key === "ArrowLeft" || key === "ArrowRight";
    const forward = key === "ArrowDown" || key === "ArrowRight";
    let best = null;
    let least = Infinity;
    all("td.free[data-at]", from.closest("table")).forEach((cell) => {
      const there = cell.getBoundingClientRect();
      const along = sideways ? there.left - here.left : there.top - here.top;
      const across = Math.abs(sideways ? there.top - here.top : there.left - here.left);
      if (cell === from || (forward ? along <= 1 : along >= -1)) return;
      const distance = Math.abs(along) + across * 4;
      if (distance < least) [best, least] = [cell, distance];
    });
    return best;
  };

  const leaveMove = (text) => {
    mark(null);
    carried = null;
    announce(text);
  };

  const moveByKey = (event) => {
    const slot = event.target.closest("[data-move]")?.closest("[data-item]");
    if (!slot) return;
    if (event.key === "Enter" && target && carried === slot) {
      event.preventDefault();
      sendTo(target);
    } else if (event.key === "Escape" && target) {
      leaveMove(moveForm.dataset.left);
    } else if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      if (carried !== slot) mark(null);
      carried = slot;
      const cell = nextPlace(target || slot.closest("td"), event.key);
      if (!cell) return;
      mark(cell);
      cell.scrollIntoView({ block: "nearest", inline: "nearest" });
      const place = cell.dataset.column || moveForm.dataset.nameless;
      announce(moveForm.dataset.moving.replace("{time}", cell.dataset.at.split("T")[1]).replace("{room}", place));
    }
  };

  if (moveForm) {
    document.addEventListener("dragstart", (event) => {
      carried = event.target.closest?.("[data-item]");
      if (!carried) return;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", carried.dataset.item);
    });
    document.addEventListener("dragover", (event) => {
      if (!carried || !isPlace(event.target)) return;
      event.preventDefault();
      if (event.target !== target) mark(event.target);
    });
    document.addEventListener("drop", (event) => {
      if (!carried || !isPlace(event.target)) return;
      event.preventDefault();
      sendTo(event.target);
    });
    document.addEventListener("dragend", () => mark(null));
    document.addEventListener("keydown", moveByKey);
    document.addEventListener("focusout", () => {
      if (target && carried) mark(null);
    });
  }

  /* Questions that wait for another answer: data-shown-if names the control, data-shown-value its answer; "" is none
     and "*" any. Each condition is also in words, for pages without scripts; those are not needed here. */
  const showWhatApplies = (form) => {
    all("[data-shown-if]", form).forEach((block) => {
      const given = new FormData(form).getAll(block.dataset.shownIf).filter((value) => value !== "");
      const wanted = block.dataset.shownValue;
      const applies = wanted === "" ? given.length === 0 : wanted === "*" ? given.length > 0 : given.includes(wanted);
      block.hidden = !applies;
      all("input, select, textarea", block).forEach((control) => {
        control.disabled = !applies;
      });
      all("[data-condition]", block).forEach((words) => {
        words.hidden = true;
      });
    });
  };

  const showConditional = () =>
    all("form").forEach((form) => {
      if (form.querySelector("[data-shown-if]")) showWhatApplies(form);
    });

  document.addEventListener("change", (event) => {
    if (event.target.form) showWhatApplies(event.target.form);
  });
  addEventListener("pageshow", showConditional);

  /* Buttons that only a script can serve are hidden until here. */
  const prepare = () => {
    all("[data-print][hidden], [data-copy][hidden]").forEach((button) => {
      button.hidden = false;
    });
    all("form[data-zone-form]").forEach(suggestZone);
    all("input[type=hidden][name=time_zone]").forEach(fillZone);
    showOwnTimes();
    showConditional();
  };

  prepare();
  focusSummary();
  document.addEventListener("htmx:after:swap", (event) => {
    prepare();
    const found = event.target.matches?.(".filters") && document.querySelector("#count, .pagination p, .empty h2");
    if (found) announce(found.textContent.trim());
    focusSummary();
  });
})();
