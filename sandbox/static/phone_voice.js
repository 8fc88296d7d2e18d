/* The voice of the bench's telephone: the browser's own, Vietnamese where it has one; without a voice time passes
   as if somebody spoke. `BenchVoice.say(texts)` returns a promise that ends when all is said or `stop` was called. */
window.BenchVoice = (function () {
  'use strict';

  const SECONDS_A_WORD = 0.05;
  let turn = 0, quiet = true;

  function voice() {
    const found = window.speechSynthesis ? window.speechSynthesis.getVoices() : [];
    return found.find((one) => /^vi/i.test(one.lang)) || null;
  }

  function speak(text) {
    return new Promise((done) => {
      const words = new SpeechSynthesisUtterance(text);
      words.lang = 'vi-VN';
      words.voice = voice();
      words.rate = 0.95;
      words.onend = done;
      words.onerror = done;
      window.speechSynthesis.speak(words);
    });
  }

  function pass(text) {
    return new Promise((done) => { setTimeout(done, text.split(' ').length * SECONDS_A_WORD * 1000); });
  }

  function say(texts) {
    const mine = ++turn;
    return texts.reduce((before, text) => before.then(() => {
      if (mine !== turn) return undefined;
      return quiet || !window.speechSynthesis ? pass(text) : speak(text);
    }), Promise.resolve()).then(() => mine === turn);
  }

  function stop() {
    turn += 1;
    if (window.speechSynthesis) window.speechSynthesis.cancel();
  }

  return { say: say, stop: stop, setQuiet: (value) => { quiet = value; if (value) stop(); } };
})();
