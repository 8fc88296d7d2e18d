/* The editor of a topic: checks and previews while somebody types, and keeps what is not saved from being lost. */
(function () {
  'use strict';

  const form = document.getElementById('editor');
  if (!form || !document.getElementById('save')) return;
  document.documentElement.classList.add('js');

  // ---- the check beside the fields ----

  let timer = null, running = null, wanted = false;

  function show(pieces) {
    Object.keys(pieces).forEach((id) => {
      const place = document.getElementById(id);
      // The server made the pieces from its templates; what people wrote in them is escaped there.
      if (place && place.innerHTML !== pieces[id]) place.innerHTML = pieces[id];
    });
    form.querySelectorAll('[aria-describedby]').forEach((field) => {
      const told = document.getElementById('remarks-' + field.name);
      if (told) field.setAttribute('aria-invalid', String(Boolean(told.querySelector('.is-error'))));
    });
  }

  function check() {
    if (running) { wanted = true; return; }
    wanted = false;
    const body = new URLSearchParams(new FormData(form));
    body.set('topic', form.dataset.topic);
    running = window.consoleFetch('/console/faq/check', { method: 'POST', body })
      .then((response) => (response.ok ? response.json() : null))
      .then((pieces) => { if (pieces) show(pieces); })
      .catch(() => {}) // the next key tries again
      .finally(() => { running = null; if (wanted) check(); });
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(check, 250);
  }
  form.addEventListener('input', soon);
  form.addEventListener('change', soon);
  setTimeout(check, 1200); // the index of questions may not have been ready for the page itself

  // ---- small helps ----

  const today = form.querySelector('[data-today]');
  if (today) {
    today.hidden = false;
    today.addEventListener('click', () => {
      document.getElementById('checked_on').value = today.dataset.today;
      soon();
    });
  }

  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
      event.preventDefault();
      form.requestSubmit(document.getElementById('save'));
    }
  });

  const wrong = document.getElementById('wrong');
  if (wrong) wrong.focus();

  // ---- nothing typed is lost ----

  const state = () => new URLSearchParams(new FormData(form)).toString();
  const first = state();
  let sending = false;
  form.addEventListener('submit', () => { sending = true; });
  window.addEventListener('beforeunload', (event) => {
    if (!sending && state() !== first) event.preventDefault();
  });
})();
