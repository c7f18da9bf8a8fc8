"use strict";
// SHA-256 of a file of any size, in a worker, piece by piece: WebCrypto wants all of it in memory.
// FIPS 180-4, https://csrc.nist.gov/pubs/fips/180-4/upd1/final.
const K = new Uint32Array(64);
const START = new Uint32Array(8);
(() => {
  // The fractions of the cube and square roots of the first primes.
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
    if (found < 8) START[found] = fraction(Math.sqrt(n));
    K[found++] = fraction(Math.cbrt(n));
  }
})();
const W = new Int32Array(64);

function blocks(state, view, from, to) {
  let [h0, h1, h2, h3, h4, h5, h6, h7] = state;
  for (let at = from; at < to; at += 64) {
    for (let i = 0; i < 16; i++) W[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15], y = W[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
    }
    let a = h0, b = h1, c = h2, d = h3, e = h4, f = h5, g = h6, h = h7;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    h0 = (h0 + a) | 0; h1 = (h1 + b) | 0; h2 = (h2 + c) | 0; h3 = (h3 + d) | 0;
    h4 = (h4 + e) | 0; h5 = (h5 + f) | 0; h6 = (h6 + g) | 0; h7 = (h7 + h) | 0;
  }
  return [h0, h1, h2, h3, h4, h5, h6, h7];
}

async function sha256(file) {
  const PIECE = 4 << 20;
  let state = Array.from(START, (x) => x | 0);
  let at = 0;
  for (; file.size - at >= 64; ) {
    const piece = await file.slice(at, at + PIECE).arrayBuffer();
    const whole = piece.byteLength - (piece.byteLength % 64);
    state = blocks(state, new DataView(piece), 0, whole);
    at += whole;
  }
  const rest = new Uint8Array(await file.slice(at).arrayBuffer());
  const last = new Uint8Array(rest.length < 56 ? 64 : 128);
  last.set(rest);
  last[rest.length] = 0x80;
  const view = new DataView(last.buffer);
  view.setUint32(last.length - 8, Math.floor(file.size / 2 ** 29));
  view.setUint32(last.length - 4, (file.size << 3) >>> 0);
  state = blocks(state, view, 0, last.length);
  return state.map((x) => (x >>> 0).toString(16).padStart(8, "0")).join("");
}

self.onmessage = async (message) => {
  const { id, file } = message.data;
  try {
    self.postMessage({ id, sha256: await sha256(file) });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};
