/** Texts in message attributes. SQS refuses some characters there, so other texts go as JSON. */
import { asciiJson } from '#shared/kernel/json.ts';

/** The value of an attribute: plain ASCII as it is, any other text as JSON in ASCII. */
export const attributeOf = (text: string): string =>
  /^[\x20\x21\x23-\x7e][\x20-\x7e]*$/.test(text) ? text : asciiJson(text);

/** The text that {@link attributeOf} wrote. */
export const textOf = (value: string): string =>
  value.startsWith('"') ? (JSON.parse(value) as string) : value;
