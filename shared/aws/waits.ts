/**
 * The longest waits of AWS clients, in ms, as options of their HTTP handler. By itself a client has none:
 * a service that takes a request and says nothing would hold its caller for ever.
 */

/** @param answerMs for an answer, and for its next bytes */
export const waitsForAnswer = (connectionMs: number, answerMs: number) => ({
  connectionTimeout: connectionMs,
  requestTimeout: answerMs,
  // Without this option the client only warns.
  throwOnRequestTimeout: true,
  socketTimeout: answerMs,
});

/**
 * For large bodies, which take as long as they take.
 *
 * @param idleMs between two bytes, in either direction
 */
export const waitsForBytes = (connectionMs: number, idleMs: number) => ({
  connectionTimeout: connectionMs,
  socketTimeout: idleMs,
});
