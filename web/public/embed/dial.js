/**
 * Click-to-dial for any page: links to telephone numbers (`tel:`) become calls of one seat, placed by the server.
 *
 *   <script src="https://calls.example.com/embed/dial.js" data-token="pb_seat_..."></script>
 *
 * or, with a token that is fetched when it is needed and with words of your own:
 *
 *   const stop = PatchbayDial.start({ token: async () => (await fetch('/my/seat-token')).text(),
 *     onPlaced: ({ id, called }) => {}, onRefused: ({ code, detail, called }) => {} });
 *
 * Options: `server` (where this script came from, unless told otherwise), `first` (`seat` or `number`), `answer` (`auto` or
 * `ring`), `displayed` (a number that the seat may show). A seat token names the pages that may use it: name yours.
 */
(() => {
  const script = document.currentScript;
  const home = script?.src ? new URL(script.src).origin : location.origin;

  /** The number of a `tel:` link (RFC 3966), without its parameters; null for anything else. */
  function numberOf(href) {
    if (!/^tel:/i.test(href)) return null;
    try {
      const number = decodeURIComponent(href.slice(4).split(';')[0]).replace(/[\s().\-/]/g, '');
      return /^\+?[\d*#]{1,32}$/.test(number) ? number : null;
    } catch {
      return null;
    }
  }

  async function place(called, options) {
    const token = typeof options.token === 'function' ? await options.token() : options.token;
    const body = { called };
    for (const name of ['first', 'answer', 'displayed']) if (options[name]) body[name] = options[name];
    const response = await fetch(`${options.server ?? home}/v1/calls`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': crypto.randomUUID(),
      },
      body: JSON.stringify(body),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw Object.assign(new Error(answer.detail ?? response.statusText), { code: answer.code });
    return answer;
  }

  function start(options) {
    // A second click on the way is no second call.
    let busy = false;
    const click = (event) => {
      if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey) return;
      const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
      const called = link && numberOf(link.getAttribute('href') ?? '');
      if (!called) return;
      event.preventDefault();
      if (busy) return;
      busy = true;
      link.setAttribute('aria-busy', 'true');
      place(called, options)
        .then(
          (placed) => options.onPlaced?.(placed),
          (why) => {
            const refused = { called, code: why.code ?? 'unreachable', detail: why.message };
            if (options.onRefused) options.onRefused(refused);
            else alert(refused.detail);
          },
        )
        .finally(() => {
          busy = false;
          link.removeAttribute('aria-busy');
        });
    };
    document.addEventListener('click', click);
    return () => document.removeEventListener('click', click);
  }

  globalThis.PatchbayDial = { start, place, numberOf };
  const { token, first, answer, displayed } = script?.dataset ?? {};
  if (token) start({ token, first, answer, displayed });
})();
