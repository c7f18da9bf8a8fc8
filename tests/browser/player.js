// Plays one HLS presentation with one engine and counts what really was decoded.
// `play` is called by player.py; everything it returns is plain data.
"use strict";

const errors = [];
const heights = new Set();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function video() {
  return document.getElementById("video");
}

async function until(what, holds, seconds) {
  const end = performance.now() + seconds * 1000;
  while (!holds()) {
    if (errors.some((error) => error.fatal)) throw new Error(`${what}: ${JSON.stringify(errors)}`);
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s; ${state()}`);
    heights.add(video().videoHeight);
    await pause(20);
  }
}

function state() {
  const element = video();
  const error = element.error ? `${element.error.code} ${element.error.message}` : "none";
  const ranges = Array.from({ length: element.buffered.length }, (_, i) =>
    `${element.buffered.start(i).toFixed(2)}-${element.buffered.end(i).toFixed(2)}`);
  return `time ${element.currentTime} of ${element.duration}, ready ${element.readyState}, ` +
    `height ${element.videoHeight}, buffered [${ranges}], media error ${error}, ` +
    `reported ${JSON.stringify(errors)}`;
}

const engines = {
  // https://github.com/video-dev/hls.js/blob/master/docs/API.md
  "hls.js": async (url) => {
    const hls = new Hls({ enableWorker: true });
    hls.on(Hls.Events.ERROR, (_, data) => {
      // A load that hls.js itself gives up, because another level was selected, is no error.
      if (data.details === Hls.ErrorDetails.INTERNAL_ABORTED && !data.fatal) return;
      errors.push({ fatal: data.fatal, text: `${data.type}/${data.details}: ${data.error}` });
    });
    const parsed = new Promise((resolve) => hls.on(Hls.Events.MANIFEST_PARSED, resolve));
    hls.attachMedia(video());
    hls.loadSource(url);
    await Promise.race([parsed, until("manifest", () => hls.levels.length > 0, 30)]);
    return {
      levels: () => hls.levels.map((level) => level.height || 0),
      select: (index) => { hls.currentLevel = index; },
      showText: () => { hls.subtitleTrack = 0; hls.subtitleDisplay = true; },
    };
  },

  // https://shaka-player-demo.appspot.com/docs/api/shaka.Player.html
  shaka: async (url) => {
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    const report = (error, fatal) =>
      errors.push({ fatal, text: `shaka ${error.category}/${error.code} ${error.message}` });
    player.addEventListener("error", (event) =>
      report(event.detail, event.detail.severity === shaka.util.Error.Severity.CRITICAL));
    await player.attach(video());
    try {
      await player.load(url);
    } catch (error) {
      report(error, true);
      throw error;
    }
    const tracks = () => player.getVariantTracks().sort((a, b) => a.bandwidth - b.bandwidth);
    return {
      levels: () => tracks().map((track) => track.height || 0),
      select: (index) => {
        player.configure("abr.enabled", false);
        player.selectVariantTrack(tracks()[index], true);
      },
      showText: () => player.selectTextTrack(player.getTextTracks()[0]),
    };
  },

  // Chromium's own HLS chooses levels by itself and shows no subtitles.
  native: async (url) => {
    video().src = url;
    return { levels: () => [], select: () => {}, showText: () => {} };
  },
};

async function moves(what, seconds) {
  const from = video().currentTime;
  await until(what, () => video().currentTime > from + 0.2 || video().ended, seconds);
}

async function goTo(time, seconds) {
  const element = video();
  element.currentTime = time;
  await until(`seek to ${time}`, () => !element.seeking && element.readyState >= 2, seconds);
}

// One level after the other, each from the start, until its own height is on the screen.
async function visitLevels(engine, patience) {
  const visited = [];
  for (const [index, height] of engine.levels().entries()) {
    await goTo(0, patience);
    engine.select(index);
    await until(`level ${index} of ${height} lines`, () => video().videoHeight === height, patience);
    await moves(`level ${index}`, patience);
    visited.push(height);
  }
  return visited;
}

function counts() {
  const element = video();
  const quality = element.getVideoPlaybackQuality();
  return {
    frames: quality.totalVideoFrames,
    dropped: quality.droppedVideoFrames,
    audioBytes: element.webkitAudioDecodedByteCount,
    videoBytes: element.webkitVideoDecodedByteCount,
  };
}

// A paused decoder works ahead for a moment; what it does after the jump to zero is to be counted.
async function settled() {
  for (let last = counts(); ; ) {
    await pause(150);
    const now = counts();
    if (now.frames === last.frames && now.audioBytes === last.audioBytes) return now;
    last = now;
  }
}

async function watchCues(text) {
  const seen = new Set();
  const track = Array.from(video().textTracks).find((item) => item.mode === "showing");
  if (text && !track) throw new Error("no text track is showing");
  track?.addEventListener("cuechange", () => {
    for (const cue of track.activeCues || []) seen.add(cue.text);
  });
  return seen;
}

async function play(options) {
  const { url, name, rate, seek, visit, level, text, patience } = options;
  const element = video();
  element.addEventListener("resize", () => heights.add(element.videoHeight));
  element.addEventListener("error", () => errors.push({ fatal: true, text: state() }));
  const engine = await engines[name](url);
  await until("first picture", () => element.readyState >= 2, patience);
  element.playbackRate = 1;
  await element.play();
  const visited = visit ? await visitLevels(engine, patience) : [];
  if (level !== null) engine.select(level);
  if (seek !== null) {
    await goTo(element.duration * seek, patience);
    await moves("after the seek", patience);
  }
  element.pause();
  const before = await settled();
  await goTo(0, patience);
  if (text) {
    engine.showText();
    await until("text track", () =>
      Array.from(element.textTracks).some((item) => item.mode === "showing"), patience);
  }
  const cues = await watchCues(text);
  element.playbackRate = rate;
  await element.play();
  await until("the end", () => element.ended, patience + element.duration / rate);
  const after = counts();
  return {
    duration: element.duration,
    current_time: element.currentTime,
    ended: element.ended,
    frames: after.frames - before.frames,
    dropped: after.dropped - before.dropped,
    audio_bytes: after.audioBytes - before.audioBytes,
    video_bytes: after.videoBytes - before.videoBytes,
    levels: engine.levels(),
    visited,
    heights: Array.from(heights).filter((height) => height > 0).sort((a, b) => a - b),
    cues: Array.from(cues),
    errors: errors.map((error) => `${error.fatal ? "fatal " : ""}${error.text}`),
  };
}
