/** Links of signal URLs: what is signed, what is refused, and what the pages show. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkToken, readLink, type SignalLink } from '#shared/jobs/signalUrls/link.ts';
import { buttonPage } from '#shared/jobs/signalUrls/page.ts';

const NOW = 1_790_000_000_000;
const SECRET = 'whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=';
const LINK: SignalLink = { job: 'j-1', name: 'approval', id: 'i', expiresAt: NOW };

const text = fc.string({ unit: 'grapheme', minLength: 1 });
const links: fc.Arbitrary<SignalLink> = fc.record(
  {
    job: text,
    name: text,
    id: text,
    expiresAt: fc.integer({ min: NOW, max: NOW * 2 }),
    label: text,
    data: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
  },
  { requiredKeys: ['job', 'name', 'id', 'expiresAt'] },
);

describe('a link', () => {
  it('comes back as it was signed, whatever its texts are, and needs no escapes', () => {
    fc.assert(
      fc.property(links, (link) => {
        const token = linkToken(link, SECRET);
        expect(token).toMatch(/^[\w.-]+$/);
        expect(readLink(token, [SECRET], NOW)).toEqual({ ok: true, value: link });
      }),
    );
  });

  it('is refused when one character of it is another one', () => {
    const token = linkToken({ ...LINK, data: { approved: false } }, SECRET);
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const changed = `${token.slice(0, at)}${other}${token.slice(at + 1)}`;
      const read = readLink(changed, [SECRET], NOW);
      // The last character of base64 has bits that mean nothing.
      if (read.ok) expect([at, read.value]).toEqual([token.length - 1, expect.anything()]);
      else expect(read.error).toBe('UNSIGNED');
    }
  });

  it('counts with the secret before the current one, and with no other', () => {
    const token = linkToken(LINK, SECRET);
    expect(readLink(token, ['whsec_new', SECRET], NOW).ok).toBe(true);
    expect(readLink(token, ['whsec_new'], NOW)).toEqual({ ok: false, error: 'UNSIGNED' });
    expect(readLink(token, [], NOW)).toEqual({ ok: false, error: 'UNSIGNED' });
  });

  it('is over after its time', () => {
    const token = linkToken(LINK, SECRET);
    expect(readLink(token, [SECRET], NOW).ok).toBe(true);
    expect(readLink(token, [SECRET], NOW + 1)).toEqual({ ok: false, error: 'EXPIRED' });
  });

  it('is refused by name, whatever somebody makes up', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((part) => `${part}.${part}`),
        ),
        (token) => {
          expect(readLink(token, [SECRET], NOW)).toEqual({ ok: false, error: 'UNSIGNED' });
        },
      ),
    );
    const signed = linkToken(LINK, SECRET);
    expect(readLink(`${signed}.more`, [SECRET], NOW).ok).toBe(false);
  });
});

describe('the page', () => {
  it('shows texts, and is changed by none of them', () => {
    const evil = '<script>alert("1")</script>\'&';
    const page = buttonPage(evil, evil, evil);
    expect(page).not.toContain('<script>');
    expect(
      page.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&#39;&amp;/g),
    ).toHaveLength(4);
    expect(page).toContain('<form method="post"><button>');
  });
});
