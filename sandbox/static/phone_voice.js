/* The voice of the bench's telephone: the browser's own where it is Vietnamese, else the server's (espeak-ng); without
   a voice time passes as if somebody spoke. `BenchVoice.say(parts, sid)` returns a promise that ends when all is said
   or `stop` was called. */
window.BenchVoice = (function () {
  'use strict';

  const SECONDS_A_WORD = 0.05;
  let turn = 0, quiet = true, served = false, playing = null;

  function own() {
    const found = window.speechSynthesis ? window.speechSynthesis.getVoices() : [];
    return found.find((one) => /^vi/i.test(one.lang)) || null;
  }

  function speak(text, voice) {
    return new Promise((done) => {
      const words = new SpeechSynthesisUtterance(text);
      words.lang = 'vi-VN';
      words.voice = voice;
      words.rate = 0.95;
      words.onend = done;
      words.onerror = done;
      window.speechSynthesis.speak(words);
    });
  }

  function play(part, sid) {
    return new Promise((done) => {
      const query = '?sid=' + encodeURIComponent(sid) + '&part=' + encodeURIComponent(part.id);
      playing = new Audio('/sandbox/api/phone/voice' + query);
      playing.onended = done;
      playing.onpause = done;
      playing.onerror = done;
      playing.play().catch(done);
    });
  }

  function pass(text) {
    return new Promise((done) => { setTimeout(done, text.split(' ').length * SECONDS_A_WORD * 1000); });
  }

  function once(part, sid) {
    if (quiet) return pass(part.text);
    const voice = own();
    if (voice) return speak(part.text, voice);
    return served ? play(part, sid) : pass(part.text);
  }

  function say(parts, sid) {
    const mine = ++turn;
    return parts.reduce((before, part) => before.then(() => {
      return mine === turn ? once(part, sid) : undefined;
    }), Promise.resolve()).then(() => mine === turn);
  }

  function stop() {
    turn += 1;
    if (window.speechSynthesis) window.speechSynthesis.cancel();
    if (playing) playing.pause();
  }

  return {
    say: say,
    stop: stop,
    setQuiet: (value) => { quiet = value; if (value) stop(); },
    setServed: (value) => { served = value; },
  };
})();
