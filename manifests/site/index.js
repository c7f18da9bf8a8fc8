// The catalog page: search, filters, and cards that come as one scrolls.

import {
  CATEGORIES, both, card, category, clock, drawn, inOrder, locale, node, readCatalog, roleName, seconds, sized, startLanguages, stored,
} from "./shared.js";

const PAGE = 24;
const DISCS = {
  dvd: ["DVD 影碟", "DVD"],
  datadisc: ["数据光盘", "Data disc"],
  vcd: ["VCD 影碟", "VCD"],
  svcd: ["SVCD 影碟", "SVCD"],
};
const byId = (id) => document.getElementById(id);
const grid = byId("grid");
const more = byId("more");
let lessons = null;
let feeds = {};
let discs = [];
let found = [];
let shown = 0;
let trouble = null;

// What is chosen lives in the address, so that Back and a copied link find it again.
const wish = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

const folded = (text) => text.normalize("NFKC").toLowerCase();

function prepared(entry) {
  const names = CATEGORIES[entry.category] ?? [];
  const text = [entry.title, entry.base, entry.course ?? "", entry.speaker ?? "", entry.lesson, ...names].join(" ");
  return { ...entry, haystack: folded(text), time: Date.parse(entry.published) || 0 };
}

function matches(entry, except) {
  const terms = folded(wish.q ?? "").split(/\s+/).filter(Boolean);
  return (
    terms.every((term) => entry.haystack.includes(term)) &&
    ["category", "base", "course"].every(
      (key) => key === except || !wish[key] || (entry[key] ?? "") === wish[key],
    )
  );
}

function choose(key, value) {
  if (value) wish[key] = value;
  else delete wish[key];
  const hash = new URLSearchParams(wish).toString();
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  draw();
}

function drawCategories() {
  const counts = new Map();
  for (const entry of lessons.filter((one) => matches(one, "category"))) {
    counts.set(entry.category, (counts.get(entry.category) ?? 0) + 1);
  }
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const chip = (key, name, count) => {
    const button = node("button", {
      type: "button", class: "chip", "data-category": key, "aria-pressed": String((wish.category ?? "") === key),
    }, name, node("small", {}, String(count)));
    button.addEventListener("click", () => choose("category", key));
    return button;
  };
  byId("categories").replaceChildren(
    chip("", both("全部", "All"), total),
    ...Object.keys(CATEGORIES).map((key) => chip(key, category({ category: key }), counts.get(key) ?? 0)),
  );
}

function drawSelect(key) {
  const values = new Set(lessons.filter((one) => matches(one, key)).map((one) => one[key]).filter(Boolean));
  if (wish[key]) values.add(wish[key]);
  const sorted = [...values].sort(new Intl.Collator(locale(), { numeric: true }).compare);
  const option = (value, name) => {
    const made = node("option", { value }, name);
    made.selected = (wish[key] ?? "") === value;
    return made;
  };
  byId(key).replaceChildren(option("", both("全部", "All")), ...sorted.map((value) => option(value, value)));
}

function order(entries) {
  const titles = new Intl.Collator(locale(), { numeric: true });
  if (wish.course) return inOrder(entries);
  return entries.sort((a, b) => b.time - a.time || titles.compare(a.title, b.title));
}

function draw() {
  if (trouble) drawTrouble();
  if (!lessons) return;
  drawCategories();
  drawSelect("base");
  drawSelect("course");
  drawViews();
  drawCourse();
  found = order(lessons.filter((entry) => matches(entry)));
  if (wish.view === "courses") found = courses(found);
  shown = 0;
  grid.replaceChildren();
  grid.setAttribute("aria-busy", "false");
  const many = found.length === 1 ? "" : "s";
  byId("count").textContent = wish.view === "courses"
    ? both(`${found.length} 门课程`, `${found.length} course${many}`)
    : both(`${found.length} 个课件`, `${found.length} lesson${many}`);
  drawMore();
  drawEmpty();
}

// --- courses -------------------------------------------------------------------------------------

function courses(entries) {
  const byName = new Map();
  for (const entry of entries.filter((one) => one.course)) {
    byName.set(entry.course, [...(byName.get(entry.course) ?? []), entry]);
  }
  const names = new Intl.Collator(locale(), { numeric: true });
  return [...byName].sort(([a], [b]) => names.compare(a, b)).map(([name, all]) => ({ name, all: inOrder(all) }));
}

function total(entries) {
  const count = both(`${entries.length} 讲`, `${entries.length} lesson${entries.length === 1 ? "" : "s"}`);
  return [count, clock(entries.reduce((sum, one) => sum + seconds(one.duration), 0))];
}

