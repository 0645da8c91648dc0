/** Reads esbuild's account of a bundle. */
interface Metafile {
  readonly outputs: Readonly<
    Record<
      string,
      { readonly imports: readonly { readonly path: string; readonly kind: string }[] }
    >
  >;
}

const entryOf = ({ outputs }: Metafile): string =>
  Object.keys(outputs).find((file) => file.endsWith('index.mjs')) ?? '';

/** What the entry loads at once: itself and its static imports. */
export const eagerFiles = (metafile: Metafile, entry = entryOf(metafile)): readonly string[] => {
  const { outputs } = metafile;
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && outputs[path]) visit(path);
  };
  visit(entry);
  return [...seen];
};
