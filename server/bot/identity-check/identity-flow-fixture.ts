import type { Flow, FlowStep } from '@parley/sdk/flow-document.ts';

export const identityStep: FlowStep & { kind: 'identity' } = {
  ...{ id: 'check', kind: 'identity', sources: [{ kind: 'answer', slot: 'order_email' }], mustEqual: null },
  ...{ send: { kind: 'email' }, next: 'where', tooMany: 'sorry', expired: 'late', undelivered: 'call-us' },
};

/** Tells where an order goes, to whoever has the e-mail address of the order. */
export const whereFlow: Flow = {
  ...{ id: 'where', name: 'Where does it go?', enabled: true, startWords: ['where'], first: 'ask', places: {} },
  steps: [
    {
      ...{ id: 'ask', kind: 'ask', tries: 2, next: 'order', otherwise: null },
      slots: [{ name: 'order', type: 'text', question: { en: 'Which order?', zh: '哪个订单？' }, askAgain: true }],
    },
    {
      ...{ id: 'order', kind: 'http', method: 'GET', url: 'https://shop.example/orders/{order}', body: '' },
      ...{ timeoutMs: 5_000, keep: [{ slot: 'order_email', path: 'email' }], next: 'check', otherwise: 'check' },
    },
    identityStep,
    {
      ...{ id: 'where', kind: 'http', method: 'GET', url: 'https://shop.example/private/{order}', body: '' },
      ...{ timeoutMs: 5_000, keep: [{ slot: 'place', path: 'place' }], provenOnly: true },
      ...{ next: 'tell', otherwise: null },
    },
    { id: 'tell', kind: 'say', texts: { en: 'It goes to {place}.', zh: '寄往{place}。' }, next: 'end' },
    { id: 'sorry', kind: 'say', texts: { en: 'Please write to us.', zh: '请写信给我们。' }, next: 'end' },
    { id: 'late', kind: 'say', texts: { en: 'Ask again.', zh: '请重新开始。' }, next: 'end' },
    { id: 'call-us', kind: 'say', texts: { en: 'Please call us.', zh: '请给我们打电话。' }, next: 'end' },
    { id: 'end', kind: 'end' },
  ],
};
