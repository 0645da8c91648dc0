/** A person at the console's page: asks for views, until all have answered, then ends the command. */

const PAUSE_MS = 20;

/** What a page is told of each view, as one text. @param address with the token, as it was printed */
const visited = async (address: string, views: readonly string[]): Promise<string> => {
  const { origin, hash } = new URL(address);
  const headers = { 'x-sheratan-token': hash.replace('#token=', '') };
  const ask = async (view: string): Promise<string> =>
    (await fetch(`${origin}/api/${view}`, { headers })).text();
  const answers = await Promise.all(views.map(ask));
  for (;;) {
    const verified = await ask('verify');
    if (!verified.includes('"runs"')) return [...answers, verified].join('\n');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
};

/** Waits for a console of this process, which prints its address here. */
export interface ConsoleVisit {
  hear(printed: string): void;
  /** What the views answered; nothing when no console was opened. */
  told(): Promise<string>;
}

export const visitConsole = (views: readonly string[]): ConsoleVisit => {
  const before = process.listeners('SIGTERM');
  const atFirst = process.listeners('SIGINT');
  let answers: Promise<string> | undefined;
  /** As SIGTERM would, but nobody else hears of it. */
  const end = (): void => {
    for (const listener of process.listeners('SIGTERM'))
      if (!before.includes(listener)) listener('SIGTERM');
    for (const listener of process.listeners('SIGINT'))
      if (!atFirst.includes(listener)) process.off('SIGINT', listener);
  };
  return {
    hear: (printed) => {
      const [address] = /http:\S+#token=[\w-]+/.exec(printed) ?? [];
      if (address) answers ??= visited(address, views).finally(end);
    },
    told: () => answers ?? Promise.resolve(''),
  };
};
