/**
 * The part of CloudWatch's metric math that the dashboard and the alarms use, computed point by
 * point.
 */

/** One value for each period; undefined for a period without a value. */
export type Points = readonly (number | undefined)[];
export interface MathWorld {
  readonly length: number;
  readonly periodSeconds: number;
  series(id: string): Points | undefined;
}
type Value = number | undefined;

/** Thrown for an expression that this part of metric math cannot read. */
export class MathError extends Error {
  override readonly name = 'MathError';
  readonly code = 'EXPRESSION_INVALID';
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z]\w*)|(<=|>=|==|!=|[-+*/^(),<>]))/y;

const tokensOf = (text: string): readonly string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const [, number, name, sign] = TOKEN.exec(text) ?? [];
    const token = number ?? name ?? sign;
    if (token === undefined)
      throw new MathError(`${text}: cannot read it from "${text.slice(at)}"`);
    tokens.push(token);
  }
  return tokens;
};

const binary = (f: (a: number, b: number) => number) => (a: Value, b: Value) => {
  if (a === undefined || b === undefined) return undefined;
  const value = f(a, b);
  return Number.isFinite(value) ? value : undefined;
};

const OPERATORS: readonly Readonly<Record<string, (a: Value, b: Value) => Value>>[] = [
  {
    '<': binary((a, b) => Number(a < b)),
    '>': binary((a, b) => Number(a > b)),
    '<=': binary((a, b) => Number(a <= b)),
    '>=': binary((a, b) => Number(a >= b)),
    '==': binary((a, b) => Number(a === b)),
    '!=': binary((a, b) => Number(a !== b)),
  },
  { '+': binary((a, b) => a + b), '-': binary((a, b) => a - b) },
  { '*': binary((a, b) => a * b), '/': binary((a, b) => a / b) },
  { '^': binary((a, b) => a ** b) },
];

type Term = (world: MathWorld) => Points;

const constant =
  (value: number): Term =>
  ({ length }) =>
    new Array<Value>(length).fill(value);

const zip =
  (a: Term, b: Term, f: (a: Value, b: Value) => Value): Term =>
  (world) => {
    const right = b(world);
    return a(world).map((value, index) => f(value, right[index]));
  };

const FUNCTIONS: Readonly<Record<string, (terms: readonly Term[]) => Term>> = {
  IF:
    ([condition = constant(0), yes = constant(0), no = constant(0)]) =>
    (world) => {
      const [left, right] = [yes(world), no(world)];
      return condition(world).map((value, index) =>
        value === undefined ? undefined : value !== 0 ? left[index] : right[index],
      );
    },
  FILL: ([series = constant(0), filling = constant(0)]) =>
    zip(series, filling, (value, fill) => value ?? fill),
  PERIOD: () => (world) => constant(world.periodSeconds)(world),
};

/** A recursive descent parser: one level per group of operators, the weakest first. */
const parse = (text: string): Term => {
  const tokens = tokensOf(text);
  let at = 0;
  const fail = (what: string): never => {
    throw new MathError(`${text}: ${what} at token ${at + 1}`);
  };
  const take = (token: string): void => {
    if (tokens[at] !== token) fail(`expected ${token}`);
    at += 1;
  };
  const call = (name: string): Term => {
    take('(');
    const terms = [level(0)];
    while (tokens[at] === ',') {
      at += 1;
      terms.push(level(0));
    }
    take(')');
    return (FUNCTIONS[name] ?? fail(`unknown function ${name}`))(terms);
  };
  const named = (name: string): Term => {
    if (tokens[at] === '(') return call(name);
    return (world) => {
      const points = world.series(name);
      if (!points) throw new MathError(`${text}: there is no series ${name}`);
      return points;
    };
  };
  const leaf = (): Term => {
    const token = tokens[at] ?? fail('unexpected end');
    at += 1;
    if (token === '-')
      return zip(
        constant(0),
        leaf(),
        binary((a, b) => a - b),
      );
    if (token === '(') {
      const inner = level(0);
      take(')');
      return inner;
    }
    if (/^\d/.test(token)) return constant(Number(token));
    return /^[A-Za-z]/.test(token) ? named(token) : fail(`unexpected ${token}`);
  };
  const level = (depth: number): Term => {
    const operators = OPERATORS[depth];
    if (!operators) return leaf();
    let left = level(depth + 1);
    for (let apply = operators[tokens[at] ?? '']; apply; apply = operators[tokens[at] ?? '']) {
      at += 1;
      left = zip(left, level(depth + 1), apply);
    }
    return left;
  };
  const term = level(0);
  if (at < tokens.length) fail('something is left over');
  return term;
};

/**
 * The values of an expression.
 *
 * @throws MathError `EXPRESSION_INVALID` for what it cannot read; it never draws something else
 */
export const evaluate = (expression: string, world: MathWorld): Points => parse(expression)(world);
