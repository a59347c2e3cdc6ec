import type { KnownOrders } from '@parley/sdk/protocol.ts';
import { cut } from '../asked.ts';

const bounds = { orders: 10, fields: 12, words: 200 } as const;

type Order = KnownOrders['items'][number];

/**
 * Reads what a shop's server answered: a list of orders, or an object with one under `orders`, `items`, `data` or `list`.
 * Of each order what is text, number or yes and no is shown; all of it is data and never markup.
 *
 * @throws Error that says what was expected, where it is something else
 */
export function readOrders(body: string): Order[] {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    throw new Error('The answer is no JSON.');
  }
  const list = listIn(input);
  if (list === undefined) throw new Error('The answer is no list of orders, and has none under "orders".');
  return list.slice(0, bounds.orders).flatMap(readOrder);
}

function listIn(input: unknown): readonly unknown[] | undefined {
  if (Array.isArray(input)) return input;
  if (typeof input !== 'object' || input === null) return undefined;
  const fields = input as Record<string, unknown>;
  return ['orders', 'items', 'data', 'list'].map((name) => fields[name]).find((value) => Array.isArray(value));
}

function readOrder(input: unknown): Order[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return [];
  const plain = Object.entries(input).flatMap(([name, value]): [string, string][] =>
    ['string', 'number', 'boolean'].includes(typeof value) ? [[cut(name, 60), cut(String(value), bounds.words)]] : [],
  );
  const take = (...names: string[]) => plain.find(([name]) => names.includes(name.toLowerCase()));
  const [id, title, status, url] = [
    take('id', 'orderid', 'order_id', 'number', 'orderno', 'order_no'),
    take('title', 'name', 'summary', 'product'),
    take('status', 'state'),
    take('url', 'link'),
  ];
  if (id === undefined) return [];
  const taken = [id, title, status, url];
  const isLink = url !== undefined && URL.parse(url[1])?.protocol === 'https:';
  return [
    {
      id: id[1],
      ...(title === undefined ? {} : { title: title[1] }),
      ...(status === undefined ? {} : { status: status[1] }),
      ...(isLink ? { url: url[1] } : {}),
      fields: Object.fromEntries(plain.filter((one) => !taken.includes(one)).slice(0, bounds.fields)),
    },
  ];
}
