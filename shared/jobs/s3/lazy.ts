/** Most jobs never touch the bucket: its client is loaded by the first that does. */
import type { Blobs, Workspaces } from '../ports.ts';

type Opened = { readonly workspaces: Workspaces; readonly blobs: Blobs };

/** One client for all, opened at the first use; a failed opening is tried again at the next. */
export const lazyBucket = (bucket: string): Opened => {
  let opened: Promise<Opened> | undefined;
  const open = (): Promise<Opened> => {
    opened ??= import('./open.ts').then(({ openBucket }) => openBucket(bucket));
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return {
    workspaces: {
      list: async (...args) => (await open()).workspaces.list(...args),
      read: async (...args) => (await open()).workspaces.read(...args),
      write: async (...args) => (await open()).workspaces.write(...args),
    },
    blobs: {
      put: async (...args) => (await open()).blobs.put(...args),
      get: async (...args) => (await open()).blobs.get(...args),
    },
  };
};
