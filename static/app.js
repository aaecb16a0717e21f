// Enhancements only: every page works without this file.
(() => {
  "use strict";
  const unsaved = new Set();

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const find = document.getElementById("find");
      if (find && find.offsetParent) {
        event.preventDefault();
        find.focus();
      }
    }
    if (event.key === "Escape") {
      const menu = event.target.closest("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    if (event.target.closest("[data-print]")) window.print();
  });

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.matches("[data-guard]")) unsaved.add(form);
  });

  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.matches("[data-check-all]")) {
      for (const box of document.getElementsByName(field.dataset.checkAll)) box.checked = field.checked;
    }
    if (field.matches("select") && field.form && field.form.matches("[data-auto]")) {
      field.form.requestSubmit();
    }
  });

  // Filters stand open; on a small screen they fold away, so that what is found comes first.
  if (window.matchMedia("(max-width: 720px)").matches) {
    for (const fold of document.querySelectorAll("details[data-fold]")) fold.open = false;
  }

  // A form that changes something is sent once. The buttons stay enabled: a disabled one would
  // drop its own name and value from what is sent.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    unsaved.delete(form);
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    const { busy, wait } = event.submitter ? event.submitter.dataset : {};
    if (busy) event.submitter.textContent = busy;
    const says = form.querySelector("[data-wait-says]");
    if (wait && says) says.textContent = wait;
  });

  const release = () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
    }
  };
  // Back in the browser's history, or after htmx has swapped or failed, the form may be sent again.
  window.addEventListener("pageshow", (event) => event.persisted && release());
  document.addEventListener("htmx:finally:request", release);

  window.addEventListener("beforeunload", (event) => {
    for (const form of unsaved) if (!form.isConnected) unsaved.delete(form);
    if (unsaved.size) event.preventDefault();
  });

  for (const hint of document.querySelectorAll("[data-print]")) hint.hidden = false;
  document.querySelector("[data-focus]")?.focus();
})();
