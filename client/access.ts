/** Settings of AWS clients, and their end. */

/** Settings of an AWS client. Without an endpoint the client uses AWS's own. */
export interface Access {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface Closable {
  destroy(): void;
}

/** Remembers a client, so that it is closed with the deployment. */
export type Keep = <C extends Closable>(client: C) => C;
