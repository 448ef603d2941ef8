// Says what went wrong with a passkey; without this the button would do nothing that a person can see.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const told = document.querySelector("[data-sign-in-error]");
  if (!told) return;
  const name = event.detail.exception && event.detail.exception.name;
  // The words stand on the page, in the reader's language.
  const words = told.dataset;
  told.textContent = { NotAllowedError: words.sayNone, SecurityError: words.sayHost }[name] || words.sayFailed;
  told.hidden = false;
});
