/** Hides the sensitive fields of jobs, on a terminal as on the console's page. */
import type { Deployment } from '#client/deployment.ts';
import { BUILT_IN } from '#shared/jobs/kinds/index.ts';
import { type Cover, hideFields } from '#shared/jobs/kinds/sensitive.ts';
import { isJsonObject, type Json, readJson } from '#shared/kernel/json.ts';

/** Sensitive fields of a kind, as paths. */
export type SensitiveFields = (kind: string) => readonly string[];

const EVERYTHING = ['*'];

/**
 * The sensitive fields of each kind of a deployment. Whoever cannot read the list of kinds sees
 * nothing of a kind that has some.
 */
export const sensitiveFields = async ({
  kindInfos,
  sensitiveKinds,
}: Pick<Deployment, 'kindInfos' | 'sensitiveKinds'>): Promise<SensitiveFields> => {
  const known = await kindInfos();
  const infos = new Map([...(known ?? []), ...BUILT_IN].map((each) => [each.kind, each.sensitive]));
  return (kind) =>
    infos.get(kind) ?? (known === undefined && sensitiveKinds.includes(kind) ? EVERYTHING : []);
};

/** Shorter texts are found everywhere. */
const TEXT_MIN = 4;

/** The texts in a value that its messages may repeat. */
const textsIn = (value: Json): readonly string[] => {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value);
    return text.length < TEXT_MIN ? [] : [text];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
};

/** Hides the same fields of several texts and values of one job. */
export interface Hiding {
  /** A payload, or a result. */
  value(value: Json): Json;
  /** The text of an envelope; what is no envelope is hidden whole. */
  envelope(text: string): string;
  /** The text of a result. */
  result(text: string): string;
  /** A message that may repeat what was hidden before. */
  message(text: string): string;
}

/** Hides fields, and shows what `cover` says in their place. */
export const hidingOf = (paths: readonly string[], cover: Cover): Hiding => {
  const secrets = new Map<string, string>();
  const noting: Cover = (hidden, path) => {
    const shown = cover(hidden, path);
    for (const text of textsIn(hidden)) secrets.set(text, shown);
    return shown;
  };
  const value = (given: Json): Json => hideFields(given, paths, noting);
  return {
    value,
    envelope: (text) => {
      if (paths.length === 0) return text;
      const envelope = readJson(text);
      if (!isJsonObject(envelope)) return noting(text, '');
      const { payload } = envelope;
      if (payload === undefined) return text;
      return JSON.stringify({ ...envelope, payload: value(payload as Json) });
    },
    result: (text) => {
      if (paths.length === 0) return text;
      const result = readJson(text) as Json | undefined;
      return result === undefined ? noting(text, '') : JSON.stringify(value(result));
    },
    message: (text) => {
      const found = [...secrets].toSorted(([a], [b]) => b.length - a.length);
      return found.reduce((told, [secret, shown]) => told.replaceAll(secret, shown), text);
    },
  };
};

/** What of a job's record or view may hold sensitive fields. */
interface Holding {
  readonly id: string;
  readonly envelope?: string;
  /** As text in a record, as a value in a view. */
  readonly result?: Json;
}

/** Errors, notes and reports may repeat what a payload said. */
const toldIn = (value: unknown, { message }: Hiding): unknown => {
  const told = (each: unknown): unknown => {
    if (typeof each === 'string') return message(each);
    if (Array.isArray(each)) return each.map(told);
    if (!isJsonObject(each) || Object.getPrototypeOf(each) !== Object.prototype) return each;
    return Object.fromEntries(Object.entries(each).map(([name, of]) => [name, told(of)]));
  };
  return told(value);
};

/** The job without what is sensitive of it. In a record the result is a text. */
export const withoutSensitive = <T extends Holding>(
  job: T,
  hiding: Hiding,
  isRecord: boolean,
): T => {
  const { id, envelope, result, ...rest } = job;
  const shown = isRecord ? (text: Json) => hiding.result(String(text)) : hiding.value;
  const bodies = {
    ...(envelope !== undefined && { envelope: hiding.envelope(envelope) }),
    ...(result !== undefined && { result: shown(result) }),
  };
  return { id, ...(toldIn(rest, hiding) as object), ...bodies } as T;
};

/** What the command shows in place of a hidden value. */
const HIDDEN = '[hidden]';

/** Hides fields for a terminal; nothing when the reader asked to see them. */
export const hidingFor = async (
  deployment: Pick<Deployment, 'kindInfos' | 'sensitiveKinds'>,
  { showSensitive = false }: { readonly showSensitive?: boolean },
): Promise<(kind: string) => Hiding> => {
  const fields = showSensitive ? () => [] : await sensitiveFields(deployment);
  return (kind) => hidingOf(fields(kind), () => HIDDEN);
};
