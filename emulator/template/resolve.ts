/** The intrinsics of CloudFormation that the template uses; any other intrinsic is an error. */
import { LocalCloudError } from '../errors.ts';

export interface Identity {
  /** The value of `Ref`. */
  readonly ref: string;
  /** The values of `Fn::GetAtt`. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ResolveContext {
  readonly pseudo: Readonly<Record<string, string>>;
  readonly identities: ReadonlyMap<string, Identity>;
}

const fail = (message: string): never => {
  throw new LocalCloudError('UNKNOWN_INTRINSIC', message);
};

const refOf = (name: string, { pseudo, identities }: ResolveContext): unknown => {
  if (name === 'AWS::NoValue') return undefined;
  return pseudo[name] ?? identities.get(name)?.ref ?? fail(`Ref to unknown "${name}"`);
};

const attributeOf = (id: string, attribute: string, { identities }: ResolveContext): string =>
  identities.get(id)?.attributes[attribute] ?? fail(`Fn::GetAtt of unknown "${id}.${attribute}"`);

const sub = (template: string, context: ResolveContext): string =>
  template.replace(/\$\{([^}!]+)\}/g, (_match, name: string) => {
    const [id = '', ...path] = name.split('.');
    return path.length > 0
      ? attributeOf(id, path.join('.'), context)
      : String(refOf(name, context));
  });

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const getAtt = (argument: unknown, context: ResolveContext): string => {
  const [id, ...path] = Array.isArray(argument)
    ? argument.map(String)
    : String(argument).split('.');
  return attributeOf(id ?? '', path.join('.'), context);
};

type Intrinsic = (argument: unknown, context: ResolveContext) => unknown;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, context) => refOf(String(argument), context),
  'Fn::GetAtt': getAtt,
  'Fn::Join': (argument, context) => {
    const [separator, parts] = asList(resolve(argument, context));
    return asList(parts).join(String(separator));
  },
  'Fn::Select': (argument, context) => {
    const [index, items] = asList(resolve(argument, context));
    return asList(items)[Number(index)];
  },
  'Fn::Split': (argument, context) => {
    const [separator, text] = asList(resolve(argument, context));
    return String(text).split(String(separator));
  },
  'Fn::Sub': (argument, context) =>
    typeof argument === 'string' ? sub(argument, context) : fail('Fn::Sub with own variables'),
};

const intrinsicOf = (value: object): readonly [string, unknown] | undefined => {
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  return entry[0] === 'Ref' || entry[0].startsWith('Fn::') ? entry : undefined;
};

/**
 * Replaces every intrinsic in `value`. A property whose value is AWS::NoValue is left out.
 *
 * @throws LocalCloudError `UNKNOWN_INTRINSIC` for an unknown intrinsic, or a reference to an
 *   unknown resource
 */
export const resolve = (value: unknown, context: ResolveContext): unknown => {
  if (Array.isArray(value)) return value.map((item) => resolve(item, context));
  if (typeof value !== 'object' || value === null) return value;
  const intrinsic = intrinsicOf(value);
  if (intrinsic) {
    const [name, argument] = intrinsic;
    const apply = INTRINSICS[name] ?? fail(`the intrinsic ${name}`);
    return apply(argument, context);
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, resolve(item, context)] as const)
      .filter(([, item]) => item !== undefined),
  );
};