function courseCard({ name, all }) {
  const poster = node("div", { class: "poster" });
  const shown = all.find((one) => one.poster);
  if (shown) {
    const picture = node("img", { src: stored(shown.poster), alt: "", width: 320, height: 180, loading: "lazy", decoding: "async" });
    picture.addEventListener("error", () => picture.remove());
    poster.append(picture);
  }
  const [count, length] = total(all);
  poster.append(node("span", { class: "kind" }, count), node("span", { class: "length" }, length));
  const made = node(
    "a",
    { class: "card pile", href: `#course=${encodeURIComponent(name)}`, "data-category": all[0].category },
    poster,
    node("div", { class: "words" }, node("h3", { dir: "auto" }, name), node("p", {}, node("bdi", {}, all[0].base))),
  );
  made.addEventListener("click", (event) => {
    event.preventDefault();
    delete wish.view;
    choose("course", name);
    scrollTo(0, 0);
  });
  return made;
}

function drawViews() {
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String((wish.view ?? "") === button.dataset.view));
  }
}

/** What is said above the lessons of one course. */
function drawCourse() {
  const head = byId("course-head");
  head.hidden = !wish.course || wish.view === "courses";
  if (head.hidden) return;
  const all = lessons.filter((one) => one.course === wish.course);
  const feed = feeds[wish.course];
  head.replaceChildren(
    node("h1", { dir: "auto" }, wish.course),
    node("p", {}, total(all).join(" · "), feed ? " · " : "", feed ? node("a", { href: feed }, both("订阅本课程（播客）", "Subscribe (podcast)")) : ""),
    ...drawDiscs(discs.find((one) => one.name === wish.course)?.discs ?? []),
  );
}

function drawDiscs(all) {
  if (!all.length) return [];
  const lines = all.map((disc) => {
    const name = both(...(DISCS[disc.kind] ?? ["光盘", "Disc"]));
    const papers = ["cue", "label", "contents"].filter((role) => disc[role]);
    const links = papers.flatMap((role) => [" · ", node("a", { href: stored(disc[role]), download: "" }, roleName(role))]);
    const which = disc.of > 1 ? ` ${disc.number}/${disc.of}` : "";
    return node("li", {}, node("a", { href: stored(disc.path), download: "" }, name + which), ` ${sized(disc.bytes)}`, ...links);
  });
  return [node("details", {}, node("summary", {}, both(`下载光盘（${all.length} 张）`, `Download discs (${all.length})`)), node("ul", {}, ...lines))];
}

// --- cards ---------------------------------------------------------------------------------------

function drawMore() {
  grid.append(...found.slice(shown, shown + PAGE).map(wish.view === "courses" ? courseCard : card));
  shown = Math.min(found.length, shown + PAGE);
  more.hidden = shown >= found.length;
}

function drawEmpty() {
  const message = byId("message");
  message.hidden = found.length > 0;
  if (message.hidden) return;
  const nothing = lessons.length === 0;
  const button = node("button", { type: "button", class: "quiet" }, both("清除筛选", "Clear filters"));
  button.addEventListener("click", () => {
    for (const key of Object.keys(wish)) delete wish[key];
    byId("query").value = "";
    choose("q", "");
  });
  message.replaceChildren(
    node("strong", {}, nothing ? both("还没有课件", "No lessons yet") : both("没有找到课件", "Nothing found")),
    node("span", {}, nothing
      ? both("发布第一个课件后，它会出现在这里。", "The first one that is published will appear here.")
      : both("换一个词，或清除筛选。", "Try another word, or clear the filters.")),
    ...(nothing ? [] : [button]),
  );
}

function drawTrouble() {
  const local = location.protocol === "file:";
  const button = node("button", { type: "button", class: "quiet" }, both("重试", "Try again"));
  button.addEventListener("click", load);
  byId("message").hidden = false;
  grid.replaceChildren();
  byId("message").replaceChildren(
    node("strong", {}, both("目录没有加载", "The catalog did not load")),
    node("span", {}, local
      ? both("浏览器不能从文件夹直接读取目录，请用 farm watch 打开。", "A browser cannot read it straight from a folder; open it with: farm watch")
      : both("请检查网络连接。", "Please check your connection.")),
    ...(local ? [] : [button]),
  );
}

async function load() {
  trouble = null;
  byId("message").hidden = true;
  try {
    const catalog = await readCatalog();
    lessons = catalog.lessons.map(prepared);
    feeds = catalog.courses ?? {};
    discs = catalog.discs;
    byId("release").dataset.number = catalog.number;
    drawRelease();
  } catch (error) {
    trouble = error;
  }
  draw();
}

function drawRelease() {
  const number = byId("release").dataset.number;
  if (number) byId("release").textContent = both(`目录第 ${number} 版`, `Catalog release ${number}`);
}

byId("query").value = wish.q ?? "";
byId("query").addEventListener("input", (event) => choose("q", event.target.value.trim()));
byId("search").addEventListener("submit", (event) => event.preventDefault());
for (const key of ["base", "course"]) {
  byId(key).addEventListener("change", (event) => choose(key, event.target.value));
}
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => {
    delete wish.course;
    choose("view", button.dataset.view);
  });
}
more.querySelector("button").addEventListener("click", drawMore);
new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting) && lessons) drawMore();
}, { rootMargin: "600px" }).observe(more);
startLanguages();
drawn(() => {
  draw();
  drawRelease();
});
load();
