/* The desk, alive: what changed is fetched and put in place. Without this script every act reloads the page. */
(function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const desk = byId('desk');
  if (!desk) return;
  const conversation = desk.dataset.conversation;
  const base = conversation ? '/console/desk/' + encodeURIComponent(conversation) : '';
  const title = document.title;
  const queue = byId('queue'), lines = byId('lines'), scroll = byId('scroll');
  const form = byId('reply'), text = byId('text'), error = byId('reply-error');
  document.querySelectorAll('.with-script, #find-canned, [data-insert], #help-open').forEach((piece) => { piece.hidden = false; });

  // ---- putting fetched pieces in place ----

  function put(into, html) {
    const focused = document.activeElement;
    const id = focused && into.contains(focused) ? focused.id : '';
    const open = Array.from(into.querySelectorAll('details[open]')).map((piece) => piece.id).filter(Boolean);
    into.innerHTML = html;
    open.forEach((name) => { const piece = byId(name); if (piece) piece.open = true; });
    if (id && byId(id)) byId(id).focus();
  }

  // On a wide screen the talk scrolls in its own box, on a phone with the page.
  const wide = () => window.matchMedia('(min-width: 900px)').matches;
  const scroller = () => (wide() ? scroll : document.scrollingElement);

  function atEnd() {
    if (!lines) return false;
    if (wide()) return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
    return lines.getBoundingClientRect().bottom < window.innerHeight + 80;
  }

  function toEnd() {
    if (!lines) return;
    if (wide()) scroll.scrollTop = scroll.scrollHeight;
    else lines.scrollIntoView({ block: 'end' });
  }

  const freshQueue = window.consoleRefresh('/console/desk/queue?conversation=' + encodeURIComponent(conversation), (html) => put(queue, html));

  let older = ''; // earlier lines that were asked for stay above the fresh ones
  const freshLines = window.consoleRefresh(base + '/lines', (html) => {
    const end = atEnd();
    const before = new Set(Array.from(lines.querySelectorAll('.line.person')).map((line) => line.dataset.key));
    const next = document.createElement('ol');
    next.innerHTML = html;
    const came = Array.from(next.querySelectorAll('.line.person')).filter((line) => !before.has(line.dataset.key));
    if (older) {
      const kept = document.createElement('ol');
      kept.innerHTML = older;
      const again = new Set(Array.from(next.querySelectorAll('.line')).map((line) => line.dataset.key));
      kept.querySelectorAll('.line').forEach((line) => { if (again.has(line.dataset.key)) line.remove(); });
      const link = next.querySelector('.earlier');
      if (link) link.remove();
      put(lines, kept.innerHTML + next.innerHTML);
    } else {
      put(lines, html);
    }
    if (end) toEnd();
    if (came.length && before.size) announce('Người dân: ' + came[came.length - 1].querySelector('.bubble').textContent.trim());
  });

  function announce(words) {
    const place = byId('announce');
    place.textContent = '';
    setTimeout(() => { place.textContent = words; }, 50);
  }

  if (lines) {
    lines.addEventListener('click', (event) => {
      const link = event.target.closest('[data-earlier]');
      if (!link) return;
      event.preventDefault();
      window.consoleFetch(link.href).then((response) => response.text()).then((html) => {
        const box = scroller(), height = box.scrollHeight;
        link.closest('.earlier').remove();
        older = html + older;
        lines.insertAdjacentHTML('afterbegin', html);
        box.scrollTop += box.scrollHeight - height;
      });
    });
  }

  // ---- the stream ----

  let signs = null, leaving = false; // an act of one's own brings the next page itself
  document.addEventListener('submit', (event) => {
    leaving = !event.defaultPrevented && !event.target.hasAttribute('data-live') && !event.target.hasAttribute('data-take-back') && event.target.id !== 'reply';
  });
  function heard(next) {
    const first = signs === null;
    const before = signs || next;
    signs = next;
    document.title = (next.desk ? '(' + next.desk + ') ' : '') + title;
    document.querySelectorAll('[data-badge]').forEach((badge) => {
      const number = { desk: next.desk, questions: next.questions }[badge.dataset.badge];
      badge.textContent = number || '';
      badge.hidden = !number;
    });
    const writes = byId('writes');
    if (writes) writes.hidden = !next.writes;
    if (first) { // something may have changed while the page was on its way
      freshQueue();
      if (lines) freshLines();
    } else tell(before, next);
    const held = first && lines ? lines.dataset.state + ' ' + lines.dataset.agent : before.held;
    if (conversation && next.held.trim() !== held.trim() && !leaving) location.reload(); // the page has other buttons
  }
  function tell(before, next) {
    const near = next.changes !== before.changes;
    if (near || next.queue !== before.queue) freshQueue();
    if (lines && (near || next.talk !== before.talk)) freshLines();
    if (next.waiting > before.waiting) notice('Có người đang chờ', next.waiting + ' người trong hàng chờ bàn trực.', '/console/desk');
    if (next.overdue > before.overdue) notice('Có người chờ trả lời quá lâu', next.overdue + ' cuộc trò chuyện đã nhận mà chưa trả lời.', '/console/desk');
    next.offered.forEach((who) => {
      if (!before.offered.includes(who)) notice('Đến lượt bạn', 'Có người được giao cho bạn, đang chờ bạn nhận.', '/console/desk/' + encodeURIComponent(who));
    });
    Object.keys(next.mine).forEach((who) => {
      if (!(who in before.mine) && who !== conversation) notice('Bạn có thêm một người', 'Đồng nghiệp vừa chuyển một cuộc trò chuyện cho bạn.', '/console/desk/' + encodeURIComponent(who));
      if (who in before.mine && next.mine[who] > before.mine[who] && (who !== conversation || document.hidden)) {
        notice('Tin mới', 'Người bạn đang hỗ trợ vừa nhắn.', '/console/desk/' + encodeURIComponent(who));
      }
    });
  }

  const draft = text && window.consoleDraft(text), kept = byId('kept');
  if (kept) {
    window.consoleLeftDraft(desk.dataset.me, kept.dataset.draft, byId('kept-draft').textContent)
      .then((words) => { if (words) { byId('kept-draft').textContent = words; kept.hidden = false; } })
      .catch(() => {}); // it stays in the browser
  }

  window.consoleStream('/console/desk/live?conversation=' + encodeURIComponent(conversation), heard);

  // Waiting times go on by themselves.
  function span(seconds) {
    if (seconds < 60) return Math.max(0, Math.floor(seconds)) + ' giây';
    if (seconds < 3600) return Math.floor(seconds / 60) + ' phút';
    if (seconds < 86400) return Math.floor(seconds / 3600) + ' giờ';
    return Math.floor(seconds / 86400) + ' ngày';
  }
  setInterval(() => {
    document.querySelectorAll('[data-since]').forEach((piece) => {
      const seconds = (Date.now() - Date.parse(piece.dataset.since)) / 1000;
      piece.textContent = span(seconds);
      piece.classList.toggle('late', seconds > Number(piece.dataset.late || 300));
    });
  }, 1000);

  // ---- notices: title always, sound and the system's own when asked for ----

  const sound = byId('sound'), notices = byId('notices');
  let ring = localStorage.getItem('desk sound') === 'on';
  function showSound() {
    sound.setAttribute('aria-pressed', String(ring));
  }
  sound.hidden = false;
  showSound();
  sound.addEventListener('click', () => {
    ring = !ring;
    localStorage.setItem('desk sound', ring ? 'on' : 'off');
    showSound();
    if (ring) beep();
  });

  function beep() {
    try {
      const audio = new AudioContext();
      const tone = audio.createOscillator(), volume = audio.createGain();
      tone.frequency.value = 740;
      volume.gain.setValueAtTime(0.12, audio.currentTime);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.4);
      tone.connect(volume).connect(audio.destination);
      tone.start();
      tone.stop(audio.currentTime + 0.4);
      tone.onended = () => audio.close();
    } catch (refused) { /* no sound device, or the page was not touched yet */ }
  }

  if ('Notification' in window && Notification.permission === 'default') {
    notices.hidden = false;
    notices.addEventListener('click', () => {
      Notification.requestPermission().then((answer) => { notices.hidden = answer !== 'default'; });
    });
  }

  /* Told by the browser itself, also when no page of ours is open. */
  (async function () {
    const button = byId('push');
    if (!desk.dataset.push || !('serviceWorker' in navigator) || !('PushManager' in window)) return;
    const bytes = Uint8Array.from(atob(desk.dataset.push.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
    const worker = await navigator.serviceWorker.register('/console/push-worker.js', { scope: '/console/' });
    let now = await worker.pushManager.getSubscription();
    const tell = (fields) => window.consoleFetch('/console/push', { method: 'POST', body: new URLSearchParams(fields) });
    const show = () => { button.setAttribute('aria-pressed', String(Boolean(now))); button.hidden = false; };
    if (now) tell([['subscription', JSON.stringify(now)]]); // whoever is signed in here now is told
    show();
    button.addEventListener('click', async () => {
      try {
        if (now) {
          await tell([['endpoint', now.endpoint]]);
          await now.unsubscribe();
          now = null;
        } else if (await Notification.requestPermission() === 'granted') {
          const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes });
          const answer = await tell([['subscription', JSON.stringify(made)]]);
          if (answer.ok) now = made;
          else { await made.unsubscribe(); window.alert(await answer.text()); }
        }
      } catch (refused) { window.alert('Trình duyệt chưa bật được thông báo. Bạn cho phép thông báo của trang này rồi thử lại.'); }
      show();
    });
  })().catch(() => {}); // a browser without it has the other ways

  function notice(head, words, address) {
    announce(head + '. ' + words);
    if (ring) beep();
    if (document.hidden && 'Notification' in window && Notification.permission === 'granted') {
      const shown = new Notification(head, { body: words, tag: address });
      shown.addEventListener('click', () => { window.focus(); location.assign(address); shown.close(); });
    }
  }

  // ---- doing things without a reload ----

  function send(sent, done, failed) {
    const button = sent.querySelector('button:not([type=button])');
    if (button) button.disabled = true;
    return window.consoleFetch(sent.getAttribute('action'), { method: 'POST', body: new URLSearchParams(new FormData(sent)) })
      .then((response) => (response.ok ? done(response) : response.text().then(failed)))
      .catch(() => failed('Mất kết nối. Bạn kiểm tra mạng rồi thử lại.'))
      .finally(() => { if (button) button.disabled = false; delete sent.dataset.sent; });
  }

  const complain = (words) => { error.textContent = words; error.hidden = false; text.focus(); };

  /* Messages on their way: kept in the browser until the server has them, named so that it takes each once. */
  const outgoing = (function () {
    const prefix = 'send ' + desk.dataset.me + ' ', place = byId('pending');
    let busy = false;
    const all = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix)).sort();
    const read = (key) => JSON.parse(localStorage.getItem(key));

    function show() {
      if (!place) return;
      const mine = all().map(read).filter((item) => item.conversation === conversation);
      place.hidden = !mine.length;
      place.replaceChildren(...mine.map((item) => {
        const line = document.createElement('li'), bubble = document.createElement('div'), meta = document.createElement('p');
        line.className = 'line pending';
        bubble.className = 'bubble said';
        bubble.textContent = item.text;
        meta.className = 'meta';
        meta.textContent = network.away() ? 'chờ mạng để gửi' : 'đang gửi…';
        line.append(bubble, meta);
        return line;
      }));
    }
    /* What is not taken goes back to the agent with whatever was to follow it: nothing of it is lost, nothing overtakes. */
    async function refused(item, words) {
      const keys = all().filter((key) => read(key).conversation === item.conversation);
      const said = keys.map((key) => read(key).text).join('\n');
      if (item.conversation === conversation && text) {
        text.value = said + (text.value ? '\n' + text.value : '');
        draft.changed();
        complain(words);
      } else { // it is somebody else's now: the words stay with the agent
        const body = new URLSearchParams([['text', said], ['add', 'yes']]);
        const kept_ = await window.consoleFetch('/console/desk/' + encodeURIComponent(item.conversation) + '/draft', { method: 'POST', body });
        if (kept_.status === 401 || kept_.status >= 500) return false;
        window.consoleAddToDraft(desk.dataset.me, '/console/desk/' + encodeURIComponent(item.conversation) + '/draft', said);
        if (item.conversation === conversation) { byId('kept-draft').textContent = said; kept.hidden = false; }
        else window.alert(words + '\n\nTin chưa gửi được giữ làm bản nháp: ' + said);
      }
      keys.forEach((key) => localStorage.removeItem(key));
      return true;
    }
    async function flush() {
      if (busy) return;
      busy = true;
      try {
        for (let keys = all(); keys.length; keys = all()) {
          const item = read(keys[0]);
          const body = new URLSearchParams([['text', item.text], ['key', item.key]]);
          const response = await window.consoleFetch('/console/desk/' + encodeURIComponent(item.conversation) + '/reply', {
            method: 'POST', body, signal: AbortSignal.timeout(10000),
          });
          if (response.status === 401 || response.status >= 500) break; // kept for later
          if (response.ok) {
            localStorage.removeItem(keys[0]);
            if (item.conversation === conversation) await freshLines().then(toEnd);
          } else if (!await refused(item, await response.text())) break;
          show();
        }
      } catch (lost) {
        network.look();
      } finally {
        busy = false;
        show();
      }
    }
    return {
      flush,
      show,
      forget(words) {
        const again = all().find((key) => read(key).conversation === conversation && read(key).text.trim() === words);
        if (again) localStorage.removeItem(again);
        show();
      },
      add(who, words) {
        const key = crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join('-');
        localStorage.setItem(prefix + String(Date.now()).padStart(16, '0') + ' ' + key, JSON.stringify({ conversation: who, text: words, key }));
        show();
        toEnd();
        flush();
      },
    };
  })();

  /* Whether the server is there: a page that looks alive and is not is worse than one that says so. */
  const network = (function () {
    const banner = byId('offline');
    let lost = false, looking = false;
    function set(now) {
      if (now === lost) return;
      lost = now;
      banner.hidden = !lost;
      outgoing.show();
      if (!lost) { freshQueue(); if (lines) freshLines(); }
    }
    function look() {
      if (looking) return;
      looking = true;
      fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(2000) })
        .then((response) => set(!response.ok), () => set(true))
        .finally(() => { looking = false; if (!lost) outgoing.flush(); });
    }
    window.addEventListener('offline', () => set(true));
    window.addEventListener('online', look);
    setInterval(look, 2000);
    return { look, away: () => lost };
  })();
  outgoing.show();
  outgoing.flush();

  if (form) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      delete form.dataset.sent;
      if (!text.value.trim()) { text.focus(); return; }
      outgoing.add(conversation, text.value);
      text.value = '';
      draft.sent();
      error.hidden = true;
      text.focus();
    });
    let toldTyping = 0;
    text.addEventListener('input', () => {
      if (!text.value || Date.now() - toldTyping < 3000 || network.away()) return;
      toldTyping = Date.now();
      window.consoleFetch(base + '/typing', { method: 'POST', headers: { 'x-background': '1' } }).catch(() => {});
    });
    lines.addEventListener('submit', (event) => { // taking back what was just sent: it is being written again
      const sent = event.target;
      if (!sent.hasAttribute('data-take-back')) return;
      event.preventDefault();
      send(sent, (response) => response.text().then((words) => {
        outgoing.forget(words); // an answer that was lost on its way would send it again
        if (!words) return freshLines(); // a picture
        text.value = words + (text.value ? '\n' + text.value : '');
        draft.changed();
        text.focus();
        return freshLines();
      }), complain);
    });
    text.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
    });
    document.querySelectorAll('[data-insert]').forEach((button) => {
      button.addEventListener('click', () => {
        const gap = text.value && !/\s$/.test(text.value) ? '\n' : '';
        text.setRangeText(gap + button.dataset.insert, text.selectionStart, text.selectionEnd, 'end');
        draft.changed();
        text.focus();
      });
    });
    const find = byId('find-canned');
    if (find) {
      find.addEventListener('input', () => {
        const plain = (words) => words.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/gi, 'd').toLowerCase();
        const wanted = plain(find.value);
        document.querySelectorAll('#canned li').forEach((item) => { item.hidden = !plain(item.textContent).includes(wanted); });
      });
      find.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        const first = document.querySelector('#canned li:not([hidden]) [data-insert]');
        if (first) first.click();
      });
    }
  }

  document.addEventListener('submit', (event) => {
    const sent = event.target;
    if (event.defaultPrevented || !sent.hasAttribute('data-live')) return;
    event.preventDefault();
    send(sent, () => { if (sent.id === 'note') sent.reset(); freshQueue(); if (lines) freshLines(); }, (words) => window.alert(words));
  });

  // ---- showing a hidden value ----

  const dialog = byId('reveal'), inside = byId('reveal-in');
  let forget = 0;
  function fill(html) {
    const page = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-fragment]');
    inside.replaceChildren();
    if (page) inside.append(document.importNode(page, true));
    if (!dialog.open) dialog.showModal();
    const first = inside.querySelector('input:not([type=hidden]), [data-close]');
    if (first) first.focus();
  }
  dialog.addEventListener('close', () => { inside.replaceChildren(); clearTimeout(forget); });
  document.addEventListener('click', (event) => {
    const value = event.target.closest('a.hidden-value');
    if (value) {
      event.preventDefault();
      window.consoleFetch(value.href).then((response) => response.text()).then(fill);
    } else if (event.target.closest('[data-close]') && dialog.open) {
      event.preventDefault();
      dialog.close();
    }
  });
  inside.addEventListener('submit', (event) => {
    event.preventDefault();
    const sent = event.target, place = sent.querySelector('[role=alert]');
    send(sent, (response) => response.text().then((html) => {
      fill(html);
      forget = setTimeout(() => dialog.close(), 60000); // nobody leaves it on the screen
    }), (words) => { place.textContent = words; place.hidden = false; });
  });

  // ---- keys ----

  const help = byId('help'), keysOn = byId('keys-on');
  keysOn.checked = localStorage.getItem('desk keys') !== 'off';
  keysOn.addEventListener('change', () => localStorage.setItem('desk keys', keysOn.checked ? 'on' : 'off'));
  byId('help-open').addEventListener('click', () => help.showModal());

  function step(by) {
    const all = Array.from(queue.querySelectorAll('.queued > a'));
    if (!all.length) return;
    const at = all.indexOf(document.activeElement), here = all.findIndex((link) => link.hasAttribute('aria-current'));
    const from = at >= 0 ? at : here;
    all[Math.min(all.length - 1, Math.max(0, from + by))].focus();
  }
  const press = (selector) => { const button = document.querySelector(selector); if (button) button.click(); };
  const focus = (id) => { const field = byId(id); if (field) field.focus(); };
  const keys = {
    '?': () => help.showModal(),
    n: () => press('#queue .queue form .button, #take'),
    j: () => step(1),
    k: () => step(-1),
    r: () => focus('text'),
    c: () => focus('find-canned'),
    g: () => focus('note-text'),
    b: () => press('#back'),
  };
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, textarea, select, [contenteditable]');
    if (event.key === 'Escape' && typing) { typing.blur(); return; }
    if (typing || !keysOn.checked || event.ctrlKey || event.altKey || event.metaKey || dialog.open || help.open) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  toEnd();
})();
