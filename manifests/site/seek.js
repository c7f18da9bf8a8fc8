// The seek bar: position, what is buffered, and a small picture of where the pointer is.

import { clock } from "./shared.js";

const CUE = /^(\d+):(\d+):([\d.]+) --> (\d+):(\d+):([\d.]+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/;
const TILE = 160;

/** The tiles of a thumbnail track; sheets lie beside it. */
async function readTiles(path) {
  const answer = await fetch(path);
  if (!answer.ok) return [];
  const folder = new URL(path, location.href);
  const tiles = [];
  for (const block of (await answer.text()).trim().split(/\n\n+/)) {
    const cue = CUE.exec(block);
    if (!cue) continue;
    const [h, m, s, , , , file, x, y, width, height] = cue.slice(1);
    tiles.push({
      start: Number(h) * 3600 + Number(m) * 60 + Number(s),
      url: new URL(file, folder).href,
      x: Number(x), y: Number(y), width: Number(width), height: Number(height),
    });
  }
  return tiles;
}

export class Seek {
  constructor(player) {
    this.player = player;
    this.input = player.root.querySelector("#seek");
    this.preview = player.root.querySelector("#preview");
    this.tile = player.root.querySelector("#tile");
    this.tiles = null;
    this.path = null;
    this.chapters = [];
    this.marks = player.root.querySelector("#marks");
    this.held = false;
    this.input.addEventListener("input", () => {
      this.held = true;
      this.paint(Number(this.input.value));
    });
    this.input.addEventListener("change", () => {
      this.held = false;
      player.seek(Number(this.input.value));
    });
    this.input.addEventListener("pointermove", (event) => this.hover(event));
    this.input.addEventListener("pointerleave", () => this.preview.classList.remove("shown"));
    this.input.addEventListener("pointerup", () => this.preview.classList.remove("shown"));
  }

  draw() {
    const { video, length } = this.player;
    this.input.max = String(length || 1);
    this.input.setAttribute("aria-valuetext", `${clock(video.currentTime)} / ${clock(length)}`);
    if (!this.held) {
      this.input.value = String(this.player.position);
      this.paint(this.player.position);
    }
  }

  /** Chapters `{time, title}`, from the first to the last. */
  mark(chapters) {
    this.chapters = chapters;
    const length = this.player.length || 1;
    const marks = chapters.filter(({ time }) => time > 0 && time < length).map(({ time }) => {
      const mark = document.createElement("i");
      mark.style.left = `${(100 * time) / length}%`;
      return mark;
    });
    this.marks.replaceChildren(...marks);
  }

  paint(time) {
    const { video, length } = this.player;
    const share = (part) => `${(100 * part) / (length || 1)}%`;
    let buffered = 0;
    for (let n = 0; n < video.buffered.length; n += 1) {
      if (video.buffered.start(n) <= time + 0.5) buffered = Math.max(buffered, video.buffered.end(n));
    }
    this.input.style.setProperty("--played", share(time));
    this.input.style.setProperty("--buffered", share(Math.max(buffered, time)));
  }

  /** Sheets are fetched when somebody looks for a place, not before. */
  async hover(event) {
    const box = this.input.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const time = share * this.player.length;
    const chapter = this.chapters.findLast((one) => one.time <= time);
    this.preview.querySelector("#preview-chapter").textContent = chapter?.title ?? "";
    this.preview.querySelector("#preview-time").textContent = clock(time);
    this.preview.classList.add("shown");
    if (this.path && !this.tiles) {
      this.tiles = [];
      this.tiles = await readTiles(this.path).catch(() => []);
    }
    const tile = this.tiles?.findLast((one) => one.start <= time);
    this.tile.hidden = !tile;
    if (tile) this.show(tile);
    const half = this.preview.offsetWidth / 2;
    const left = Math.min(box.width - half, Math.max(half, share * box.width));
    this.preview.style.left = `${left}px`;
  }

  show(tile) {
    const scale = TILE / Math.max(tile.width, tile.height);
    this.tile.style.width = `${tile.width}px`;
    this.tile.style.height = `${tile.height}px`;
    this.tile.style.zoom = String(Math.max(0.5, Math.min(2, scale)));
    this.tile.style.backgroundImage = `url("${tile.url}")`;
    this.tile.style.backgroundPosition = `-${tile.x}px -${tile.y}px`;
  }
}
