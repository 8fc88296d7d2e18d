/* What every page of the staff shares. Each page works without it. */
(function () {
  'use strict';

  const meta = document.querySelector('meta[name="csrf"]');

  /* Sends a form or fields in the background; resolves with the response, 401 goes to the sign-in. A page where
     somebody writes stays as it is (consoleStays): it hears "sessionover" and says so itself. */
  window.consoleFetch = function (address, options) {
    const wanted = Object.assign({ credentials: 'same-origin' }, options);
    wanted.headers = Object.assign({ 'x-fragment': '1' }, wanted.headers);
    if (meta && wanted.method === 'POST') wanted.headers['x-csrf'] = meta.content;
    return fetch(address, wanted).then((response) => {
      if (response.status === 401 && window.consoleStays) document.dispatchEvent(new Event('sessionover'));
      else if (response.status === 401) location.assign('/console/sign-in?next=' + encodeURIComponent(location.pathname + location.search));
      return response;
    });
  };

  /* Returns what fetches a piece and shows it: again if that fails, and once more for changes that come meanwhile. */
  window.consoleRefresh = function (address, show) {
    let busy = false, again = false;
    return function refresh() {
      if (busy) { again = true; return Promise.resolve(); }
      busy = true;
      return window.consoleFetch(address, { headers: { 'x-background': '1' } })
        .then((response) => {
          if (response.status >= 500) throw new Error('busy');
          return response.ok ? response.text() : null;
        })
        .then((html) => { if (html !== null) show(html); })
        .catch(() => new Promise((later) => { // what is on the page is old: nothing else would say so
          again = true;
          setTimeout(later, 2000);
        }))
        .finally(() => { busy = false; if (again) { again = false; refresh(); } });
    };
  };

  /* Hears what changes while the page is open; `heard` gets the signs. */
  window.consoleStream = function (address, heard) {
    const stream = new EventSource(address);
    stream.addEventListener('signs', (event) => heard(JSON.parse(event.data)));
    stream.addEventListener('gone', () => { stream.close(); location.assign('/console/sign-in?next=' + encodeURIComponent(location.pathname)); });
    stream.addEventListener('error', () => {
      // A refused stream is not tried again by the browser: the session may be over.
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
    });
    window.addEventListener('pagehide', () => stream.close());
    window.addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
  };

  // The menu on a phone.
  const opener = document.getElementById('open-menu'), menu = document.getElementById('menu');
  if (opener && menu) {
    opener.setAttribute('role', 'button');
    opener.setAttribute('aria-controls', 'menu');
    const set = (open) => { menu.classList.toggle('open', open); opener.setAttribute('aria-expanded', String(open)); };
    set(false);
    opener.addEventListener('click', (event) => { event.preventDefault(); set(!menu.classList.contains('open')); });
    opener.addEventListener('keydown', (event) => { if (event.key === ' ') { event.preventDefault(); opener.click(); } });
    menu.querySelector('.close-menu').addEventListener('click', (event) => { event.preventDefault(); set(false); opener.focus(); });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && menu.classList.contains('open')) { set(false); opener.focus(); }
    });
  }

  // What cannot be taken back asks first.
  document.addEventListener('submit', (event) => {
    const question = event.target.getAttribute('data-confirm');
    if (question && !window.confirm(question)) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);

  // A double click sends once.
  document.addEventListener('submit', (event) => {
    if (event.defaultPrevented || event.target.method !== 'post') return;
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = '1';
  });
  window.addEventListener('pageshow', () => {
    document.querySelectorAll('form[data-sent]').forEach((form) => { delete form.dataset.sent; });
  });

  document.querySelectorAll('[data-copy]').forEach((button) => {
    const field = document.getElementById(button.dataset.copy);
    if (!field || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(field.value || field.textContent).then(() => { button.textContent = 'Đã chép'; });
    });
  });

  document.querySelectorAll('[data-back]').forEach((link) => {
    if (history.length < 2) return;
    link.hidden = false;
    link.addEventListener('click', (event) => { event.preventDefault(); history.back(); });
  });

  // Filters act at once; without this script they have a button.
  document.querySelectorAll('form[data-auto]').forEach((form) => {
    form.addEventListener('change', () => form.requestSubmit());
  });

  // The numbers beside the navigation, now and then; the desk has its own stream.
  const badges = document.querySelectorAll('[data-badge]');
  if (badges.length && !document.getElementById('desk')) {
    const count = () => { // also where nobody looks: an open page is a sign that its agent is at work
      window.consoleFetch('/console/counts', { headers: { 'x-background': '1' } })
        .then((response) => (response.ok ? response.json() : {}))
        .then((numbers) => badges.forEach((badge) => {
          badge.textContent = numbers[badge.dataset.badge] || '';
          badge.hidden = !numbers[badge.dataset.badge];
        }))
        .catch(() => {});
    };
    // Where somebody looks, what waits is seen within two seconds; where nobody does, now and then.
    let last = 0;
    setInterval(() => {
      if (Date.now() - last < (document.hidden ? 30000 : 1500)) return;
      last = Date.now();
      count();
    }, 500);
    count();
    document.addEventListener('visibilitychange', count);
  }

  // Working on an open page counts as working: the session goes on while somebody types or moves.
  if (meta) {
    let told = Date.now();
    const alive = () => {
      if (Date.now() - told < 240000) return;
      told = Date.now();
      window.consoleFetch('/console/alive', { method: 'POST', headers: { 'x-fragment': '1' } }).catch(() => {});
    };
    ['keydown', 'pointerdown', 'pointermove', 'wheel'].forEach((kind) => document.addEventListener(kind, alive, { passive: true }));
  }
})();
