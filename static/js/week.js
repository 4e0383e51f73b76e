// The week as a calendar. Its times are the clinic's wall times, written without an offset: shown as
// they are, whatever the reader's clock. Without this script the list below says the same.
(function () {
  "use strict";
  var box = document.getElementById("calendar");
  var list = document.getElementById("week-list");
  var data = JSON.parse(document.getElementById("calendar-data").textContent);
  var narrow = window.matchMedia("(max-width: 699px)").matches;

  function content(info) {
    var about = info.event.extendedProps;
    var words = document.createElement(about.url ? "a" : "span");
    if (about.url) words.href = about.url;
    var title = document.createElement("span");
    title.className = "event-title";
    title.textContent = info.event.title;
    words.append(title);
    if (about.time) {
      var time = document.createElement("span");
      time.className = "event-time";
      time.textContent = about.time;
      words.append(" ", time);
    }
    if (about.state) {
      var state = document.createElement("span");
      state.className = "event-state";
      state.textContent = about.state;
      words.append(" ", state);
      words.title = [about.time, info.event.title, about.kind, about.state].join(", ");
    }
    return { domNodes: [words] };
  }

  function event(one, index) {
    return {
      id: String(index),
      start: one.start,
      end: one.end,
      title: one.title || "",
      display: one.display || "auto",
      classNames: ["event-" + one.status],
      extendedProps: one,
    };
  }

  EventCalendar.create(box, {
    // A week does not fit on a phone: there the one day, and the links lead on.
    view: narrow ? "timeGridDay" : data.view,
    date: data.date,
    timeZone: data.offset,
    firstDay: 1,
    locale: document.documentElement.lang || "en",
    headerToolbar: { start: "", center: "", end: "" },
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
    allDaySlot: false,
    slotDuration: "00:30",
    slotHeight: 44,
    slotMinTime: data.opens,
    slotMaxTime: data.closes,
    scrollTime: data.opens,
    nowIndicator: true,
    editable: false,
    events: data.events.map(event),
    eventContent: content,
  });

  // The widget calls itself a table, without what makes one. To who hears it, it is a group of
  // links, each with its day and time; the list is what reads well.
  function plain() {
    box.querySelectorAll("[role], .ec [tabindex]").forEach(function (part) {
      Array.from(part.attributes).forEach(function (attribute) {
        if (/^(role|tabindex|aria-)/.test(attribute.name)) part.removeAttribute(attribute.name);
      });
    });
  }
  new MutationObserver(plain).observe(box, { childList: true, subtree: true });
  plain();
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", box.dataset.label);

  var bar = document.querySelector("[data-show]");
  function show(as) {
    box.hidden = as !== "calendar";
    document.querySelector("[data-legend]").hidden = box.hidden;
    list.classList.toggle("week-list-behind", !box.hidden);
    bar.querySelectorAll("button").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.as === as));
    });
    try {
      localStorage.setItem("week-as", as);
    } catch (error) {
      // Kept for comfort only; a browser that keeps nothing shows the calendar each time.
    }
  }
  bar.hidden = false;
  bar.addEventListener("click", function (press) {
    if (press.target.dataset.as) show(press.target.dataset.as);
  });
  var kept = null;
  try {
    kept = localStorage.getItem("week-as");
  } catch (error) {
    kept = null;
  }
  show(kept === "list" || (narrow && data.view !== "timeGridDay" && !kept) ? "list" : "calendar");
})();
