/**
 * Thrown values in words that a person can use. JavaScript can throw any value, so these functions
 * treat every value as hostile: they never throw, and their texts are bounded.
 */

import { LIMITS } from './limits.ts';
import { clipped } from './text.ts';

/** How many levels of causes are told, and how many errors of an aggregate. */
const DEPTH_MAX = 4;
const ERRORS_SHOWN = 5;
/** Bounds of an error's own message, in characters: with causes or errors after it, and without. */
const PART_MAX = 600;
const WHOLE_MAX = 2_000;

const attempted = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** Like `instanceof`, but false where `instanceof` itself would throw (a revoked proxy). */
export const isA = <T>(
  value: unknown,
  type: abstract new (...args: never[]) => T,
): value is T & object => attempted(() => value instanceof type) ?? false;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const fieldOf = (value: object, name: string): unknown =>
  attempted(() => Reflect.get(value, name) as unknown);

const textOf = (value: object, name: string): string => {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : '';
};

/** The name of an error's class, such as `TypeError`; empty when the name would tell nothing. */
const classOf = (value: object): string => {
  const own = isA(value, Error) ? textOf(value, 'name') : '';
  if (own !== '' && own !== 'Error') return own;
  const made = fieldOf(value, 'constructor');
  const name = typeof made === 'function' ? textOf(made, 'name') : '';
  return name === 'Object' ? '' : name || own;
};

const writeBigInt = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

/** An object without a message, as bounded JSON. */
const lookOf = (value: object): string => {
  const json = attempted(() => JSON.stringify(value, writeBigInt));
  if (json !== undefined) return clipped(json, PART_MAX);
  const keys = attempted(() => Object.keys(value).slice(0, 20)) ?? [];
  return `an object that cannot be written as JSON (${keys.join(', ') || 'no keys'})`;
};

const messageOf = (value: object): string => {
  const message = fieldOf(value, 'message');
  if (typeof message === 'string' && message !== '') return clipped(message, WHOLE_MAX);
  if (isObject(message)) return lookOf(message);
  if (message !== undefined && message !== '') return ofPrimitive(message);
  return isA(value, Error) ? '' : lookOf(value);
};

const ofPrimitive = (value: unknown): string => {
  if (typeof value === 'function') return 'a function';
  return clipped(attempted(() => String(value)) ?? typeof value, PART_MAX);
};

/** Class and message, such as `TypeError: fetch failed`, as far as the error has them. */
const headOf = (value: object, withClass: boolean): string => {
  const parts = [withClass ? classOf(value) : '', messageOf(value)];
  return parts.filter((part) => part !== '').join(': ');
};

const ofErrors = (value: object, depth: number): string => {
  const errors = fieldOf(value, 'errors');
  if (!attempted(() => Array.isArray(errors))) return '';
  const list = errors as readonly unknown[];
  const count = Number(fieldOf(list, 'length'));
  if (!(count > 0)) return '';
  const shown = Array.from({ length: Math.min(count, ERRORS_SHOWN) }, (_, index) => {
    const text = tell(fieldOf(list, String(index)), true, depth + 1);
    return `[${index + 1}] ${clipped(text, PART_MAX / ERRORS_SHOWN)}`;
  });
  const more = count > ERRORS_SHOWN ? `, and ${count - ERRORS_SHOWN} more` : '';
  return `; ${count} errors: ${shown.join(', ')}${more}`;
};

const ofCause = (value: object, depth: number): string => {
  const cause = fieldOf(value, 'cause');
  return cause === undefined ? '' : `; caused by ${tell(cause, true, depth + 1)}`;
};

const tell = (value: unknown, withClass: boolean, depth: number): string => {
  if (!isObject(value)) return ofPrimitive(value);
  const head = headOf(value, withClass) || 'no message';
  const tail = depth < DEPTH_MAX ? `${ofErrors(value, depth)}${ofCause(value, depth)}` : '';
  return tail === '' ? head : `${clipped(head, PART_MAX)}${tail}`;
};

/**
 * Class, message, causes and sub-errors of a thrown value in one line, at most `max` characters.
 */
export const thrownText = (thrown: unknown, max: number = LIMITS.errorMessageMax): string =>
  clipped(tell(thrown, true, 0), max);

/** Names of classes that do not say what went wrong. */
const PLAIN = new Set(['', 'Error', 'Object']);

/** A code for programs: the error's own code, else the name of its class. */
const thrownCode = (thrown: unknown, max: number): string => {
  if (!isObject(thrown)) return 'THROWN';
  const code = fieldOf(thrown, 'code');
  const name = classOf(thrown);
  if (typeof code === 'string' && code !== '') return clipped(code, max);
  if (!PLAIN.has(name)) return clipped(name, max);
  // A DOMException has a number as its code, and a name that says more.
  if (typeof code === 'number') return String(code);
  return isA(thrown, Error) ? 'Error' : 'THROWN';
};

/** How much of an error a job's row keeps, in characters. */
const TOLD_MAX = {
  code: LIMITS.labelLengthMax,
  message: LIMITS.errorMessageMax,
  stack: LIMITS.errorStackMax,
};

/** A thrown value as a row or a log keeps it. */
export interface Told {
  readonly code: string;
  readonly message: string;
  readonly stack?: string;
}

const primitiveText = (thrown: unknown): string => {
  if (typeof thrown === 'string' && thrown !== '') return thrown;
  return `${ofPrimitive(thrown) || 'an empty text'} was thrown`;
};

/**
 * A thrown value as a job's row keeps it. The class is named once: as the code, or before the
 * message when the code is another text and `withClass` is true.
 * @param max bounds of the fields, in characters
 */
export const toldOf = (
  thrown: unknown,
  withClass = true,
  max: { readonly [field in keyof Told]-?: number } = TOLD_MAX,
): Told => {
  const code = thrownCode(thrown, max.code);
  if (!isObject(thrown)) return { code, message: clipped(primitiveText(thrown), max.message) };
  const name = classOf(thrown);
  const message = tell(thrown, withClass && name !== code && !PLAIN.has(name), 0);
  const stack = textOf(thrown, 'stack');
  return {
    code,
    message: clipped(message, max.message),
    ...(stack !== '' && { stack: clipped(stack, max.stack) }),
  };
};
