// The page on which a postmortem is written: saved while typing, rows, previews. Everything works without it by buttons.
(() => {
  "use strict";
  const form = document.getElementById("pm-form");
  if (!form) return;
  const PAUSE = 1500, AGAIN = 10000;
  const state = form.querySelector("[data-state]");
  // What is said stands on the page, in the reader's language; {…} is filled in here.
  const said = (name, values = {}) =>
    Object.entries(values).reduce((words, [key, value]) => words.replace(`{${key}}`, () => value), form.dataset[name]);
  const say = (words, tone) => {
    state.textContent = words;
    state.className = tone === "bad" ? "io-error" : "io-quiet";
  };
  const part = (name) => document.querySelector(`[data-part="${CSS.escape(name)}"]`);
  const field = (name) => form.elements.namedItem(name);

  // -- Saved while typing --------------------------------------------------------------------------------------------
  let typed = 0, saved = 0, timer = 0, running = false;
  const dirty = () => typed !== saved;
  const touch = () => {
    typed += 1;
    say(said("sayUnsaved"));
    wait(PAUSE);
  };
  const wait = (time) => {
    clearTimeout(timer);
    timer = setTimeout(save, time);
  };

  const mark = (wrong) => {
    for (const old of form.querySelectorAll("[data-wrong]")) old.remove();
    for (const old of form.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
    for (const [name, words] of Object.entries(wrong)) {
      const input = field(name) || form.querySelector(`[data-list="${CSS.escape(name)}"]`);
      if (!input || !input.after) continue;
      const told = document.createElement("span");
      told.className = "io-error";
      told.dataset.wrong = "";
      told.textContent = words;
      if (input.matches("input, select, textarea")) {
        input.setAttribute("aria-invalid", "true");
        input.after(told);
      } else input.prepend(told);
    }
  };

  const take = (answer, before) => {
    for (const [section, value] of Object.entries(answer.marks)) field(`read-${section}`).value = value;
    for (const [prefix, key] of Object.entries(answer.ids)) {
      const id = field(`${prefix}-id`);
      if (id) id.value = key;
    }
    for (const [name, value] of Object.entries(answer.values)) {
      const input = field(name);
      if (input && (input.value === before.get(name) || chosen(name))) input.value = value;
    }
    for (const [name, html] of Object.entries(answer.parts)) {
      const place = part(name);
      // A choice that is being made stays as it is.
      if (place && !(name.startsWith("conflict-") && html && place.innerHTML.trim())) place.innerHTML = html;
    }
    for (const name of answer.lists) {
      const list = form.querySelector(`[data-list="${CSS.escape(name)}"]`);
      if (list) list.querySelector("[data-newer]").hidden = false;
    }
    const count = document.querySelector("[data-count]");
    if (count) form.querySelector("[data-missing]").textContent = count.dataset.words;
    mark(answer.wrong);
    const left = answer.conflicts.length, wrong = Object.keys(answer.wrong).length;
    if (left) say(said("sayConflict"), "bad");
    else if (wrong) say(said("sayMarked", { at: answer.at }), "bad");
    else say(said("saySaved", { at: answer.at }));
    return answer.lists.some((name) => before.get(`choose-${name}`) === "theirs");
  };
  const chosen = (name) => {
    const box = field(name).closest("section");
    return Boolean(box && box.querySelector("input[value=theirs]:checked"));
  };

  const save = async () => {
    if (running || !dirty()) return;
    running = true;
    const at = typed, data = new FormData(form);
    let again = PAUSE;
    try {
      say(said("saySaving"));
      const answer = await fetch(form.dataset.save, { method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" } });
      if (answer.redirected || answer.status === 403) {
        say(said("saySignedOut"), "bad");
        again = AGAIN;
      } else if (answer.status === 409) {
        say(said("sayRefused", { why: (await answer.json()).said }), "bad");
        again = 0;
      } else if (!answer.ok) {
        throw new Error(String(answer.status));
      } else {
        saved = at;
        if (take(await answer.json(), data)) {
          saved = typed;
          location.reload();
        }
      }
    } catch {
      say(said("sayNoAnswer"), "bad");
      again = AGAIN;
    } finally {
      running = false;
    }
    if (dirty() && again) wait(again);
  };
  for (const kind of ["input", "change"]) form.addEventListener(kind, (event) => event.target.name !== "entry" && touch());
  window.addEventListener("beforeunload", (event) => dirty() && event.preventDefault());
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    saved = typed;
  });
  document.addEventListener("visibilitychange", () => document.hidden && save());
  say(said("sayReady"));

  // -- Rows ----------------------------------------------------------------------------------------------------------
  const fresh = (list) => {
    const number = list.dataset.next;
    list.dataset.next = Number(number) + 1;
    const copy = list.querySelector("template[data-blank]").content.firstElementChild.cloneNode(true);
    for (const each of [copy, ...copy.querySelectorAll("*")]) {
      for (const name of ["name", "id", "for", "data-row", "data-local", "value"]) {
        const value = each.getAttribute(name);
        if (value) each.setAttribute(name, value.replace(/-new(?=-|$)/, `-${number}`).replace(/^new$/, number));
      }
    }
    return copy;
  };
  const depth = (row) => Number((/io-deep-(\d)/.exec(row.className) || [0, 0])[1]);
  const number = (row) => row.dataset.row.split("-").pop();
  const rows = (list) => [...list.querySelectorAll("[data-row]")];
  const add = (list, above) => {
    const row = fresh(list);
    let after = rows(list).pop();
    if (above) {
      row.querySelector("[name$='-under']").value = number(above);
      row.classList.replace("io-deep-0", `io-deep-${Math.min(depth(above) + 1, 6)}`);
      row.querySelector(".io-why-word").textContent = said("sayWhy");
      after = above;
      const all = rows(list);
      for (const next of all.slice(all.indexOf(above) + 1)) {
        if (depth(next) <= depth(above)) break;
        after = next;
      }
    }
    if (after) after.after(row);
    else list.querySelector("template").before(row);
    local(row);
    row.querySelector("textarea, input:not([type=hidden]), select").focus();
  };
  form.addEventListener("click", (event) => {
    const adds = event.target.closest("[data-add]"), asks = event.target.closest("[data-ask]"), looks = event.target.closest("[data-preview]");
    if (!(adds || asks || looks)) return;
    event.preventDefault();
    if (adds) add(adds.closest("[data-list]"));
    if (asks) add(asks.closest("[data-list]"), asks.closest("[data-row]"));
    if (looks) look(looks);
  });
  // The empty row at a list's end is for who has no script.
  for (const list of form.querySelectorAll("[data-list]")) {
    const last = rows(list).pop();
    if (!last || new URLSearchParams(location.search).has("ask")) continue;
    const words = [...last.querySelectorAll("input:not([type=checkbox]), textarea")];
    if (words.every((each) => !each.value) && !last.querySelector(".errorlist")) last.remove();
  }

  // -- Previews ------------------------------------------------------------------------------------------------------
  const look = async (button) => {
    const text = document.getElementById(button.dataset.preview);
    let pane = text.parentElement.querySelector(".io-pm-preview");
    const open = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!open));
    text.hidden = !open;
    if (open) {
      pane.remove();
      text.focus();
      return;
    }
    if (!pane) {
      pane = document.createElement("div");
      pane.className = "io-pm-preview io-prose";
      pane.setAttribute("role", "status");
      text.after(pane);
    }
    const data = new FormData();
    data.set("text", text.value);
    data.set("csrfmiddlewaretoken", field("csrfmiddlewaretoken").value);
    try {
      const answer = await fetch(form.dataset.look, { method: "POST", body: data, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      pane.innerHTML = await answer.text();
    } catch {
      pane.textContent = said("sayNoPreview");
    }
  };

  // -- The reader's zone beside UTC ----------------------------------------------------------------------------------
  const tongue = document.documentElement.lang || "en";
  const clock = new Intl.DateTimeFormat(tongue.startsWith("en") ? "en-GB" : tongue, { hour: "2-digit", minute: "2-digit", timeZone: form.dataset.zone, timeZoneName: "short" });
  const local = (within) => {
    for (const place of within.querySelectorAll("[data-local]")) {
      const input = document.getElementById(place.dataset.local);
      const found = input && /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(:\d\d)?)/.exec(input.value.trim());
      const at = found ? new Date(`${found[1]}T${found[2]}Z`) : null;
      place.textContent = at && !Number.isNaN(at.getTime()) ? `UTC · ${clock.format(at)}` : "UTC";
    }
  };
  form.addEventListener("input", (event) => event.target.matches("[data-utc]") && local(event.target.closest("[data-row]") || form));
})();
