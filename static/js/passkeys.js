// Where passkeys are not possible nothing offers them; where one fails, the page says so.
(function () {
  "use strict";

  if (!window.PublicKeyCredential) {
    document.querySelectorAll("[data-passkey]").forEach(function (part) {
      part.hidden = true;
    });
  }
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    document.querySelectorAll("[data-passkey-error]").forEach(function (said) {
      said.hidden = false;
    });
  });
})();
