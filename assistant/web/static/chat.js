/* The conversation page. Plain script for Chrome 70 and later: no modules, no optional chaining.
   Whatever a person or the server wrote enters the page through textContent only. */
(function () {
  'use strict';

  const MAX_LENGTH = 1000;
  const COUNT_FROM = 800;
  const KEEP_UNSENT_MS = 24 * 3600 * 1000; // no identifier stays longer than this on a shared phone
  const STORE = 'vssid.out.';
  const byId = (id) => document.getElementById(id);
  const answering = document.querySelector('.robot');
  const log = byId('log'), starters = byId('starters'), typing = byId('typing'), typingText = byId('typing-text');
  const bar = byId('bar'), notice = byId('notice'), form = byId('composer'), text = byId('text'), counter = byId('counter');
  const jump = byId('jump'), jumpText = byId('jump-text'), top = byId('top'), switcher = byId('switch');
  const words = JSON.parse(byId('words').textContent); // what the page says, in each language
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
  const desktop = window.matchMedia('(hover: hover) and (pointer: fine)');

  let last = 0; // highest server id seen
  const nodes = new Map(); // what the server sent -> its node here
  const own = new Map(); // client id -> entry {id, text|payload+title, at, node, state}

  function el(tag, className, words) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (words) node.textContent = words;
    return node;
  }

  // ---- language ----

  const USUAL = 'vi'; // what people get who chose nothing
  let language = document.documentElement.lang;
  let wish = '', wishSent = false; // a language the person chose and no answer has shown yet

  function say(name, values) {
    const said = words[language][name];
    return values ? said.replace(/\{(\w+)\}/g, (all, key) => values[key]) : said;
  }

  // Marks a node with what it says, so that it follows a change of the language.
  function saying(node, name, attribute) {
    if (attribute) node.setAttribute('data-say-' + attribute, name);
    else node.setAttribute('data-say', name);
    if (attribute) node.setAttribute(attribute === 'label' ? 'aria-label' : attribute, say(name));
    else node.textContent = say(name);
    return node;
  }

  const remembered = () => (/(?:^|; )language=(\w+)/.exec(document.cookie) || [])[1] || '';

  function remember() {
    const secure = location.protocol === 'https:' ? '; secure' : '';
    document.cookie = 'language=' + language + '; path=/; max-age=31536000; samesite=lax' + secure;
  }

  // Changes everything the page says; what people and the assistant wrote stays as it is.
  function speak(to) {
    if (to === language || !words[to]) return;
    const from = language, stay = atEnd();
    language = to;
    document.documentElement.lang = to;
    document.querySelectorAll('[data-say]').forEach((node) => { node.textContent = say(node.dataset.say); });
    document.querySelectorAll('[data-say-label]').forEach((node) => { node.setAttribute('aria-label', say(node.dataset.sayLabel)); });
    document.querySelectorAll('[data-say-placeholder]').forEach((node) => { node.placeholder = say(node.dataset.sayPlaceholder); });
    log.querySelectorAll('[data-day]').forEach((node) => { node.textContent = dayName(new Date(Number(node.dataset.day))); });
    document.title = say('every_page.name');
    switcher.textContent = words[from]['every_page.language'];
    switcher.title = words[from]['every_page.switch'];
    switcher.lang = switcher.hreflang = from;
    switcher.search = '?lang=' + from;
    hideNotice();
    grow();
    remember();
    stay();
  }

  // The conversation's language is the page's, unless the person has just chosen another.
  function follow(message) {
    if (message.from !== 'bot' || !message.language) return;
    if (wish && !(wishSent || message.language === wish)) return;
    wish = '';
    speak(message.language);
  }

  switcher.addEventListener('click', (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault(); // a reload would cost the draft and the place
    speak(switcher.lang);
    wish = language;
    wishSent = false;
  });

  // ---- text ----

  const LINKS = /https:\/\/[^\s<>"'“”]+|1900[ .]?9068/g;

  function fill(parent, words) {
    let from = 0, found;
    LINKS.lastIndex = 0;
    while ((found = LINKS.exec(words))) {
      const shown = found[0].replace(/[.,;:!?…)\]]+$/, ''); // the full stop ends the sentence, not the address
      parent.appendChild(document.createTextNode(words.slice(from, found.index)));
      const link = el('a', '', shown);
      if (shown[0] === 'h') {
        link.href = shown;
        link.target = '_blank';
        link.rel = 'noopener noreferrer';
      } else {
        link.href = 'tel:19009068';
      }
      parent.appendChild(link);
      from = LINKS.lastIndex = found.index + shown.length;
    }
    parent.appendChild(document.createTextNode(words.slice(from)));
  }

  // One block per line, so that numbered steps can hang; an empty line becomes a gap.
  function fillLines(bubble, words) {
    words.split(/\r?\n/).forEach((line) => {
      if (!line.trim()) return bubble.appendChild(el('span', 'line gap'));
      const item = /^\s*(\d{1,2}[.)]|[-•–])\s+(.*)$/.exec(line);
      const block = el('span', item ? 'line item' : 'line');
      if (item) block.appendChild(el('span', 'mark', item[1] + ' '));
      fill(block, item ? item[2] : line);
      bubble.appendChild(block);
    });
  }

  // The words with the picture above and the link below them; both come from our server alone.
  function fillBeside(bubble, message) {
    const media = message.media || {}, link = message.link;
    if (media.kind === 'image' && /^\/pictures\/[0-9a-f]{32}\.(png|jpg)$/.test(media.url)) {
      const whole = el('a', 'picture');
      whole.href = media.url;
      whole.target = '_blank';
      whole.rel = 'noopener';
      const image = el('img');
      image.alt = media.says || '';
      if (media.width && media.height) { image.width = media.width; image.height = media.height; }
      image.addEventListener('load', () => { if (following) window.scrollTo(0, bottom()); });
      image.src = media.url;
      whole.appendChild(image);
      bubble.appendChild(whole);
    }
    if (message.text) fillLines(bubble, message.text);
    if (link && /^https:\/\//.test(link.url)) {
      const open = el('a', 'open-link');
      open.href = link.url;
      open.target = '_blank';
      open.rel = 'noopener noreferrer';
      open.appendChild(el('span', 'open-title', link.title));
      open.appendChild(el('span', 'open-where', new URL(link.url).host));
      bubble.appendChild(open);
    }
  }

  const two = (n) => (n < 10 ? '0' : '') + n;
  const clock = (date) => two(date.getHours()) + ':' + two(date.getMinutes());

  function dayName(date) {
    const today = new Date();
    if (date.toDateString() === today.toDateString()) return say('chat.today');
    today.setDate(today.getDate() - 1);
    if (date.toDateString() === today.toDateString()) return say('chat.yesterday');
    return say('chat.day', { day: date.getDate() + '/' + (date.getMonth() + 1) + '/' + date.getFullYear() });
  }

  // ---- messages on the page ----

  let turn = null; // first answer after the person's last message
  let beforeNode = null; // where the history puts a message; null: at the end

  function place(node, from, at) {
    const previous = beforeNode ? beforeNode.previousElementSibling : log.lastElementChild;
    // A conversation that is all of today needs no date.
    const day = previous.dataset.at ? new Date(Number(previous.dataset.at)) : new Date();
    if (day.toDateString() !== at.toDateString()) {
      const named = log.insertBefore(el('p', 'day', dayName(at)), beforeNode);
      named.dataset.day = +at;
    }
    else if (previous.dataset.from === from && at - previous.dataset.at < 300000) {
      node.classList.add('follows');
      previous.classList.add('followed');
    }
    node.dataset.from = from;
    node.dataset.at = +at;
    log.insertBefore(node, beforeNode);
    starters.hidden = true;
    try { localStorage.setItem('vssid.talked', '1'); } catch (e) { /* costs a flash on return */ }
  }

  function talkedBefore() {
    try { return localStorage.getItem('vssid.talked') === '1'; } catch (e) { return false; }
  }

  function retireChoices() {
    log.querySelectorAll('.choices:not(.old)').forEach((group) => group.classList.add('old'));
  }

  // Who speaks, for those who only hear it; the blank keeps it apart from what is said.
  function speaker(name) {
    const who = el('span', 'sr');
    who.appendChild(saying(el('span'), name));
    who.appendChild(document.createTextNode(' '));
    return who;
  }

  function addPerson(entry) {
    const node = el('div', 'msg person');
    const at = new Date(entry.at);
    const meta = el('div', 'meta');
    node.appendChild(speaker('chat.you'));
    node.appendChild(el('div', 'bubble', entry.text || entry.title || '…'));
    meta.appendChild(el('time', '', clock(at)));
    meta.appendChild(el('span', 'state'));
    node.appendChild(meta);
    retireChoices();
    place(node, 'person', at);
    entry.node = node;
    if (!beforeNode) turn = null;
    own.set(entry.id, entry);
  }

  function addAnswer(message) {
    const agent = message.from === 'agent';
    const node = el('div', 'msg ' + (agent ? 'agent' : 'bot'));
    const face = el('img', 'face');
    const bubble = el('div', 'bubble');
    const at = new Date(message.at || Date.now());
    face.src = '/static/logo.svg';
    face.alt = '';
    if (!agent) node.appendChild(face);
    node.appendChild(agent ? saying(el('span', 'who'), 'chat.staff') : speaker('chat.assistant'));
    if (message.language) bubble.lang = message.language;
    fillBeside(bubble, message);
    node.appendChild(bubble);
    if (message.buttons && message.buttons.length) {
      const group = el('div', 'choices');
      group.setAttribute('role', 'group');
      saying(group, 'chat.choices', 'label');
      if (message.language) group.lang = message.language;
      message.buttons.forEach((choice) => {
        const button = el('button', '', choice.title);
        button.type = 'button';
        button.addEventListener('click', () => pressed(button, choice));
        group.appendChild(button);
      });
      retireChoices();
      node.appendChild(group);
    }
    const meta = el('div', 'meta', clock(at));
    if (message.rate) meta.appendChild(judging(message));
    node.appendChild(meta);
    place(node, agent ? 'agent' : 'bot', at);
    if (!turn && !beforeNode) turn = node;
    return node;
  }

  // Two thumbs beside the time of an answer: pressed or not, what they thought is kept and shown.
  function judging(message) {
    const group = el('span', 'judging');
    group.setAttribute('role', 'group');
    saying(group, 'chat.judge', 'label');
    const thumbs = [[true, 'chat.good'], [false, 'chat.bad']].map((choice) => {
      const thumb = saying(el('button', 'thumb'), choice[1]);
      thumb.type = 'button';
      thumb.addEventListener('click', () => {
        show(choice[0]);
        request('/chat/ratings', {
          method: 'POST', headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ id: message.id, good: choice[0] }),
        }).then((answer) => { if (!answer.ok) show(message.rated); else message.rated = choice[0]; },
          () => show(message.rated));
      });
      group.appendChild(thumb);
      return thumb;
    });
    function show(good) {
      thumbs.forEach((thumb, n) => thumb.setAttribute('aria-pressed', String(good === (n === 0))));
    }
    show(message.rated);
    return group;
  }

  // A person's messages are known by the browser's id; the server need not number them.
  const keyOf = (message) => message.client_id || message.id || message.at;

  // Takes one message of the server; says whether it was new here.
  function receive(message) {
    const key = keyOf(message);
    last = Math.max(last, message.id || 0);
    if (nodes.has(key)) return false;
    if (message.from !== 'person') {
      nodes.set(key, addAnswer(message));
      return true;
    }
    const mine = own.get(key);
    const entry = mine || { id: key, text: message.text, at: message.at };
    if (mine) {
      delivered(mine);
    } else {
      addPerson(entry);
      showState(entry, 'sent');
    }
    nodes.set(key, entry.node);
    return !mine;
  }

  function receiveLive(message) {
    if (!receive(message)) return;
    if (typing.hidden) sync(); // an answer nobody here waited for: the question came from another tab
    settle();
    follow(message);
    if (document.hidden) document.title = say('chat.fresh_title', { title: say('every_page.name') });
  }

  // ---- typing ----

  let idles = 0, watch = null, patience = null;

  function setTyping(on) {
    if (on === !typing.hidden) return;
    typing.hidden = !on;
    typingText.className = 'sr';
    saying(typingText, 'chat.typing');
    clearInterval(watch);
    clearTimeout(patience);
    if (!on) return;
    // The stream may be held up on the way without an error, so ask as well.
    watch = setInterval(sync, 8000);
    patience = setTimeout(() => {
      typingText.className = '';
      saying(typingText, 'chat.patience');
    }, 10000);
    settle();
  }

  // Somebody at the desk writes: shown for a few seconds, unless another sign comes.
  let writes = null;
  function agentWrites() {
    setTyping(true);
    saying(typingText, 'chat.staff_typing');
    typingText.className = '';
    clearInterval(watch);
    clearTimeout(patience);
    clearTimeout(writes);
    writes = setTimeout(() => setTyping(false), 7000);
  }

  // The agent sees that the person writes, too.
  let toldTyping = 0;
  function tellTyping() {
    const answers = log.querySelectorAll('.msg.agent, .msg.bot');
    const newest = answers[answers.length - 1];
    if (!newest || !newest.classList.contains('agent') || Date.now() - toldTyping < 3000) return;
    toldTyping = Date.now();
    request('/chat/typing', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }).catch(() => {});
  }

  // ---- scrolling ----

  let following = true, lastY = 0;

  const bottom = () => document.documentElement.scrollHeight - window.innerHeight;

  // Call before something resizes, and the result after it.
  function atEnd() {
    const yes = bottom() - window.pageYOffset < 60 && starters.hidden;
    return () => { if (yes) window.scrollTo(0, bottom()); };
  }

  // To the end, but never past the beginning of a long answer.
  function settle(atOnce) {
    if (!following) {
      saying(jumpText, 'chat.fresh');
      showJump();
      return;
    }
    let y = bottom();
    if (turn) {
      const covered = getComputedStyle(top).position === 'relative' ? 0 : top.offsetHeight;
      y = Math.min(y, turn.getBoundingClientRect().top + window.pageYOffset - covered - 12);
    }
    window.scrollTo({ top: Math.max(0, y), behavior: atOnce || calm.matches ? 'auto' : 'smooth' });
    showJump(y);
  }

  function showJump(y) {
    jump.hidden = !starters.hidden || bottom() - (y === undefined ? window.pageYOffset : y) < 160;
    if (jump.hidden) saying(jumpText, 'chat.to_end');
  }

  window.addEventListener('scroll', () => {
    const y = window.pageYOffset;
    if (bottom() - y < 60) following = true;
    else if (y < lastY - 3) following = false; // only a hand scrolls up
    lastY = y;
    showJump();
  }, { passive: true });

  jump.addEventListener('click', () => {
    following = true;
    window.scrollTo({ top: bottom(), behavior: calm.matches ? 'auto' : 'smooth' });
  });

  // ---- sending ----

  const queue = []; // written and not yet accepted, in order
  let sending = false, tries = 0, retryTimer = null;

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, (b) => (b < 16 ? '0' : '') + b.toString(16)).join('');
  }

  // One key per message: two tabs never overwrite each other's list.
  function keep(entry) {
    try {
      localStorage.setItem(STORE + entry.id, JSON.stringify({ id: entry.id, text: entry.text, payload: entry.payload, title: entry.title, at: entry.at }));
    } catch (e) { /* private mode or full: the message then lives as long as the page */ }
  }
  function forget(entry) {
    try { localStorage.removeItem(STORE + entry.id); } catch (e) { /* as above */ }
  }
  function kept() {
    const list = [];
    try {
      Object.keys(localStorage).filter((key) => key.indexOf(STORE) === 0).forEach((key) => {
        let entry = null;
        try { entry = JSON.parse(localStorage.getItem(key)); } catch (e) { /* dropped below */ }
        if (entry && entry.id && Date.now() - new Date(entry.at) < KEEP_UNSENT_MS) list.push(entry);
        else localStorage.removeItem(key);
      });
    } catch (e) { /* no storage, nothing kept */ }
    return list.sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  function showState(entry, state) {
    if (entry.state === state) return;
    entry.state = state;
    const meta = entry.node.querySelector('.meta');
    const old = meta.querySelector('.state');
    let now;
    if (state === 'failed') {
      now = saying(el('button', 'state retry'), 'chat.failed');
      now.type = 'button';
      now.addEventListener('click', () => { hideNotice(); pump(); });
    } else {
      now = el('span', 'state', ' · ');
      now.appendChild(saying(el('span'), 'chat.' + state));
    }
    entry.node.classList.toggle('waiting', state === 'sending');
    entry.node.classList.toggle('unsent', state === 'failed' || state === 'refused');
    const focused = old === document.activeElement;
    meta.replaceChild(now, old);
    if (focused) log.focus({ preventScroll: true });
  }

  function leaveQueue(entry) {
    const at = queue.indexOf(entry);
    if (at >= 0) queue.splice(at, 1);
    forget(entry);
  }

  function delivered(entry) {
    leaveQueue(entry);
    showState(entry, 'sent');
  }

  function enqueue(entry) {
    addPerson(entry);
    showState(entry, 'sending');
    queue.push(entry);
  }

  function write(entry) {
    entry.id = newId();
    entry.at = new Date().toISOString();
    keep(entry);
    hideNotice();
    enqueue(entry);
    following = true;
    settle();
    pump();
  }

  function request(url, options) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 25000); // slow 3G may need most of it
    options = Object.assign({ credentials: 'same-origin', cache: 'no-store', signal: stop.signal }, options);
    return fetch(url, options).then((answer) => answer.json().catch(() => ({})).then((data) => {
      clearTimeout(timer);
      return { ok: answer.ok, status: answer.status, wait: Number(answer.headers.get('Retry-After')) || 0, data: data };
    }), (error) => {
      clearTimeout(timer);
      throw error;
    });
  }

  const backoff = (n) => Math.min(30000, 1000 * Math.pow(2, n - 1)) * (0.7 + 0.6 * Math.random());

  // Sends the oldest waiting message. The id stays the same, so the server can tell a repeat.
  function pump() {
    clearTimeout(retryTimer);
    if (sending || !queue.length) return;
    const entry = queue[0];
    const body = entry.payload ? { id: entry.id, payload: entry.payload, title: entry.title } : { id: entry.id, text: entry.text };
    if (wish) body.language = wish;
    const idlesBefore = idles;
    sending = true;
    queue.forEach((waiting) => showState(waiting, 'sending'));
    request('/chat/messages', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
      .then((answer) => {
        sending = false;
        if (answer.ok) {
          if (tries) hideNotice();
          tries = 0;
          if (body.language) wishSent = true;
          delivered(entry);
          // On a slow line the answer can overtake this receipt; then nothing is pending any more.
          if (idles === idlesBefore) setTyping(true);
          pump();
        } else if (answer.status === 429 || answer.status === 408 || answer.status >= 500) {
          notify(answer.data.error || say('chat.busy'));
          later(Math.max(answer.wait * 1000, 5000), true);
        } else {
          refused(entry, answer.data.error || say('chat.not_sent'));
          pump();
        }
      }, () => {
        sending = false;
        later(0, !navigator.onLine || tries >= 2);
      });
  }

  function later(atLeast, failed) {
    tries += 1;
    if (failed) queue.forEach((waiting) => showState(waiting, 'failed'));
    settle();
    retryTimer = setTimeout(pump, Math.max(atLeast, backoff(tries)));
  }

  // Trying again would not help; the words go back to the person, who can change them.
  function refused(entry, sentence) {
    leaveQueue(entry);
    if (entry.text && !text.value) {
      entry.node.parentNode.removeChild(entry.node);
      text.value = entry.text;
      grow();
    } else {
      showState(entry, 'refused');
    }
    notify(sentence);
  }

  function notify(sentence) {
    const stay = atEnd();
    notice.textContent = sentence;
    notice.hidden = false;
    stay();
  }
  function hideNotice() {
    notice.hidden = true;
  }

  let pressedAt = 0;
  function pressed(button, choice) {
    if (Date.now() - pressedAt < 800) return; // a trembling finger presses twice
    pressedAt = Date.now();
    write({ payload: choice.payload, title: choice.title });
  }

  starters.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    write({ text: button.textContent.trim() });
    // The pressed button is gone; on a phone focusing the text box would raise the keyboard.
    (desktop.matches ? text : log).focus({ preventScroll: true });
  });

  // ---- writing ----

  function grow() {
    const stay = atEnd();
    text.style.height = 'auto';
    text.style.height = text.scrollHeight + 3 + 'px'; // 3: both borders
    const left = MAX_LENGTH - text.value.length;
    counter.hidden = left > MAX_LENGTH - COUNT_FROM;
    counter.className = left < 0 ? 'counter over' : 'counter';
    counter.textContent = say(left < 0 ? 'chat.over' : 'chat.left', { count: Math.abs(left) });
    text.setAttribute('aria-invalid', left < 0);
    stay();
  }

  text.addEventListener('input', () => { hideNotice(); grow(); tellTyping(); });
  text.addEventListener('keydown', (event) => {
    // While a Vietnamese input method composes, Enter only accepts the word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener('submit', (event) => { event.preventDefault(); submit(); });

  function submit() {
    const words = text.value.trim().normalize('NFC');
    text.focus();
    if (!words) return;
    if (words.length > MAX_LENGTH) {
      notify(say('chat.too_long'));
      return;
    }
    text.value = '';
    grow();
    write({ text: words });
  }

  // ---- staying connected ----

  let source = null, failures = 0, streamTimer = null, barTimer = null, syncing = null, hiddenSince = 0, loaded = false;

  function connected(yes) {
    clearTimeout(barTimer);
    barTimer = null;
    const stay = atEnd();
    bar.hidden = yes;
    if (!yes) saying(bar, 'chat.offline');
    stay();
  }
  function disconnected() {
    if (!navigator.onLine) connected(false);
    else if (bar.hidden && !barTimer) barTimer = setTimeout(() => connected(false), 3000); // a hiccup is no news
  }

  // Fetches the conversation and adds what is missing. Resolves to whether it worked.
  function sync() {
    if (syncing) return syncing;
    const idlesBefore = idles;
    const done = (ok) => { syncing = null; if (!ok) disconnected(); return ok; };
    syncing = request('/chat/history').then((answer) => {
      if (!answer.ok) return done(false);
      const data = answer.data;
      let fresh = 0;
      const answers = data.messages.filter((message) => message.from === 'bot' && message.id > last);
      // The history knows the order; what the server does not know yet stays below it.
      const known = data.messages.filter((message) => nodes.has(keyOf(message)))[0];
      beforeNode = known ? nodes.get(keyOf(known)) : loaded ? null : log.querySelector('.person');
      data.messages.forEach((message) => {
        if (receive(message)) fresh += 1;
        else beforeNode = nodes.get(keyOf(message)).nextSibling;
      });
      beforeNode = null;
      last = Math.max(last, data.last || 0);
      if (loaded && answers.length) follow(answers[answers.length - 1]);
      if (!loaded) begin(data.language);
      connected(true);
      if (idles === idlesBefore && !sending) setTyping(Boolean(data.pending));
      if (fresh) settle(!loaded);
      return done(true);
    }).catch(() => done(false));
    return syncing;
  }

  // A page that was loaded anew is in the conversation's language, unless the person chose another since.
  function begin(spoken) {
    if (!remembered() && spoken) speak(spoken);
    if (language !== (spoken || USUAL)) wish = language;
    if (language !== USUAL) remember();
  }

  function connect() {
    clearTimeout(streamTimer);
    if (source) source.close();
    source = new EventSource('/chat/stream?after=' + last);
    const mine = source;
    mine.onopen = () => { failures = 0; connected(true); };
    mine.addEventListener('message', (event) => receiveLive(JSON.parse(event.data)));
    mine.addEventListener('idle', () => { idles += 1; setTyping(false); });
    mine.addEventListener('typing', agentWrites);
    // Who answers stands at the top: a person must not be taken for the assistant, nor the other way round.
    mine.addEventListener('staff', (event) => saying(answering, event.data === 'true' ? 'chat.staff_here' : 'every_page.robot'));
    // By hand: the browser itself gives up for good on a 503.
    mine.onerror = () => {
      mine.close();
      if (mine !== source) return;
      failures += 1;
      disconnected();
      streamTimer = setTimeout(reconnect, Math.min(10000, backoff(failures)));
    };
  }

  function reconnect() {
    if (!window.EventSource) return sync();
    connect();
    // Works where a proxy swallows streams, and learns of a missed "idle".
    if (failures > 1 || !typing.hidden) sync();
  }

  function wake() {
    failures = 0;
    reconnect();
    tries = 0;
    pump();
  }

  window.addEventListener('online', wake);
  window.addEventListener('offline', disconnected);
  window.addEventListener('pageshow', (event) => { if (event.persisted) wake(); });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      hiddenSince = Date.now();
      return;
    }
    document.title = say('every_page.name');
    if (Date.now() - hiddenSince > 15000) wake(); // a sleeping phone drops connections without telling
  });
  window.addEventListener('resize', () => { if (following && starters.hidden) settle(true); });

  // ---- start ----

  if ('scrollRestoration' in history) history.scrollRestoration = 'manual';
  byId('send').disabled = false;
  starters.hidden = talkedBefore(); // no flash of starters for someone who returns
  grow(); // the browser may have kept a draft over a reload
  sync().then(() => {
    loaded = true;
    starters.hidden = log.querySelector('.person') !== null;
    kept().forEach((entry) => { if (!own.has(entry.id)) enqueue(entry); });
    log.setAttribute('aria-busy', 'false');
    if (window.EventSource) connect();
    else setInterval(() => { if (!document.hidden) sync(); }, 3000);
    pump();
    if (starters.hidden) settle(true); // a first visit begins at the top
  });
})();
