// Says what went wrong with a passkey; without this the button would do nothing that a person can see.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const told = document.querySelector("[data-sign-in-error]");
  if (!told) return;
  const name = event.detail.exception && event.detail.exception.name;
  told.textContent = name === "NotAllowedError"
    ? "No passkey was used: the browser was told to stop, or it took too long."
    : name === "SecurityError"
      ? "The browser allows passkeys only on a named host with https (or on localhost)."
      : "The passkey did not work. Try again, or sign in with your password.";
  told.hidden = false;
});
