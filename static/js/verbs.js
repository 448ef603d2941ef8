// The forms of verbs, opened in a dialog: <a data-verb id="…" href="the form's page">. All works without.
(() => {
  "use strict";
  const dialog = document.getElementById("verb-dialog");
  if (!dialog) return;
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
})();
