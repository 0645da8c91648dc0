/** What a rule's target gets: the event, a fixed text, or a template filled from the event. */
import { LocalCloudError } from '../errors.ts';
import { object, type Properties } from '../template/properties.ts';

export type TargetInput = (event: object) => string;

const REFERENCE = /<([\w.-]+)>/g;

const unsupported = (rule: string, what: string): never => {
  throw new LocalCloudError('UNSUPPORTED_PROPERTY', `Rule ${rule}: ${what} is not supported here`);
};

const at = (event: object, path: string): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, key) => object(value)[key], event);

/** An odd number of quotes before the place means that the place is inside a string. */
const isQuoted = (template: string, index: number): boolean =>
  (template.slice(0, index).match(/(?<!\\)"/g) ?? []).length % 2 === 1;

const fill = (template: string, paths: Readonly<Record<string, string>>, event: object): string =>
  template.replace(REFERENCE, (reference, name: string, index: number) => {
    const path = paths[name];
    if (path === undefined) return reference;
    const value = at(event, path) ?? '';
    const text = JSON.stringify(value);
    if (!isQuoted(template, index)) return text;
    return typeof value === 'string' ? text.slice(1, -1) : text;
  });

const transformer = (rule: string, properties: Properties): TargetInput => {
  const paths = object(properties['InputPathsMap']) as Readonly<Record<string, string>>;
  const template = String(properties['InputTemplate']);
  const odd = Object.values(paths).find((path) => !/^\$(?:\.[\w-]+)*$/.test(path));
  if (odd !== undefined) unsupported(rule, `the input path ${odd}`);
  const unknown = [...template.matchAll(REFERENCE)].find(([, name = '']) => !(name in paths));
  if (unknown) unsupported(rule, `the reference ${unknown[0]}`);
  return (event) => fill(template, paths, event);
};

/**
 * How the target's text is made from an event.
 *
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for a setting that this cloud does not follow
 */
export const targetInputOf = (rule: string, target: Properties): TargetInput => {
  const { Input, InputPath, InputTransformer } = target;
  if (InputPath !== undefined) unsupported(rule, 'InputPath');
  if (InputTransformer !== undefined) return transformer(rule, object(InputTransformer));
  return Input === undefined ? (event) => JSON.stringify(event) : () => String(Input);
};
