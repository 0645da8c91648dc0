/** The list of a deployment's kinds, as the template's synthesis writes it and the command reads it. */

/** A kind, for those who cannot load its code. */
export interface KindInfo {
  readonly kind: string;
  /** What a sender must give, as JSON Schema 2020-12; absent when its library cannot say. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Fields that people see only when they ask for them, such as `card.number`; absent: none. */
  readonly sensitive?: readonly string[];
}

/** The contents of `kinds.json`. */
export interface KindsFile {
  readonly version: 1;
  readonly kinds: readonly KindInfo[];
}
