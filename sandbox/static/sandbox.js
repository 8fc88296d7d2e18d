/* The bench: a Zalo stand-in, the mailbox, the demo accounts and a log-in. Demo only.
   Everything that comes from the server enters the page through textContent. */
(function () {
  'use strict';

  const API = '/sandbox/api/';
  const byId = (id) => document.getElementById(id);
  const two = (n) => (n < 10 ? '0' : '') + n;
  const trouble = byId('trouble');

  function el(tag, className, words) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (words) node.textContent = words;
    return node;
  }

  function call(path, body) {
    const options = body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {};
    return fetch(API + path, options).then((answer) => answer.json().catch(() => ({})).then((data) => {
      if (!answer.ok) throw new Error(data.error || 'Máy chủ báo lỗi ' + answer.status + '.');
      trouble.hidden = true;
      return data;
    })).catch((error) => {
      trouble.textContent = error instanceof TypeError ? 'Mất kết nối với máy chủ, đang thử lại…' : error.message;
      trouble.hidden = false;
      throw error;
    });
  }

  // Asks again only after the last answer came, and not from a tab nobody sees.
  function every(ms, ask) {
    const next = () => setTimeout(() => {
      if (document.hidden) next();
      else ask().then(next, next);
    }, ms);
    ask().then(next, next);
  }

  // The demo itself runs on http://localhost, so here plain http links work too.
  function fillLinked(parent, words) {
    parent.textContent = '';
    words.split(/(https?:\/\/[^\s<>"'“”]+)/).forEach((piece, i) => {
      if (i % 2 === 0) return parent.appendChild(document.createTextNode(piece));
      const address = piece.replace(/[.,;:!?…)\]]+$/, '');
      const link = el('a', '', address);
      link.href = address;
      link.target = '_blank';
      link.rel = 'noopener noreferrer';
      parent.appendChild(link);
      parent.appendChild(document.createTextNode(piece.slice(address.length)));
    });
  }

  function when(iso) {
    const date = new Date(iso);
    if (isNaN(date)) return iso || '';
    return two(date.getHours()) + ':' + two(date.getMinutes()) + ', ' + date.getDate() + '/' + (date.getMonth() + 1) + '/' + date.getFullYear();
  }

  // ---- Zalo ----

  const users = byId('user'), zLog = byId('z-log'), zForm = byId('z-form'), zText = byId('z-text');
  const titles = {}; // payload -> title, so that a pressed button shows as words
  let after = 0, invented = 0;

  function addUser(user) {
    const option = el('option', '', user.name);
    option.value = user.id;
    users.appendChild(option);
  }

  function addZalo(message) {
    const node = el('div', 'z ' + (message.from === 'user' ? 'user' : 'oa'));
    node.appendChild(el('span', 'sr', message.from === 'user' ? 'Bạn: ' : 'Trợ lý: '));
    const body = el('span');
    fillLinked(body, message.from === 'user' && titles[message.text] || message.text || '');
    node.appendChild(body);
    if (message.at) node.appendChild(el('small', '', when(message.at).split(',')[0]));
    if (message.buttons && message.buttons.length) {
      const group = el('div', 'z-choices');
      message.buttons.forEach((choice) => {
        const button = el('button', '', choice.title);
        button.type = 'button';
        titles[choice.payload] = choice.title;
        button.addEventListener('click', () => sendZalo(choice.payload || choice.title).catch(() => { /* the bar says so */ }));
        group.appendChild(button);
      });
      node.appendChild(group);
    }
    zLog.appendChild(node);
    zLog.scrollTop = zLog.scrollHeight;
  }

  let reading = null;
  function readZalo() {
    const user = users.value;
    if (!user) return Promise.resolve();
    if (reading) return reading; // two answers at once would show each message twice
    const done = () => { reading = null; };
    reading = call('zalo/messages?user=' + encodeURIComponent(user) + '&after=' + after).then((list) => {
      done();
      if (user !== users.value) return;
      list.forEach((message) => {
        if (message.id <= after) return;
        after = message.id;
        addZalo(message);
      });
    }, done);
    return reading;
  }

  function sendZalo(words) {
    return call('zalo/messages', { user: users.value, text: words }).then(readZalo);
  }

  function changeUser() {
    after = 0;
    zLog.textContent = '';
    (reading || Promise.resolve()).then(readZalo);
  }

  users.addEventListener('change', changeUser);
  byId('new-user').addEventListener('click', () => {
    invented += 1;
    // Real Zalo ids are long numbers; a random one is never a user who wrote before.
    let id = '9';
    while (id.length < 19) id += Math.floor(Math.random() * 10);
    addUser({ id: id, name: 'Người mới ' + invented });
    users.value = id;
    changeUser();
    zText.focus();
  });
  zForm.addEventListener('submit', (event) => {
    event.preventDefault();
    const words = zText.value.trim();
    if (!words) return;
    zText.value = '';
    sendZalo(words).catch(() => { if (!zText.value) zText.value = words; });
  });

  call('zalo/users').then((list) => {
    list.forEach(addUser);
    every(1000, readZalo);
  }).catch(() => { /* the bar says so */ });

  // ---- mailbox ----

  const mailList = byId('mail-list'), mailNew = byId('mail-new'), mailView = byId('mail-view');
  const known = {}; // id -> list item
  let unread = 0, firstLook = true;

  function openMail(mail, button) {
    const item = button.parentNode;
    if (item.classList.contains('unread')) countNew(-1);
    item.classList.remove('unread');
    mailList.querySelectorAll('[aria-current]').forEach((other) => other.removeAttribute('aria-current'));
    button.setAttribute('aria-current', 'true');
    byId('mail-subject').textContent = mail.subject;
    byId('mail-to').textContent = 'Gửi tới: ' + mail.to;
    byId('mail-date').textContent = when(mail.date);
    fillLinked(byId('mail-text'), mail.text);
    byId('mail-raw').textContent = mail.text;
    byId('mail-page').href = API + 'mailbox/' + mail.id;
    mailView.hidden = false;
    mailView.focus({ preventScroll: true });
    mailView.scrollIntoView({ block: 'nearest' });
  }

  function countNew(by) {
    unread += by;
    mailNew.hidden = unread < 1;
    mailNew.textContent = unread;
  }

  every(2000, () => call('mailbox').then((mails) => {
    mails.slice().reverse().forEach((mail) => { // oldest first, each one put on top
      if (known[mail.id]) return;
      const item = known[mail.id] = el('li');
      const button = el('button', '', mail.subject);
      button.type = 'button';
      button.appendChild(el('small', '', mail.to + ' · ' + when(mail.date)));
      button.addEventListener('click', () => openMail(mail, button));
      item.appendChild(button);
      mailList.insertBefore(item, mailList.firstChild);
      if (firstLook) return;
      item.classList.add('unread');
      countNew(1);
    });
    firstLook = false;
  }));

  // ---- accounts ----

  const copied = byId('copied');

  function copy(value, button) {
    const done = () => {
      button.classList.add('done');
      copied.textContent = 'Đã chép ' + value;
      setTimeout(() => button.classList.remove('done'), 1600);
    };
    // The clipboard interface exists on https and localhost only.
    if (navigator.clipboard) return navigator.clipboard.writeText(value).then(done);
    const field = el('textarea', 'sr');
    field.value = value;
    document.body.appendChild(field);
    field.select();
    if (document.execCommand('copy')) done();
    document.body.removeChild(field);
    button.focus();
  }

  function copyButton(label, value) {
    if (!value) {
      const none = el('span', 'lacking', 'không có');
      none.insertBefore(el('small', '', label + ' '), none.firstChild);
      return none;
    }
    const button = el('button', 'copy');
    button.type = 'button';
    button.title = 'Bấm để chép';
    button.appendChild(el('small', '', label + ' '));
    button.appendChild(el('b', '', value));
    button.addEventListener('click', () => copy(value, button));
    return button;
  }

  call('accounts').then((accounts) => accounts.forEach((account) => {
    const row = el('tr');
    const values = el('td');
    row.appendChild(el('td', '', account.shows));
    values.appendChild(copyButton('Mã số BHXH', account.code));
    if (account.cccd) values.appendChild(copyButton('Số căn cước', account.cccd));
    (account.phone || '').split(', ').forEach((phone) => values.appendChild(copyButton('Điện thoại', phone)));
    values.appendChild(copyButton('E-mail', account.email));
    row.appendChild(values);
    byId('a-body').appendChild(row);
  })).catch(() => { /* the bar says so */ });

  // ---- log-in ----

  byId('l-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const answer = byId('l-answer');
    answer.textContent = '';
    call('login', { code: byId('l-code').value.trim(), password: byId('l-pass').value }).then((result) => {
      answer.className = 'l-answer' + (result.ok ? ' ok' : '');
      answer.textContent = result.message;
    }).catch(() => { /* the bar says so */ });
  });
})();
