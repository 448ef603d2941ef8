// The console's few lines of script. Everything works without them.
(() => {
  "use strict";

  // <a data-dialog="id" href="…"> opens <dialog id="id">; without script the same form is a page of its own.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog && dialog.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) {
      event.preventDefault();
      closer.closest("dialog").close();
    }
  });

  // What was typed waits to be saved: the bar with Save comes into sight. Until then it covers nothing.
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.closest(".warn-unsaved-form")) document.documentElement.classList.add("io-edited");
    });
  }

  // The theme has controls that only a mouse finds: give them a place in the tab order, a role and the two keys.
  const CLICKABLE = "a:not([href]), span.cursor-pointer, div.cursor-pointer, h2.cursor-pointer, h3.cursor-pointer";
  const reachable = (root) => {
    for (const control of root.querySelectorAll(CLICKABLE)) {
      if (control.closest("[aria-hidden=true], label, button, summary, a[href]") || control.querySelector("a[href], button, input, select")) continue;
      control.tabIndex = 0;
      control.setAttribute("role", "button");
      if (!control.textContent.trim() || control.matches(".material-symbols-outlined")) {
        control.setAttribute("aria-label", control.title || control.textContent.trim().replaceAll("_", " "));
      }
    }
  };
  // An icon is a word to its font ("crisis_alert"); nobody wants to hear it before the real one.
  const wordless = (control) => {
    const copy = control.cloneNode(true);
    for (const icon of copy.querySelectorAll(".material-symbols-outlined")) icon.remove();
    return !copy.textContent.trim() && !copy.querySelector("img[alt]");
  };
  const unspoken = (root) => {
    for (const icon of root.querySelectorAll(".material-symbols-outlined:not([aria-label], [role])")) {
      const control = icon.closest("a, button, [role=button]");
      if (control && !control.hasAttribute("aria-label") && wordless(control)) control.setAttribute("aria-label", control.title || icon.title || icon.textContent.trim().replaceAll("_", " "));
      icon.setAttribute("aria-hidden", "true");
    }
  };
  document.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && event.target.matches(CLICKABLE)) {
      event.preventDefault();
      event.target.click();
    }
  });

  // <section data-refresh="seconds" id="…"> is fetched anew and replaced, unless the focus or a selection is inside.
  const refresh = async (region) => {
    const held = () => region.contains(document.activeElement) || region.querySelector("dialog[open], details[open]");
    if (document.hidden || held() || !window.getSelection().isCollapsed) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(region.id);
      if (fresh && fresh.innerHTML !== region.innerHTML && !held()) region.replaceChildren(...fresh.childNodes);
    } catch {
      // The next round tries again.
    }
  };

  // The looked-up choices are spans that know nothing of their field's label; a tooltip is one without a role.
  const NAMELESS = ".select2-container, span.help-tooltip";
  const named = () => {
    for (const hint of document.querySelectorAll("span.help-tooltip[aria-label]")) hint.setAttribute("role", "img");
    for (const shown of document.querySelectorAll(".select2-container")) {
      const field = shown.previousElementSibling;
      const words = field && (field.labels?.[0]?.textContent || field.getAttribute("aria-label"));
      for (const part of words ? shown.querySelectorAll(".select2-selection__rendered, .select2-search__field") : []) {
        part.setAttribute("aria-label", words.replace("*", "").trim());
      }
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    reachable(document);
    unspoken(document);
    named();
    // The look-ups are made later, those of a form that was added later still.
    const nameless = (node) => node.matches?.(NAMELESS) || node.querySelector?.(NAMELESS);
    new MutationObserver((changes) => {
      if (changes.some((change) => [...change.addedNodes].some(nameless))) named();
    }).observe(document.body, { childList: true, subtree: true });
    // "Clear all" would stand as a stray element in their list; each choice has its own way out.
    for (const field of document.querySelectorAll("select[multiple][data-allow-clear]")) field.dataset.allowClear = "false";
    document.body.addEventListener("htmx:afterSwap", (event) => reachable(event.target));
    for (const region of document.querySelectorAll("[data-refresh][id]")) {
      setInterval(refresh, Number(region.dataset.refresh) * 1000, region);
    }
  });
})();

// <input data-zones> suggests the browser's list of time zones.
document.addEventListener("focusin", (event) => {
  if (!event.target.matches("input[data-zones]") || !Intl.supportedValuesOf) return;
  let list = document.getElementById("io-zones");
  if (!list) {
    list = document.createElement("datalist");
    list.id = "io-zones";
    for (const zone of ["UTC", ...Intl.supportedValuesOf("timeZone")]) list.append(new Option(zone, zone));
    document.body.append(list);
  }
  event.target.setAttribute("list", "io-zones");
});
