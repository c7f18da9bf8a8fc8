// hls-parser in strict mode over a multivariant playlist and every playlist it names.
// node parse_hls.js NODE_MODULES MASTER -> JSON on standard output; exit 1 and the fault otherwise.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const [modules, master] = process.argv.slice(2);
const HLS = require(path.join(modules, "hls-parser"));
HLS.setOptions({ strictMode: true });

function parse(file) {
  try {
    return HLS.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: ${error.message}`);
  }
}

function media(uri) {
  const playlist = parse(path.join(path.dirname(master), decodeURIComponent(uri)));
  return {
    uri,
    target: playlist.targetDuration,
    ended: playlist.endlist,
    type: playlist.playlistType,
    images: Boolean(playlist.isIFrame),
    durations: playlist.segments.map((segment) => segment.duration),
    uris: playlist.segments.map((segment) => segment.uri),
  };
}

try {
  const top = parse(master);
  if (!top.isMasterPlaylist) throw new Error(`${master}: not a multivariant playlist`);
  const groups = top.variants.flatMap((variant) => [...variant.audio, ...variant.subtitles]);
  const uris = [...top.variants, ...groups].map((item) => item.uri).filter(Boolean);
  console.log(JSON.stringify({
    variants: top.variants.map((variant) => ({
      uri: variant.uri,
      images: Boolean(variant.isIFrameOnly),
      bandwidth: variant.bandwidth,
      average: variant.averageBandwidth ?? null,
      codecs: variant.codecs ?? null,
      size: variant.resolution ? [variant.resolution.width, variant.resolution.height] : null,
      rate: variant.frameRate ?? null,
    })),
    playlists: [...new Set(uris)].map(media),
  }));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
