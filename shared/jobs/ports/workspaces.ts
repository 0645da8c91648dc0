/** The port of workspaces. */

/** A file of a workspace. */
export interface WorkspaceFile {
  /** Relative to the workspace's root, with "/" between segments. */
  readonly path: string;
  readonly bytes: number;
}

/** Directories of files that jobs read and write. A path cannot leave its workspace. */
export interface Workspaces {
  /** Files below `directory` ("" is the root), sorted by path; at most `limit`. */
  list(
    workspace: string,
    directory: string,
    options: { readonly recursive: boolean; readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<{ readonly files: readonly WorkspaceFile[]; readonly truncated: boolean }>;
  /** Reads at most `limitBytes` of a file; `bytes` is its whole size. undefined without a file. */
  read(
    workspace: string,
    path: string,
    options: { readonly limitBytes: number; readonly signal?: AbortSignal },
  ): Promise<
    { readonly text: string; readonly bytes: number; readonly truncated: boolean } | undefined
  >;
  write(
    workspace: string,
    path: string,
    content: string | Uint8Array,
    options: { readonly signal?: AbortSignal },
  ): Promise<void>;
}
