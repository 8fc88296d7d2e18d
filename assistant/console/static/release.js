/* Releases, alive: whenever something changed the page is fetched and its moving parts are put in place. */
(function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const parts = () => Array.from(document.querySelectorAll('[data-live][id]'));
  if (!parts().length) return;

  const refresh = window.consoleRefresh(location.pathname, (html) => {
    const fresh = new DOMParser().parseFromString(html, 'text/html');
    // Once there is something to try, or nothing any more, the whole page has another shape.
    if (Boolean(fresh.getElementById('talk')) !== Boolean(byId('talk'))) { location.reload(); return; }
    parts().forEach((part) => {
      const next = fresh.getElementById(part.id);
      if (!next || next.innerHTML === part.dataset.was) return;
      part.dataset.was = next.innerHTML;
      const focused = part.contains(document.activeElement) ? document.activeElement : null;
      const open = new Map(Array.from(part.querySelectorAll('details[id]')).map((piece) => [piece.id, piece.open]));
      const places = focused ? Array.from(part.querySelectorAll('button, a, select, summary')).indexOf(focused) : -1;
      part.innerHTML = next.innerHTML;
      open.forEach((was, id) => { if (byId(id)) byId(id).open = was; });
      if (places >= 0) {
        const same = part.querySelectorAll('button, a, select, summary')[places];
        if (same) same.focus();
      }
      const log = part.querySelector('.release-log');
      if (log) log.scrollTop = log.scrollHeight;
    });
    toEnd();
  });

  const lines = byId('release-lines');
  function toEnd() { if (lines) lines.scrollTop = lines.scrollHeight; }
  toEnd();

  // ---- the side chat

  const field = byId('say-text'), error = byId('say-error');
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.hasAttribute('data-talk')) return;
    event.preventDefault();
    delete form.dataset.sent;
    const body = new URLSearchParams(new FormData(form));
    if (event.submitter && event.submitter.name) body.set(event.submitter.name, event.submitter.value);
    window.consoleFetch(form.action, { method: 'POST', body: body })
      .then((response) => response.text().then((words) => {
        error.hidden = response.ok;
        error.textContent = response.ok ? '' : words;
        if (response.ok && form.id === 'say') field.value = '';
        if (response.ok) refresh();
        field.focus();
      }))
      .catch(() => { error.hidden = false; error.textContent = 'Không gửi được. Bạn kiểm tra mạng rồi gửi lại.'; });
  });

  // ---- the stream

  let last = null;
  window.consoleStream('/console/release/live', (signs) => {
    const next = signs.now + ' ' + signs.changes;
    if (next !== last) refresh(); // the first time, too: something may have changed while the page was on its way
    last = next;
  });
})();
