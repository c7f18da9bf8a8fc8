// The player: one video element, its controls, keys, and what it remembers.

import { FileEngine, HlsEngine, NativeEngine } from "./engine.js";
import { SPEEDS, drawMenus, watchMenus } from "./menus.js";
import { Seek } from "./seek.js";
import { both, clock, drawn, node, recall, remember, seconds } from "./shared.js";

const IDLE = 2600;
const RETRY = 4000;

export class Player {
  /** `root`: the section the page holds. It plays nothing before `open`. */
  constructor(root, lesson) {
    this.root = root;
    this.lesson = lesson;
    this.video = root.querySelector("video");
    this.entry = null;
    this.started = false;
    this.wish = recall("player", {});
    this.place = recall(`position:${lesson}`)?.time ?? 0;
    this.asked = null;
    this.seekbar = new Seek(this);
    this.menuOpen = watchMenus(root);
    this.video.volume = this.wish.volume ?? 1;
    this.video.defaultPlaybackRate = this.video.playbackRate = this.wish.speed ?? 1;
    this.listen();
    drawn(() => this.draw());
  }

  /** What to play: the address of a multivariant playlist, or of a whole file. */
  open(address, whole = false) {
    this.engine?.close();
    this.say(null, "failed");
    const report = (what, why) => (what === "failed" ? this.failed(why) : this.arrived());
    if (whole) this.engine = new FileEngine(this.video, address, report);
    else if (HlsEngine.possible()) this.engine = new HlsEngine(this.video, address, report);
    else if (NativeEngine.possible(this.video)) this.engine = new NativeEngine(this.video, address, report);
    else this.failed("unable");
    if (this.started) this.engine?.start(this.resume);
    this.draw();
  }

  /** Nothing is played or tried again after it. */
  close() {
    clearTimeout(this.retrying);
    this.engine?.close();
    this.engine = null;
    this.say(null, "failed");
  }

  /** What the catalog knows, which may come after the first picture. */
  describe(entry, paths) {
    this.entry = entry;
    this.root.dataset.category = entry.category;
    const sound = entry.master ? entry.sizes.every((size) => !size.height) : paths.sound;
    this.root.classList.toggle("audio-only", Boolean(sound));
    if (paths.poster) this.video.poster = paths.poster;
    this.seekbar.path = paths.thumbnails;
    const shape = entry.sizes.findLast((size) => size.height);
    if (shape) this.root.style.setProperty("--shape", `${shape.width} / ${shape.height}`);
    this.draw();
  }

  get length() {
    const real = this.video.duration;
    return Number.isFinite(real) && real > 0 ? real : seconds(this.entry?.duration ?? "0");
  }

  /** Before the first picture: where it would go on. */
  get position() {
    return this.started ? this.video.currentTime : this.resume;
  }

  get resume() {
    if (this.asked !== null) return this.asked;
    return this.place > 10 && (!this.length || this.place < this.length - 10) ? this.place : 0;
  }

  // --- doing --------------------------------------------------------------------------------------

  play() {
    if (!this.engine) return;
    if (!this.started) this.begin(this.resume);
    if (this.video.ended) this.video.currentTime = 0;
    this.video.play().catch(() => this.draw());
  }

  begin(time) {
    this.started = true;
    this.root.classList.add("started");
    this.engine.start(time);
    if (time > 0 && this.asked === null) this.offerStart(time);
    this.asked = null;
  }

  toggle() {
    if (this.video.paused) this.play();
    else this.video.pause();
  }

  seek(time) {
    const target = Math.min(Math.max(0, time), Math.max(0, this.length - 0.1));
    if (!this.started) {
      if (!this.engine) return;
      this.asked = target;
      this.begin(target);
      this.play();
    } else this.video.currentTime = target;
    this.draw();
  }

  setSpeed(speed) {
    this.video.playbackRate = this.video.defaultPlaybackRate = speed;
    this.keep({ speed });
  }

  setQuality(id) {
    this.engine.quality = id;
    const height = this.engine.qualities().find((one) => one.id === id)?.height;
    this.keep({ quality: id === null ? null : id === "sound" ? "sound" : height });
    this.root.classList.toggle("audio-only", id === "sound");
  }

  setCaption(id) {
    this.engine.caption = id;
    this.keep({ captions: id >= 0 });
  }

