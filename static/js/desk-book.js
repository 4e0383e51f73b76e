// Booking at the desk without a page in between: choosing a patient, free times as one looks.
// Without this each of these is a button that sends the form and shows it again.
(() => {
  "use strict";
  const form = document.getElementById("desk-book");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const who = document.getElementById("desk-who");
  const chosen = document.getElementById("desk-chosen");
  const text = document.getElementById("desk-chosen-text");
  const search = document.getElementById("desk-q");
  const fresh = document.getElementById("desk-new");
  const times = document.getElementById("desk-times");
  const override = document.getElementById("desk-override");
  const hidden = document.getElementById("id_patient");

  // -- Who ------------------------------------------------------------------------------------

  form.addEventListener("click", (event) => {
    const person = event.target.closest("[data-patient]");
    if (!person) return;
    event.preventDefault();
    hidden.value = person.dataset.patient;
    text.replaceChildren(...[...person.childNodes].map((node) => node.cloneNode(true)));
    who.hidden = true;
    chosen.hidden = false;
    field("visit_type").focus();
  });

  document.getElementById("desk-other").addEventListener("click", (event) => {
    event.preventDefault();
    hidden.value = "";
    chosen.hidden = true;
    who.hidden = false;
    search.focus();
    search.select();
  });

  // Enter in the search box when nobody is found: it is somebody new, and the name is typed already.
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.defaultPrevented) return;
    event.preventDefault();
    const found = document.getElementById("desk-found");
    if (!search.value.trim() || found.querySelector("[data-patient]")) return;
    fresh.open = true;
    const name = field("name");
    if (!name.value && !/[\d@]/.test(search.value)) name.value = search.value.trim();
    (name.value ? field("date_of_birth") : name).focus();
  });

  // The browser's own autofocus is dropped at times, when the click that led here was on the calendar.
  if (search.autofocus && document.activeElement === document.body) search.focus();

  // -- When -----------------------------------------------------------------------------------

  let touched = Boolean(new URLSearchParams(location.search).get("start"));
  field("start").addEventListener("input", () => (touched = true));

  function take(offer) {
    field("start").value = offer.dataset.start;
    field("doctor").value = offer.dataset.doctor;
    ask(offer);
  }

  /** At short notice a reason is asked for before the server does. */
  function ask(offer) {
    override.classList.toggle("desk-quiet", !offer?.dataset.soon && !field("override").value);
  }

  times.addEventListener("click", (event) => {
    const offer = event.target.closest(".desk-offer");
    if (!offer) return;
    event.preventDefault();
    touched = true;
    take(offer);
    (offer.dataset.soon ? field("override") : document.getElementById("desk-submit")).focus();
  });

  let asked = 0;
  async function look() {
    const mine = ++asked;
    const after = touched ? field("start").value : "";
    const wish = new URLSearchParams({
      visit_type: field("visit_type").value,
      doctor: field("doctor").value,
      after,
    });
    try {
      const answer = await fetch(`${form.dataset.times}?${wish}`);
      if (mine !== asked || !answer.ok || answer.redirected) return;
      times.innerHTML = await answer.text();
    } catch {
      return; // what stands there may be old: the server looks again when it is booked
    }
    const first = times.querySelector(".desk-offer");
    if (!touched && first) {
      field("start").value = first.dataset.start;
      ask(first);
    }
  }
  field("visit_type").addEventListener("change", look);
  field("doctor").addEventListener("change", look);
  field("start").addEventListener("change", look);
  const same = [...times.querySelectorAll(".desk-offer")].find(
    (offer) => offer.dataset.start === field("start").value,
  );
  if (same) ask(same);

  document.getElementById("desk-alert")?.focus();
  if (!override.classList.contains("desk-quiet") && document.getElementById("desk-alert")) {
    field("override").focus();
  } else if (hidden.value && !document.getElementById("desk-alert")) {
    field("visit_type").focus();
  }
})();
