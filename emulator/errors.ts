/** Why the embedded cloud cannot start. */
export type LocalCloudCode =
  | 'ASSEMBLY_MISSING'
  | 'ASSET_MISSING'
  | 'UNKNOWN_RESOURCE_TYPE'
  | 'UNKNOWN_INTRINSIC'
  | 'UNSUPPORTED_PROPERTY'
  | 'NO_TABLE_ENGINE'
  | 'UNKNOWN_TABLE_ENGINE'
  | 'TABLE_ENGINE_UNKNOWN'
  | 'TABLE_SERVER_FAILED'
  | 'DATA_FOLDER_UNKNOWN'
  | 'DATA_FOLDER_IN_USE'
  | 'DATA_FOLDER_DAMAGED'
  | 'DATA_NEEDS_NATIVE';

/**
 * Thrown when the embedded cloud cannot start. `code` is for programs; the message tells a person
 * what to do.
 */
export class LocalCloudError extends Error {
  override readonly name = 'LocalCloudError';
  readonly code: LocalCloudCode;
  constructor(code: LocalCloudCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
