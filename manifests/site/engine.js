// How the pictures come: hls.js where the browser has MSE, the browser's own HLS otherwise.
// Both offer the same few choices, so the player does not care.

/** hls.js. Nothing of the lesson is fetched before `start`, which matters on a metered line. */
export class HlsEngine {
  static possible = () => Boolean(globalThis.Hls?.isSupported());

  constructor(video, master, report) {
    this.video = video;
    this.master = master;
    this.report = report;
    this.sound = null;
    this.mended = 0;
    this.hls = new globalThis.Hls({
      autoStartLoad: false,
      enableWorker: false, // its worker is a blob: script, which the page's policy forbids
      capLevelToPlayerSize: true,
      backBufferLength: 60,
      renderTextTracksNatively: true,
    });
    const { Events } = globalThis.Hls;
    this.hls.on(Events.ERROR, (_, data) => this.failed(data));
    for (const event of ["MANIFEST_PARSED", "LEVEL_SWITCHED", "AUDIO_TRACKS_UPDATED", "AUDIO_TRACK_SWITCHED", "SUBTITLE_TRACKS_UPDATED", "SUBTITLE_TRACK_SWITCH"]) {
      this.hls.on(Events[event], () => this.report("changed"));
    }
    this.hls.loadSource(master);
    this.hls.attachMedia(video);
  }

  start(time) {
    this.hls.startLoad(time);
  }

  close() {
    this.report = () => {};
    this.hls.destroy();
  }

  failed(data) {
    if (!data.fatal) return;
    if (data.type === "mediaError" && this.mended < 3) {
      this.mended += 1;
      this.hls.recoverMediaError();
      return;
    }
    this.report("failed", data.type === "networkError" ? "network" : "media");
  }

  /** After a lost connection: where it stopped, or all over if the playlist never came. */
  retry() {
    if (this.hls.levels.length) this.hls.startLoad(this.video.currentTime);
    else {
      this.hls.loadSource(this.master);
      this.hls.startLoad(-1);
    }
  }

  /** From the highest to the lowest; null is automatic, `sound` leaves the pictures out. */
  qualities() {
    const levels = this.hls.levels
      .map((level, n) => ({ id: n, width: level.width, height: level.height, rate: level.averageBitrate || level.bitrate }))
      .filter((level) => level.height)
      .sort((a, b) => b.rate - a.rate);
    const alone = this.sound ? this.kept : levels;
    return alone.length && this.tracks().length ? [...alone, { id: "sound", width: 0, height: 0 }] : alone;
  }

  get quality() {
    if (this.sound) return "sound";
    return this.hls.autoLevelEnabled ? null : this.hls.loadLevel;
  }

  set quality(id) {
    if (id === "sound") this.swap(this.tracks()[this.track] ?? this.tracks()[0]);
    else if (this.sound) this.swap(null, id);
    else this.hls.nextLevel = id ?? -1;
  }

  /** The quality on the screen now, when it is chosen automatically. */
  get current() {
    return this.hls.levels[this.hls.currentLevel] ?? null;
  }

  /** Sound alone is its own playlist, played in place of the lesson's; null goes back. */
  swap(track, level = null) {
    const { currentTime, paused } = this.video;
    if (track) {
      this.kept = this.qualities().filter((one) => one.id !== "sound");
      this.keptTracks = this.tracks();
    }
    this.sound = track;
    this.hls.loadSource(track ? track.url : this.master);
    this.hls.once(globalThis.Hls.Events.MANIFEST_PARSED, () => {
      this.hls.startLoad(currentTime);
      if (level !== null) this.hls.nextLevel = level;
      if (!paused) this.video.play().catch(() => {});
    });
    this.report("changed");
  }

  tracks() {
    if (this.sound) return this.keptTracks;
    return this.hls.audioTracks.map((track, n) => ({ id: n, name: track.name, url: track.url }));
  }

  get track() {
    return this.sound ? this.sound.id : this.hls.audioTrack;
  }

  set track(id) {
    if (this.sound) this.swap(this.keptTracks[id]);
    else this.hls.audioTrack = id;
  }

  captions() {
    return this.hls.subtitleTracks.map((track, n) => ({ id: n, name: track.name }));
  }

  get caption() {
    return this.hls.subtitleTrack;
  }

  set caption(id) {
    this.hls.subtitleDisplay = id >= 0;
    this.hls.subtitleTrack = id;
  }
}

/** iPhones and some televisions: the browser chooses the quality by itself. */
export class NativeEngine {
  static possible = (video) => video.canPlayType("application/vnd.apple.mpegurl") !== "";

  constructor(video, master, report) {
    this.video = video;
    this.master = master;
    this.current = null;
    this.quality = null;
    this.report = report;
    video.addEventListener("loadedmetadata", () => this.report("changed"));
    video.addEventListener("error", () => this.report("failed", video.error?.code === 2 ? "network" : "media"));
  }

  start(time) {
    this.video.src = this.master;
    if (time > 0) this.video.addEventListener("loadedmetadata", () => { this.video.currentTime = time; }, { once: true });
  }

  retry() {
    this.start(this.video.currentTime);
    this.video.play().catch(() => {});
  }

  close() {
    this.video.removeAttribute("src");
    this.report = () => {};
  }

  qualities() {
    return [];
  }

  tracks() {
    return [...(this.video.audioTracks ?? [])].map((track, n) => ({ id: n, name: track.label }));
  }

  get track() {
    return [...(this.video.audioTracks ?? [])].findIndex((track) => track.enabled);
  }

  set track(id) {
    [...(this.video.audioTracks ?? [])].forEach((track, n) => { track.enabled = n === id; });
  }

  captions() {
    return [...this.video.textTracks].map((track, n) => ({ id: n, name: track.label }));
  }

  get caption() {
    return [...this.video.textTracks].findIndex((track) => track.mode === "showing");
  }

  set caption(id) {
    [...this.video.textTracks].forEach((track, n) => { track.mode = n === id ? "showing" : "disabled"; });
  }
}

/** A lesson that is one whole file; captions are files beside it. */
export class FileEngine extends NativeEngine {
  addCaptions(tracks) {
    for (const { language, label, address } of tracks) {
      const track = document.createElement("track");
      Object.assign(track, { kind: "subtitles", srclang: language, label, src: address });
      this.video.append(track);
    }
    this.caption = -1;
    this.report("changed");
  }
}
