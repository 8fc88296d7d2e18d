/* Prepared answers on the page of a question. */
(function () {
  'use strict';
  document.querySelectorAll('.with-script').forEach((piece) => { piece.hidden = false; });
  const pick = document.getElementById('pick'), answer = document.getElementById('answer');
  const draft = answer && window.consoleDraft(answer);
  if (!answer) { // answered or closed: nothing is being written any more
    Object.keys(localStorage).filter((key) => key.endsWith(' ' + location.pathname + '/draft')).forEach((key) => localStorage.removeItem(key));
  }
  if (!pick || !answer) return;
  pick.addEventListener('change', () => {
    if (!pick.value) return;
    answer.setRangeText((answer.value && !answer.value.endsWith('\n') ? '\n' : '') + pick.value, answer.selectionStart, answer.selectionEnd, 'end');
    pick.value = '';
    draft.changed();
    answer.focus();
  });
})();
