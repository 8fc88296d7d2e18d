/* The bench's SMS phone; there only where the server has an SMS gateway.
   Everything that comes from the server enters the page through textContent. */
(function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const log = byId('s-log'), number = byId('s-user'), form = byId('s-form'), field = byId('s-text'), trouble = byId('trouble');
  let after = 0, reading = null;

  function call(path, body) {
    const options = body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {};
    return fetch('/sandbox/api/sms/' + path, options).then((answer) => answer.json().catch(() => ({})).then((data) => {
      if (!answer.ok) throw new Error(data.error || 'Máy chủ báo lỗi ' + answer.status + '.');
      return data;
    }));
  }

  function add(message) {
    const node = document.createElement('div');
    node.className = 'z ' + (message.from === 'user' ? 'user' : 'oa');
    const who = document.createElement('span');
    who.className = 'sr';
    who.textContent = message.from === 'user' ? 'Bạn: ' : 'Trợ lý: ';
    const words = document.createElement('span');
    words.textContent = message.text;
    node.appendChild(who);
    node.appendChild(words);
    log.appendChild(node);
    log.scrollTop = log.scrollHeight;
  }

  function read() {
    if (reading) return reading;
    const user = number.value.trim();
    const end = () => { reading = null; };
    reading = call('messages?user=' + encodeURIComponent(user) + '&after=' + after).then((found) => {
      end();
      byId('sms').hidden = !found.on;
      if (user !== number.value.trim()) return found;
      found.messages.forEach((message) => {
        if (message.id <= after) return;
        after = message.id;
        add(message);
      });
      return found;
    }, end);
    return reading;
  }

  number.addEventListener('change', () => {
    after = 0;
    log.textContent = '';
    (reading || Promise.resolve()).then(read);
  });

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const words = field.value.trim() || field.placeholder;
    field.value = '';
    call('messages', { user: number.value.trim(), text: words }).then(read).catch((error) => {
      field.value = words;
      trouble.textContent = error.message;
      trouble.hidden = false;
    });
  });

  function again() {
    setTimeout(() => { (document.hidden ? Promise.resolve() : read()).then(again, again); }, 1000);
  }

  // Where there is no gateway the question is asked once.
  read().then((found) => { if (found && found.on) again(); });
})();
