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

  const state = () => new URLSearchParams(new FormData(form)).toString();
  const first = state();
  let sending = false;
  form.addEventListener('submit', () => { sending = true; });
  window.addEventListener('beforeunload', (event) => {
    if (!sending && state() !== first) event.preventDefault();
  });
})();
