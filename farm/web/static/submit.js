"use strict";
// Files and folders dropped in are sent by tus: some at once, each on from where it was, again and
// again while the line is down. What is handed in twice goes on as the same upload.
(() => {
  const AT_ONCE = 3;
  const PIECE = 64 << 20;             // bytes of one request: proxies have limits of their own
  const PAUSES = [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000];
  const SIDE = /\.(srt|vtt|ass|ssa|toml|json)$/i;
  const JUNK = /^(\.|~\$|thumbs\.db$|desktop\.ini$)/i;

  const form = document.getElementById("submit");
  const drop = document.getElementById("drop");
  const list = document.getElementById("list");
  const sum = document.getElementById("sum");
  const queue = document.getElementById("queue");
  const template = document.getElementById("file");
  const items = [];

  const size = (bytes) => {
    let amount = bytes, unit = 0;
    while (amount >= 1000 && unit < 4) { amount /= 1000; unit++; }
    return `${unit && amount < 100 ? amount.toFixed(1) : Math.round(amount)} ${["B", "KB", "MB", "GB", "TB"][unit]}`;
  };

  // --- one file ---------------------------------------------------------------------------------

  class Item {
    constructor(file, folder) {
      this.file = file;
      this.folder = folder;
      this.state = "waiting";   // waiting, sending, paused, checking, done, failed
      this.sent = 0;
      this.node = template.content.firstElementChild.cloneNode(true);
      this.node.querySelector(".name").append(file.name, folder ? " " : "");
      if (folder) {
        const small = document.createElement("span");
        small.className = "folder";
        small.textContent = folder;
        this.node.querySelector(".name").append(small);
      }
      this.node.querySelector(".bar").setAttribute("aria-label", `${file.name} 已上传 uploaded`);
      this.on(".pause", () => this.pause());
      this.on(".go", () => this.go());
      this.on(".drop-it", () => this.remove());
      list.append(this.node);
      this.show("等待上传 Waiting");
      this.upload = this.make();
    }

    on(name, act) { this.node.querySelector(name).addEventListener("click", act); }

    get fingerprint() {
      return ["farm", form.dataset.base, this.folder, this.file.name, this.file.size, this.file.lastModified].join("|");
    }

    make() {
      return new tus.Upload(this.file, {
        endpoint: "/api/uploads",
        chunkSize: PIECE,
        retryDelays: PAUSES,
        removeFingerprintOnSuccess: true,
        headers: { "X-CSRF-Token": window.farm.csrf },
        metadata: this.metadata(),
        fingerprint: async () => this.fingerprint,
        onShouldRetry: (error) => {
          const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
          return status === 0 || status === 409 || status === 423 || status === 429 || status >= 500;
        },
        onProgress: (sent) => this.progressed(sent),
        onSuccess: () => this.sentAll(),
        onError: (error) => this.failed(error),
      });
    }

    metadata() {
      const data = new FormData(form);
      const said = {};
      for (const name of ["category", "course", "speaker"]) if (data.get(name)) said[name] = data.get(name);
      const asked = { metadata: said };
      if (data.getAll("profile").length) asked.profiles = data.getAll("profile");
      const found = {
        filename: this.file.name,
        folder: this.folder,
        modified: String(this.file.lastModified / 1000),
        priority: data.get("priority") || "normal",
      };
      if (!SIDE.test(this.file.name)) found.asked = JSON.stringify(asked);
      if (form.dataset.replaces && !SIDE.test(this.file.name)) found.replaces = form.dataset.replaces;
      return found;
    }

    async start() {
      this.state = "sending";
      this.buttons();
      this.show("正在连接 Connecting");
      this.upload.options.metadata = this.metadata();
      const before = await this.upload.findPreviousUploads();
      if (this.state !== "sending") return;
      if (before.length) this.upload.resumeFromPreviousUpload(before[before.length - 1]);
      this.upload.start();
    }

    get id() { return this.upload.url ? this.upload.url.split("/").pop() : null; }

    progressed(sent) {
      const now = performance.now();
      if (this.last === undefined || sent < this.sent) this.last = { at: now, sent };
      const passed = (now - this.last.at) / 1000;
      if (passed > 1) {
        const speed = (sent - this.last.sent) / passed;
        this.speed = this.speed ? 0.7 * this.speed + 0.3 * speed : speed;
        this.last = { at: now, sent };
      }
      this.sent = sent;
      this.node.querySelector(".bar").value = this.file.size ? sent / this.file.size : 1;
      const left = this.speed > 0 ? `，还需 ${span((this.file.size - sent) / this.speed)}` : "";
      this.show(`${size(sent)} / ${size(this.file.size)}${left}`);
      known(this.id);
      if (!this.hashing && this.id) this.hash();
      total();
    }

    hash() {
      this.hashing = hashOf(this.file).catch(() => null);
    }

    async sentAll() {
      this.state = "checking";
      this.sent = this.file.size;
      this.node.querySelector(".bar").value = 1;
      this.buttons();
      this.show("校验中 Checking");
      next();
      if (!this.hashing) this.hash();
      try {
        await this.checked();
      } catch (error) {
        this.failed(error);
      }
    }

    // The server's own hash, once it is known, against ours; then the job.
    async checked() {
      const id = this.id;
      known(id);
      const sha256 = await this.hashing;
      const agree = () => window.farm.askPatiently(`/api/v1/uploads/${id}/sha256`, { method: "PUT", body: JSON.stringify({ sha256 }) });
      if (sha256) await agree();
      for (;;) {
        const found = await window.farm.askPatiently(`/api/v1/uploads/${id}`);
        if (found.state === "damaged") throw new Error("文件在传输中损坏，请重新上传。 It was damaged on its way; send it again.");
        if (found.state === "whole") {
          // Ours may have come just too late to be asked for.
          if (sha256 && found.sha256 !== sha256) await agree();
          return this.finished(found.job);
        }
        await new Promise((go) => setTimeout(go, 700));
      }
    }

    finished(job) {
      this.state = "done";
      this.buttons();
      this.node.querySelector(".bar").hidden = true;
      this.show(job ? "已收到，校验一致 Received, and as it was sent" : "已收到，将与同名录像一起使用 Received; goes with its recording");
      if (job) {
        const link = this.node.querySelector(".job");
        link.href = `/base/jobs/${job}`;
        link.hidden = false;
      }
      total();
    }

    failed(error) {
      const answer = error.originalResponse;
      let why = error.message;
      if (answer) {
        try {
          const value = JSON.parse(answer.getBody());
          why = [value.detail_zh, ...(value.errors || []), value.detail].join(" ");
        } catch { why = `没有成功（${answer.getStatus()}） It did not work.`; }
      } else if (error.originalRequest) {
        why = "网络中断，恢复后自动继续 The line is down";
        this.state = "offline";
        this.buttons();
        this.show(why);
        setTimeout(() => { if (this.state === "offline") this.go(); }, 15000);
        return;
      }
      this.state = "failed";
      this.node.classList.add("bad");
      this.buttons();
      this.show(why);
      next();
    }

    pause() {
      this.state = "paused";
      this.upload.abort();
      this.buttons();
      this.show(`已暂停 Paused，${size(this.sent)} / ${size(this.file.size)}`);
      next();
    }

    go() {
      if (this.state === "failed") {
        this.node.classList.remove("bad");
        this.upload = this.make();
      }
      this.state = "waiting";
      this.last = undefined;
      this.show("等待上传 Waiting");
      this.buttons();
      next();
    }

    async remove() {
      const id = this.id;
      this.state = "removed";
      await this.upload.abort().catch(() => {});
      if (id) await this.upload.options.urlStorage.removeUpload(this.upload._urlStorageKey).catch(() => {});
      if (id) await window.farm.ask(`/api/v1/uploads/${id}`, { method: "DELETE" }).catch(() => {});
      this.node.remove();
      items.splice(items.indexOf(this), 1);
      total();
      next();
    }

    buttons() {
      const shown = {
        ".pause": ["waiting", "sending", "offline"].includes(this.state),
        ".go": ["paused", "failed", "offline"].includes(this.state),
        ".drop-it": !["done", "checking"].includes(this.state),
      };
      for (const [name, visible] of Object.entries(shown)) this.node.querySelector(name).hidden = !visible;
    }

    show(text) { this.node.querySelector(".state").textContent = text; }
  }

  const span = (seconds) => (seconds < 60 ? "不到 1 分钟" : seconds < 5400 ? `${Math.round(seconds / 60)} 分钟` : `${(seconds / 3600).toFixed(1)} 小时`);

  // A file of last time that goes on now is no longer in the list of those that wait.
  function known(id) {
    const row = id && document.querySelector(`#unfinished [data-upload="${CSS.escape(id)}"]`);
    if (!row) return;
    row.remove();
    if (!document.querySelector("#unfinished [data-upload]")) document.getElementById("unfinished").remove();
  }

  // --- all of them ------------------------------------------------------------------------------

  function next() {
    const sending = items.filter((one) => one.state === "sending").length;
    const waiting = items.filter((one) => one.state === "waiting");
    // Captions first: they are there when their recording is.
    waiting.sort((a, b) => SIDE.test(b.file.name) - SIDE.test(a.file.name));
    for (const one of waiting.slice(0, Math.max(0, AT_ONCE - sending))) one.start();
  }

  function total() {
    const all = items.reduce((sum, one) => sum + one.file.size, 0);
    const sent = items.reduce((sum, one) => sum + (one.state === "done" ? one.file.size : one.sent), 0);
    const done = items.filter((one) => one.state === "done").length;
    sum.textContent = items.length ? `${done} / ${items.length} · ${size(sent)} / ${size(all)}` : "";
    queue.hidden = !items.length;
  }

  function add(file, folder) {
    if (JUNK.test(file.name)) return;
    const item = new Item(file, folder);
    if (items.some((one) => one.fingerprint === item.fingerprint && one.state !== "failed")) {
      item.node.remove();
      return;
    }
    items.push(item);
    total();
  }

  // --- where files come from --------------------------------------------------------------------

  function chosen(event) {
    for (const file of event.target.files) {
      const path = file.webkitRelativePath || "";
      add(file, path.split("/").slice(0, -1).join("/"));
    }
    event.target.value = "";
    next();
  }
  document.getElementById("files").addEventListener("change", chosen);
  document.getElementById("folder").addEventListener("change", chosen);

  async function walk(entry, folder) {
    if (entry.isFile) {
      add(await new Promise((take, fail) => entry.file(take, fail)), folder);
      return;
    }
    const reader = entry.createReader();
    const inside = folder ? `${folder}/${entry.name}` : entry.name;
    for (;;) {
      // A reader gives at most a hundred at a time.
      const some = await new Promise((take, fail) => reader.readEntries(take, fail));
      if (!some.length) return;
      for (const one of some) await walk(one, inside);
    }
  }

  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    // Entries are gone once this handler has returned: all of them are taken first.
    const entries = [...event.dataTransfer.items].map((one) => one.webkitGetAsEntry && one.webkitGetAsEntry()).filter(Boolean);
    const files = entries.length ? [] : [...event.dataTransfer.files];
    for (const entry of entries) await walk(entry, "").catch(() => window.farm.tell(`无法读取 ${entry.name}`));
    for (const file of files) add(file, "");
    next();
  });

  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("online", () => items.filter((one) => one.state === "offline").forEach((one) => one.go()));
  window.addEventListener("beforeunload", (event) => {
    if (items.some((one) => ["sending", "checking"].includes(one.state))) event.preventDefault();
  });

  // --- hashes, one file at a time, beside the upload --------------------------------------------

  let worker;
  const asked = new Map();
  let busy = Promise.resolve();

  function hashOf(file) {
    const mine = busy.then(() => new Promise((take, fail) => {
      if (!worker) {
        worker = new Worker(form.dataset.worker);
        worker.onmessage = (message) => {
          const { id, sha256, error } = message.data;
          const found = asked.get(id);
          asked.delete(id);
          if (sha256) found.take(sha256); else found.fail(new Error(error));
        };
      }
      const id = crypto.getRandomValues(new Uint32Array(2)).join("-");
      asked.set(id, { take, fail });
      worker.postMessage({ id, file });
    }));
    busy = mine.catch(() => {});
    return mine;
  }
})();
