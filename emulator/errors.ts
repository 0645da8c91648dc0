/** What keeps the embedded cloud from starting, with what to do about it. */
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

export class LocalCloudError extends Error {
  override readonly name = 'LocalCloudError';
  readonly code: LocalCloudCode;
  constructor(code: LocalCloudCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
