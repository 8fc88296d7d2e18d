/* The bench's Zalo tools: what users can do beside writing, a colleague in the OA's own tool, Zalo's rules and clock.
   Everything that comes from the server enters the page through textContent. */
(function () {
  'use strict';

  const SHOWN = [-32, -200, -216, -221, -230, -233];
  const byId = (id) => document.getElementById(id);
  const done = byId('z-done'), trouble = byId('trouble');

  function call(path, body) {
    const options = body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {};
    return fetch('/sandbox/api/zalo/' + path, options).then((answer) => answer.json().catch(() => ({})).then((data) => {
      if (!answer.ok) throw new Error(data.error || 'Máy chủ báo lỗi ' + answer.status + '.');
      trouble.hidden = true;
      return data;
    })).catch((error) => {
      trouble.textContent = error instanceof TypeError ? 'Mất kết nối với máy chủ, bạn thử lại.' : error.message;
      trouble.hidden = false;
      throw error;
    });
  }

  function said(words) {
    done.textContent = words;
  }

  function act(name, more, words) {
    return call('acts', Object.assign({ user: byId('user').value, act: name }, more)).then(() => said(words), () => { /* the bar says so */ });
  }

  function show(rules) {
    byId('z-buttons').checked = rules.buttons;
    byId('z-ahead').textContent = rules.hours_ahead ? 'đi trước ' + rules.hours_ahead + ' giờ' : 'đúng giờ';
    return rules;
  }

  document.querySelectorAll('[data-act]').forEach((button) => {
    button.addEventListener('click', () => act(button.dataset.act, {}, 'Đã gửi: ' + button.textContent.toLowerCase() + '.'));
  });

  document.querySelectorAll('[data-hours]').forEach((button) => {
    button.addEventListener('click', () => call('rules', { hours: Number(button.dataset.hours) }).then(show).then(() => said('Đã chỉnh đồng hồ của Zalo.'), () => {}));
  });

  byId('z-buttons').addEventListener('change', (event) => {
    call('rules', { buttons: event.target.checked }).then(show).then((rules) => said(rules.buttons ? 'Zalo nhận thẻ có nút.' : 'Zalo từ chối thẻ có nút.'), () => {});
  });

  byId('z-error-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const code = Number(byId('z-error').value);
    call('rules', { error: code }).then(show).then(() => said('Lần gọi tới Zalo trả lời ' + code + '.'), () => {});
  });

  byId('z-colleague').addEventListener('submit', (event) => {
    event.preventDefault();
    const field = byId('z-colleague-text');
    const words = field.value.trim() || field.placeholder;
    act('colleague', { text: words }, 'Nhân viên đã trả lời.').then(() => { field.value = ''; });
  });

  call('rules').then(show).then((rules) => SHOWN.forEach((code) => {
    const option = document.createElement('option');
    option.value = code;
    option.textContent = code + ' – ' + rules.errors[code];
    byId('z-error').appendChild(option);
  }), () => {});
})();
