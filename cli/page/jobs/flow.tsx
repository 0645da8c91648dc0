/** The jobs that follow from a job, as a graph; many jobs of one kind below one job are one box. */
import type { FlowPart } from '../../console/wire.ts';
import { Failed, Scroll, Waiting } from '../parts.tsx';
import { useReading } from '../reading.ts';
import { hrefOf, place } from '../route.ts';

const BOX = { width: 190, height: 44, gapX: 48, gapY: 10 };
/** More jobs than this below one job are drawn together, the ones that need a person apart. */
const APART_MAX = 6;
const TROUBLED = ['DEAD', 'QUARANTINED', 'CANCELLED'];

interface Placed {
  readonly key: string;
  readonly x: number;
  readonly y: number;
  readonly part?: FlowPart;
  /** Several jobs in one box. */
  readonly many?: { readonly parts: readonly FlowPart[]; readonly of: string };
  readonly from?: { readonly x: number; readonly y: number };
  readonly as: FlowPart['as'];
}

const statusOf = ({ status }: FlowPart): string => status ?? 'QUEUED';

const rank = (part: FlowPart): number => {
  if (TROUBLED.includes(statusOf(part))) return 0;
  return part.below.length > 0 ? 1 : 2;
};

/** The parts below, and those that are drawn together. */
const dividedOf = (part: FlowPart, isOpen: boolean) => {
  const sorted = part.below.toSorted((a, b) => rank(a) - rank(b));
  if (isOpen || sorted.length <= APART_MAX) return { apart: sorted, together: [] };
  return { apart: sorted.slice(0, APART_MAX - 1), together: sorted.slice(APART_MAX - 1) };
};

interface Spot {
  readonly x: number;
  readonly y: number;
}

/** A column to the right of a box. */
const rightOf = (depth: number): number => depth * (BOX.width + BOX.gapX);

/** Beside the middle of the boxes below it; of many, near the first ones, where the reader begins. */
const besides = (first: Spot, last: Spot): number =>
  first.y + Math.min((last.y - first.y) / 2, (APART_MAX / 2) * BOX.height);

/** The places of all boxes: a tree from left to right, each job beside those below. */
const placedOf = (root: FlowPart, open: ReadonlySet<string>): readonly Placed[] => {
  const placed: Placed[] = [];
  let rows = 0;
  const nextRow = (): number => {
    rows += 1;
    return (rows - 1) * (BOX.height + BOX.gapY);
  };
  const place = (part: FlowPart, depth: number, path: string): Spot => {
    const { apart, together } = dividedOf(part, open.has(path));
    const below = apart.map((each, index): Omit<Placed, 'from'> => {
      const key = `${path}.${index}`;
      return { key, ...place(each, depth + 1, key), part: each, as: each.as };
    });
    const many = { parts: together, of: path };
    const more = { key: `${path}.more`, x: rightOf(depth + 1), many, as: 'child' as const };
    const boxes = together.length > 0 ? [...below, { ...more, y: nextRow() }] : below;
    const [first, last] = [boxes.at(0), boxes.at(-1)];
    const me = { x: rightOf(depth), y: first && last ? besides(first, last) : nextRow() };
    placed.push(...boxes.map((box) => ({ ...box, from: me })));
    return me;
  };
  const spot = place(root, 0, '0');
  return [{ key: '0', ...spot, part: root, as: 'root' }, ...placed];
};

const countsOf = (parts: readonly FlowPart[]): readonly (readonly [string, number])[] =>
  [...Map.groupBy(parts, statusOf)].map(([status, of]) => [status, of.length] as const);

const flat = (part: FlowPart): readonly FlowPart[] => [part, ...part.below.flatMap(flat)];

const short = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max - 1)}…` : text;

const Edge = ({ x, y, from, as }: Placed) => {
  if (!from) return null;
  const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
  const [x2, y2] = [x, y + BOX.height / 2];
  const middle = (x1 + x2) / 2;
  return (
    <path class={`edge ${as}`} d={`M${x1},${y1} C${middle},${y1} ${middle},${y2} ${x2},${y2}`} />
  );
};

const Many = ({ many }: { many: NonNullable<Placed['many']> }) => {
  const { id, words } = place.value;
  const counts = countsOf(many.parts).map(([status, count]) => `${count} ${status.toLowerCase()}`);
  const open = [words['open'], many.of].filter(Boolean).join('~');
  return (
    <a href={hrefOf('jobs', id, { ...words, open })} class="box many">
      <title>{`Show ${many.parts.length} more: ${counts.join(', ')}`}</title>
      <rect width={BOX.width} height={BOX.height} rx="8" />
      <text x="12" y="18">{`${many.parts.length} more`}</text>
      <text x="12" y="34" class="dim">
        {short(counts.join(', '), 28)}
      </text>
    </a>
  );
};

const One = ({ part, isHere }: { part: FlowPart; isHere: boolean }) => {
  const status = statusOf(part);
  const told = `${status.toLowerCase()} ${part.kind ?? ''}${part.cut ? ' …' : ''}`;
  return (
    <a href={hrefOf('jobs', part.id)} class={`box ${status} ${isHere ? 'here' : ''}`}>
      <title>{`${part.id}: ${status}`}</title>
      <rect width={BOX.width} height={BOX.height} rx="8" />
      <circle cx="14" cy="14" r="4" />
      <text x="24" y="18">
        {short(part.id, 22)}
      </text>
      <text x="12" y="34" class="dim">
        {short(told, 26)}
      </text>
    </a>
  );
};

const Graph = ({ root }: { root: FlowPart }) => {
  const open = new Set((place.value.words['open'] ?? '').split('~'));
  const placed = placedOf(root, open);
  const width = Math.max(...placed.map(({ x }) => x)) + BOX.width + 2;
  const height = Math.max(...placed.map(({ y }) => y)) + BOX.height + 2;
  const all = flat(root);
  return (
    <>
      <p class="hint">
        {all.length} jobs:{' '}
        {countsOf(all)
          .map(([status, count]) => `${count} ${status.toLowerCase()}`)
          .join(', ')}
        . A dashed line: it waits for the job on its left.
      </p>
      <Scroll title="Flow" also="flow">
        <svg width={width} height={height} viewBox={`-1 -1 ${width} ${height}`}>
          <title>The flow of {root.id}</title>
          {placed.map((spot) => (
            <Edge {...spot} key={`e${spot.key}`} />
          ))}
          {placed.map(({ key, x, y, part, many }) => (
            <g transform={`translate(${x},${y})`} key={key}>
              {part && <One part={part} isHere={key === '0'} />}
              {many && <Many many={many} />}
            </g>
          ))}
        </svg>
      </Scroll>
    </>
  );
};

/** The flow below a job. */
export const Flow = ({ id, everyMs }: { id: string; everyMs: number }) => {
  const { data, error } = useReading<FlowPart>('flow', { id }, everyMs);
  if (error) return <Failed error={error} />;
  if (!data) return <Waiting what="the flow" />;
  return data.below.length > 0 ? (
    <Graph root={data} />
  ) : (
    <p class="hint">No job follows from this one.</p>
  );
};
