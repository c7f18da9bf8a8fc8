"use strict";
// The finished lesson: hls.js where there is MediaSource, the browser's own player where not.
for (const video of document.querySelectorAll("video[data-master]")) {
  const master = video.dataset.master;
  if (window.Hls && Hls.isSupported()) {
    const player = new Hls({ capLevelToPlayerSize: true });
    player.loadSource(master);
    player.attachMedia(video);
    let mended = false;
    player.on(Hls.Events.ERROR, (_, error) => {
      if (!error.fatal) return;
      if (error.type === Hls.ErrorTypes.MEDIA_ERROR && !mended) {
        mended = true;
        player.recoverMediaError();
        return;
      }
      window.farm.tell("暂时无法播放，请稍后刷新页面。 It cannot be played now; load the page again later.");
      player.destroy();
    });
  } else {
    video.src = master;
  }
}
