// The menus of the player: speed, sound track, captions, quality.

import { both, sized, node, qualityName } from "./shared.js";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** One menu: its label, its choices `{id, name, note}`, which is chosen, and what to do then. */
function draw(menu, label, choices, chosen, choose) {
  menu.hidden = choices.length < 2;
  menu.querySelector(".value").textContent = label;
  menu.querySelector(".choices").replaceChildren(
    ...choices.map((choice) => {
      const button = node("button", {
        type: "button", role: "menuitemradio", "aria-checked": String(choice.id === chosen),
      }, node("bdi", {}, choice.name), choice.note ? node("small", {}, choice.note) : null);
      button.addEventListener("click", () => {
        menu.open = false;
        choose(choice.id);
      });
      return button;
    }),
  );
}

/** Megabytes an hour: from the catalog where it is known, from the playlist otherwise. */
function anHour(quality, entry, length) {
  const listed = entry?.sizes.find((size) => size.width === quality.width && size.height === quality.height);
  if (listed && length) return sized((listed.bytes * 3600) / length);
  return quality.rate ? sized(quality.rate * 450) : "";
}

export function drawMenus(player) {
  const { engine, video, entry } = player;
  const menu = (id) => player.root.querySelector(`#${id}`);
  const hour = both("小时", "h");
  const note = (quality) => {
    const size = anHour(quality, entry, player.length);
    return size && `${size}/${hour}`;
  };
  draw(menu("speed"), `${video.playbackRate}×`, SPEEDS.map((speed) => ({ id: speed, name: `${speed}×` })),
    video.playbackRate, (speed) => player.setSpeed(speed));
  const tracks = engine.tracks();
  draw(menu("tracks"), both("音轨", "Sound"), tracks.map((track) => ({ ...track, name: track.name || String(track.id + 1) })),
    engine.track, (id) => { engine.track = id; player.draw(); });
  const captions = engine.captions();
  const off = { id: -1, name: both("关闭", "Off") };
  draw(menu("captions"), both("字幕", "CC"), captions.length ? [off, ...captions] : [], engine.caption,
    (id) => player.setCaption(id));
  menu("captions").classList.toggle("on", engine.caption >= 0);
  const automatic = { id: null, name: both("自动", "Auto"), note: engine.current ? qualityName(engine.current) : "" };
  const qualities = engine.qualities().map((one) => ({ ...one, name: qualityName(one), note: note(one) }));
  const chosen = qualities.find((one) => one.id === engine.quality);
  draw(menu("quality"), chosen?.name ?? automatic.name, qualities.length ? [automatic, ...qualities] : [], engine.quality,
    (id) => player.setQuality(id));
}

/** A click elsewhere or Escape closes a menu; opening one closes the others. */
export function watchMenus(root) {
  const menus = [...root.querySelectorAll("details.menu")];
  const close = (except) => menus.forEach((menu) => { if (menu !== except) menu.open = false; });
  document.addEventListener("click", (event) => close(event.target.closest("details.menu")));
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  return () => menus.some((menu) => menu.open);
}

export { SPEEDS };
