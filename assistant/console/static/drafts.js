/* What is being written is kept on the server; until it has arrived there, in the browser. */
(function () {
  'use strict';

  /* Keeps a field: `arrived` is told whether the server has it. */
  function keep(field, arrived) {
    const name = 'draft ' + field.dataset.mine + ' ' + field.dataset.draft;
    let timer = 0, going = false, saved = field.value;
    const left = localStorage.getItem(name);
    if (left !== null && left !== field.value) { field.value = left; soon(0); } else localStorage.removeItem(name);

    function soon(wait) {
      clearTimeout(timer);
      timer = setTimeout(save, wait);
    }
    function save() {
      clearTimeout(timer);
      const text = field.value;
      if (going || text === saved) return; // after what is going comes the next
      going = true;
      const body = new URLSearchParams([[field.name, text]]);
      window.consoleFetch(field.dataset.draft, { method: 'POST', body, keepalive: true })
        .then((response) => {
          if (!response.ok) throw new Error(response.status);
          saved = text;
          if (field.value === text) localStorage.removeItem(name);
          arrived(text ? true : null);
        })
        .catch(() => { arrived(false); soon(3000); })
        .finally(() => { going = false; if (field.value !== saved) soon(700); });
    }
    field.addEventListener('input', () => {
      localStorage.setItem(name, field.value);
      soon(700);
    });
    window.addEventListener('pagehide', save);
    return {
      /* The text was sent: nothing is left of the draft. What is written next is kept, however late the sending ends. */
      sent() {
        clearTimeout(timer);
        localStorage.removeItem(name);
        arrived(null);
        if (saved || going) soon(0);
      },
      /* The text was put there by a script. */
      changed() { localStorage.setItem(name, field.value); soon(0); },
    };
  }

  /* Returns what was left in the browser of a field that the page has no more, once the server keeps it. */
  window.consoleLeftDraft = function (mine, address) {
    const name = 'draft ' + mine + ' ' + address, text = localStorage.getItem(name);
    if (!text) { localStorage.removeItem(name); return Promise.resolve(''); }
    return window.consoleFetch(address, { method: 'POST', body: new URLSearchParams([['text', text]]) }).then((response) => {
      if (response.ok) localStorage.removeItem(name);
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
