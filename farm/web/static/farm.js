"use strict";
// What every page does: the token in htmx's requests, questions before what cannot be undone, and
// messages for errors that a part of a page met.
(() => {
  const csrf = document.querySelector('meta[name="csrf"]').content;
  const told = document.getElementById("told");
  let quiet;

  window.farm = {
    csrf,
    tell(text) {
      told.textContent = text;
      clearTimeout(quiet);
      quiet = setTimeout(() => { told.textContent = ""; }, 8000);
    },
    // JSON of our own API; throws an Error with its sentence in both languages, and its status.
    async ask(path, options = {}) {
      const headers = { "X-CSRF-Token": csrf, ...(options.body ? { "Content-Type": "application/json" } : {}) };
      const answer = await fetch(path, { ...options, headers, credentials: "same-origin" });
      if (answer.status === 204) return null;
      const value = await answer.json().catch(() => ({}));
      if (!answer.ok) {
        const why = [value.detail_zh, value.detail].filter(Boolean).join(" ") || `${answer.status}`;
        throw Object.assign(new Error(why), { status: answer.status });
      }
      return value;
    },
    // The same, again and again while the line is down or the server away.
    async askPatiently(path, options = {}) {
      for (let pause = 500; ; pause = Math.min(2 * pause, 30000)) {
        try {
          return await window.farm.ask(path, options);
        } catch (error) {
          if (error.status && error.status < 500 && error.status !== 429) throw error;
        }
        await new Promise((go) => setTimeout(go, pause));
      }
    },
  };

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = csrf;
  });
  document.addEventListener("htmx:responseError", (event) => {
    window.farm.tell(`没有成功（${event.detail.xhr.status}），请刷新页面后重试。 It did not work; load the page again.`);
  });
  document.addEventListener("htmx:sendError", () => {
    window.farm.tell("网络中断，稍后自动重试。 The line is down.");
  });
  // A part that changes by itself stays as it is under a finger, or while keys move about in it.
  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    if (event.target.querySelector(":active, :focus-visible")) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.ask;
    if (question && !window.confirm(question)) event.preventDefault();
  });
})();
