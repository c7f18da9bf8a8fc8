// The lesson page: what is around the player. The player itself is in player.js.

import {
  both, card, category, clock, day, drawn, inOrder, joined, node, place, qualityName, readCatalog,
  readDetails, readLesson, roleName, seconds, sized, startLanguages, stored, watchAddress, words,
} from "./shared.js";
import { Player } from "./player.js";

const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const lesson = asked.get("lesson") ?? location.hash.slice(1);
// An id names a folder of the store and nothing else.
const known = /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(lesson);
// A bucket that may not be listed refuses what is not there.
const GONE = [403, 404, 410];
const start = Number(asked.get("t"));
let entry = null;
let details = null;
let others = [];

function drawAbout() {
  if (!entry) return;
  const length = seconds(entry.duration);
  document.title = entry.title;
  byId("title").textContent = entry.title;
  byId("tags").replaceChildren(node("span", { class: "tag", "data-category": entry.category }, category(entry)));
  byId("meta").replaceChildren(...joined([place(entry), entry.speaker, entry.base, clock(length), day(entry.published)]));
  const most = Math.max(...entry.sizes.map((size) => size.bytes), 1);
  const rows = entry.sizes.map((size) => {
    const share = node("i");
    share.style.width = `${(100 * size.bytes) / most}%`;
    return node(
      "tr",
      {},
      node("th", { scope: "row" }, qualityName(size), share),
      node("td", {}, sized(size.bytes)),
      node("td", {}, length ? sized((size.bytes * 3600) / length) : "–"),
    );
  });
  byId("sizes").replaceChildren(...rows);
  byId("data").hidden = rows.length === 0;
  byId("hint").hidden = rows.length < 2;
}

// --- what the catalog leaves out -----------------------------------------------------------------

function drawDetails() {
  if (!details) return;
  const { about } = details;
  byId("description").hidden = !about.description;
  byId("description").textContent = about.description ?? "";
  const facts = [
    [both("对象", "Audience"), about.audience],
    [both("关键词", "Keywords"), about.keywords?.join(both("，", ", "))],
    [both("获奖", "Awards"), about.awards?.join(both("；", "; "))],
    [both("许可", "Licence"), about.licence],
    [both("录制", "Recorded"), about.recorded],
  ].filter(([, value]) => value);
  byId("facts").hidden = facts.length === 0;
  byId("facts").replaceChildren(...facts.flatMap(([name, value]) => [node("dt", {}, name), node("dd", {}, words(value))]));
  const wholes = details.products.filter((product) => product.kind !== "hls");
  byId("downloads").hidden = wholes.length === 0;
  byId("products").replaceChildren(...wholes.map(productLine));
}

function productLine(product) {
  // Of a Video CD the image is meant, which the cue is about.
  const main = product.files.find((file) => file.role.split(" ")[0] === "bin") ?? product.files[0];
  const which = main.role.split(" ").slice(1);
  const formats = product.codecs.length ? product.codecs : [main.address.split(".").pop().toUpperCase()];
  const besides = product.files.filter((file) => file !== main).map((file) =>
    node("a", { href: file.address, download: "" }, words(`${roleName(file.role)} ${sized(file.bytes)}`)));
  return node(
    "li",
    {},
    node("a", { href: main.address, download: "" }, words([both(product.title_zh, product.title), ...which].join(" "))),
    node("span", { class: "size" }, sized(main.bytes)),
    node("small", {}, [...formats, clock(seconds(product.duration))].join(" · "), ...besides.flatMap((link) => [" · ", link])),
  );
}

// --- chapters ------------------------------------------------------------------------------------

function drawChapters(player) {
  if (!(details?.chapters.length > 1)) return;
  byId("chapters").hidden = false;
  player.seekbar.mark(details.chapters);
  byId("chapter-list").replaceChildren(...details.chapters.map((chapter) => {
    const picture = chapter.picture && node("img", { src: chapter.picture, alt: "", width: 96, height: 54, loading: "lazy", decoding: "async" });
    picture?.addEventListener("error", () => picture.remove());
    const button = node("button", { type: "button" }, picture, node("span", {}, words(chapter.title), node("small", {}, clock(chapter.time))));
    button.addEventListener("click", () => {
      player.seek(chapter.time);
      player.root.scrollIntoView({ block: "nearest" });
    });
    return node("li", {}, button);
  }));
  drawChapter(player);
}

