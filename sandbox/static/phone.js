/* The bench's telephone; there only where the server has a line (PHONE_LINE=sandbox).
   Everything that comes from the server enters the page through textContent. */
(function () {
  'use strict';

  const STATES = { trying: 'Đang gọi…', 'in-progress': 'Đang nói chuyện', completed: 'Đã gác máy', refused: 'Không gọi được', 'no-answer': 'Không nghe máy' };
  const byId = (id) => document.getElementById(id);
  const log = byId('p-log'), number = byId('p-number'), typed = byId('p-typed'), trouble = byId('trouble');
  const voice = window.BenchVoice;
  let call = null, shown = 0, rings = '', timer = null, chain = Promise.resolve();

  function ask(body) {
    const options = body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {};
    const query = body ? '' : '?number=' + encodeURIComponent(number.value) + '&sid=' + encodeURIComponent(call ? call.sid : '');
    return fetch('/sandbox/api/phone/call' + query, options).then((answer) => answer.json().catch(() => ({})).then((data) => {
      if (!answer.ok) throw new Error(data.error || 'Máy chủ báo lỗi ' + answer.status + '.');
      return data;
    }));
  }

  function complain(error) {
    trouble.textContent = error instanceof TypeError ? 'Mất kết nối với máy chủ, bạn thử lại.' : error.message;
    trouble.hidden = false;
  }

  function line(text, kind) {
    const node = document.createElement('p');
    node.className = kind || '';
    node.textContent = text;
    log.appendChild(node);
    log.scrollTop = log.scrollHeight;
  }

  function buttons() {
    const open = Boolean(call && !call.over);
    byId('p-call').hidden = open || Boolean(rings);
    byId('p-end').hidden = !open;
    byId('p-idle').hidden = !(open && call.waits === 'gather');
    byId('p-form').hidden = !(open && call.hears);
    byId('p-desk').hidden = !(open && call.waits === 'dial');
    byId('p-rings').hidden = !rings || open;
    number.disabled = open;
    byId('p-state').textContent = rings && !open ? 'Có cuộc gọi đến' : call ? STATES[call.state] || call.state : 'Sẵn sàng';
    if (!open) typed.textContent = '';
  }

  // What jambonz does: its time runs from the end of the prompt, and between two keys.
  function wait(seconds) {
    clearTimeout(timer);
    if (call && call.waits === 'gather' && seconds) timer = setTimeout(() => act('idle'), seconds * 1000);
  }

  function show(found) {
    call = found;
    byId('p-answer').textContent = JSON.stringify(call.answer, null, 2);
    const fresh = call.heard.filter((part) => part.id > shown);
    fresh.forEach((part) => {
      shown = part.id;
      line(part.text, part.secret ? 'told' : '');
    });
    if (fresh.length) typed.textContent = '';
    buttons();
    clearTimeout(timer);
    if (!fresh.length) wait(call.between);
    else voice.say(fresh, call.sid).then((whole) => { if (whole) wait(call.timeout); });
  }

  function act(name, value) {
    chain = chain.then(() => {
      const sid = name === 'take' || name === 'decline' ? rings : call ? call.sid : '';
      return ask({ act: name, value: value || '', sid: sid });
    }).then((data) => { trouble.hidden = true; show(data.call); }).catch(complain);
    return chain;
  }

  function begin() {
    shown = 0;
    log.textContent = '';
    voice.stop();
  }

  function press(key) {
    if (!call || call.over) return;
    voice.stop(); // as barge-in does
    clearTimeout(timer);
    typed.textContent += key;
    act('press', key);
  }

  document.querySelectorAll('.p-key').forEach((button) => button.addEventListener('click', () => press(button.dataset.key)));
  byId('p-call').addEventListener('click', () => { begin(); act('call', number.value); });
  byId('p-end').addEventListener('click', () => { voice.stop(); act('hang_up').then(look); });
  byId('p-idle').addEventListener('click', () => { voice.stop(); act('idle'); });
  byId('p-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const words = byId('p-words').value.trim();
    if (!words) return;
    byId('p-words').value = '';
    voice.stop();
    clearTimeout(timer);
    line(words, 'mine');
    act('say', words);
  });
  byId('p-take').addEventListener('click', () => { begin(); act('take').then(() => { rings = ''; buttons(); }); });
  byId('p-decline').addEventListener('click', () => { begin(); act('decline').then(() => { rings = ''; buttons(); }); });
  byId('p-desk-takes').addEventListener('click', () => act('dialled', 'taken'));
  byId('p-desk-busy').addEventListener('click', () => act('dialled', 'busy'));
  byId('p-voice').addEventListener('change', (event) => voice.setQuiet(!event.target.checked));
  number.addEventListener('change', () => { rings = ''; look(); });

  function look() {
    return ask().then((found) => {
      byId('telephone').hidden = !found.on;
      voice.setServed(found.voice);
      if (!call || call.over) rings = found.rings || '';
      if (found.on) buttons();
      return found;
    });
  }

  function again() {
    setTimeout(() => { (document.hidden ? Promise.resolve() : look()).then(again, again); }, 1500);
  }

  // Where there is no line the question is asked once.
  look().then((found) => { if (found.on) again(); }, () => { /* the page goes on without */ });
})();