  setVolume(volume) {
    this.video.muted = volume === 0;
    this.video.volume = Math.min(1, Math.max(0, volume));
    this.keep({ volume: this.video.volume });
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.root.requestFullscreen) this.root.requestFullscreen().catch(() => {});
    else this.video.webkitEnterFullscreen?.();
  }

  keep(changes) {
    this.wish = { ...this.wish, ...changes };
    remember("player", this.wish);
    this.draw();
  }

  // --- hearing ------------------------------------------------------------------------------------

  listen() {
    const on = (names, act) => names.split(" ").forEach((name) => this.video.addEventListener(name, act));
    on("play pause playing waiting ended seeked seeking volumechange ratechange durationchange", () => this.draw());
    on("timeupdate progress", () => this.drawTime());
    on("pause seeked ended", () => this.save());
    on("click", () => (matchMedia("(hover: none)").matches && this.started ? this.wake() : this.toggle()));
    on("dblclick", () => this.full());
    on("playing", () => this.say(null, "failed"));
    let saved = 0;
    on("timeupdate", () => {
      if (Math.abs(this.video.currentTime - saved) > 5) {
        saved = this.video.currentTime;
        this.save();
      }
    });
    addEventListener("pagehide", () => this.save());
    addEventListener("online", () => this.root.classList.contains("failed") && this.engine?.retry());
    const click = (id, act) => this.root.querySelector(`#${id}`).addEventListener("click", act);
    click("start", () => this.play());
    click("play", () => this.toggle());
    click("back", () => this.seek(this.position - 10));
    click("full", () => this.full());
    click("mute", () => { this.video.muted = !this.video.muted; });
    this.root.querySelector("#volume").addEventListener("input", (event) => this.setVolume(Number(event.target.value)));
    document.addEventListener("fullscreenchange", () => this.draw());
    document.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["pointermove", "keydown", "focusin"]) this.root.addEventListener(name, () => this.wake());
  }

  key(event) {
    if (!this.engine || event.ctrlKey || event.metaKey || event.altKey || this.menuOpen()) return;
    const focused = event.target.closest?.("button, summary, a, input, select");
    if (focused && [" ", "Enter"].includes(event.key) && focused.type !== "range") return;
    const step = (change) => () => {
      const at = SPEEDS.indexOf(this.video.playbackRate);
      this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + change))] ?? 1);
    };
    const acts = {
      " ": () => this.toggle(),
      k: () => this.toggle(),
      j: () => this.seek(this.position - 10),
      l: () => this.seek(this.position + 10),
      ArrowLeft: () => this.seek(this.position - 5),
      ArrowRight: () => this.seek(this.position + 5),
      ArrowUp: () => this.setVolume(this.video.volume + 0.1),
      ArrowDown: () => this.setVolume(this.video.volume - 0.1),
      Home: () => this.seek(0),
      End: () => this.seek(this.length),
      m: () => { this.video.muted = !this.video.muted; },
      f: () => this.full(),
      c: () => this.setCaption(this.engine.caption >= 0 ? -1 : 0),
      "<": step(-1),
      ">": step(1),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** The playlist has come, or what is chosen in it has changed. */
  arrived() {
    if (!this.applied && this.engine.qualities().length) {
      this.applied = true;
      const { quality } = this.wish;
      const wanted = this.engine.qualities().find((one) => one.height && one.height === quality);
      if (wanted) this.engine.quality = wanted.id;
    }
    if (!this.captioned && this.engine.captions().length) {
      this.captioned = true;
      this.engine.caption = this.wish.captions ? 0 : -1;
    }
    this.draw();
  }

  failed(why) {
    const texts = {
      network: both("网络中断，正在重新连接……", "The connection was lost. Trying again…"),
      media: both("这个课件播放不了，请换一个画质，或稍后再试。", "This lesson cannot be played. Try another quality, or later."),
      none: both("这个课件只供下载，见下方。", "This lesson is for download only; see below."),
      unable: both("这个浏览器不能播放，请换用较新的浏览器。", "This browser cannot play it; please use a newer one."),
    };
    this.say(texts[why], "failed");
    if (why !== "network") return;
    clearTimeout(this.retrying);
    this.retrying = setTimeout(() => this.engine.retry(), RETRY);
  }

  offerStart(time) {
    const again = node("button", { type: "button" }, both("从头播放", "Start over"));
    again.addEventListener("click", () => {
      this.seek(0);
      this.say(null);
    });
    this.say(both(`从 ${clock(time)} 继续`, `Resumed at ${clock(time)}`), null, again);
    setTimeout(() => this.root.classList.contains("failed") || this.say(null), 7000);
  }

  say(text, state = null, ...more) {
    const notice = this.root.querySelector("#notice");
    if (state) this.root.classList.toggle(state, Boolean(text));
    if (!text && state && !notice.dataset.state) return;
    notice.dataset.state = text && state ? state : "";
    notice.hidden = !text;
    notice.replaceChildren(...(text ? [text, ...more] : []));
  }

  save() {
    if (!this.started || !this.video.currentTime) return;
    this.place = this.video.ended ? 0 : this.video.currentTime;
    remember(`position:${this.lesson}`, this.place > 10 ? { time: Math.round(this.place) } : null);
  }

  // --- showing ------------------------------------------------------------------------------------

  wake() {
    this.root.classList.remove("idle");
    clearTimeout(this.idling);
    this.idling = setTimeout(() => {
      if (!this.video.paused && !this.menuOpen()) this.root.classList.add("idle");
    }, IDLE);
  }

  draw() {
    if (!this.engine) return;
    const { video, root } = this;
    const waits = this.started && !video.paused && video.readyState < 3;
    const states = {
      paused: video.paused,
      playing: !video.paused,
      waiting: waits,
      muted: video.muted || video.volume === 0,
      full: Boolean(document.fullscreenElement),
    };
    for (const [name, on] of Object.entries(states)) root.classList.toggle(name, on);
    if (video.paused) root.classList.remove("idle");
    root.querySelector("#volume").value = String(video.muted ? 0 : video.volume);
    drawMenus(this);
    this.drawTime();
  }

  drawTime() {
    this.root.querySelector("#now").textContent = clock(this.position);
    this.root.querySelector("#total").textContent = clock(this.length);
    this.seekbar.draw();
  }
}
