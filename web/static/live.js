// Shows the news of a page: parts marked data-live are replaced as the server tells.
for (const place of document.querySelectorAll("[data-live]")) {
  const voice = document.getElementById("voice");
  let events;
  const listen = () => {
    events = new EventSource(place.dataset.live);
    events.addEventListener("show", (e) => {
      const held = place.contains(document.activeElement) ? document.activeElement.id : "";
      place.innerHTML = e.data;
      if (held) document.getElementById(held)?.focus();
    });
    events.addEventListener("say", (e) => { voice.textContent = e.data; });
    events.addEventListener("end", () => { events.close(); events = null; place.removeAttribute("data-live"); });
  };
  // A page that nobody looks at asks for nothing.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) events?.close();
    else if (place.dataset.live) { events?.close(); listen(); }
  });
  listen();
}
