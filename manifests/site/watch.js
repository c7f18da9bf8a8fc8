// The lesson page: what is around the player. The player itself is in player.js.

import {
  both, card, category, clock, day, drawn, joined, megabytes, node, qualityName, readCatalog, readLesson, seconds,
  startLanguages, stored,
} from "./shared.js";
import { Player } from "./player.js";

const byId = (id) => document.getElementById(id);
const lesson = new URLSearchParams(location.search).get("lesson") ?? location.hash.slice(1);
// An id names a folder of the store and nothing else.
const known = /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(lesson);
let entry = null;
let others = [];

function drawAbout() {
  if (!entry) return;
  const length = seconds(entry.duration);
  document.title = entry.title;
  byId("title").textContent = entry.title;
  byId("tags").replaceChildren(node("span", { class: "tag", "data-category": entry.category }, category(entry)));
  byId("meta").replaceChildren(...joined([entry.course, entry.base, clock(length), day(entry.published)]));
  const most = Math.max(...entry.sizes.map((size) => size.bytes), 1);
  const rows = entry.sizes.map((size) => {
    const share = node("i");
    share.style.width = `${(100 * size.bytes) / most}%`;
    return node(
      "tr",
      {},
      node("th", { scope: "row" }, qualityName(size), share),
      node("td", {}, megabytes(size.bytes)),
      node("td", {}, length ? megabytes((size.bytes * 3600) / length) : "–"),
    );
  });
  byId("sizes").replaceChildren(...rows);
  byId("data").hidden = rows.length === 0;
  byId("hint").hidden = rows.length < 2;
}

function drawOthers() {
  if (!entry) return;
  const course = others.filter((one) => entry.course && one.course === entry.course);
  const near = course.length ? course : others.filter((one) => one.category === entry.category);
  byId("more-section").hidden = near.length === 0;
  byId("more-title").textContent = course.length ? both("同一课程", "In this course") : both("更多课件", "More lessons");
  const titles = new Intl.Collator("zh-CN", { numeric: true });
  byId("more-grid").replaceChildren(...near.sort((a, b) => titles.compare(a.title, b.title)).slice(0, 8).map(card));
}

async function find() {
  const catalog = await readCatalog().catch(() => ({ lessons: [] }));
  const listed = catalog.lessons.find((one) => one.lesson === lesson);
  others = catalog.lessons.filter((one) => one.lesson !== lesson);
  return listed ?? (await readLesson(lesson).catch(() => null));
}

startLanguages();
if (known) {
  const player = new Player(byId("player"), lesson, `../lessons/${lesson}/master.m3u8`);
  globalThis.lessonPlayer = player;
  find().then((found) => {
    entry = found;
    if (entry) player.describe(entry, { poster: entry.poster && stored(entry.poster), thumbnails: entry.thumbnails && stored(entry.thumbnails) });
    drawn(drawAbout);
    drawn(drawOthers);
  });
} else {
  byId("player").hidden = true;
  drawn(() => {
    byId("title").textContent = both("没有这个课件", "There is no such lesson");
    byId("meta").textContent = both("请从目录中选择。", "Please choose one from the catalog.");
  });
}
