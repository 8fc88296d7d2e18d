/* The list of topics: acts on several show themselves once something is ticked. */
(function () {
  'use strict';

  const form = document.querySelector('[data-several]');
  if (!form) return;
  const boxes = Array.from(document.querySelectorAll('input[form="several"]'));
  const count = form.querySelector('.several-count');

  function show() {
    const ticked = boxes.filter((box) => box.checked).length;
    form.hidden = !ticked;
    count.textContent = 'Đã chọn ' + ticked + ' chủ đề';
    form.dataset.ticked = ticked;
  }
  boxes.forEach((box) => box.addEventListener('change', show));
  form.querySelector('[data-none]').addEventListener('click', () => {
    boxes.forEach((box) => { box.checked = false; });
    show();
  });
  // Which of the two is meant is known only when it is pressed; the page asks (data-confirm) before it goes.
  form.querySelectorAll('button[name="act"]').forEach((button) => {
    button.addEventListener('click', () => {
      const what = button.value === 'retired' ? 'Ngừng dùng ' : 'Ghi là đã đọc lại nguồn hôm nay: ';
      form.setAttribute('data-confirm', what + form.dataset.ticked + ' chủ đề?');
    });
  });
  window.addEventListener('pageshow', show);
  show();
})();
