/* Building a conversation test: a press on a sentence asks for it, the next one forbids it, the third lets it go. */
(function () {
  'use strict';

  const rows = (field) => field.value.split('\n').map((row) => row.trim()).filter(Boolean);
  const STATES = { must: 'phải có', not: 'không được có' };

  document.querySelectorAll('[data-case]').forEach((part) => {
    const [must, not] = ['must', 'not'].map((name) => part.querySelector('textarea[name^="' + name + '-"]'));
    const keep = part.querySelector('input[name="turn"]');
    const pieces = part.querySelector('.case-pieces');
    pieces.hidden = !pieces.children.length;

    const holds = (field, words) => rows(field).some((row) => words === row || words.startsWith(row));
    function show() {
      part.classList.toggle('is-left', !keep.checked);
      pieces.querySelectorAll('button').forEach((button) => {
        const words = button.dataset.piece;
        const state = holds(not, words) ? 'not' : holds(must, words) ? 'must' : '';
        button.dataset.state = state;
        button.setAttribute('aria-pressed', String(Boolean(state)));
        button.setAttribute('aria-label', words + (state ? ': ' + STATES[state] : ''));
      });
    }
    function without(field, words) {
      field.value = rows(field).filter((row) => !(words === row || words.startsWith(row))).join('\n');
    }
    pieces.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (!button) return;
      const words = button.dataset.piece, was = button.dataset.state;
      without(must, words);
      without(not, words);
      if (was !== 'not') {
        const into = was === 'must' ? not : must;
        into.value = rows(into).concat(words).join('\n');
        keep.checked = true;
      }
      show();
    });
    part.addEventListener('input', show);
    part.addEventListener('change', show);
    show();
  });
})();