function drawChapter(player) {
  const current = details?.chapters.findLastIndex((one) => one.time <= player.position + 0.05) ?? -1;
  [...byId("chapter-list").children].forEach((item, n) => {
    if (n === current) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  });
}

// --- other lessons -------------------------------------------------------------------------------

function drawOthers() {
  if (!entry) return;
  const course = inOrder(others.filter((one) => entry.course && one.course === entry.course));
  const near = course.length ? course : inOrder(others.filter((one) => one.category === entry.category));
  byId("more-section").hidden = near.length === 0;
  byId("more-title").textContent = course.length ? both("同一课程", "In this course") : both("更多课件", "More lessons");
  byId("more-grid").replaceChildren(...near.slice(0, 8).map(card));
  drawNeighbours(course);
}

function drawNeighbours(course) {
  const all = inOrder([...course, entry]);
  const at = all.indexOf(entry);
  const link = (one, name, rel) =>
    node("a", { href: watchAddress(one), rel, class: rel }, node("small", {}, name), words(one.title));
  const links = [
    at > 0 ? link(all[at - 1], both("上一讲", "Previous"), "prev") : null,
    at + 1 < all.length ? link(all[at + 1], both("下一讲", "Next"), "next") : null,
  ].filter(Boolean);
  byId("neighbours").hidden = links.length === 0;
  byId("neighbours").replaceChildren(...links);
}

// --- finding it ----------------------------------------------------------------------------------

async function find() {
  const catalog = await readCatalog().catch(() => ({ lessons: [] }));
  const listed = catalog.lessons.find((one) => one.lesson === lesson);
  others = catalog.lessons.filter((one) => one.lesson !== lesson);
  return listed ?? readLesson(lesson).catch((error) => (GONE.includes(error.status) ? "gone" : null));
}

/** Instead of the player, which would wait for the network for ever. */
function absent(player) {
  player?.close();
  byId("player").hidden = true;
  drawn(() => {
    byId("title").textContent = both("没有这个课件", "There is no such lesson");
    const catalog = node("a", { href: "index.html" }, both("到目录中选择", "Choose one from the catalog"));
    byId("meta").replaceChildren(catalog);
  });
}

/** The whole file to play where a lesson is not streamed: pictures before sound. */
function fileOf(found) {
  const files = [...found.offers, ...(found.enclosure ? [found.enclosure] : [])];
  const kinds = ["video/mp4", "audio/mpeg", "audio/mp4"];
  return kinds.map((kind) => files.find((file) => file.type === kind)).find(Boolean) ?? null;
}

/** Chapters on the clock of the sound, which may begin elsewhere than the lesson. */
const ofSound = (chapters) => chapters.filter((one) => one.heard !== null).map((one) => ({ ...one, time: one.heard }));

async function show(player, found) {
  entry = found;
  const file = entry && !entry.master ? fileOf(entry) : null;
  if (file) player.open(stored(file.path), true);
  else if (!player.engine && (!entry || entry.master)) player.open(`../lessons/${lesson}/master.m3u8`);
  if (!entry) return;
  player.describe(entry, {
    poster: entry.poster && stored(entry.poster),
    thumbnails: entry.thumbnails && stored(entry.thumbnails),
    sound: file?.type.startsWith("audio/"),
  });
  if (!entry.master && !file) player.failed("none");
  drawn(drawAbout);
  drawn(drawOthers);
  details = entry.details ? await readDetails(entry).catch(() => null) : null;
  if (details && file && file.path === entry.enclosure?.path) details.chapters = ofSound(details.chapters);
  if (details?.thumbnails) player.seekbar.path = details.thumbnails;
  drawn(drawDetails);
  drawChapters(player);
  if (file && details) player.engine.addCaptions(details.captions);
}

startLanguages();
if (known) {
  const player = new Player(byId("player"), lesson);
  globalThis.lessonPlayer = player;
  if (start > 0) player.asked = start;
  // A playlist is where its lesson is: it need not wait for the catalog. A file is named there.
  if (asked.get("as") !== "file") player.open(`../lessons/${lesson}/master.m3u8`);
  for (const event of ["timeupdate", "seeking"]) player.video.addEventListener(event, () => drawChapter(player));
  find().then((found) => (found === "gone" ? absent(player) : show(player, found)));
} else absent(null);
