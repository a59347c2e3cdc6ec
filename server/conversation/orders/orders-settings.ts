import type { OrdersSettings } from '@parley/sdk/protocol.ts';
import { Refusal } from '../../gateway/refusal.ts';

/** What may stand in braces in the address. */
export const orderPlaceholders = ['externalId', 'contactId', 'email', 'phone', 'channelId', 'channelType'] as const;
type Placeholder = (typeof orderPlaceholders)[number];

/** How orders are asked for, as it is stored. */
export interface StoredOrdersSettings {
  readonly enabled: boolean;
  readonly url: string;
  readonly headerName: string;
  readonly headerValue: string;
}

export const noOrdersSettings: StoredOrdersSettings = { enabled: false, url: '', headerName: '', headerValue: '' };

export interface OrdersSettingsPatch {
  readonly enabled?: boolean;
  readonly url?: string;
  readonly headerName?: string;
  /** Empty: none from now on; absent: as before. */
  readonly headerValue?: string;
}

/**
 * The settings after a change.
 *
 * @throws Refusal `settings-invalid` with the field, and nothing is changed
 */
export function changedOrdersSettings(before: StoredOrdersSettings, patch: OrdersSettingsPatch): StoredOrdersSettings {
  const after = { ...before, ...patch };
  if (after.url !== '') checkUrl(after.url);
  if (after.enabled && after.url === '') throw invalid('url', 'is needed to look orders up');
  if (after.headerName !== '' && !/^[A-Za-z0-9-]{1,60}$/.test(after.headerName)) {
    throw invalid('headerName', 'expected letters, digits and hyphens, such as Authorization');
  }
  if (/^(host|content-length|transfer-encoding|connection|cookie)$/i.test(after.headerName)) {
    throw invalid('headerName', `${after.headerName} cannot be set; take Authorization or one of your own`);
  }
  if (!/^[\x20-\x7e]*$/.test(after.headerValue)) throw invalid('headerValue', 'expected visible ASCII characters');
  // A secret that was meant for one server is not sent to another.
  if (patch.headerValue === undefined && before.headerValue !== '' && originOf(before.url) !== originOf(after.url)) {
    throw invalid('headerValue', 'give it again: the address leads to another server now');
  }
  return after;
}

/** What administrators are shown: the secret only as set or not. */
export function shownOrdersSettings({ headerValue, ...settings }: StoredOrdersSettings): OrdersSettings {
  return { ...settings, headerValue: { set: headerValue !== '' } };
}

/** The address for one customer; undefined where one of the values that it needs is not known. */
export function filledAddress(
  url: string,
  values: Readonly<Record<Placeholder, string | undefined>>,
): string | undefined {
  let isWhole = true;
  const filled = url.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name as Placeholder];
    if (value === undefined || value === '') isWhole = false;
    return encodeURIComponent(value ?? '');
  });
  return isWhole ? filled : undefined;
}

function checkUrl(url: string): void {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) throw invalid('url', 'expected https://…');
  if (parsed.username !== '' || parsed.password !== '') throw invalid('url', 'put the password into the header');
  if (/[{}]|%7[bd]/i.test(parsed.host))
    throw invalid('url', 'the host is the same for every customer: no braces in it');
  for (const [, name] of url.matchAll(/\{([^}]*)\}/g)) {
    if (!(orderPlaceholders as readonly string[]).includes(name ?? '')) {
      throw invalid(
        'url',
        `{${name}} is not known; there are ${orderPlaceholders.map((one) => `{${one}}`).join(', ')}`,
      );
    }
  }
  if (!/\{\w+\}/.test(url))
    throw invalid('url', 'without {externalId} or another of them all customers had the same orders');
}

function originOf(url: string): string {
  return URL.parse(url)?.origin ?? '';
}

function invalid(field: string, what: string): Refusal {
  return new Refusal('settings-invalid', `${field}: ${what}.`, { field });
}
