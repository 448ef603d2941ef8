// The incident page's and the first page's own script: clocks that run, fresh parts. All works without.
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

  const dialog = document.getElementById("verb-dialog"); // verbs.js fills it

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
