/** A person at the console's page: asks for views or acts, until all is answered, then ends the command. */

const PAUSE_MS = 20;

/** A view with its query, or an action. */
export type Visit = string | Readonly<Record<string, unknown>>;

/** What a page is told of each view, as one text. @param address with the token, as it was printed */
const visited = async (address: string, visits: readonly Visit[]): Promise<string> => {
  const { origin, hash } = new URL(address);
  const headers = { 'x-sheratan-token': hash.replace('#token=', '') };
  const json = { ...headers, 'content-type': 'application/json' };
  const ask = async (visit: Visit): Promise<string> => {
    const answer =
      typeof visit === 'string'
        ? await fetch(`${origin}/api/${visit}`, { headers })
        : await fetch(`${origin}/api/act`, {
            ...{ method: 'POST', headers: json, body: JSON.stringify(visit) },
          });
    return answer.text();
  };
  const answers = await Promise.all(visits.map(ask));
  if (!visits.some((visit) => typeof visit === 'string' && visit.startsWith('verify')))
    return answers.join('\n');
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

export const visitConsole = (visits: readonly Visit[]): ConsoleVisit => {
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
      if (address) answers ??= visited(address, visits).finally(end);
    },
    told: () => answers ?? Promise.resolve(''),
  };
};
