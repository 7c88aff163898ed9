// The buttons that use or add a passkey. The calls are the library's; what goes wrong is said here.
const problem = document.getElementById("passkey-problem");

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  problem.hidden = false;
});

if (window.PublicKeyCredential) {
  for (const button of document.querySelectorAll("[data-passkey]")) {
    const { passkey, credential, passwordless } = button.dataset;
    const ids = { [passkey]: button.id, credential, passwordless, data: "js_data" };
    window.allauth.webauthn.forms[`${passkey}Form`]({ ids });
    button.addEventListener("click", () => (problem.hidden = true));
    button.hidden = false;
  }
}
