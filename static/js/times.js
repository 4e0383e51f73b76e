// After a part of the page was replaced, the keyboard stays where it was: on the link with the same
// id, or, when that has gone (the first week has no "earlier"), on the week's title.
(function () {
  "use strict";
  var pressed = "";

  document.addEventListener("htmx:beforeRequest", function (event) {
    pressed = event.detail.elt.id;
  });
  document.addEventListener("htmx:afterSettle", function () {
    var again = pressed && document.getElementById(pressed);
    (again || document.getElementById("week-title")).focus({ preventScroll: true });
  });

  // Anything but free times (signed out, something broke): show it as a page of its own.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.serverResponse.includes('id="times"')) return;
    event.detail.shouldSwap = false;
    window.location.assign(event.detail.pathInfo.finalRequestPath);
  });
  document.addEventListener("htmx:sendError", function (event) {
    window.location.assign(event.detail.pathInfo.finalRequestPath);
  });
})();
