// Sends a chosen file straight to the store, and says how far it is. Without this script the same
// form sends it through the site.
(function () {
  "use strict";

  var form = document.querySelector("[data-upload]");
  if (!form || !window.FormData) return;

  var text = form.dataset;
  var file = form.querySelector('[type="file"]');
  var kind = form.querySelector("[name=kind]");
  var error = document.getElementById("id_file_error");
  var panel = form.querySelector(".upload-progress");
  var bar = panel.querySelector("progress");
  var said = document.getElementById("upload-said");
  var send = form.querySelector("[data-send]");
  var cancel = form.querySelector("[data-cancel]");
  var current = null; // the request that runs
  var place = null; // where this file goes: a form of the store, and what is told afterwards
  var stopped = false;
  var unreached = false; // the store does not answer here, as behind some firewalls

  function tell(message) {
    error.textContent = message;
    error.hidden = !message;
    file.classList.toggle("is-invalid", Boolean(message));
    if (message) error.focus();
  }

  function working(yes) {
    panel.hidden = !yes;
    cancel.hidden = !yes;
    send.disabled = yes;
    file.disabled = yes;
    kind.disabled = yes;
  }

  function wrongWith(chosen) {
    if (!chosen) return text.textChoose;
    if (chosen.size === 0) return text.textEmpty;
    if (chosen.size > Number(text.most)) return text.textLarge;
    var endings = file.accept.split(",").filter(function (each) {
      return each[0] === ".";
    });
    var name = chosen.name.toLowerCase();
    var known = endings.some(function (ending) {
      return name.endsWith(ending);
    });
    return known || !name.includes(".") ? "" : text.textType;
  }

  // One request. `done` gets the answer, `failed` a sentence and whether the form is worn out.
  function ask(url, body, done, failed, progress) {
    var request = new XMLHttpRequest();
    current = request;
    request.open("POST", url);
    request.timeout = progress ? 15 * 60 * 1000 : 30 * 1000;
    if (!progress) request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    if (progress) request.upload.onprogress = progress;
    request.onload = function () {
      var answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch (ignored) {
        answer = {}; // the store speaks XML
      }
      if (request.status >= 200 && request.status < 300) done(answer);
      else failed(answer.message || text.textBroken, request.status);
    };
    request.onerror = function () {
      failed(text.textBroken, 0);
    };
    request.ontimeout = function () {
      failed(text.textLate, 0);
    };
    request.onabort = function () {
      failed(text.textStopped, 0);
    };
    request.send(body);
  }

  function fields(values) {
    var body = new FormData();
    Object.keys(values).forEach(function (name) {
      body.append(name, values[name]);
    });
    return body;
  }

  function fail(sentence, status) {
    current = null;
    // The store takes a form for some minutes, and as it is: then another one is asked for.
    if (status >= 400 || stopped) place = null;
    working(false);
    tell(sentence);
  }

  function begin(chosen) {
    if (place && place.kind === kind.value) return place.sent ? arrived() : carry(chosen);
    ask(
      text.begin,
      fields({
        csrfmiddlewaretoken: form.csrfmiddlewaretoken.value,
        kind: kind.value,
        name: chosen.name,
        type: chosen.type,
        size: chosen.size,
      }),
      function (answer) {
        place = { kind: kind.value, form: answer, sent: false };
        if (stopped) return fail(text.textStopped, 0);
        carry(chosen);
      },
      fail
    );
  }

  function carry(chosen) {
    var body = fields(place.form.fields);
    body.append("file", chosen, "file"); // its name is nobody's business there
    ask(place.form.url, body, arrived, broken, function (event) {
      if (!event.lengthComputable) return;
      var share = Math.floor((100 * event.loaded) / event.total);
      bar.value = share;
      said.textContent =
        share < 100 ? text.textSending.replace("{n}", share) : text.textArriving;
    });
  }

  function broken(sentence, status) {
    unreached = status === 0 && !stopped && navigator.onLine;
    fail(sentence, status);
  }

  function arrived() {
    place.sent = true;
    said.textContent = text.textArriving;
    cancel.hidden = true; // it is there
    var values = { csrfmiddlewaretoken: form.csrfmiddlewaretoken.value };
    if (text.wanted) values.wanted = text.wanted;
    ask(
      place.form.arrived,
      fields(values),
      function (answer) {
        window.location.assign(answer.page);
      },
      function (sentence, status) {
        // It lies there: only the word is said again, unless the answer is that nothing does.
        var there = status === 409 ? null : place;
        fail(sentence, status);
        place = there;
      }
    );
  }

  form.addEventListener("submit", function (event) {
    var chosen = file.files[0];
    var wrong = wrongWith(chosen);
    if (!wrong && !kind.value) return; // the site says what is missing
    if (!wrong && unreached) return; // through the site, as without this script
    event.preventDefault();
    delete form.dataset.sent;
    tell(wrong);
    if (wrong) return;
    stopped = false;
    bar.value = 0;
    said.textContent = text.textSending.replace("{n}", "0");
    working(true);
    cancel.focus();
    begin(chosen);
  });

  cancel.addEventListener("click", function () {
    stopped = true;
    if (current) current.abort();
    send.focus();
  });

  file.addEventListener("change", function () {
    place = null;
    tell(file.files.length ? wrongWith(file.files[0]) : "");
  });

  window.addEventListener("pageshow", function () {
    working(false);
  });
})();
