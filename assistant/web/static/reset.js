/* Live hints and show/hide for the new password. The page works without this script; the server
   checks everything again. */
(function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const form = byId('reset'), first = byId('password'), again = byId('password_again');
  const error = byId('error'), accents = byId('accents');
  const words = JSON.parse(byId('words').textContent); // in the page's language
  const say = (name) => words['reset.' + name].replace('{length}', form.dataset.min);
  const shortest = Number(form.dataset.min);
  const masked = form.dataset.code;

  // Only the unmasked digits are known here, so this is a guess: it warns, the server decides.
  function looksLikeCode(value) {
    const digits = value.replace(/[\s.-]/g, '');
    const mask = masked.replace(/[\s.-]/g, '');
    if (!/^\d+$/.test(digits) || digits.length !== mask.length) return false;
    return mask.split('').every((sign, i) => !/\d/.test(sign) || sign === digits[i]);
  }

  // Each answers true (met), false (not met) or null (nothing typed yet).
  const checks = {
    length: () => (first.value ? first.value.length >= shortest : null),
    code: () => (looksLikeCode(first.value) ? false : null),
    same: () => (again.value ? first.value === again.value : null),
  };
  const wrong = {
    length: say('too_short'),
    same: say('not_same'),
  };

  function showHints(final) {
    Object.keys(checks).forEach((name) => {
      const hint = form.querySelector('[data-hint="' + name + '"]');
      let met = checks[name]();
      // Do not scold a person who is still typing the first letters.
      if (met === false && !final && document.activeElement === (name === 'same' ? again : first) && name !== 'code') met = null;
      hint.className = met === null ? '' : met ? 'met' : 'unmet';
      hint.querySelector('.sr').textContent = met === null ? '' : ' – ' + say(met ? 'met' : 'unmet');
    });
    accents.hidden = !/[^\x00-\x7f]/.test(first.value + again.value);
  }

  function complain(sentence, field) {
    error.textContent = sentence;
    error.hidden = false;
    field.setAttribute('aria-invalid', 'true');
    field.focus();
    error.scrollIntoView({ block: 'nearest' });
  }

  form.noValidate = true; // the browser's own bubbles may be in another language
  form.querySelectorAll('[data-hint]').forEach((hint) => {
    const state = document.createElement('span');
    state.className = 'sr';
    hint.appendChild(state);
  });

  [first, again].forEach((field) => {
    field.addEventListener('input', () => { field.removeAttribute('aria-invalid'); showHints(false); });
    field.addEventListener('blur', () => showHints(false));
  });

  form.querySelectorAll('.show').forEach((button) => {
    const field = byId(button.getAttribute('aria-controls')), shows = button.getAttribute('aria-label');
    button.hidden = false;
    button.addEventListener('click', () => {
      const show = field.type === 'password';
      field.type = show ? 'text' : 'password';
      button.textContent = say(show ? 'hide' : 'show');
      button.setAttribute('aria-label', show ? button.dataset.hides : shows);
    });
  });

  form.addEventListener('submit', (event) => {
    const failing = ['length', 'same'].filter((name) => checks[name]() !== true)[0];
    if (failing) {
      event.preventDefault();
      showHints(true);
      if (!first.value) complain(say('nothing'), first);
      else if (failing === 'same' && !again.value) complain(say('nothing_again'), again);
      else complain(wrong[failing], failing === 'same' ? again : first);
      return;
    }
    // Shown text may be remembered by the browser's form history; a password is not.
    first.type = again.type = 'password';
    const button = form.querySelector('.main-button');
    button.disabled = true;
    button.textContent = say('saving');
  });

  // Coming back with the browser's back button: the form must be usable again.
  window.addEventListener('pageshow', () => {
    const button = form.querySelector('.main-button');
    button.disabled = false;
    button.textContent = say('save');
  });

  if (!error.hidden) first.focus();
})();
