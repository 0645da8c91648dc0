/** Accounts, and the statement of one. */
import { UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import type { ConsoleSession, TextTable } from '../../console/wire.ts';
import { numberText } from '../format.ts';
import { Empty, Failed, Hinted, Scroll, Time, Waiting } from '../parts.tsx';
import { useReading } from '../reading.ts';
import { hrefOf, place, setWords } from '../route.ts';
import { TextRows } from '../textRows.tsx';
import { Balance } from './balanceCard.tsx';
import { Verify } from './verify.tsx';

/** All accounts. */
export const Accounts = ({ session }: { session: ConsoleSession }) => {
  const { data, error, again } = useReading<TextTable>('accounts', {}, session.refreshMs.lists);
  return (
    <>
      <h1>Accounts</h1>
      <p class="hint">Amounts are in minor units. Posted less held is available.</p>
      {error && <Failed error={error} again={again} />}
      {!data && !error && <Waiting what="accounts" />}
      {data && data.rows.length === 0 && (
        <Empty>
          <Hinted text={data.none.replace(/"([^"]+)"/g, '`npx $1`')} />
        </Empty>
      )}
      {data && data.rows.length > 0 && (
        <TextRows
          title="Accounts"
          table={data}
          hrefFor={([account = '', unit = '']) => hrefOf('accounts', account, { unit })}
        />
      )}
      {data?.more !== undefined && (
        <p class="hint">
          {numberText(data.more)} more: <code>npx sheratan ledger --unit UNIT</code> lists all of a
          unit.
        </p>
      )}
      <Verify embedded={session.embedded} />
    </>
  );
};

interface Statement {
  readonly account: string;
  readonly unit: string;
  readonly standing: { readonly posted: string; readonly held: string; readonly available: string };
  readonly lines: readonly {
    readonly at: number;
    readonly change: string;
    readonly lane: number;
    readonly balance: string;
    readonly transfer: string;
  }[];
  readonly next?: string;
}

const Lines = ({ statement }: { statement: Statement }) => (
  <Scroll title="Statement">
    <table>
      <caption class="hidden">Statement</caption>
      <thead>
        <tr>
          <th>Time</th>
          <th class="number">Change</th>
          <th class="number">Balance of its lane</th>
          <th>Transfer</th>
        </tr>
      </thead>
      <tbody>
        {statement.lines.map(({ at, change, lane, balance, transfer }) => (
          <tr key={`${at}/${lane}/${balance}`}>
            <td>
              <Time at={at} exact />
            </td>
            <td class={`number ${change.startsWith('-') ? 'minus' : 'plus'}`}>{change}</td>
            <td class="number">{balance}</td>
            <td class="wide">{transfer}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

/** One account: how it stands, and its entries. */
export const Account = ({ session, id }: { session: ConsoleSession; id: string }) => {
  const { unit = UNIT_DEFAULT, cursor: at } = place.value.words;
  const words = { account: id, unit, cursor: at };
  const reading = useReading<Statement>('statement', words, at ? 0 : session.refreshMs.lists);
  const { data, error, isKnown, again } = reading;
  if (error && !data) return <Failed error={error} again={again} />;
  if (!data)
    return isKnown ? (
      <Empty>
        No account {id} in {unit}. <a href={hrefOf('accounts')}>All accounts</a>
      </Empty>
    ) : (
      <Waiting what={`account ${id}`} />
    );
  const { posted, held, available } = data.standing;
  return (
    <>
      <h1>
        <span class="id">{data.account}</span> <span class="dim">{data.unit}</span>
      </h1>
      <div class="card figures large">
        {Object.entries({ posted, held, available }).map(([name, value]) => (
          <div class="figure" key={name}>
            <b>{value}</b>
            {name}
          </div>
        ))}
      </div>
      <Balance session={session} statement={data} isOlder={at !== undefined} />
      <h2>Statement</h2>
      {data.lines.length > 0 ? <Lines statement={data} /> : <Empty>No entries yet.</Empty>}
      {data.next && (
        <button type="button" class="more" onClick={() => setWords({ cursor: data.next })}>
          Older entries
        </button>
      )}
    </>
  );
};
