// A minute before somebody who does nothing is signed out, the page says so; then it leaves, so that
// nothing stays on the screen. The server decides: its cookie says how many seconds were left when it
// answered last, to whichever tab. Patients have no such cookie, and for them nothing happens here.
(function () {
  "use strict";

  var words = document.currentScript.dataset;
  var WARN_FOR = 60000;
  var TELL_EVERY = 60000; // of typing
  var known = null;
  var end = 0;
  var told = 0;
  var box = null;

  function cookie() {
    var match = document.cookie.match(/(?:^|; )clinic_idle=([^;]*)/);
    return match ? match[1] : "";
  }

  function leave() {
    clearInterval(clock);
    var here = location.pathname + location.search;
    location.assign("/account/idle/?next=" + encodeURIComponent(here));
  }

  function stay() {
    told = Date.now();
    fetch("/account/active/", { cache: "no-store" }).then(look, function () {});
  }

  function warn() {
    if (box) return;
    box = document.createElement("div");
    box.className = "idle-warning";
    box.setAttribute("role", "alertdialog");
    box.setAttribute("aria-label", words.title || "Still there?");
    var text = document.createElement("p");
    text.textContent = words.soon || "You will be signed out in a minute, since nothing was done here.";
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = words.stay || "Stay signed in";
    button.addEventListener("click", stay);
    box.append(text, button);
    document.body.append(box);
    button.focus({ preventScroll: true });
  }

  function calm() {
    if (!box) return;
    box.remove();
    box = null;
  }

  function look() {
    var now = cookie();
    if (!now) {
      if (known) leave(); // signed out in another tab
      return;
    }
    if (now !== known) {
      known = now;
      end = Date.now() + Number(now.split(".")[0]) * 1000;
    }
    var left = end - Date.now();
    if (left <= 0) leave();
    else if (left <= WARN_FOR) warn();
    else calm();
  }

  // Who writes a long letter is there, though nothing is asked of the server.
  document.addEventListener("input", function () {
    if (known && Date.now() - told > TELL_EVERY) stay();
  });
  document.addEventListener("visibilitychange", look);
  var clock = setInterval(look, 1000);
  look();
})();
