/* Shows what is pushed to this browser: counts and a link, no word of anybody. */
self.addEventListener('push', (event) => {
  let told = { title: 'Bàn trực VssID', text: 'Có việc cần người.', url: '/console/desk' };
  try { told = Object.assign(told, event.data.json()); } catch (unreadable) { /* the usual words */ }
  event.waitUntil(self.registration.showNotification(told.title, { body: told.text, tag: 'desk', renotify: true, data: told.url }));
});
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const address = new URL(event.notification.data || '/console/desk', self.location.origin);
  if (address.origin !== self.location.origin) return;
  event.waitUntil(self.clients.matchAll({ type: 'window' }).then((open) => {
    const desk = open.find((page) => new URL(page.url).pathname.startsWith('/console'));
    return desk ? desk.focus() : self.clients.openWindow(address.href);
  }));
});
