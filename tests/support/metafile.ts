/** Reads esbuild's account of a bundle. */
interface Metafile {
  readonly outputs: Readonly<
    Record<
      string,
      { readonly imports: readonly { readonly path: string; readonly kind: string }[] }
    >
  >;
}

/** What the entry loads at once: itself and its static imports. */
export const eagerFiles = ({ outputs }: Metafile): readonly string[] => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && outputs[path]) visit(path);
  };
  visit(Object.keys(outputs).find((file) => file.endsWith('index.mjs')) ?? '');
  return [...seen];
};
