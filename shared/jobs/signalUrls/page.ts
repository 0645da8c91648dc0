/**
 * The page of a signal URL. Programs that scan mails follow links: so a link only shows a button, and
 * the button sends.
 */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '');

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}button{font:inherit;padding:.6rem 1.2rem}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}';

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${STYLE}</style><main><h1>${escaped(title)}</h1>${body}</main></html>`;

/** The page with the button. Every text may be anything. */
export const buttonPage = (job: string, name: string, label: string): string =>
  page(
    name,
    `<p>Job <strong>${escaped(job)}</strong> waits for an answer.</p><form method="post"><button>${escaped(label)}</button></form>`,
  );

/** A page that says one thing. */
export const wordPage = (title: string, text: string): string =>
  page(title, `<p>${escaped(text)}</p>`);

/** What the browser may do with these pages: show them, and send their form. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
