// What both pages use: two languages, the catalog, and a card for a lesson.

export const CATEGORIES = {
  feature: ["专题片", "Feature films"],
  agriculture: ["农科片", "Farming"],
  computer: ["计算机课件", "Computing"],
  audio: ["语音节目", "Audio"],
};

/** Of files beside a product's first one. */
const ROLES = {
  sha256: ["校验 sha256", "sha256"],
  label: ["盘面", "label"],
  contents: ["目录", "contents"],
  cue: ["轨道表 cue", "cue"],
  bin: ["映像", "image"],
};

// --- memory: a private window may refuse it, which must not stop a lesson ------------------------

export function recall(key, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Nothing is lost but convenience.
  }
}

// --- two languages -------------------------------------------------------------------------------

let language = recall("language") === "en" ? "en" : "zh";
const listeners = [];

export const both = (zh, en) => (language === "en" ? en : zh);

/** Calls `draw` now and whenever the language changes. */
export function drawn(draw) {
  listeners.push(draw);
  draw();
}

export const locale = () => (language === "en" ? "en-GB" : "zh-CN");

function speak() {
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
  const other = language === "en" ? "en" : "zh";
  for (const node of document.querySelectorAll("[data-zh]")) node.textContent = node.dataset[other];
  for (const node of document.querySelectorAll("[data-zh-label]")) {
    node.setAttribute("aria-label", node.getAttribute(`data-${other}-label`));
    node.title = node.getAttribute(`data-${other}-label`);
  }
  for (const node of document.querySelectorAll("[data-zh-placeholder]")) {
    node.placeholder = node.getAttribute(`data-${other}-placeholder`);
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  for (const draw of listeners) draw();
}

export function startLanguages() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      language = button.dataset.language;
      remember("language", language);
      speak();
    });
  }
  speak();
}

// --- values as people read them ------------------------------------------------------------------

/** Seconds of a duration written `n/d`. */
export function seconds(text) {
  const [n, d = "1"] = String(text).split("/");
  return Number(n) / Number(d) || 0;
}

/** `3:07` or `1:02:03`. */
export function clock(time) {
  const whole = Math.max(0, Math.round(time || 0));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, n) => (n ? String(part).padStart(2, "0") : part)).join(":");
}

export function sized(bytes) {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  const mega = bytes / 1e6;
  if (mega >= 1000) return `${(mega / 1000).toFixed(1)} GB`;
  return `${mega >= 10 ? Math.round(mega) : mega.toFixed(1)} MB`;
}

/** What a file of a product is, and which of several: `main 500k` is 500k, `bin` an image. */
export function roleName(role) {
  const [what, ...which] = role.split(" ");
  if (what === "main" && which.length) return which.join(" ");
  return [both(...(ROLES[what] ?? [what, what])), ...which].join(" ");
}

export function day(published) {
  const date = new Date(published);
  if (Number.isNaN(date.getTime())) return "";
  return date.toLocaleDateString(locale(), { year: "numeric", month: "short", day: "numeric" });
}

export const category = (entry) => {
  const [zh, en] = CATEGORIES[entry.category] ?? ["其他", "Other"];
  return both(zh, en);
};

/** 720p is named by the shorter side, so that a phone's upright film has the same names. */
export function qualityName(size) {
  if (!size.height) return both("仅声音", "Sound only");
  return `${Math.min(size.width, size.height)}p`;
}

// --- nodes: text is only ever text ---------------------------------------------------------------

export function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** A page of its own for a whole file: the watch page then knows not to look for a playlist. */
export const watchAddress = (entry) =>
  `watch.html?lesson=${encodeURIComponent(entry.lesson)}${entry.master ? "" : "&as=file"}`;

/** What people wrote, kept from turning the line around it. */
export const words = (text) => node("bdi", {}, text);

export function joined(parts) {
  const shown = parts.filter(Boolean);
  return shown.flatMap((part, n) => (n ? [" · ", words(part)] : [words(part)]));
}

// --- the catalog ---------------------------------------------------------------------------------

