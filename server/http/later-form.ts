import type { FormContent, FormField, WaitOffer } from '@parley/sdk/protocol.ts';

const words = {
  en: {
    'message-form': 'Please answer me later',
    'call-back': 'Please call me back',
    name: 'Name',
    email: 'E-mail',
    phone: 'Phone',
    note: 'Message',
    at: 'When',
    soon: 'As soon as possible',
  },
  'zh-CN': {
    'message-form': '请稍后回复我',
    'call-back': '请给我回电',
    name: '姓名',
    email: '邮箱',
    phone: '电话',
    note: '留言',
    at: '时间',
    soon: '尽快',
  },
} as const;

interface Filled {
  readonly name?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly note?: string;
  readonly at?: number;
  readonly atText?: string;
}

/** What the customer has filled in instead of waiting, as an entry of the conversation. */
export function laterForm(offer: WaitOffer, filled: Filled, locale: 'en' | 'zh-CN'): FormContent {
  const said = words[locale];
  const at = filled.atText ?? (filled.at === undefined ? said.soon : new Date(filled.at).toISOString());
  const values: [string, FormField['kind'], string | undefined][] = [
    ['name', 'text', filled.name],
    ['email', 'email', filled.email],
    ['phone', 'phone', filled.phone],
    ['at', 'text', offer === 'call-back' ? at : undefined],
    ['note', 'text', filled.note],
  ];
  const given = values.flatMap(([name, kind, value]) => (value?.trim() ? [{ name, kind, value: value.trim() }] : []));
  return {
    type: 'form',
    title: said[offer],
    fields: given.map(({ name, kind }) => ({ name, kind, label: said[name as 'name'] })),
    values: Object.fromEntries(given.map(({ name, value }) => [name, value])),
  };
}
