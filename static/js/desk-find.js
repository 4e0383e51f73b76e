// Suggestions while somebody types into the desk's search box. Without this, Enter sends the form.
(() => {
  "use strict";
  const box = document.getElementById("desk-find");
  if (!box) return;
  const input = box.querySelector("input[type=search]");
  const list = box.querySelector(".desk-found");
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const PAUSE = 120; // milliseconds
  let timer;
  let asked = 0;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);

  const links = () => [...list.querySelectorAll("a, button")];

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  async function look() {
    const text = input.value.trim();
    if (text.length < 2) return close();
    const mine = ++asked;
    let answer;
    try {
      answer = await fetch(box.dataset.find, {
        method: "POST",
        headers: { "X-CSRFToken": token, "X-Requested-With": "fetch" },
        body: new URLSearchParams({ q: text, for: box.dataset.for || "" }),
      });
    } catch {
      return;
    }
    if (mine !== asked || !answer.ok || answer.redirected) return; // something newer is on its way
    list.innerHTML = await answer.text();
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });

  box.addEventListener("keydown", (event) => {
    const all = links();
    const here = all.indexOf(document.activeElement);
    if (event.key === "Escape") {
      close();
      input.focus();
    } else if (event.key === "ArrowDown" && !list.hidden && all.length) {
      event.preventDefault();
      all[Math.min(here + 1, all.length - 1)].focus();
    } else if (event.key === "ArrowUp" && here >= 0) {
      event.preventDefault();
      (here === 0 ? input : all[here - 1]).focus();
    } else if (event.key === "Enter" && document.activeElement === input && !list.hidden && all.length) {
      event.preventDefault();
      all[0].click(); // the best match
    }
  });

  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) close();
  });

  // "/" leads here from everywhere on the page that is not a field itself.
  document.addEventListener("keydown", (event) => {
    if (localStorage.getItem("desk-keys") === "off") return;
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    document.querySelectorAll("dialog[open]").forEach((each) => each.close());
    input.focus();
    input.select();
  });
})();
