/* The learning inbox: picks a likely topic with one press; waits for the check of a draft. */
(function () {
  'use strict';

  document.querySelectorAll('.pick').forEach((button) => {
    button.disabled = false;
    button.addEventListener('click', () => {
      const choice = button.closest('form').querySelector('select[name="topic"]');
      choice.value = button.dataset.topic;
      choice.focus();
    });
  });

  // Taking part of a group shows how much is taken.
  document.querySelectorAll('.group form').forEach((form) => {
    const boxes = Array.from(form.querySelectorAll('input[name="learned"]'));
    const buttons = form.querySelectorAll('.decide button');
    form.addEventListener('change', () => {
      const none = !boxes.some((box) => box.checked);
      buttons.forEach((button) => { button.disabled = none; });
    });
  });

  if (document.querySelector('[data-waiting]')) {
    let rounds = 0;
    const look = () => {
      if (++rounds > 150) return;
      window.consoleFetch(location.pathname, { headers: { 'x-background': '1' } })
        .then((response) => (response.ok ? response.text() : ''))
        .then((page) => {
          if (page && page.indexOf('data-waiting') < 0) location.reload();
          else setTimeout(look, 1000);
        })
        .catch(() => setTimeout(look, 3000));
    };
    setTimeout(look, 1000);
  }

  // An edited draft has to be checked before it can be saved.
  const text = document.getElementById('text');
  const save = document.querySelector('button[name="act"][value="save"]');
  if (text && save) {
    const first = text.value, good = !save.disabled;
    text.addEventListener('input', () => { save.disabled = !good || text.value !== first; });
  }
})();