async function json(path, cache) {
  const answer = await fetch(path, { cache });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${path}`), { status: answer.status });
  return answer.json();
}

const TYPES = { mp4: "video/mp4", mp3: "audio/mpeg", m4a: "audio/mp4" };

function entryOf(value) {
  const whole = (path) => (!path || path.startsWith("lessons/") ? path : `lessons/${value.lesson}/${path}`);
  const paths = Object.fromEntries(["master", "poster", "thumbnails", "details"].map((key) => [key, whole(value[key])]));
  const sizes = value.sizes.map(([name, bytes, width, height]) => ({ name, bytes, width, height }));
  const offers = (value.offers ?? []).map(([profile, path, bytes, type]) => ({
    profile, bytes, type: type ?? TYPES[path.split(".").pop()], path: whole(path.includes("/") ? path : `media/${path}`),
  }));
  const enclosure = value.enclosure && { ...value.enclosure, path: whole(value.enclosure.path) };
  return { ...value, ...paths, sizes, offers, enclosure };
}

/** A course's discs, each with its place among those of its kind. */
function discsOf(course) {
  const whole = (path) => path && `courses/${course.id}/${path}`;
  const discs = course.discs.map((one) => {
    const kin = course.discs.filter((other) => other.kind === one.kind);
    const papers = { label: whole(one.label), contents: whole(one.contents), cue: whole(one.cue) };
    return { ...one, ...papers, path: whole(one.path), number: kin.indexOf(one) + 1, of: kin.length };
  });
  return { name: course.name, discs };
}

/** In the order of a course: by number, those without one after them by title. */
export function inOrder(entries) {
  const titles = new Intl.Collator("zh-CN", { numeric: true });
  return entries.sort((a, b) => (a.number ?? 1e9) - (b.number ?? 1e9) || titles.compare(a.title, b.title));
}

/** What the catalog leaves out of a lesson: what is said of it, its products and chapters. */
export async function readDetails(entry) {
  const folder = `../lessons/${encodeURIComponent(entry.lesson)}/`;
  const read = await json(stored(entry.details), "default");
  const beside = (path) => folder + path;
  return {
    ...read,
    chapters: read.chapters.map((one) => ({
      time: one.lessonTime ?? one.startTime, heard: one.toc === false ? null : one.startTime,
      title: one.title, picture: one.img && beside(`media/${one.img}`),
    })),
    captions: read.captions.map((one) => ({ ...one, address: beside(one.path) })),
    products: read.products.map((one) => ({
      ...one, files: one.files.map(([role, path, bytes, type]) => ({ role, bytes, type, address: beside(path) })),
    })),
    thumbnails: read.thumbnails && beside(read.thumbnails),
  };
}

/** The current catalog: a pointer that is always asked for again, a release that never changes. */
export async function readCatalog() {
  const pointer = await json("catalog.json", "no-cache");
  const catalog = await json(pointer.path, "default");
  return { ...catalog, lessons: catalog.lessons.map(entryOf), discs: (catalog.discs ?? []).map(discsOf) };
}

/** A lesson that is published but not (yet) in the catalog; one that was withdrawn is gone. */
export async function readLesson(id) {
  const folder = `../lessons/${encodeURIComponent(id)}/`;
  const pointer = await json(`${folder}lesson.json`, "no-cache");
  if (pointer.void) throw Object.assign(new Error(`${id} was withdrawn`), { status: 410 });
  return entryOf((await json(folder + pointer.path, "default")).entry);
}

export const stored = (path) => `../${path.split("/").map(encodeURIComponent).join("/")}`;

/** `Course 3`, where a lesson has a place in its course. */
export const place = (entry) => (entry.course && entry.number ? `${entry.course} ${entry.number}` : entry.course);

export function card(entry) {
  const poster = node("div", { class: "poster" });
  if (entry.poster) {
    const picture = node("img", {
      src: stored(entry.poster), alt: "", width: 320, height: 180, loading: "lazy", decoding: "async",
    });
    picture.addEventListener("error", () => picture.remove());
    poster.append(picture);
  }
  poster.append(
    node("span", { class: "kind" }, category(entry)),
    node("span", { class: "length" }, clock(seconds(entry.duration))),
  );
  const seen = recall(`position:${entry.lesson}`);
  if (seen) {
    const line = node("span", { class: "seen" });
    line.style.width = `${Math.min(100, (100 * seen.time) / (seconds(entry.duration) || 1))}%`;
    poster.append(line);
  }
  const weights = [...entry.sizes, ...(entry.master ? [] : entry.offers)].map((one) => one.bytes);
  const least = weights.length ? Math.min(...weights) : 0;
  return node(
    "a",
    { class: "card", href: watchAddress(entry), "data-category": entry.category },
    poster,
    node(
      "div",
      { class: "words" },
      node("h3", { dir: "auto" }, entry.title),
      node("p", {}, ...joined([place(entry), entry.speaker, entry.base])),
      node("p", { class: "faint" }, ...joined([day(entry.published), least ? both(`${sized(least)} 起`, `from ${sized(least)}`) : ""])),
    ),
  );
}
