/* Messenger's window on the bench. Demo only. Everything that comes from the server enters the page
   through textContent; links are opened only if they are http(s). */
(function () {
  'use strict';

  const API = '/sandbox/api/messenger/';
  const byId = (id) => document.getElementById(id);
  const trouble = byId('trouble');
  const log = byId('m-log'), quick = byId('m-quick'), typing = byId('m-typing'), menu = byId('m-menu');
  const users = byId('m-user'), form = byId('m-form'), input = byId('m-text'), send = byId('m-send');
  const names = {};
  let profile = {}, after = 0, invented = 0, reading = null, last = null, seenAt = 0;

  function el(tag, className, words) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (words) node.textContent = words;
    return node;
  }

  function button(className, words, act) {
    const node = el('button', className, words);
    node.type = 'button';
    node.addEventListener('click', act);
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

  function isLink(address) { return /^https?:\/\//.test(address || ''); }

  function linkTo(address, words) {
    const node = el('a', '', words);
    node.href = address;
    node.target = '_blank';
    node.rel = 'noopener noreferrer';
    return node;
  }

  function fillLinked(parent, words) {
    words.split(/(https?:\/\/[^\s<>"'“”]+)/).forEach((piece, i) => {
      if (i % 2 === 0) return parent.appendChild(document.createTextNode(piece));
      const address = piece.replace(/[.,;:!?…)\]]+$/, '');
      parent.appendChild(linkTo(address, address));
      parent.appendChild(document.createTextNode(piece.slice(address.length)));
    });
  }

  function clock(iso) {
    const date = new Date(iso), two = (n) => (n < 10 ? '0' : '') + n;
    return isNaN(date) ? '' : two(date.getHours()) + ':' + two(date.getMinutes());
  }

  // ---- what a person does

  function act(name, more) {
    return call('acts', Object.assign({ user: users.value, name: names[users.value], act: name }, more)).then(read);
  }

  const quietly = (promise) => promise.catch(() => { /* the bar says so */ });
  const press = (choice) => quietly(act('postback', { text: choice.title || choice.question, payload: choice.payload }));

  // ---- what the telephone shows

  function showChoices(node, choices) {
    const group = el('div', 'z-choices');
    choices.forEach((choice) => {
      if (choice.type === 'web_url') {
        if (isLink(choice.url)) group.appendChild(linkTo(choice.url, choice.title + ' ↗'));
        return;
      }
      group.appendChild(button('', choice.title, () => press(choice)));
    });
    node.appendChild(group);
  }

  const WORDS = { image: '[Ảnh]', audio: '[Ghi âm]', video: '[Video]', file: '[Tệp]' };

  function add(message) {
    const mine = message.from === 'user';
    if (message.attachment === 'sticker') {
      log.appendChild(el('div', 'm-thumb', '👍'));
      return;
    }
    if (message.from === 'person') log.appendChild(el('div', 'm-who', 'Nhân viên, từ hộp thư của Trang'));
    const node = el('div', 'z ' + (mine ? 'user' : message.from === 'person' ? 'person' : 'oa'));
    node.appendChild(el('span', 'sr', mine ? 'Bạn: ' : message.from === 'person' ? 'Nhân viên: ' : 'Trợ lý: '));
    const body = el('span');
    fillLinked(body, message.text || WORDS[message.attachment] || '');
    node.appendChild(body);
    node.appendChild(el('small', '', clock(message.at)));
    if (message.buttons && message.buttons.length) showChoices(node, message.buttons);
    log.appendChild(node);
  }

  // Quick replies stand below the last message only.
  function showQuick(message) {
    quick.textContent = '';
    ((message && message.from === 'page' && message.quick_replies) || []).forEach((choice) => {
      quick.appendChild(button('', choice.title, () => {
        quick.textContent = '';
        quietly(act('quick_reply', { text: choice.title, payload: choice.payload }));
      }));
    });
  }

  function showSeen() {
    const old = log.querySelector('.m-seen');
    if (old) old.remove();
    if (last && last.from === 'user' && seenAt * 1000 >= Date.parse(last.at)) log.appendChild(el('div', 'm-seen', 'Đã xem'));
  }

  function greeting() {
    const entries = profile.greeting || [];
    const found = entries.find((entry) => entry.locale === 'vi_VN') || entries[0];
    const name = (names[users.value] || '').replace(/\s*\(.*/, '');
    return found ? found.text.replace('{{user_first_name}}', name) : '';
  }

  function showHello() {
    const hello = el('div', 'm-hello');
    hello.appendChild(el('p', '', greeting()));
    const questions = ((profile.ice_breakers || [])[0] || {}).call_to_actions || [];
    questions.forEach((choice) => hello.appendChild(button('', choice.question, () => press(choice))));
    if (!questions.length && profile.get_started) {
      const start = { title: 'Bắt đầu', payload: profile.get_started.payload };
      hello.appendChild(button('', start.title, () => press(start)));
    }
    log.textContent = '';
    log.appendChild(hello);
  }

  function read() {
    const user = users.value;
    if (!user) return Promise.resolve();
    if (reading) return reading; // two answers at once would show each message twice
    const done = () => { reading = null; };
    reading = call('thread?read=1&user=' + encodeURIComponent(user) + '&after=' + after).then((thread) => {
      done();
      if (user !== users.value) return;
      typing.textContent = thread.typing ? 'Trợ lý VssID đang nhập…' : '';
      const fresh = thread.messages.filter((message) => message.id > after);
      if (fresh.length && after === 0) log.textContent = '';
      fresh.forEach((message) => {
        after = message.id;
        last = message;
        add(message);
      });
      if (fresh.length || seenAt !== thread.seen_at) {
        seenAt = thread.seen_at;
        if (fresh.length) showQuick(last);
        showSeen();
        log.scrollTop = log.scrollHeight;
      }
    }, done);
    return reading;
  }

  function change() {
    after = 0;
    last = null;
    quick.textContent = '';
    typing.textContent = '';
    openMenu(false);
    showHello();
    (reading || Promise.resolve()).then(read);
  }

  function addUser(id, name) {
    const option = el('option', '', name);
    option.value = id;
    names[id] = name;
    users.appendChild(option);
  }

  users.addEventListener('change', change);
  byId('m-new').addEventListener('click', () => {
    invented += 1;
    let id = '29';
    while (id.length < 16) id += Math.floor(Math.random() * 10);
    addUser(id, 'Người mới ' + invented);
    users.value = id;
    change();
    input.focus();
  });

  // With nothing typed the button sends the thumb, as Messenger's does.
  function dressSend() {
    const empty = !input.value.trim();
    send.textContent = empty ? '👍' : 'Gửi';
    send.setAttribute('aria-label', empty ? 'Gửi biểu tượng thích' : 'Gửi');
  }
  input.addEventListener('input', dressSend);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const words = input.value.trim();
    if (!words) return quietly(act('thumb'));
    input.value = '';
    dressSend();
    return act('text', { text: words }).catch(() => {
      if (!input.value) input.value = words;
      dressSend();
    });
  });

  function openMenu(open) {
    menu.hidden = !open;
    quick.hidden = open; // both together would cover the messages
    byId('m-menu-open').setAttribute('aria-expanded', String(open));
    if (!open) log.scrollTop = log.scrollHeight;
  }
  byId('m-menu-open').addEventListener('click', () => openMenu(menu.hidden));

  function fillMenu() {
    menu.textContent = '';
    (((profile.persistent_menu || [])[0] || {}).call_to_actions || []).forEach((choice) => {
      const item = el('li');
      if (choice.type === 'web_url') {
        if (isLink(choice.url)) item.appendChild(linkTo(choice.url, choice.title + ' ↗'));
      } else {
        item.appendChild(button('', choice.title, () => {
          openMenu(false);
          press(choice);
        }));
      }
      menu.appendChild(item);
    });
  }

  // ---- what else can be tried

  document.querySelectorAll('#m-acts [data-m-act]').forEach((node) => node.addEventListener('click', () => {
    quietly(act(node.dataset.mAct, { text: node.dataset.mText || '' }));
  }));
  document.querySelectorAll('#m-acts [data-m-rule]').forEach((node) => node.addEventListener('click', () => {
    quietly(call('rules', JSON.parse(node.dataset.mRule)).then((rules) => {
      byId('m-rules').textContent = 'Đồng hồ của Messenger: sớm hơn thật ' + rules.hours_ahead + ' giờ. Token của Trang: '
        + (rules.token === 'good' ? 'còn hạn.' : 'hết hạn.');
    }));
  }));
  byId('m-desk').addEventListener('submit', (event) => {
    event.preventDefault();
    const words = byId('m-desk-text').value.trim();
    if (!words) return;
    byId('m-desk-text').value = '';
    quietly(act('colleague', { text: words }));
  });

  call('people').then((told) => {
    profile = told.profile;
    if (!told.people.length) {
      byId('messenger').hidden = true; // a real page is connected
      document.querySelector('.jumps a[href="#messenger"]').hidden = true;
      return;
    }
    told.people.forEach((user) => addUser(user.id, user.name));
    fillMenu();
    change();
    dressSend();
    const next = () => setTimeout(() => { if (document.hidden) next(); else read().then(next, next); }, 1000);
    next();
  }).catch(() => { /* the bar says so */ });
})();
