/** What a function behind a URL answers, before an adapter gives the answer the form of Lambda. */

/** The answer to an HTTP request. */
export interface UrlAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
