/** Small parts that all views share. */

import { computed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { AskError } from './ask.ts';
import { ago, clock, iso } from './format.ts';
import { second } from './now.ts';
import { hrefOf } from './route.ts';

/** A time in the reader's zone; UTC when the pointer rests on it. */
export const Time = ({ at, exact = false }: { at: number; exact?: boolean }) => (
  <time dateTime={new Date(at).toISOString()} title={`${iso(at)} UTC`}>
    {exact ? localTime(at) : <Ago at={at} />}
  </time>
);

/** Its text alone changes as time goes on. */
const Ago = ({ at }: { at: number }) => {
  const text = useMemo(() => {
    const since = Date.now();
    return computed(() => ago(at, Math.max(since, second.value)));
  }, [at]);
  return <>{text}</>;
};

const DAY_MS = 86_400_000;

/** The time of day; with the date when that is not today. */
const localTime = (at: number): string =>
  Math.abs(Date.now() - at) < DAY_MS / 2
    ? clock(at)
    : new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** A state of a job, by colour and by word. */
export const Status = ({ of }: { of: string }) => (
  <span class={`status ${of}`}>
    <i aria-hidden="true" />
    {of.toLowerCase()}
  </span>
);

/** A link to a job. */
export const JobLink = ({ id }: { id: string }) => (
  <a class="id" href={hrefOf('jobs', id)} title={id}>
    {id}
  </a>
);

/** Text with each part between backticks as code: something to type. */
export const Hinted = ({ text }: { text: string }) => (
  <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
);

const WORD_MS = 300;

/** Nothing at first; after 300 ms a word, so that nobody waits without knowing. */
export const Waiting = ({ what }: { what: string }) => {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), WORD_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="empty" role="status">
      {isLate ? `Reading ${what}…` : ''}
    </p>
  );
};

/** What could not be read, and why. */
export const Failed = ({ error, again }: { error: AskError; again?: () => void }) => (
  <div class="failed" role="alert">
    <strong>{error.code}</strong>
    <p>{error.message}</p>
    {again && (
      <button type="button" onClick={again}>
        Ask again
      </button>
    )}
  </div>
);

/** There is nothing: what to do next. */
export const Empty = ({ children }: { children: ComponentChildren }) => (
  <div class="empty">{children}</div>
);

/** A JSON text in its structure; other text as it is. */
export const pretty = (value: unknown): string => {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2) ?? '';
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
};

/** A part that scrolls by itself: the keyboard must reach it. */
export const Scroll = ({
  title,
  also = '',
  children,
}: {
  title: string;
  also?: string;
  children: ComponentChildren;
}) => (
  <section class={`scroll ${also}`} tabIndex={0} aria-label={title}>
    {children}
  </section>
);

/** A text of several lines that scrolls by itself. */
export const Listing = ({ title, text }: { title: string; text: string }) => (
  <section class="listing" tabIndex={0} aria-label={title}>
    <pre>{text}</pre>
  </section>
);
