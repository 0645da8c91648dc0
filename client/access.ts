/** Settings of AWS clients, and their end. */
import { waitsForAnswer, waitsForBytes } from '#shared/aws/waits.ts';

/** Settings of an AWS client. Without an endpoint the client uses AWS's own. */
export interface Access {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly requestHandler?: ReturnType<typeof waitingFor>;
}

const CONNECTION_MS = 5_000;
const ANSWER_MS = 30_000;

/** How long a client waits for a service. */
export const waitingFor = (answerMs = ANSWER_MS) => waitsForAnswer(CONNECTION_MS, answerMs);

/** The settings of a client of S3. An upload may last longer than the wait for an answer. */
export const ofBucket = ({ requestHandler, ...access }: Access) => ({
  ...access,
  forcePathStyle: access.endpoint !== undefined,
  requestHandler: waitsForBytes(CONNECTION_MS, requestHandler?.socketTimeout ?? ANSWER_MS),
});

interface Closable {
  destroy(): void;
}

/** Remembers a client, so that it is closed with the deployment. */
export type Keep = <C extends Closable>(client: C) => C;
