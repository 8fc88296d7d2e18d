/* What is being written is kept on the server; until it has arrived there, in the browser. */
(function () {
  'use strict';

  /* What the browser holds of one draft, and what the server had when that was written: where the server has something
     else by now (written in another browser, or a message that could not be sent), both are kept. */
  function held(name) {
    const base = name + ' from', anyhow = '*';
    return {
      put(words, server) { localStorage.setItem(name, words); if (localStorage.getItem(base) !== anyhow) localStorage.setItem(base, server); },
      drop() { localStorage.removeItem(name); localStorage.removeItem(base); },
      /* Returns the text to go on with, given what the server has. */
      over(server) {
        const left = localStorage.getItem(name), began = localStorage.getItem(base);
        if (left === null || left === server || (left && server.includes(left))) return server;
        if (began === null || began === anyhow || !server.trim() || left.includes(server)) return left;
        return server.startsWith(began) ? left + server.slice(began.length) : left + '\n' + server;
      },
      /* Adds what could not be sent, where something is written already; the server has it, too. */
      add(words) {
        const left = localStorage.getItem(name);
        if (left === null || left.includes(words)) return;
        localStorage.setItem(name, left + '\n' + words);
        localStorage.setItem(base, anyhow);
      },
    };
  }
  const nameOf = (mine, address) => 'draft ' + mine + ' ' + address;
  window.consoleAddToDraft = (mine, address, words) => held(nameOf(mine, address)).add(words);

  /* Keeps a field: `arrived` is told whether the server has it. */
  function keep(field, arrived) {
    const local = held(nameOf(field.dataset.mine, field.dataset.draft));
    let timer = 0, going = false, saved = field.value;
    const left = local.over(saved);
    if (left !== saved) { field.value = left; soon(0); } else local.drop();

    function soon(wait) {
      clearTimeout(timer);
      timer = setTimeout(save, wait);
    }
    function save() {
      clearTimeout(timer);
      const text = field.value;
      if (going || text === saved) return; // after what is going comes the next
      going = true;
      const body = new URLSearchParams([[field.name, text], ['from', saved]]);
      window.consoleFetch(field.dataset.draft, { method: 'POST', body, keepalive: true })
        .then((response) => {
          if (!response.ok) throw new Error(response.status);
          saved = text;
          if (field.value === text) local.drop();
          arrived(text ? true : null);
        })
        .catch(() => { arrived(false); soon(3000); })
        .finally(() => { going = false; if (field.value !== saved) soon(700); });
    }
    field.addEventListener('input', () => {
      local.put(field.value, saved);
      soon(700);
    });
    window.addEventListener('pagehide', save);
    return {
      /* The text was sent: nothing is left of the draft. What is written next is kept, however late the sending ends. */
      sent() {
        clearTimeout(timer);
        local.drop();
        arrived(null);
        if (saved || going) soon(0);
      },
      /* The text was put there by a script. */
      changed() { local.put(field.value, saved); soon(0); },
    };
  }

  /* Returns what was left in the browser of a field that the page has no more, once the server keeps it. */
  window.consoleLeftDraft = function (mine, address, server) {
    const local = held(nameOf(mine, address)), text = local.over(server);
    if (text === server) { local.drop(); return Promise.resolve(''); }
    return window.consoleFetch(address, { method: 'POST', body: new URLSearchParams([['text', text]]) }).then((response) => {
      if (response.ok) local.drop();
      return text;
    });
  };

  window.consoleDraft = function (field) {
    const state = document.getElementById('draft-state');
    return keep(field, (there) => {
      if (state) state.textContent = there === null ? '' : there ? 'Bản nháp đã lưu.' : 'Bản nháp chưa lưu được lên máy chủ, đang giữ trong trình duyệt.';
    });
  };
})();
