// Small comforts; every page works without them.
(function () {
  "use strict";

  // How long a time is kept. The words change by the minute; aloud only when it matters.
  function countDown(timer) {
    var text = timer.dataset;
    var said = timer.nextElementSibling;
    var frame = timer.parentElement;
    var end = Date.now() + Number(text.seconds) * 1000;
    var shown = "";
    var until = timer.textContent; // minutes are no measure of hours

    function words(seconds) {
      if (seconds <= 0) return text.over;
      if (seconds < 60) return text.soon;
      var minutes = Math.floor(seconds / 60);
      if (minutes >= 120) return until;
      return minutes === 1 ? text.one : text.many.replace("{n}", minutes);
    }

    function show(now) {
      if (now === shown) return;
      var first = shown === "";
      shown = now;
      timer.textContent = now;
      var minutes = Math.floor((end - Date.now()) / 60000);
      if (!first && [5, 2, 0, -1].includes(minutes)) said.textContent = now;
    }

    function tick() {
      var seconds = (end - Date.now()) / 1000;
      frame.classList.toggle("held-soon", seconds < 60);
      show(words(seconds));
      if (seconds > 0) return;
      clearInterval(clock);
      var link = document.createElement("a");
      link.href = text.url;
      link.textContent = text.link;
      timer.append(" ", link);
    }

    var clock = setInterval(tick, 1000);
    tick();
  }

  document.querySelectorAll("[data-seconds]").forEach(countDown);

  // Forms that ask who somebody is learn the clock that person lives by.
  document.querySelectorAll("[data-time-zone]").forEach(function (field) {
    if (!field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  });

  // What went wrong is the first thing to be read.
  var first = document.querySelector("[data-focus]");
  if (first) first.focus();

  // The account menu closes as menus do.
  document.querySelectorAll("details.menu").forEach(function (menu) {
    document.addEventListener("click", function (event) {
      if (!menu.contains(event.target)) menu.open = false;
    });
    menu.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // One press, one request: a second one would only meet the first.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(function () {
      delete form.dataset.sent; // stopped by hand, or the line broke: it may be sent again
    }, 5000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });
})();
