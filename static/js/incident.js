// The incident page's and the first page's own script: clocks that run, forms in a dialog, fresh parts. All works without.
(() => {
  "use strict";
  const POLL = 5000;

  // -- Clocks: <b data-tick="instant"> shows the time to it, or since it ---------------------------------------------
  const face = (seconds) => {
    if (seconds >= 2 * 86400) return null; // days are written by the server
    const two = (n) => String(n).padStart(2, "0");
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };
  const tick = () => {
    for (const clock of document.querySelectorAll("[data-tick]")) {
      const shown = face(Math.floor(Math.abs(Date.parse(clock.dataset.tick) - Date.now()) / 1000));
      if (shown && clock.textContent !== shown) clock.textContent = shown;
    }
  };
  setInterval(tick, 1000);

  const page = document.querySelector("[data-live]");
  if (!page) return;

  // -- Verbs: their forms in a dialog --------------------------------------------------------------------------------
  const dialog = document.getElementById("verb-dialog");
  let opener = "";
  const fill = (html) => {
    const form = new DOMParser().parseFromString(html, "text/html").getElementById("verb-form");
    if (!form) return false;
    dialog.replaceChildren(form);
    return true;
  };
  const open = async (link) => {
    try {
      const answer = await fetch(link.href, { credentials: "same-origin" });
      if (answer.redirected || !fill(await answer.text())) throw new Error("no form");
      opener = link.id;
      if (!dialog.open) dialog.showModal();
      dialog.querySelector("input:not([type=hidden]):not([type=radio]), textarea, select, input:checked, button")?.focus();
    } catch {
      location.assign(link.href);
    }
  };
  const submit = async (form) => {
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), credentials: "same-origin", headers: { "X-Dialog": "1" },
      });
      const where = answer.headers.get("X-Location");
      if (where) return location.assign(where);
      if (answer.redirected || !fill(await answer.text())) return form.submit();
      dialog.querySelector("[role=alert], .errorlist, [aria-invalid=true]")?.scrollIntoView({ block: "nearest" });
      (dialog.querySelector("[aria-invalid=true]") || dialog.querySelector("button, [data-cancel]"))?.focus();
    } catch {
      form.submit(); // the browser says what is wrong with the network
    }
    return undefined;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-verb]");
    if (link && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      open(link);
    }
    if (event.target.closest("[data-cancel]") && dialog.contains(event.target)) {
      event.preventDefault();
      dialog.close();
    }
    if (event.target === dialog) dialog.close(); // the backdrop
  });
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(event.target);
  });
  dialog.addEventListener("close", () => document.getElementById(opener)?.focus());

  // -- Fresh parts ---------------------------------------------------------------------------------------------------
  let stamp = page.dataset.stamp;
  const said = page.querySelector("[data-said]");
  const newest = () => Math.max(0, ...[...page.querySelectorAll(".io-entry")].map((entry) => Number(entry.id.slice(6))));
  const busy = (region) =>
    region.contains(document.activeElement) ||
    (dialog.open && region.dataset.region === "verbs") ||
    (!window.getSelection().isCollapsed && region.contains(window.getSelection().anchorNode));

  const put = (region, fresh) => {
    for (const details of region.querySelectorAll("details")) {
      const twin = fresh.querySelector(`#${details.querySelector("summary").id}`)?.parentElement;
      if (twin) twin.open = details.open;
    }
    region.replaceChildren(...fresh.childNodes);
  };
  const announce = (before) => {
    const fresh = [...page.querySelectorAll(".io-entry")].filter((entry) => Number(entry.id.slice(6)) > before);
    if (fresh.length) said.textContent = fresh.map((entry) => entry.querySelector(".io-entry-what").textContent.trim()).join(". ");
  };
  const poll = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(page.dataset.live + location.search, {
        credentials: "same-origin", headers: { "If-None-Match": stamp }, cache: "no-store",
      });
      if (answer.status === 404) return location.reload(); // it became private
      if (answer.status !== 200 || answer.redirected) return undefined;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const before = newest();
      let whole = true;
      for (const region of page.querySelectorAll("[data-region]")) {
        const twin = fresh.querySelector(`[data-region="${region.dataset.region}"]`);
        if (!twin) continue;
        if (busy(region)) whole = false;
        else put(region, twin);
      }
      // A part that was in use keeps what it shows until the reader leaves it; the next round looks again.
      stamp = whole ? answer.headers.get("ETag") || "" : "";
      announce(before);
      tick();
    } catch {
      // The next round tries again.
    }
    return undefined;
  };
  setInterval(poll, POLL);
})();
