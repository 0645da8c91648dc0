/** `kinds` and `types`: what a deployment can run, and types of the payloads in other languages. */
import { InputData, JSONSchemaInput, quicktype } from 'quicktype-core';
import type { KindInfo } from '#shared/contracts/kindsFile.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { allKinds } from '../input/kindInfos.ts';
import { columns, json, note, out, plain } from '../print.ts';
import { looking, type SessionOptions } from '../session.ts';

/** Options of `types`. */
export interface TypesOptions extends SessionOptions {
  readonly lang: 'ts' | 'python' | 'go';
}

/** `{to, cents, note?}`: the fields of a payload, as a person wants them. */
const fieldsOf = ({ schema }: KindInfo): string => {
  if (!schema) return 'only the mesh knows';
  const {
    properties,
    required = [],
    type,
  } = schema as {
    readonly properties?: object;
    readonly required?: readonly string[];
    readonly type?: string;
  };
  if (!properties) return type ?? 'anything';
  const names = Object.keys(properties).map((name) =>
    required.includes(name) ? name : `${name}?`,
  );
  return `{${names.join(', ')}}`;
};

/** Lists the kinds of a deployment with the fields of their payloads; as JSON with their schemas. */
export const kindsCommand = (options: SessionOptions): Promise<ExitCode> =>
  looking(options, async (session) => {
    const infos = await allKinds(session);
    if (options.json) json(infos);
    else
      out(
        columns([
          ['KIND', 'PAYLOAD'],
          ...infos.map((info) => [info.kind, fieldsOf(info)].map(plain)),
        ]),
      );
    return EXIT.ok;
  });

interface Language {
  readonly name: 'typescript' | 'python' | 'go';
  readonly comment: string;
  readonly options: Readonly<Record<string, string>>;
  readonly head: string;
}

/** `HttpRequest`, as the list at the head of the file says, not `HTTPRequest`. */
const PASCAL = { 'acronym-style': 'pascal' } as const;
const JUST_TYPES = { 'just-types': 'true', ...PASCAL } as const;

const LANGUAGES: Readonly<Record<TypesOptions['lang'], Language>> = {
  ts: { name: 'typescript', comment: '//', options: JUST_TYPES, head: '' },
  // With its functions: what is not given must not be sent as null.
  python: {
    name: 'python',
    comment: '#',
    options: { 'python-version': '3.7', ...PASCAL },
    head: '',
  },
  go: { name: 'go', comment: '//', options: JUST_TYPES, head: 'package jobs\n\n' },
};

/** `mail.send` → `MailSendPayload`. */
const typeName = (kind: string): string =>
  `${kind
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')}Payload`;

const generated = async (
  infos: readonly Required<KindInfo>[],
  { name, options, head, comment }: Language,
): Promise<string> => {
  // Without a store: a reference to a schema elsewhere is never fetched.
  const input = new JSONSchemaInput(undefined);
  for (const { kind, schema } of infos)
    await input.addSource({ name: typeName(kind), schema: JSON.stringify(schema) });
  const inputData = new InputData();
  inputData.addInput(input);
  const { lines } = await quicktype({ inputData, lang: name, rendererOptions: { ...options } });
  const code = lines.join('\n').trim();
  const list = infos.map(({ kind }) => `${comment}   ${kind}: ${typeName(kind)}`);
  const title = `${comment} Payloads of the kinds, made by "sheratan types". Do not change them by hand.`;
  return [
    title,
    ...list,
    '',
    `${head}${name === 'typescript' ? code.replace(/^type /gm, 'export type ') : code}`,
    '',
  ].join('\n');
};

/** Prints types of the payloads. Kinds whose payload only the mesh knows are left out, by name. */
export const typesCommand = (options: TypesOptions): Promise<ExitCode> =>
  looking(options, async (session) => {
    const infos = await allKinds(session);
    const known = infos.filter((info): info is Required<KindInfo> => info.schema !== undefined);
    out((await generated(known, LANGUAGES[options.lang])).trimEnd());
    const left = infos.filter(({ schema }) => schema === undefined).map(({ kind }) => kind);
    if (left.length > 0) note(`without a type: ${plain(left.join(', '))}`);
    return EXIT.ok;
  });
