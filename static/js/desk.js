// The day at the front desk as columns: drag to move, click to open, keys to walk.
// The page's list works without this; what is refused here is refused by the server.
(() => {
  "use strict";
  const desk = document.getElementById("desk");
  const raw = document.getElementById("desk-data");
  if (!desk || !raw || !window.EventCalendar) return;
  const data = JSON.parse(raw.textContent);
  const words = desk.dataset;
  const target = document.getElementById("desk-calendar");
  const list = document.getElementById("desk-list");
  const said = document.getElementById("desk-said");
  const token = document.querySelector("#desk-token [name=csrfmiddlewaretoken]").value;
  const EMPTY_ID = "00000000-0000-0000-0000-000000000000";
  const SNAP = 10; // minutes: how far from a doctor's next possible start a drop may be
  const LOOK_EVERY = 20000; // milliseconds

  const visitUrl = (id, rest = "") => words.visit.replace(EMPTY_ID, id) + rest;
  const two = (number) => String(number).padStart(2, "0");
  const wall = (date) =>
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
  const element = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text) made.textContent = text;
    return made;
  };

  // -- What is said ---------------------------------------------------------------------------

  function say(text, undo) {
    said.replaceChildren(element("span", "", text));
    said.classList.add("is-there");
    if (!undo) return;
    const button = element("button", "desk-button", words.undo);
    button.type = "button";
    button.addEventListener("click", undo, { once: true });
    said.append(button);
  }

  // -- Moving ---------------------------------------------------------------------------------

  /** The doctor's possible start nearest to where a visit was dropped, else exactly there. */
  function snapped(date, doctor) {
    const dropped = date.getHours() * 60 + date.getMinutes();
    const near = (data.cells[doctor] || []).reduce(
      (best, cell) => (Math.abs(cell - dropped) < Math.abs(best - dropped) ? cell : best),
      Infinity,
    );
    const minutes = Math.abs(near - dropped) <= SNAP ? near : dropped;
    return new Date(date.getFullYear(), date.getMonth(), date.getDate(), 0, minutes);
  }

  async function send(id, fields) {
    let answer;
    try {
      answer = await fetch(visitUrl(id, "move/"), {
        method: "POST",
        headers: { "X-CSRFToken": token, Accept: "application/json" },
        body: new URLSearchParams(fields),
      });
      const type = answer.headers.get("Content-Type") || "";
      if (!type.startsWith("application/json")) throw new Error("signed out");
      return { ok: answer.ok, ...(await answer.json()) };
    } catch {
      return { ok: false, reason: words.saidOffline };
    }
  }

  async function move(event, start, doctor, before) {
    const fields = { start: wall(start), doctor, version: event.extendedProps.version };
    let answer = await send(event.id, fields);
    if (!answer.ok) {
      before.revert();
      flash(event.id);
      const why = await askWhy(answer);
      if (!why) {
        say(`${answer.reason} ${words.saidRefused}`);
        focus(event.id);
        return;
      }
      answer = await send(event.id, { ...fields, override: why });
      if (!answer.ok) {
        say(`${answer.reason} ${words.saidRefused}`);
        flash(event.id);
        return;
      }
    }
    calendar.updateEvent(answer.event);
    known = ""; // it was us: what the server says next is the state we know
    say(answer.said, () => back(answer.event, before));
    focus(event.id);
  }

  async function back(event, before) {
    const fields = { start: before.start, doctor: before.doctor, version: event.extendedProps.version };
    let answer = await send(event.id, fields);
    if (!answer.ok) {
      const why = await askWhy(answer);
      if (why) answer = await send(event.id, { ...fields, override: why });
    }
    say(answer.ok ? answer.said : answer.reason);
    if (answer.ok) calendar.updateEvent(answer.event);
    known = "";
  }

  /** Why not, in a dialog; resolves to the reason to do it anyway, or to nothing. */
  function askWhy(answer) {
    const dialog = document.getElementById("desk-refused");
    const reason = document.getElementById("desk-override");
    document.getElementById("desk-refused-why").textContent = answer.reason;
    document.getElementById("desk-refused-rule").hidden = !answer.is_rule;
    document.getElementById("desk-anyway").hidden = !answer.is_rule;
    reason.required = Boolean(answer.is_rule);
    reason.value = "";
    dialog.returnValue = "";
    dialog.showModal();
    (answer.is_rule ? reason : document.getElementById("desk-leave")).focus();
    return new Promise((resolve) => {
      dialog.addEventListener(
        "close",
        () => resolve(dialog.returnValue === "move" ? reason.value.trim() : ""),
        { once: true },
      );
    });
  }
  document.getElementById("desk-leave").addEventListener("click", (event) => {
    event.preventDefault(); // whatever stands in the field
    document.getElementById("desk-refused").close("");
  });

  // -- The calendar ---------------------------------------------------------------------------

  function content({ event }) {
    if (event.display === "background") return event.title ? { domNodes: [element("small", "", event.title)] } : "";
    const more = event.extendedProps;
    const line = element("div", "desk-line");
    const mark = element("i", "desk-shape", more.shape);
    mark.setAttribute("aria-hidden", "true");
    line.append(mark, element("b", "", event.title || more.status));
    const rest = element("div", "desk-rest");
    if (event.title) rest.append(element("span", "desk-word", more.status));
    rest.append(element("span", "", more.type));
    if (more.room) rest.append(element("span", "desk-room", more.room));
    if (more.note) rest.append(element("span", "desk-flag", words.note));
    if (more.wish) rest.append(element("span", "desk-flag", words.wish));
    if (more.unreached) rest.append(element("span", "desk-flag", words.unreached));
    return { domNodes: [line, rest] };
  }

  function mounted({ event, el }) {
    if (event.display === "background") {
      el.setAttribute("aria-hidden", "true");
      return;
    }
    el.dataset.id = event.id;
    el.dataset.doctor = event.resourceIds[0];
    const more = event.extendedProps;
    const doctor = data.doctors.find((each) => each.id === event.resourceIds[0]);
    const facts = [more.time, event.title, more.status, more.type, more.room, doctor?.title];
    el.title = facts.filter(Boolean).join(" · ");
    el.setAttribute("aria-label", facts.filter(Boolean).join(", "));
  }

  const calendar = window.EventCalendar.create(target, {
    view: "resourceTimeGridDay",
    date: data.date,
    timeZone: data.offset,
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    resources: data.doctors.map((each) => ({
      id: each.id,
      title: each.title,
      extendedProps: { late: each.late },
    })),
    resourceLabelContent: ({ resource }) => {
      const label = element("span", "desk-doctor", resource.title);
      if (!resource.extendedProps.late) return { domNodes: [label] };
      return {
        domNodes: [label, element("small", "desk-late", `${resource.extendedProps.late} ${words.late}`)],
      };
    },
    events: data.events,
    slotMinTime: data.first,
    slotMaxTime: data.last,
    slotDuration: "00:15",
    slotLabelInterval: "01:00",
    slotHeight: 34,
    slotLabelFormat: (date) => date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" }).toLowerCase(),
    snapDuration: "00:05",
    columnWidth: "minmax(9.5rem, 1fr)",
    nowIndicator: true,
    height: "auto",
    editable: true,
    eventDurationEditable: false,
    longPressDelay: 400,
    selectable: true,
    selectMinDistance: 8,
    dateClick: ({ date, resource }) => resource && book(date, resource.id),
    select: ({ start, end, resource }) => resource && book(start, resource.id, (end - start) / 60000),
    eventContent: content,
    eventDidMount: mounted,
    eventClick: ({ event }) => event.extendedProps.held || event.display === "background" || open(event.id),
    eventDrop: ({ event, oldEvent, newResource, revert }) => {
      const doctor = newResource ? newResource.id : event.resourceIds[0];
      const start = snapped(event.start, doctor);
      move(event, start, doctor, { revert, start: wall(oldEvent.start), doctor: oldEvent.resourceIds[0] });
    },
  });

  // The page's list is the table of the day; what the widget says of rows and cells it is not.
  const TABLE = "[role=table],[role=rowgroup],[role=row],[role=columnheader],[role=cell]";
  target.querySelectorAll(TABLE).forEach((each) => {
    ["role", "aria-label", "aria-colindex"].forEach((name) => each.removeAttribute(name));
  });
  target.setAttribute("role", "group");

  function book(start, doctor, minutes) {
    const where = new URLSearchParams({ start: wall(snapped(start, doctor)), doctor });
    if (minutes) where.set("minutes", String(minutes));
    location.assign(`${document.querySelector("[data-key=b]").pathname}?${where}`);
  }

  // -- Walking with the keyboard --------------------------------------------------------------

  const all = () => [...target.querySelectorAll(".ec-event[data-id]")];
  const at = (id) => all().find((each) => each.dataset.id === id);

  /** Back to a visit, unless somebody types by now. */
  function focus(id) {
    setTimeout(() => document.activeElement?.matches("input, textarea, select") || at(id)?.focus(), 50);
  }

  function flash(id) {
    setTimeout(() => {
      const where = at(id);
      where?.classList.add("is-refused");
      setTimeout(() => where?.classList.remove("is-refused"), 1600);
    }, 60);
  }

  /** The nearest visit in that direction: along a column, or beside it in the next one. */
  function neighbour(from, key) {
    const here = from.getBoundingClientRect();
    const sideways = key === "ArrowLeft" || key === "ArrowRight";
    const forward = key === "ArrowDown" || key === "ArrowRight";
    let best;
    let least = Infinity;
    for (const each of all()) {
      if (each === from) continue;
      const there = each.getBoundingClientRect();
      const aside = there.left - here.left;
      const below = there.top - here.top;
      const ahead = sideways ? aside : below;
      if (forward ? ahead < 2 : ahead > -2) continue;
      if (!sideways && Math.abs(aside) > 8) continue;
      const distance = sideways ? Math.abs(aside) * 1000 + Math.abs(below) : Math.abs(below);
      if (distance < least) [best, least] = [each, distance];
    }
    return best;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    const visit = event.target.closest(".ec-event[data-id]");
    if (event.key.startsWith("Arrow") && !target.hidden) {
      const first = all()[0];
      const next = visit ? neighbour(visit, event.key) : document.activeElement === document.body && first;
      if (next) {
        event.preventDefault();
        next.focus();
        next.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
    } else if (event.key === "m" && visit) {
      location.assign(visitUrl(visit.dataset.id, `move/?next=${encodeURIComponent(location.pathname)}`));
    } else if (localStorage.getItem("desk-keys") !== "off") {
      document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
    }
  });

  // Letters alone can be a nuisance to whoever dictates: they can be switched off.
  const keys = document.getElementById("desk-keys");
  const tellKeys = () => {
    const isOff = localStorage.getItem("desk-keys") === "off";
    keys.textContent = isOff ? keys.dataset.on : keys.dataset.off;
  };
  keys.addEventListener("click", () => {
    localStorage.setItem("desk-keys", localStorage.getItem("desk-keys") === "off" ? "on" : "off");
    tellKeys();
  });
  tellKeys();

  // -- A visit in a dialog, over the day --------------------------------------------------------

  const panel = document.getElementById("desk-panel");

  async function open(id) {
    const next = encodeURIComponent(location.pathname + location.search);
    const page = visitUrl(id, `?next=${next}`);
    try {
      const answer = await fetch(`${page}&panel`);
      if (!answer.ok || answer.redirected) throw new Error("not here");
      const close = element("button", "desk-close", "×");
      close.type = "button";
      close.setAttribute("aria-label", "Close");
      close.addEventListener("click", () => panel.close());
      panel.innerHTML = await answer.text();
      panel.append(close);
      panel.showModal();
      panel.querySelector("h2").focus();
      panel.addEventListener("close", () => focus(id), { once: true });
    } catch {
      location.assign(page);
    }
  }
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });

  // -- Columns or list ------------------------------------------------------------------------

  const toggle = document.getElementById("desk-toggle");
  const legend = document.getElementById("desk-legend");

  function show(isList) {
    target.hidden = legend.hidden = isList;
    list.hidden = !isList;
    toggle.textContent = isList ? toggle.dataset.columns : toggle.dataset.list;
  }
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    show(list.hidden);
    localStorage.setItem("desk-view", list.hidden ? "columns" : "list");
  });
  const chosen = localStorage.getItem("desk-view");
  const isNarrow = window.matchMedia("(max-width: 700px)").matches; // two columns would not fit
  show(chosen ? chosen === "list" : isNarrow || Boolean(words.closed));

  // -- What others do meanwhile ---------------------------------------------------------------

  let known = words.state;
  const isBusy = () =>
    document.hidden ||
    document.querySelector("dialog[open], .ec-dragging, .ec-preview") ||
    document.activeElement?.matches("input, textarea, select");

  setInterval(async () => {
    if (isBusy()) return;
    try {
      // Looking by itself is nobody's doing, and keeps nobody signed in; nor does the reload.
      const answer = await fetch(words.stateUrl, { headers: { "X-Background": "1" } });
      if (!answer.ok || answer.redirected) return;
      const { state } = await answer.json();
      if (known && state !== known && !isBusy()) {
        sessionStorage.setItem("desk-changed", location.pathname);
        document.cookie = "clinic_background=1; max-age=3; path=/; samesite=lax";
        location.reload();
      }
      known = state;
    } catch {
      // the next look may reach the server
    }
  }, LOOK_EVERY);
  if (sessionStorage.getItem("desk-changed") === location.pathname) say(words.saidChanged);
  sessionStorage.removeItem("desk-changed");

  if (words.today) {
    target.querySelector(".ec-now-indicator")?.scrollIntoView({ block: "center" });
    // The line is as wide as all columns: the first of them may have gone behind the hours.
    for (const each of [target, ...target.querySelectorAll(".ec-main, .ec-body")]) each.scrollLeft = 0;
  }
})();
