/* The editor of a topic: checks and previews while somebody types, and keeps what is not saved from being lost. */
(function () {
  'use strict';

  const form = document.getElementById('editor');
  if (!form || !document.getElementById('save')) return;
  document.documentElement.classList.add('js');

  // ---- cards of facets and steps ----

  const blank = {}; // an empty card of each kind, to be copied
  const seenParts = new Set(); // parts whose preview stays open

  function dressed(card) {
    const remove = card.querySelector('[data-remove-part]');
    if (remove) remove.hidden = false;
    const name = card.querySelector('[data-facet-name]');
    if (name) card.querySelector('.part-own').hidden = name.value !== 'own';
  }

  function added(kind) {
    const card = blank[kind].cloneNode(true);
    form.querySelector('[data-cards="' + kind + '"]').append(card);
    dressed(card);
    card.querySelector('select, input').focus();
    return card;
  }

  form.querySelectorAll('[data-cards]').forEach((place) => {
    const spare = place.querySelector('[data-spare]');
    if (!spare) return;
    blank[place.dataset.cards] = spare.querySelector('.part-card');
    spare.remove();
    place.querySelectorAll('.part-card').forEach(dressed);
    const button = form.querySelector('[data-add="' + place.dataset.cards + '"]');
    button.hidden = false;
    button.addEventListener('click', () => added(place.dataset.cards));
  });

  form.addEventListener('click', (event) => {
    const remove = event.target.closest('[data-remove-part]');
    if (remove) { remove.closest('[data-part-card]').remove(); soon(); }
    const wish = event.target.closest('[data-add-facet]');
    if (!wish || !blank.facet) return;
    const card = added('facet');
    card.querySelector('[data-facet-name]').value = wish.dataset.addFacet;
    card.querySelector('[name=facet_say]').focus();
    soon();
  });

  form.addEventListener('change', (event) => {
    if (!event.target.matches('[data-facet-name]')) return;
    const card = event.target.closest('.part-card');
    dressed(card);
    if (event.target.value === 'own') card.querySelector('details').open = true; // where its wordings go
  });

  // What somebody writes is open in the preview.
  form.addEventListener('input', (event) => {
    const card = event.target.closest('.part-card');
    const name = card && card.querySelector('[data-facet-name]');
    if (name && name.value && name.value !== 'own') seenParts.add(name.value);
  });

  // ---- the check beside the fields ----

  let timer = null, running = null, wanted = false;

  function show(pieces) {
    Object.keys(pieces).forEach((id) => {
      const place = document.getElementById(id);
      // The server made the pieces from its templates; what people wrote in them is escaped there.
      if (place && place.innerHTML !== pieces[id]) place.innerHTML = pieces[id];
    });
    seenParts.forEach((part) => {
      document.querySelectorAll('.seen-part[data-part="' + CSS.escape(part) + '"]').forEach((one) => { one.open = true; });
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

  // What is in the fields goes to the server half a second after each change, for this editor alone. Until it has
  // arrived it stays in the tab, under the editor's name: a session or a network that ends meanwhile takes nothing.
  const draft = form.querySelector('[name=draft]').value;
  const spare = 'draft ' + form.dataset.me + ' ' + draft;
  const kept = document.getElementById('kept'), company = document.getElementById('company');
  const again = 3000; // until what did not arrive is sent once more
  const body = () => new URLSearchParams(new FormData(form));
  const state = () => { const said = body(); said.delete('csrf'); return said.toString(); };
  let sent = state(), keeping = null, keepTimer = null, leaving = false;

  function stash(text) {
    try { text === null ? sessionStorage.removeItem(spare) : sessionStorage.setItem(spare, text); } catch (full) { /* the server has it soon */ }
  }

  function told(pieces) {
    if (!pieces) return;
    if (company.innerHTML !== pieces.company) company.innerHTML = pieces.company; // made by the server's templates
    kept.textContent = pieces.kept;
    const here = '/console/faq/new';
    if (pieces.kept && location.pathname === here && !location.search.includes('draft=')) {
      history.replaceState(null, '', here + '?draft=' + encodeURIComponent(draft)); // a reload, and Back, lead to it
    }
  }

  /* The server is there and does not take it: says why. */
  function untold(response) {
    if (response.status === 401) { kept.textContent = 'Chữ vẫn còn ở trang này.'; return; }
    response.text().then((said) => { kept.textContent = 'Chưa giữ được bản nháp. ' + (said || ''); });
  }

  function keep(options) {
    clearTimeout(keepTimer);
    if (keeping) return keeping.then(() => keep(options));
    const now = state();
    if (now === sent) return Promise.resolve(true);
    keeping = window.consoleFetch('/console/faq/drafts', Object.assign({ method: 'POST', body: body() }, options))
      .then((response) => {
        if (response.status >= 500) throw new Error(String(response.status));
        if (!response.ok) { untold(response); return false; }
        sent = now;
        if (state() === now) stash(null);
        return response.json().then((pieces) => { told(pieces); return true; });
      })
      .catch(() => { // nobody answers: it goes by itself as soon as somebody does
        kept.textContent = 'Chưa giữ được bản nháp lên máy chủ; chữ vẫn còn ở trang này, trang tự gửi lại.';
        keepTimer = setTimeout(keep, again);
        return false;
      })
      .finally(() => { keeping = null; });
    return keeping;
  }

  function changed() {
    if (state() === sent) return;
    stash(state());
    clearTimeout(keepTimer);
    keepTimer = setTimeout(keep, 500);
  }
  form.addEventListener('input', changed);
  form.addEventListener('change', changed);
  form.addEventListener('click', () => setTimeout(changed)); // cards that come and go

  // A session that is over takes nobody from what they are writing.
  window.consoleStays = true;
  document.addEventListener('sessionover', () => {
    const over = document.getElementById('session-over');
    over.querySelector('a').href = '/console/sign-in?next=' + encodeURIComponent(location.pathname + location.search);
    over.hidden = false;
  });

  // Left in the tab by a session that ended: to the server, and back as the draft that it is. Nobody writes into the
  // old text meanwhile: of the two, one would be lost.
  let left = null;
  try { left = sessionStorage.getItem(spare); } catch (refused) { /* none */ }
  function giveBack() {
    window.consoleFetch('/console/faq/drafts', { method: 'POST', body: new URLSearchParams(left) })
      .then((response) => {
        if (response.status >= 500) throw new Error(String(response.status));
        form.inert = false;
        if (!response.ok) { untold(response); return; }
        stash(null);
        leaving = true;
        location.replace(form.dataset.topic ? location.pathname : '/console/faq/new?draft=' + encodeURIComponent(draft));
      }).catch(() => setTimeout(giveBack, again));
  }
  if (left !== null && left !== sent) {
    form.inert = true;
    kept.textContent = 'Đang lấy lại chữ bạn viết…';
    giveBack();
  } else if (left !== null) stash(null);

  // Saving goes by way of the draft: a session that has ended is noticed before the form is gone.
  form.addEventListener('submit', (event) => {
    if (leaving) return;
    event.preventDefault();
    const button = event.submitter;
    keep().then((arrived) => setTimeout(() => { // a form that is being submitted is not submitted again
      if (!arrived) { kept.textContent = 'Chưa lưu. ' + kept.textContent; return; }
      leaving = true;
      stash(null);
      form.requestSubmit(button);
    }));
  });
  window.addEventListener('pageshow', (event) => { if (event.persisted) { leaving = false; delete form.dataset.sent; } });

  window.addEventListener('pagehide', () => { if (!leaving && state() !== sent) keep({ keepalive: true }); });
  window.addEventListener('beforeunload', (event) => {
    // Only what cannot be sent while the page closes (64 kB is the browsers' measure) asks.
    if (!leaving && state() !== sent && body().toString().length > 60000) event.preventDefault();
  });

  // Who else is here.
  setInterval(() => {
    if (document.hidden) return;
    const said = new URLSearchParams({ draft, version: form.querySelector('[name=version]').value });
    window.consoleFetch('/console/faq/drafts/here', { method: 'POST', body: said, headers: { 'x-background': '1' } })
      .then((response) => (response.ok ? response.json() : null)).then((pieces) => {
        if (pieces && company.innerHTML !== pieces.company) company.innerHTML = pieces.company;
      }).catch(() => {});
  }, 10000);
})();
