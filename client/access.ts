/** Settings of AWS clients, and their end. */

/** Settings of an AWS client. Without an endpoint the client uses AWS's own. */
export interface Access {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly requestHandler?: ReturnType<typeof waitingFor>;
}

/** The longest wait for a connection, in ms. */
const CONNECTION_MS = 5_000;
const ANSWER_MS = 30_000;

/**
 * The waits of an AWS client, which has none by itself: a service that takes a request and says nothing
 * would hold its caller for ever.
 *
 * @param answerMs the longest wait for an answer, and for its next bytes
 */
export const waitingFor = (answerMs = ANSWER_MS) => ({
  connectionTimeout: CONNECTION_MS,
  requestTimeout: answerMs,
  throwOnRequestTimeout: true,
  socketTimeout: answerMs,
});

interface Closable {
  destroy(): void;
}

/** Remembers a client, so that it is closed with the deployment. */
export type Keep = <C extends Closable>(client: C) => C;
