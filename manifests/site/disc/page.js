/* Plays the lessons of the disc. Written for old browsers: no modules, no fetch, no arrows. */
(function () {
  'use strict';
  var lessons = JSON.parse(document.getElementById('data').textContent);
  var links = document.getElementById('lessons').getElementsByTagName('a');
  var now = -1;        /* the lesson that is open */
  var media = null;    /* its video element, made anew for every lesson and mode */
  var offset = 0;      /* where its file begins, seconds of the lesson's clock */
  var listening = false;
  var captions = 0;    /* the track that is shown; -1 for none */

  function at(id) { return document.getElementById(id); }

  function make(name, parent, text, kind) {
    var made = document.createElement(name);
    if (text) { made.textContent = text; }
    if (kind) { made.className = kind; }
    parent.appendChild(made);
    return made;
  }

  function clear(element) {
    while (element.firstChild) { element.removeChild(element.firstChild); }
    return element;
  }

  function picture(parent, path) {
    var image = make('img', parent);
    image.alt = '';
    image.src = path;
  }

  function show(element, shown) {
    if (shown) { element.removeAttribute('hidden'); } else { element.setAttribute('hidden', ''); }
  }

  /* The file to play: the first this browser can, or else the first. */
  function chosen(lesson) {
    var files = listening && lesson.audios.length ? lesson.audios : lesson.videos;
    if (!files.length) { files = lesson.audios; }
    var probe = document.createElement('video');
    for (var n = 0; n < files.length; n++) {
      if (probe.canPlayType && probe.canPlayType(files[n].type)) { return files[n]; }
    }
    return files[0];
  }

  function clock() { return media.currentTime + offset; }

  function seek(time) { media.currentTime = Math.max(0, time - offset); }

  /* Plays from `time` on (seconds of the lesson), where `play`; shows the first picture otherwise. */
  function start(time, play) {
    var lesson = lessons[now];
    var file = chosen(lesson);
    var made = document.createElement('video');
    offset = file.start;
    made.controls = true;
    made.preload = 'metadata';
    if (lesson.poster) { made.poster = lesson.poster; }
    at('file').href = file.path;
    show(at('trouble'), false);
    addCaptions(made, lesson);
    made.addEventListener('error', function () { if (media === made) { show(at('trouble'), true); } });
    made.addEventListener('timeupdate', markChapter);
    made.addEventListener('ended', function () { at('next').focus(); });
    if (time) {
      made.addEventListener('loadedmetadata', function once() {
        made.removeEventListener('loadedmetadata', once);
        seek(time);
      });
    }
    if (media) { media.pause(); media.removeAttribute('src'); }
    clear(at('screen')).appendChild(made);
    media = made;
    made.src = file.path;
    if (play) { run(); }
  }

  function run() {
    var promise = media.play();
    /* A browser may want a click first, and a newer choice may come before this one has begun. */
    if (promise && promise.then) { promise.then(null, function () {}); }
  }

  function addCaptions(made, lesson) {
    var Cue = window.VTTCue || window.TextTrackCue;
    var usable = Cue && made.addTextTrack;
    show(at('texts'), usable && lesson.captions.length);
    if (!usable) { return; }
    for (var n = 0; n < lesson.captions.length; n++) {
      var given = lesson.captions[n];
      var track = made.addTextTrack('captions', given.label, given.language);
      for (var c = 0; c < given.cues.length; c++) {
        var cue = given.cues[c];
        track.addCue(new Cue(Math.max(0, cue[0] - offset), Math.max(0, cue[1] - offset), cue[2]));
      }
      track.mode = n === captions ? 'showing' : 'hidden';
    }
  }

  function offerCaptions(lesson) {
    var select = clear(at('track'));
    for (var n = 0; n < lesson.captions.length; n++) {
      make('option', select, lesson.captions[n].label).value = n;
    }
    make('option', select, '关闭 Off').value = -1;
    if (captions >= lesson.captions.length) { captions = 0; }
    select.value = captions;
  }

  function offerChapters(lesson) {
    var list = clear(at('chapters'));
    show(at('parts'), lesson.chapters.length);
    lesson.chapters.forEach(function (chapter) {
      var button = make('button', make('li', list));
      button.type = 'button';
      if (chapter.picture) {
        var frame = make('span', button, '', 'picture');
        picture(frame, chapter.picture);
        make('small', frame, chapter.clock);
      } else {
        make('span', button, chapter.clock, 'bare');
      }
      make('b', button, chapter.title);
      button.onclick = function () {
        seek(chapter.start);
        run();
        at('screen').scrollIntoView(false);
      };
    });
  }

  function markChapter() {
    var buttons = at('chapters').getElementsByTagName('button');
    var chapters = lessons[now].chapters;
    var current = -1;
    for (var n = 0; n < chapters.length; n++) {
      if (chapters[n].start <= clock() + 0.01) { current = n; }
    }
    for (n = 0; n < buttons.length; n++) { buttons[n].setAttribute('aria-current', n === current); }
  }

  function offerFiles(lesson) {
    var list = clear(at('files'));
    lesson.videos.concat(lesson.audios).forEach(function (file) {
      offer(list, file.path, file.label + ' · ' + file.size);
    });
    lesson.captions.forEach(function (track) { offer(list, track.path, '字幕 Captions · ' + track.label); });
    offer(list, lesson.folder, '文件夹 Folder');
  }

  function offer(list, path, text) {
    var link = make('a', list, text);
    link.href = path;
    link.target = '_blank';
    link.rel = 'noopener';
  }

  function offerModes(lesson) {
    show(at('modes'), lesson.videos.length && lesson.audios.length);
    at('watch').setAttribute('aria-pressed', !listening);
    at('listen').setAttribute('aria-pressed', listening);
  }

  function open(index, play) {
    var lesson = lessons[index];
    now = index;
    at('title').textContent = lesson.number + '. ' + lesson.title;
    at('facts').textContent = lesson.facts;
    at('description').textContent = lesson.description;
    for (var n = 0; n < links.length; n++) { links[n].setAttribute('aria-current', n === index); }
    at('previous').disabled = index === 0;
    at('next').disabled = index === lessons.length - 1;
    offerModes(lesson);
    offerCaptions(lesson);
    offerChapters(lesson);
    offerFiles(lesson);
    show(at('stage'), true);
    start(0, play);
    markChapter();
    location.hash = lesson.number;
  }

  function choose(index) {
    open(index, true);
    window.scrollTo(0, 0);
  }

  function listen(wanted) {
    if (wanted === listening) { return; }
    listening = wanted;
    offerModes(lessons[now]);
    start(clock(), !media.paused);
  }

  function asked() {
    for (var n = 0; n < lessons.length; n++) {
      if ('#' + lessons[n].number === location.hash) { return n; }
    }
    return 0;
  }

  Array.prototype.forEach.call(links, function (link, index) {
    link.onclick = function () { choose(index); return false; };
  });
  at('watch').onclick = function () { listen(false); };
  at('listen').onclick = function () { listen(true); };
  at('previous').onclick = function () { choose(now - 1); };
  at('next').onclick = function () { choose(now + 1); };
  at('track').onchange = function () {
    captions = Number(at('track').value);
    for (var n = 0; n < media.textTracks.length; n++) {
      media.textTracks[n].mode = n === captions ? 'showing' : 'hidden';
    }
  };
  window.onhashchange = function () {
    if (location.hash !== '#' + lessons[now].number) { open(asked(), false); }
  };
  open(asked(), false);
})();
