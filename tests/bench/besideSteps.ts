import { USD } from '#infra/monitoring/prices.ts';
import { money, row } from './markdown.ts';

const MILLION = 1e6;

/** US$ for a million operations of services that keep steps, by their price lists. */
const SERVICES = [
  ['Lambda durable functions, an operation', 8],
  ['Step Functions, a transition', 25],
] as const;

/** The price of a step beside those of other services. */
export const besideSteps = (): readonly string[] => {
  const own = USD.writeUnit * MILLION;
  return [
    row('', 'US$', 'times'),
    row('---', '---:', '---:'),
    row('a step here', money(own), '1'),
    ...SERVICES.map(([what, usd]) => row(what, money(usd), (usd / own).toFixed(1))),
  ];
};
