/** What clients of AWS are made with. */

/** What a client is made with; where its endpoint is absent, it is AWS's own. */
export interface Access {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface Closable {
  destroy(): void;
}

/** Is told of each client that was made, to close it in the end. */
export type Keep = <C extends Closable>(client: C) => C;
